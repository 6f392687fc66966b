"""Job functions for the tests of the queue."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from erc_core.errors import InputError
from erc_core.jobs.context import JobContext
from erc_core.store.store import result_key
from erc_core.types import FloatArray, frozen_array

SAMPLE = "tests.jobs.sample_jobs:"


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the sample jobs compute."""

    name: str
    values: FloatArray


def numbers(name: str, seed: int) -> Numbers:
    return Numbers(name, frozen_array(np.random.default_rng(seed).normal(size=(50, 20))))


def note(journal: str, line: str) -> None:
    """Write a line that survives a kill."""
    with Path(journal).open("a") as file:
        file.write(line + "\n")


def count(context: JobContext, journal: str, name: str, seed: int = 0, seconds: float = 0.0) -> str:
    """Three steps that note each computation, and a result."""
    key = result_key(name=name, seed=seed)
    parts = []
    for index, step in enumerate(("decode", "features", "model")):

        def compute(step: str = step, index: int = index) -> Numbers:
            note(journal, f"{name} {step}")
            until_s = time.monotonic() + seconds
            while (left_s := until_s - time.monotonic()) > 0:
                context.progress(step, 1 - left_s / seconds)
                time.sleep(0.02)
            return numbers(f"{name} {step}", seed + index)

        parts.append(context.once(step, Numbers, compute))
    total = Numbers(name, frozen_array(sum(part.values for part in parts)))
    context.store.put_result("numbers", key, total)
    return key


def refuse(context: JobContext) -> str:
    raise InputError("The clip has no sound", got="0 streams", do="choose another clip")


def break_down(context: JobContext) -> str:
    context.progress("thinking", 0.5)
    return str(1 / 0)


def starve(context: JobContext) -> str:
    raise MemoryError


def die(context: JobContext, journal: str) -> str:
    note(journal, "die")
    context.progress("dying", 0.1)
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def be_deaf(context: JobContext, journal: str, dialogue: str = "") -> str:
    """Work that never asks whether it was cancelled, in a program of its own."""
    decoder = subprocess.Popen(["sleep", "600"])
    note(journal, f"{os.getpid()} {decoder.pid}")
    context.progress("deaf", 0.1)
    decoder.wait()
    return ""


def tell(context: JobContext, journal: str, number: int) -> str:
    """Note this worker, its niceness, that of its scheduling group (Linux), and the number of jobs that it has done."""
    _done.append(number)
    note(journal, f"{os.getpid()} {os.nice(0)} {group_niceness(Path('/proc/self/autogroup'))} {len(_done)}")
    return ""


def group_niceness(file: Path) -> int:
    """Return the niceness of a process's scheduling group, or its own where it is in none.

    The file is missing where Linux does not group sessions, and empty for a process of a session that began in the
    kernel's own group, as everything in a container may.
    """
    words = file.read_text().split() if file.is_file() else []
    return int(words[-1]) if words else os.nice(0)


_done: list[int] = []
