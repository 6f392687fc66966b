"""The answer of the page Evidence in plain sentences: which modality counts, and which of its units."""

from __future__ import annotations

from collections.abc import Mapping

from erc_core.explanation import SLIGHT, Attribution, Explanation
from erc_core.plots.theme import modality_title

WHOLE = ("modality_shapley", "modality_ablation")
PARTS = (
    ("words", ("lime_words", "gradients_words")),
    ("stretches of sound", ("lime_sound",)),
    ("parts of the face", ("lime_face", "lime_action_units")),
)


def answer_sentences(found: Mapping[str, Explanation]) -> tuple[str, ...]:
    """Return the answer that the explanations at hand give together, a sentence each; none where none is there.

    Args:
        found: explanations of one utterance and one label, by method
    """
    sentences = [_modalities(found[name]) for name in WHOLE if name in found][:1]
    for title, methods in PARTS:
        sentences += [_units(title, found[name]) for name in methods if name in found][:1]
    return tuple(sentence for sentence in sentences if sentence)


def _modalities(found: Explanation) -> str:
    target = found.target
    named = sorted((a for a in found.attributions if a.modality), key=lambda a: -a.value)
    for_it = [f"{_title(a)} {a.value:+.2f}" for a in named if a.value >= SLIGHT]
    against = [f"{_title(a)} {a.value:+.2f}" for a in named if a.value <= -SLIGHT]
    if not for_it and not against:
        return f"No modality alone moves the {target.scale} of {target.label}."
    speaks = f"What speaks for {target.label}, in {target.scale}: {', '.join(for_it)}"
    first = speaks if for_it else f"Nothing speaks for {target.label}, in {target.scale}"
    return f"{first}{'; against it: ' + ', '.join(against) if against else ''}."


def _units(title: str, found: Explanation) -> str:
    own = [a for a in found.ranked() if a.utterance == found.target.utterance]
    if not own:
        return ""
    first = own[0]
    if abs(first.value) < SLIGHT:
        return f"Of the {title} none matters alone."
    side = "for" if first.value > 0 else "against"
    return f"Of the {title} “{first.title}” counts most, {side} it ({first.value:+.2f})."


def _title(attribution: Attribution) -> str:
    return modality_title(attribution.modality).lower() if attribution.modality else attribution.name
