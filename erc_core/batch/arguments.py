"""``python -m erc_core batch FOLDER --out DIR``: a folder of clips, each with one result, whatever is killed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from erc_core.verb_arguments import add_verb


def add_batch(verbs: Any) -> None:
    """Add the verb to the command line."""
    batch = add_verb(
        verbs,
        "batch",
        "analyse and explain a folder of clips; a batch that was stopped goes on",
        details="Each clip gets one file below --out, named after it with .json added. A clip whose result is "
        "there is passed over. Exit status 0, or 1 where a clip cannot be used (its result says why).",
    )
    batch.add_argument("folder", type=Path, help="clips, with transcripts of the same name beside them")
    batch.add_argument(
        "--transcripts", action="store_true", help="take the transcripts of the folder in place of clips: words alone"
    )
    batch.add_argument("--out", type=Path, required=True, help="where results go")
    batch.add_argument("--model", action="append", help="a model; may be given several times (default: dq_former)")
    batch.add_argument("--method", default="", help="explain every utterance by this method")
    batch.add_argument("--samples", type=int, default=0, help="most versions that an explanation asks for")
    batch.add_argument("--workers", type=int, help="processes on this machine (default: ERC_WORKERS)")
    batch.add_argument("--cluster", help="address of a Dask scheduler (default: ERC_CLUSTER, else this machine)")
    batch.add_argument("--retry-failed", action="store_true", help="try clips again that could not be used before")
    batch.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from erc_core.batch.verb import run_batch  # it loads the models' packages

    return run_batch(options)
