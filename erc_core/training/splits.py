"""The inner split: the part of train that stops trainings early and calibrates, and trains nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from erc_core.errors import InputError
from erc_core.types import Dialogue

Item = TypeVar("Item")
INNER_SHARE = 10  # one in ten
LEAST = 2  # dialogues


def is_inner(key: str, one_in: int = INNER_SHARE) -> bool:
    """Tell whether an item belongs to the inner split; depends on its key alone, never on its neighbours."""
    return int(hashlib.sha256(f"inner:{key}".encode()).hexdigest(), 16) % one_in == 0


def split_dialogues(dialogues: Sequence[Dialogue]) -> tuple[tuple[Dialogue, ...], tuple[Dialogue, ...]]:
    """Return the dialogues to train on and the inner ones; see :func:`split_of_dialogues`."""
    return split_of_dialogues(dialogues, lambda dialogue: dialogue)


def split_of_dialogues(
    items: Sequence[Item], dialogue: Callable[[Item], Dialogue]
) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Return what to train on and what is inner, a tenth, by the hash of the dialogues' content.

    Of so few that no hash falls into the tenth, or every one, the last by its id is the inner one.

    Args:
        items: dialogues, or what holds one each
        dialogue: gives an item's dialogue

    Raises:
        InputError: there are fewer than two items
    """
    if len(items) < LEAST:
        raise InputError(
            "There are too few dialogues to train on some and stop on others", got=len(items),
            allowed=f"{LEAST} or more", do="name a folder with more dialogues of the split train",
        )  # fmt: skip
    ids = {dialogue(item).id for item in items}
    inner = {name for name in ids if is_inner(name)}
    if len(inner) in (0, len(ids)):
        inner = {max(ids)}
    fit = tuple(item for item in items if dialogue(item).id not in inner)
    return fit, tuple(item for item in items if dialogue(item).id in inner)
