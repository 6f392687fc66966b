"""Many sessions at once while clips are analysed: ``python -m tests.browser.crowd --seconds 120``.

Some are protocol-level clients (``session.py``), some are browsers that click. Each shows something else every few
seconds: another utterance, another example, another page. The whole time the workers analyse clips, one after the
other, as other users would upload them. Prints one JSON object; status 1 where the 95th percentile of an interaction is
not under a second, the memory not under 6 GB, or a session was answered with an error.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from playwright.async_api import async_playwright
from playwright.async_api import expect as expect_soon

from erc_core import pipeline
from erc_core.jobs import queue
from erc_core.settings import ASSETS, Settings
from erc_core.store.store import Store
from tests.browser.server import FLAGS, find_browser, running_app
from tests.browser.session import Session, connected, first_cookie

PAUSE_S = (3.0, 7.0)  # how long somebody looks before the next interaction
LONGEST_S = 1.0
MOST_GB = 6.0
LOOK_EVERY_S = 5.0
CLIP = ASSETS / "examples" / "the_inheritance" / "clip.mp4"
UTTERANCES = tuple(f"u{number}" for number in range(1, 7))
PAGES = ("", "layers")


@dataclass
class Measured:
    """What was seen while it ran; times of interactions in seconds, memory in bytes."""

    clients: list[float] = field(default_factory=list)
    browsers: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    browser_memory: list[int] = field(default_factory=list)
    load: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    analysed: int = 0
    analysed_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """The figures: interactions in seconds, of one session alone and of all at once, and the highest memory, in GB."""

    sessions: int
    interactions: int
    alone_p50_s: float
    p50_s: float
    p95_s: float
    longest_s: float
    browser_p95_s: float
    server_gb: float
    browsers_gb: float
    clips_analysed: int
    analysing_share: float
    load_before: float
    load_during: float
    errors: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether all limits are kept."""
        in_time = self.p95_s < LONGEST_S and not self.errors
        return in_time and self.server_gb + self.browsers_gb < MOST_GB and self.clips_analysed > 0


def memory_of(root: int) -> int:
    """Return the memory of a process and all below it in bytes, shared pages counted once (Linux)."""
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        with suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
    return total


class Crowd:
    """The sessions around one server.

    Args:
        url: where it listens
        data: its data folder
        end_s: when all stop, on the clock of ``time.monotonic``
        pause_s: shortest and longest time between two interactions of one session
    """

    def __init__(self, url: str, data: Path, end_s: float, pause_s: tuple[float, float]) -> None:
        self.url = url
        self.data = data
        self.pause_s = pause_s
        self.end_s = end_s
        self.seen = Measured()
        self.dialogues = [example.dialogue.id for example in pipeline.examples()]

    def on(self) -> bool:
        return time.monotonic() < self.end_s

    async def alone(self, times: int = 6) -> list[float]:
        """One session on a server that does nothing else: what the machine itself takes, in seconds."""
        cookie = await asyncio.to_thread(first_cookie, self.url)
        async with connected(self.url, cookie) as socket:
            session = Session(socket)
            await session.show(f"dialogue={self.dialogues[0]}")
            views = [f"dialogue={self.dialogues[0]}&utterance={UTTERANCES[i % 6]}" for i in range(times)]
            return [(await session.show(view, PAGES[i % 2])).seconds for i, view in enumerate(views)]

    async def client(self, number: int) -> None:
        """One protocol-level session."""
        chance = random.Random(number)
        cookie = await asyncio.to_thread(first_cookie, self.url)
        await asyncio.sleep(chance.uniform(0, self.pause_s[1]))
        dialogue, utterance, page = chance.choice(self.dialogues), "", ""
        async with connected(self.url, cookie) as socket:
            session = Session(socket)
            await session.show(f"dialogue={dialogue}")
            while self.on():
                await asyncio.sleep(chance.uniform(*self.pause_s))
                what = chance.random()
                if what < 0.2:
                    dialogue = chance.choice(self.dialogues)
                elif what < 0.4:
                    page = PAGES[1 - PAGES.index(page)]
                utterance = chance.choice(UTTERANCES)
                answer = await session.show(f"dialogue={dialogue}&utterance={utterance}", page)
                self.seen.clients.append(answer.seconds)
                if 'class="problem' in answer.text:
                    self.seen.errors.append(f"{dialogue} {utterance} {page}")

    async def browsers(self, count: int) -> None:
        """Browsers on the page Layer confidence, in which somebody clicks on utterances."""
        async with async_playwright() as playwright:
            path = find_browser()
            chromium = await playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
            try:
                await asyncio.gather(*(self._browser(chromium, number) for number in range(count)))
            finally:
                await chromium.close()

    async def _browser(self, chromium: object, number: int) -> None:
        chance = random.Random(1000 + number)
        context = await chromium.new_context(viewport={"width": 1280, "height": 1000})  # type: ignore[attr-defined]
        page = await context.new_page()
        page.set_default_timeout(60_000)
        await page.goto(f"{self.url}/layers")
        await page.get_by_role("heading", name="Utterance u1").wait_for()
        shown = "u1"
        while self.on():
            await asyncio.sleep(chance.uniform(*self.pause_s))
            shown = chance.choice([name for name in UTTERANCES if name != shown])
            begun_s = time.monotonic()
            await page.locator(f'.utterance[data-id="{shown}"]').click(position={"x": 4, "y": 10})
            await expect_soon(page.get_by_role("heading", name=f"Utterance {shown}")).to_be_visible(timeout=60_000)
            self.seen.browsers.append(time.monotonic() - begun_s)
        await context.close()

    async def analyses(self) -> None:
        """Keep the workers at work: as soon as a clip is analysed, the next one is asked for."""
        store = Store(Settings(data=self.data))
        try:
            number = 0
            while self.on():
                number += 1
                clip = await asyncio.to_thread(_copy, self.data / f"clip{number}.mp4", number)
                owner = f"uploader{number}"
                params = {"media": store.put_media(clip, owner=owner), "name": clip.name}
                job = queue.submit(store, "erc_core.pipeline:open_clip_job", params, owner, clip.name)
                begun_s = time.monotonic()
                await self._watch(store, job, owner)
                self.seen.analysed_seconds += time.monotonic() - begun_s
        finally:
            store.close()

    async def _watch(self, store: Store, job: str, owner: str) -> None:
        while self.on():
            state = queue.status(store, job, owner)
            if state.ended:
                self.seen.analysed += 1
                if state.state != "done":
                    self.seen.errors.append(state.message)
                return
            await asyncio.sleep(0.5)

    async def memory(self, server: Callable[[], int]) -> None:
        """Look at the memory and the machine's load; the look itself costs the processes time."""
        while self.on():
            mine = await asyncio.to_thread(memory_of, os.getpid())
            of_server = await asyncio.to_thread(memory_of, server())
            self.seen.memory.append(of_server)
            self.seen.browser_memory.append(mine - of_server)
            self.seen.load.append(os.getloadavg()[0])
            await asyncio.sleep(LOOK_EVERY_S)


def _copy(target: Path, number: int) -> Path:
    """Write a clip that nobody analysed before: the same content under another hash."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(CLIP), "-c", "copy"]
    subprocess.run([*command, "-metadata", f"title={number}", str(target)], check=True, timeout=60)
    return target


def _server_process() -> int:
    """Return the process that runs Streamlit: the child of this one that is named so."""
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        for child in (task / "children").read_text().split():
            if b"streamlit" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    raise RuntimeError("the server is gone")


async def _run(crowd: Crowd, clients: int, browsers: int) -> None:
    tasks = [crowd.client(number) for number in range(clients)]
    tasks += [crowd.browsers(browsers)] if browsers else []
    await asyncio.gather(crowd.analyses(), crowd.memory(_server_process), *tasks)


def measure(
    clients: int, browsers: int, seconds: float, warm_s: float = 15.0, pause_s: tuple[float, float] = PAUSE_S
) -> Report:
    """Run a crowd against a server of its own.

    Args:
        clients: protocol-level sessions
        browsers: sessions in a Chromium
        seconds: how long the crowd acts
        warm_s: how long the server may prepare before anybody comes
        pause_s: shortest and longest time between two interactions of one session
    """
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="erc-crowd-") as name, running_app(Path(name)) as url:
        time.sleep(warm_s)
        crowd = Crowd(url, Path(name), math.inf, pause_s)
        alone = asyncio.run(crowd.alone())
        crowd.end_s = time.monotonic() + seconds
        asyncio.run(_run(crowd, clients, browsers))
    seen = crowd.seen
    times = np.array(seen.clients + seen.browsers or [seconds])
    return Report(
        sessions=clients + browsers,
        interactions=len(times),
        alone_p50_s=round(float(np.median(alone)), 3),
        p50_s=round(float(np.percentile(times, 50)), 3),
        p95_s=round(float(np.percentile(times, 95)), 3),
        longest_s=round(float(times.max()), 3),
        browser_p95_s=round(float(np.percentile(seen.browsers, 95)), 3) if seen.browsers else 0.0,
        server_gb=round(max(seen.memory) / 1e9, 2),
        browsers_gb=round(max(seen.browser_memory) / 1e9, 2),
        clips_analysed=seen.analysed,
        analysing_share=round(seen.analysed_seconds / seconds, 2),
        load_before=round(before, 2),
        load_during=round(float(np.mean(seen.load)), 2),
        errors=tuple(seen.errors[:5]),
    )


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.crowd", description=__doc__)
    parser.add_argument("--clients", type=int, default=18, help="protocol-level sessions")
    parser.add_argument("--browsers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=120.0)
    options = parser.parse_args(arguments)
    report = measure(options.clients, options.browsers, options.seconds)
    print(json.dumps(asdict(report) | {"passed": report.passed}, indent=1))
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
