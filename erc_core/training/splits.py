"""The inner split: the part of train that stops trainings early and calibrates, and trains nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from erc_core.types import Dialogue

INNER_SHARE = 10  # one in ten


def is_inner(key: str, one_in: int = INNER_SHARE) -> bool:
    """Tell whether an item belongs to the inner split; depends on its key alone, never on its neighbours."""
    return int(hashlib.sha256(f"inner:{key}".encode()).hexdigest(), 16) % one_in == 0


def split_dialogues(dialogues: Sequence[Dialogue]) -> tuple[tuple[Dialogue, ...], tuple[Dialogue, ...]]:
    """Return the dialogues to train on and the inner ones, a tenth, by the hash of their content."""
    fit = tuple(dialogue for dialogue in dialogues if not is_inner(dialogue.id))
    inner = tuple(dialogue for dialogue in dialogues if is_inner(dialogue.id))
    return fit, inner
