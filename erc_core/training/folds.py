"""Folds of the training data: features on which fusion is trained come from encoders that never saw the item.

An encoder is surer of what it was trained on than of anything new. Fusion that learned from such features would trust
each modality too much, so each of K encoders is trained without one fold and encodes that fold alone.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from erc_core.data.base import FaceImages
from erc_core.data.same_pictures import photo_groups
from erc_core.errors import MissingResourceError
from erc_core.models.checkpoints import CONFIG

FOLDS = 2


def check_text_folds(runs: Path) -> None:
    """Check that the text encoders of all folds are there, which encode the words that a fusion is trained on.

    Args:
        runs: the runs' folder

    Raises:
        MissingResourceError: one is not there
    """
    missing = [k for k in range(FOLDS) if not (runs / "folds" / f"text_{k}" / CONFIG).is_file()]
    if missing:
        verb = f"python -m erc_core train text --root meld=DIR --runs {runs} --fold"
        raise MissingResourceError(
            "A fusion is trained on words as text encoders read them that never saw them, and these are not there",
            got=f"no {' and no '.join(f'text_{k}' for k in missing)} in {runs / 'folds'}",
            do=f"run first: {', then '.join(f'{verb} {k}' for k in missing)} (docs/training.md)",
        )


def fold_of(key: str, folds: int = FOLDS) -> int:
    """Return the fold of an item, 0 to ``folds`` - 1; for words the key is the dialogue's id.

    Depends on the key alone, never on the other items.
    """
    return int(hashlib.sha256(f"fold:{key}".encode()).hexdigest(), 16) % folds


def fold_of_actor(actor: str, folds: int = FOLDS) -> int:
    """Return the fold of all takes of an actor, such as ``ravdess-01``.

    Numbers 2 and 3, 4 and 5 and so on share a fold: RAVDESS numbers men odd and women even, so folds have both.
    """
    number = re.search(r"(\d+)$", actor)
    return int(number[1]) // 2 % folds if number else fold_of(actor, folds)


def photo_names(faces: FaceImages) -> list[str]:
    """Return for each picture the name of the first picture of its photo."""
    groups = photo_groups(faces).tolist()
    first: dict[int, str] = {}
    for group, name in sorted(zip(groups, faces.names, strict=True), key=lambda pair: pair[1]):
        first.setdefault(group, name)
    return [first[group] for group in groups]
