"""The page of the LMAM paper's comparisons: ``python -m erc_core compare --lmam TABLES ... --write FILE``."""

from __future__ import annotations

from erc_core.benchmarks.machine import described
from erc_core.training.lmam_runs import LmamRequest


def lmam_page(report: str, request: LmamRequest) -> str:
    """Return a report of :func:`erc_core.training.lmam_runs.lmam_report` as a page with its command and machine.

    Args:
        report: tables in Markdown
        request: what they are of
    """
    roots = " ".join(f"--root {name}=DIR" for name in request.roots)
    tables = ",".join(request.tables) or "all"
    command = (
        f"python -m erc_core compare --lmam {tables} --seeds {request.seeds} --corpus {request.corpus} {roots} "
        f"--split {request.split} --write docs/benchmarks/lmam.md"
    )
    return (
        "# What LMAM brings to its backbones\n\n"
        f"Written by `{command}` {described()}. Every entry is trained anew from each seed, by one recipe and with the "
        "same features; dev only reports. *Not significant* is a paired t-test over the seeds at 0.05, as in the "
        "paper; three seeds can show large differences only.\n\n"
        f"{report}"
    )
