"""Whether explanations name what is known to matter: the cases, their sums, and the file that the page shows.

A case is one question about one utterance whose truth is known, put to one method on one model: which modality is
informative, which words were planted, which action units were moved. Beside every share stands what chance gives.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from erc_core.errors import StoreError
from erc_core.settings import ASSETS
from erc_core.store.codec import decode, encode
from erc_core.types import Interval

CHECKS = ASSETS / "truth_checks.bin"
OWN = "own"  # in place of a method: what the model itself reports
Source = Literal["examples", "studio", "composite"]
Question = Literal["modality", "words", "units"]

SOURCES: dict[Source, str] = {
    "examples": "bundled examples",
    "studio": "studio dialogues from seeds",
    "composite": "composite corpus, dev",
}
QUESTIONS: dict[Question, str] = {
    "modality": "the informative modality comes first",
    "words": "a planted key word is among the first three",
    "units": "the first action unit is one that was moved",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One case.

    Attributes:
        source: where the utterance comes from
        dialogue: id of the dialogue; examples can be opened by it
        title: what people call the dialogue
        utterance: id
        text: its words
        label: the true emotion
        model: name of the model
        method: name of the explainer, or ``own`` for what the model itself reports
        question: what was asked
        truth: what should be named; any one of it counts
        named: what was named first, the strongest first
        chance: how likely a random order is to be right
    """

    source: Source
    dialogue: str
    title: str
    utterance: str
    text: str
    label: str
    model: str
    method: str
    question: Question
    truth: tuple[str, ...]
    named: tuple[str, ...]
    chance: float

    @property
    def hit(self) -> bool:
        """Whether something true was named."""
        return bool(set(self.truth) & set(self.named))


@dataclass(frozen=True, slots=True)
class SourceScore:
    """How a model does on a source: n utterances, weighted F1 with its 95% interval, and in which it was right."""

    source: Source
    model: str
    n: int
    weighted_f1: Interval


@dataclass(frozen=True, slots=True)
class CheckedModel:
    """Which weights were checked."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CheckSet:
    """All cases of one run."""

    models: tuple[CheckedModel, ...]
    scores: tuple[SourceScore, ...]
    checks: tuple[Check, ...]

    def stale(self, name: str, sha256: str) -> bool:
        """Tell whether a model was not checked with these weights."""
        return CheckedModel(name, sha256) not in self.models

    def renewed(self, newer: CheckSet) -> CheckSet:
        """Return these cases with those of a newer run in the place of all that its models had here."""
        again = {model.name for model in newer.models}

        def by_model(one: CheckedModel | SourceScore | Check) -> str:
            return one.name if isinstance(one, CheckedModel) else one.model

        return CheckSet(
            tuple(sorted((*(m for m in self.models if m.name not in again), *newer.models), key=by_model)),
            tuple(sorted((*(s for s in self.scores if s.model not in again), *newer.scores), key=by_model)),
            tuple(sorted((*(c for c in self.checks if c.model not in again), *newer.checks), key=by_model)),
        )


@dataclass(frozen=True, slots=True)
class Hits:
    """How often the known truth was named.

    Attributes:
        question: what was asked
        source: on what
        method: name of the explainer, or ``own``
        model: name of the model
        cases: how many
        share: how often, with its 95% interval
        chance: how often a random order would
    """

    question: Question
    source: Source
    method: str
    model: str
    cases: int
    share: Interval
    chance: float

    @property
    def better_than_chance(self) -> bool:
        """Whether the whole interval lies above chance."""
        return self.share.low > self.chance


def sums(checks: Iterable[Check]) -> tuple[Hits, ...]:
    """Sum up cases by question, source, method and model, in the order in which they first occur."""
    groups: dict[tuple[Question, Source, str, str], list[Check]] = {}
    for check in checks:
        groups.setdefault((check.question, check.source, check.method, check.model), []).append(check)
    found = []
    for (question, source, method, model), own in groups.items():
        share = wilson(sum(check.hit for check in own), len(own))
        chance = float(np.mean([check.chance for check in own]))
        found.append(Hits(question, source, method, model, len(own), share, chance))
    return tuple(found)


def wilson(right: int, cases: int) -> Interval:
    """Return a share with its 95% interval.

    Source:
        Wilson 1927.
    """
    z, share = 1.96, right / cases
    middle = (share + z**2 / (2 * cases)) / (1 + z**2 / cases)
    half = z / (1 + z**2 / cases) * float(np.sqrt(share * (1 - share) / cases + z**2 / (4 * cases**2)))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


def chance_of_top(units: int, right: int, top: int) -> float:
    """Return how likely ``top`` of ``units`` in a random order hold at least one of ``right`` that count."""
    missed = 1.0
    for place in range(min(top, units)):
        missed *= max(0, units - right - place) / (units - place)
    return 1.0 - missed


def write_checks(found: CheckSet, path: Path = CHECKS) -> None:
    """Write a run's cases, compressed."""
    path.write_bytes(zlib.compress(encode(found), 9))


def read_checks(path: Path = CHECKS) -> CheckSet | None:
    """Return the cases that come with the program, None where there are none.

    Raises:
        StoreError: the file is damaged
    """
    if not path.is_file():
        return None
    try:
        return decode(CheckSet, zlib.decompress(path.read_bytes()))
    except zlib.error as error:
        raise StoreError(
            f"{path.name} is damaged", got=error, do="run python -m erc_core bench explain_truth"
        ) from error
