"""LIME over spans of sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from erc_core.explainers._lime import LimeParams, lime
from erc_core.explainers._settings import setting
from erc_core.explainers._sound import SoundSpace, unread_sound
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress


@dataclass(frozen=True, slots=True)
class SoundParams(LimeParams):
    """What LIME over sound can be told."""

    width_s: float = setting(0.25, "Span (s)", "Length of a span in seconds, where they are equal.", 0.1, 1.0)
    cut: Literal["equal", "words"] = setting(
        "equal",
        "Spans",
        "Equal spans, or one for each word where the words' times are known.",
        choices=("equal", "words"),
    )
    fill: Literal["room", "noise", "silence"] = setting(
        "room",
        "A muted span",
        "Holds the utterance's own quietest sound, noise of its mean and spread, or digital silence.",
        choices=("room", "noise", "silence"),
    )


@EXPLAINERS.add("lime_sound")
class LimeSound(Explainer[SoundParams]):
    """Which moments of the voice speak for the label."""

    card = ExplainerCard(
        name="lime_sound",
        title="LIME: sound",
        paper="Ribeiro et al. 2016, KDD; spans of sound as in Mishra et al. 2017, Local Interpretable Model-Agnostic "
        "Explanations for Music Content Analysis, ISMIR",
        units=("audio_span",),
        modalities=("a",),
        meaning="How much the value changes, nearby, when a span is heard.",
        reading="Spans above zero speak for the label. Words and picture stay as they are, also where a word is muted.",
        sampled=True,
    )
    params = SoundParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there is no sound to mute."""
        return unread_sound(features) if "a" in model.modalities else f"{model.title} reads no sound."

    def explain(self, case: Case, params: SoundParams, progress: Progress) -> Finding:
        """Mute spans."""
        return lime(case, SoundSpace(case, params.width_s, params.cut, params.fill), params, progress)
