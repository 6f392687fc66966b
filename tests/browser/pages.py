"""How long pages take at the server: ``python -m tests.browser.pages --write docs/benchmarks/pages.md``.

One session of Streamlit's own protocol, no browser: from the message that asks to the end of the page's run. Beside the
pages stands the floor, a run of the smallest page that the same server answers.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from erc_core import pipeline
from erc_core.benchmarks.machine import described
from erc_core.settings import Settings
from erc_core.store.store import Store
from erc_core.types import Dialogue
from erc_core.ui.media_route import COOKIE, session_of
from erc_core.ui.places import PLACES
from tests.browser.server import running_app
from tests.browser.session import Session, connected

STORED = (10, 1_000, 10_000)
ROUNDS = 7
VALUE = "p" * 43
MODEL = "df_erc"
FLOOR = "checks"  # draws no conversation


@dataclass(frozen=True, slots=True)
class PageTimes:
    """Seconds with so many dialogues in the store.

    Attributes:
        stored: dialogues of the session
        start_s: from the process's start until it answers
        first_s: the first page of the first session
        pages: by address, the median of changing to the page
        click_s: the median of choosing another utterance on Layer confidence
        slowest_s: the slowest of all later runs
    """

    stored: int
    start_s: float
    first_s: float
    pages: dict[str, float]
    click_s: float
    slowest_s: float


def fill(data: Path, count: int) -> None:
    """Give the session so many dialogues."""
    owner = session_of({COOKIE: VALUE})
    assert owner is not None
    said = pipeline.examples()[0].dialogue.utterances
    store = Store(Settings(data=data))
    for number in range(count):
        own = tuple(replace(utterance, text=f"words {number}", words=()) for utterance in said)
        store.put_dialogue(Dialogue.of(f"Clip {number}", "clip", own), owner)
    store.close()


async def _visits(url: str, rounds: int) -> tuple[float, dict[str, float], float, float]:
    dialogue = pipeline.examples()[0].dialogue
    base = f"dialogue={dialogue.id}&model={MODEL}"
    async with connected(url, f"{COOKIE}={VALUE}") as socket:
        session = Session(socket)
        first_s = (await session.show("")).seconds
        times: dict[str, list[float]] = {place.address: [] for place in PLACES}
        clicks = []
        for _ in range(rounds):
            for place in PLACES:
                answer = await session.show(base, place.address)
                assert 'class="problem' not in answer.text or place.address == "models", answer.text[:2000]
                times[place.address].append(answer.seconds)
            for utterance in dialogue.utterances[1:4]:
                clicks.append((await session.show(f"{base}&utterance={utterance.id}", "layers")).seconds)
    # The first visit of each page fills caches, which belongs to the first page that anybody sees.
    later = {address: own[1:] for address, own in times.items()}
    medians = {address: statistics.median(own) for address, own in later.items()}
    return first_s, medians, statistics.median(clicks[3:]), max(max(own) for own in later.values())


def measure(stored: Sequence[int] = STORED, rounds: int = ROUNDS) -> tuple[PageTimes, ...]:
    """Measure a server of its own for each number of stored dialogues."""
    found = []
    for count in stored:
        with tempfile.TemporaryDirectory(prefix="erc-pages-") as name:
            fill(Path(name), count)
            begun_s = time.monotonic()
            with running_app(Path(name)) as url:
                start_s = time.monotonic() - begun_s
                first_s, pages, click_s, slowest_s = asyncio.run(_visits(url, rounds))
        found.append(PageTimes(count, start_s, first_s, pages, click_s, slowest_s))
    return tuple(found)


def page(found: Sequence[PageTimes]) -> str:
    """Return the figures as a Markdown page."""
    rows = {
        "the server answers after its start": [one.start_s for one in found],
        "first page of the first session": [one.first_s for one in found],
        **{f"change to {place.title}": [one.pages[place.address] for one in found] for place in PLACES},
        "click on an utterance (Layer confidence)": [one.click_s for one in found],
        "slowest page change": [one.slowest_s for one in found],
    }
    lines = [
        "# Pages",
        "",
        f"Written by `python -m tests.browser.pages --write docs/benchmarks/pages.md` {described(timed=True)}. Seconds "
        "at the server, from the message that asks to the end of the page's run, medians of the later visits of one "
        f"session; the example of the first card, read by {MODEL}. The floor is the page {FLOOR}, which draws no "
        "conversation.",
        "",
        f"| seconds | {' | '.join(f'{one.stored:,} stored' for one in found)} |",
        f"| --- |{' ---: |' * len(found)}",
        *(f"| {name} | {' | '.join(f'{value:.2f}' for value in values)} |" for name, values in rows.items()),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pages", description=__doc__)
    parser.add_argument("--write", type=Path, help="write the page into this file")
    options = parser.parse_args(arguments)
    text = page(measure())
    if options.write:
        options.write.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
