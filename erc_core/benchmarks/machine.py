"""On what something was measured."""

from __future__ import annotations

import os
import platform

import torch

from erc_core import __version__


def machine() -> str:
    """Return processor, cores and the versions that matter for speed."""
    cores = os.cpu_count()
    return f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, torch {torch.__version__}"


def described(timed: bool = False) -> str:
    """Return the version and the machine, as a sentence goes on after *written by*.

    Args:
        timed: times were measured, so say where other work ran beside: more processes were ready than there are cores
    """
    text = f"with version {__version__} on {machine()}"
    ready = os.getloadavg()[1]  # of the last five minutes
    if timed and ready > 1.25 * (os.cpu_count() or 1):
        text += f", beside other work ({ready:.1f} processes ready on average)"
    return text
