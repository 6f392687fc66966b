"""The verbs that keep an installation in order: ``doctor``, ``backup``, ``restore``, ``audit``."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from erc_core.settings import load_settings
from erc_core.verb_arguments import add_verb, print_made, print_result


def add_verbs(verbs: Any) -> None:
    """Add the verbs to the command line."""
    doctor = add_verb(
        verbs,
        "doctor",
        "say what is there, what is missing, and how to mend it",
        details="Exit status 0, or 1 where something is missing without which the program does not work.",
    )
    doctor.set_defaults(run=_doctor)
    backup = add_verb(verbs, "backup", "write the store, with all clips and results, into one file")
    backup.add_argument("--out", type=Path, required=True, help="where the file goes")
    backup.set_defaults(run=_backup)
    restore = add_verb(verbs, "restore", "take a backup into an empty store")
    restore.add_argument("file", type=Path, help="what the verb backup wrote")
    restore.set_defaults(run=_restore)
    audit = add_verb(verbs, "audit", "list who brought and deleted which content, the newest first")
    audit.add_argument("--limit", type=int, default=1000, help="most lines")
    audit.set_defaults(run=_audit)


def _doctor(options: argparse.Namespace) -> int:
    from erc_core.doctor import as_text, examine

    found = examine(load_settings())
    print_result(options, [asdict(finding) for finding in found], as_text(found))
    return int(any(finding.needed and not finding.fine for finding in found))


def _backup(options: argparse.Namespace) -> int:
    from erc_core.store.store import Store

    store = Store(load_settings())
    try:
        report = store.write_backup(options.out)
    finally:
        store.close()
    gone = f"; {len(report.missing)} files are gone" if report.missing else ""
    size = f"{report.size_bytes / 1e6:.1f} MB"
    print_made(options, asdict(report), f"{report.rows} rows and {report.files} files in {options.out}, {size}{gone}")
    return int(bool(report.missing))


def _restore(options: argparse.Namespace) -> None:
    from erc_core.store.store import Store

    store = Store(load_settings())
    try:
        report = store.read_backup(options.file)
    finally:
        store.close()
    print_made(options, asdict(report), f"{report.rows} rows and {report.files} files are back")


def _audit(options: argparse.Namespace) -> None:
    from erc_core.store.store import Store

    store = Store(load_settings())
    try:
        found = store.audit(options.limit)
    finally:
        store.close()
    rows = [f"{datetime.fromtimestamp(x.at_s, tz=UTC):%Y-%m-%d %H:%M:%S} {x.owner} {x.action} {x.what}" for x in found]
    print_result(options, [asdict(line) for line in found], "\n".join(rows))
