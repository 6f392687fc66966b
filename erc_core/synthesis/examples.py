"""The bundled examples: frozen scripts, and the clips that are built from them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from erc_core.errors import InputError
from erc_core.synthesis.studio import build_clip
from erc_core.synthesis.truth import Truth
from erc_core.types import Progress, silent

EXAMPLES = Path(__file__).resolve().parents[2] / "assets" / "examples"
FROZEN = "FROZEN.sha256"


def frozen_scripts(folder: Path = EXAMPLES) -> dict[str, str]:
    """Return the sha256 of each example's script as it was frozen, by the example's name.

    Raises:
        InputError: the list of hashes is missing
    """
    try:
        lines = (folder / FROZEN).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError("The list of frozen scripts is missing", got=folder / FROZEN) from error
    pairs = (line.split(maxsplit=1) for line in lines if line.strip())
    return {Path(path).parent.name: digest for digest, path in pairs}


def check_frozen(folder: Path = EXAMPLES) -> None:
    """Make sure that every frozen script is still what it was.

    Raises:
        InputError: a script was changed or is gone
    """
    for name, digest in frozen_scripts(folder).items():
        path = folder / name / "script.yaml"
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
        if found != digest:
            raise InputError(f"The frozen script of {name} was changed", got=found, allowed=digest)


def build_examples(folder: Path = EXAMPLES, only: tuple[str, ...] = (), progress: Progress = silent) -> list[Truth]:
    """Build all examples, or those named, from their frozen scripts, each into its own folder.

    Raises:
        InputError: a frozen script was changed, or a name is unknown
        MissingResourceError: espeak-ng is not installed
    """
    check_frozen(folder)
    known = sorted(frozen_scripts(folder))
    for name in only:
        if name not in known:
            raise InputError("There is no such example", got=name, allowed=", ".join(known))
    truths = []
    chosen = only or tuple(known)
    for number, name in enumerate(chosen):
        progress(f"build {name}", number / len(chosen))
        truths.append(build_clip(folder / name / "script.yaml", folder / name))
    return truths
