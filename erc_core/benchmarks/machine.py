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


def described() -> str:
    """Return the version and the machine, as a sentence goes on after *written by*."""
    return f"with version {__version__} on {machine()}"
