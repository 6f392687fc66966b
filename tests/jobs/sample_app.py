"""An app for the tests to kill: it supervises workers by the settings in its environment until its input ends."""

from __future__ import annotations

import sys

from erc_core.jobs.supervisor import start_workers, stop_workers
from erc_core.settings import load_settings

if __name__ == "__main__":
    start_workers(load_settings())
    sys.stdin.read()
    stop_workers()
