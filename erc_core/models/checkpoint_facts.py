"""What a checkpoint's files tell without loading the model: size, parameters, temperatures, and its card for people."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from erc_core.models.checkpoints import (
    ROOT,
    WEIGHTS,
    Temperatures,
    checkpoint_folder,
    count_weights,
    read_config,
    weights_hash,
)

CARD = "CARD.md"
MOST_CARD_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class CheckpointFacts:
    """What lies in a checkpoint's folder.

    Attributes:
        name: of the folder
        sha256: of its own weights, the encoders' left out
        bundled: whether it came with the application
        parameters: how many numbers its weights hold
        size_bytes: of the weights' file
        encoders: names of the encoders that it needs beside itself
        temperatures: what its logits are divided by; None for an encoder
        card: its CARD.md; empty where it has none
    """

    name: str
    sha256: str
    bundled: bool
    parameters: int
    size_bytes: int
    encoders: tuple[str, ...]
    temperatures: Temperatures | None
    card: str


def checkpoint_facts(name: str) -> CheckpointFacts:
    """Read what a checkpoint's files tell.

    Raises:
        MissingResourceError: there is no checkpoint of that name, or it cannot be read
    """
    folder = checkpoint_folder(name)
    config, sha256 = read_config(folder), weights_hash(folder)
    given = config.get("temperatures")
    known = {field.name for field in fields(Temperatures)}
    return CheckpointFacts(
        name=name,
        sha256=sha256,
        bundled=folder.parent == ROOT,
        parameters=count_weights(folder),
        size_bytes=(folder / WEIGHTS).stat().st_size,
        encoders=tuple(config.get("encoders", {})),
        temperatures=Temperatures(**{k: float(v) for k, v in given.items() if k in known}) if given else None,
        card=_card(folder),
    )


def _card(folder: Path) -> str:
    path = folder / CARD
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return stream.read(MOST_CARD_BYTES).decode("utf-8", errors="replace")
