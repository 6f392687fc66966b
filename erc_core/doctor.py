"""What is installed, which models, devices and codecs are there, and how to mend what is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from erc_core import pipeline
from erc_core.errors import ErcError
from erc_core.settings import ASSETS, PREFIX, Settings

REQUIREMENTS = ASSETS.parent / "requirements.txt"
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s#]+)", re.MULTILINE)
LEAST_FREE_GB = 2.0
DECODERS = ("h264", "hevc", "vp9", "av1", "aac", "mp3", "opus", "flac")
ENCODERS = ("libx264", "aac")
# Programs and packages that only a part of the program needs: what for, and how to get them.
OPTIONAL_PROGRAMS = (("espeak-ng", "voices of the studio", "sudo apt-get install espeak-ng"),)
OPTIONAL_PACKAGES = (
    ("distributed", "batches on a cluster", "pip install -r requirements-cluster.txt"),
    ("psycopg", "a store on PostgreSQL", "pip install 'psycopg[binary]'"),
    ("accelerate", "training", "pip install -r requirements-train.txt"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: its name
        fine: whether it is as it should be
        needed: whether the program works without it
        found: what is there
        do: the command or step that mends it; empty where nothing is to be done
    """

    what: str
    fine: bool
    needed: bool
    found: str
    do: str = ""


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Look at everything; nothing is fetched or changed, save that an empty store is made where there is none."""
    parts: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _python, _packages, _ffmpeg, _device, _face_models, _weights, _examples, _store, _space, _whisper, _named,
        _cluster, _optional,
    )  # fmt: skip
    return tuple(finding for part in parts for finding in part(settings))


def _python(_: Settings) -> Iterator[Finding]:
    fine = sys.version_info >= (3, 11)
    where = f"{platform.python_version()} on {platform.platform()}"
    yield Finding(
        "Python", fine, True, where, "" if fine else "sudo apt-get install python3.11 python3.11-venv, then make setup"
    )


def _packages(_: Settings) -> Iterator[Finding]:
    wrong = []
    pins = PIN.findall(REQUIREMENTS.read_text(encoding="utf-8"))
    for name, version in pins:
        try:
            found = importlib.metadata.version(name).partition("+")[0]
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        if found != version:
            wrong.append(f"{name} {found} (pinned: {version})")
    text = "; ".join(wrong) if wrong else f"{len(pins)} packages as pinned"
    yield Finding("packages", not wrong, True, text, "pip install -r requirements.txt" if wrong else "")


def _ffmpeg(_: Settings) -> Iterator[Finding]:
    from erc_core.media.process import ffmpeg_path

    try:
        path = ffmpeg_path()
        known = {kind: _coders(path, kind) for kind in ("decoders", "encoders")}
    except (ErcError, OSError, subprocess.SubprocessError) as error:
        yield Finding(
            "ffmpeg", False, True, str(error), "pip install -r requirements.txt, or export IMAGEIO_FFMPEG_EXE=FFMPEG"
        )
        return
    missing = [f"no {name} decoder" for name in DECODERS if name not in known["decoders"]]
    missing += [f"no {name} encoder" for name in ENCODERS if name not in known["encoders"]]
    text = ", ".join(missing) if missing else f"decodes {', '.join(DECODERS)}; encodes {', '.join(ENCODERS)}"
    do = "unset IMAGEIO_FFMPEG_EXE, so that the bundled ffmpeg is used" if missing else ""
    yield Finding("ffmpeg", not missing, True, f"{Path(path).name}: {text}", do)


def _coders(path: str, kind: str) -> set[str]:
    command = [path, "-hide_banner", f"-{kind}"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    rows = [line.split() for line in listed.splitlines() if line.startswith(" ")]
    return {row[1] for row in rows if len(row) > 1}


def _device(settings: Settings) -> Iterator[Finding]:
    import torch

    cards = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    text = ", ".join(cards) if cards else f"CPU alone, {torch.get_num_threads()} threads"
    asked = settings.device.startswith("cuda")
    fine = bool(cards) or not asked
    do = "" if fine else "export ERC_DEVICE=auto, or install the CUDA build of torch and its driver"
    yield Finding("device", fine, asked, f"{text}; asked for: {settings.device}", do)


def _face_models(settings: Settings) -> Iterator[Finding]:
    from erc_core.media.face_models import have_face_models

    fine = have_face_models(settings)
    text = "detector, mesh and irises" if fine else "not there: faces are found without landmarks"
    yield Finding("face models", fine, False, text, "" if fine else "python -m erc_core setup")


def _weights(_: Settings) -> Iterator[Finding]:
    statuses = pipeline.models()
    usable = [status.name for status in statuses if status.checkpoint is not None]
    for status in statuses:
        fine = status.checkpoint is not None
        found = f"weights {status.checkpoint.sha256[:12]}" if status.checkpoint else status.reason
        do = (
            ""
            if fine
            else f"git checkout -- assets/checkpoints/{status.name}, or python -m erc_core train {status.name}"
        )
        yield Finding(f"model {status.name}", fine, not usable, found, do)


def _examples(_: Settings) -> Iterator[Finding]:
    try:
        count = len(pipeline.examples())
    except ErcError as error:
        yield Finding("examples", False, False, error.sentence(), "git checkout -- assets/examples, or make examples")
        return
    yield Finding("examples", count > 0, False, f"{count} bundled", "" if count else "make examples")


def _store(settings: Settings) -> Iterator[Finding]:
    from erc_core.store.store import Store

    try:
        store = Store(settings)
    except ErcError as error:
        yield Finding("store", False, True, error.sentence(), "export ERC_DATA=FOLDER or ERC_DATABASE=ADDRESS")
        return
    report = store.check()
    name = store.database.name
    store.close()
    text = f"{name}: {report.dialogues} dialogues, {report.results} results, database {report.database}"
    do = "" if report.sound else "make run, which repairs it, or python -m erc_core restore FILE into an empty ERC_DATA"
    yield Finding("store", report.sound, True, text, do)


def _space(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    while not folder.exists():
        folder = folder.parent
    free_gb = shutil.disk_usage(folder).free / 1e9
    fine = free_gb >= LEAST_FREE_GB
    do = "" if fine else "export ERC_DATA=FOLDER on another disk, or free space"
    yield Finding("space", fine, False, f"{free_gb:.1f} GB free for {settings.data}", do)


def _whisper(settings: Settings) -> Iterator[Finding]:
    if not settings.whisper:
        yield Finding("transcripts", True, False, "no Whisper model is set: words come from transcripts or typing")
        return
    fine = (Path(settings.whisper).expanduser() / "config.json").is_file()
    do = "" if fine else "export ERC_WHISPER=FOLDER with a model of transformers, or unset ERC_WHISPER"
    yield Finding("transcripts", fine, False, f"Whisper model {settings.whisper}", do)


def _named(settings: Settings) -> Iterator[Finding]:
    """Look whether the folders are there that settings name."""
    for name in ("voice_model", "action_units", "checkpoints"):
        folder = str(getattr(settings, name))
        if not folder:
            continue
        fine = Path(folder).expanduser().is_dir()
        variable = f"{PREFIX}{name.upper()}"
        do = "" if fine else f"export {variable}=FOLDER with one that is there, or unset {variable}"
        yield Finding(name.replace("_", " "), fine, True, f"{variable} names {folder}", do)


def _cluster(settings: Settings) -> Iterator[Finding]:
    from erc_core.jobs.cluster import connected, let_go

    if not settings.cluster:
        return
    do = "dask scheduler on that machine and dask worker ADDRESS on the others, or unset ERC_CLUSTER"
    try:
        client = connected(settings.cluster)
    except ErcError as error:
        yield Finding("cluster", False, True, error.sentence(), error.do or do)
        return
    if client is None:
        yield Finding("cluster", False, True, f"nobody answers at {settings.cluster}", do)
        return
    count = len(client.scheduler_info(n_workers=-1)["workers"])
    let_go(client)
    yield Finding("cluster", count > 0, True, f"{settings.cluster} with {count} workers", "" if count else do)


def _optional(settings: Settings) -> Iterator[Finding]:
    for program, purpose, do in OPTIONAL_PROGRAMS:
        fine = shutil.which(program) is not None
        yield Finding(program, fine, False, f"for {purpose}", "" if fine else do)
    for package, purpose, do in OPTIONAL_PACKAGES:
        fine = importlib.util.find_spec(package) is not None
        needed = package == "psycopg" and settings.database_url.startswith("postgresql")
        yield Finding(package, fine, needed, f"for {purpose}", "" if fine else do)


def as_text(findings: tuple[Finding, ...]) -> str:
    """Return the findings as lines: what is fine, what is missing and may be, what is missing and must not be."""
    lines = []
    for finding in findings:
        sign = "ok     " if finding.fine else "MISSING" if finding.needed else "without"
        lines.append(f"{sign} {finding.what}: {finding.found}")
        if finding.do:
            lines.append(f"        to mend it: {finding.do}")
    return "\n".join(lines)
