"""LIME over words: AMuSE's textual explanation, for every model that reads words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from erc_core.explainers._lime import LimeParams, lime
from erc_core.explainers._settings import setting
from erc_core.explainers._words import WordSpace, unread_words
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress


@dataclass(frozen=True, slots=True)
class WordParams(LimeParams):
    """What LIME over words can be told."""

    reach: Literal["utterance", "history"] = setting(
        "utterance",
        "Words of",
        "The utterance's own words, or also the history that the model reads before them.",
        choices=("utterance", "history"),
    )
    removal: Literal["delete", "mask"] = setting(
        "delete",
        "A removed word",
        "Is left out as if it had not been said, or becomes the encoder's mask token.",
        choices=("delete", "mask"),
    )


@EXPLAINERS.add("lime_words")
class LimeWords(Explainer[WordParams]):
    """Which words speak for the label."""

    card = ExplainerCard(
        name="lime_words",
        title="LIME: words",
        paper="Ribeiro et al. 2016, Why Should I Trust You?, KDD; as AMuSE (Das Bhattacharjee et al.) uses it",
        units=("word",),
        modalities=("t",),
        meaning="How much the value changes, nearby, when a word is there.",
        reading="Words above zero speak for the label, those below against it. Sound and picture stay as they are.",
        sampled=True,
    )
    params = WordParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there are no words to remove."""
        return unread_words(features) if "t" in model.modalities else f"{model.title} reads no words."

    def explain(self, case: Case, params: WordParams, progress: Progress) -> Finding:
        """Remove words."""
        return lime(case, WordSpace(case, params.reach, params.removal), params, progress)
