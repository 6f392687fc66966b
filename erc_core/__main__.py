"""``python -m erc_core``: the verbs without a browser."""

from __future__ import annotations

import sys

from erc_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
