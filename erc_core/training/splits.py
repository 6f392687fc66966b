"""The inner split: the part of train that stops trainings early and calibrates, and trains nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from erc_core.errors import InputError
from erc_core.types import Dialogue

INNER_SHARE = 10  # one in ten
LEAST = 2  # dialogues


def is_inner(key: str, one_in: int = INNER_SHARE) -> bool:
    """Tell whether an item belongs to the inner split; depends on its key alone, never on its neighbours."""
    return int(hashlib.sha256(f"inner:{key}".encode()).hexdigest(), 16) % one_in == 0


def split_dialogues(dialogues: Sequence[Dialogue]) -> tuple[tuple[Dialogue, ...], tuple[Dialogue, ...]]:
    """Return the dialogues to train on and the inner ones, a tenth, by the hash of their content.

    Of so few that no hash falls into the tenth, or every one, the last by its id is the inner one.

    Raises:
        InputError: there are fewer than two dialogues
    """
    if len(dialogues) < LEAST:
        raise InputError(
            "There are too few dialogues to train on some and stop on others", got=len(dialogues),
            allowed=f"{LEAST} or more", do="name a folder with more dialogues of the split train",
        )  # fmt: skip
    inner = {dialogue.id for dialogue in dialogues if is_inner(dialogue.id)}
    if len(inner) in (0, len({dialogue.id for dialogue in dialogues})):
        inner = {max(dialogue.id for dialogue in dialogues)}
    return tuple(d for d in dialogues if d.id not in inner), tuple(d for d in dialogues if d.id in inner)
