"""Folders of corpora by name, as the command line gives them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from erc_core.errors import InputError


def root_of(roots: Mapping[str, Path], corpus: str) -> Path:
    """Return a corpus's folder.

    Raises:
        InputError: it was not given
    """
    if corpus not in roots:
        raise InputError(
            f"The folder of {corpus} is not given", got=", ".join(roots) or "none", do=f"add --root {corpus}=DIR"
        )
    return roots[corpus]
