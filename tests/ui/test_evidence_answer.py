"""The page Evidence answers in plain sentences before it draws: which modality counts, and which of its units."""

from __future__ import annotations

from erc_core.explanation import Attribution, AttributionUnit, Characters, Explanation, Fidelity, Target
from erc_core.types import Modality
from erc_core.ui.evidence_answer import answer_sentences
from tests.ui.sample_analysis import MODEL


def explanation(method: str, *units: tuple[str, Modality | None, float], unit: AttributionUnit = "word") -> Explanation:
    place = Characters(0, 1) if unit == "word" else None
    found = tuple(Attribution(unit, name, value, "u1", modality, characters=place) for name, modality, value in units)
    target = Target("u1", "joy", "probability", 0.6, 0.1, "joy")
    return Explanation(
        "d", target, MODEL, method, (), 0, found, (Fidelity.none("not asked"),), 0.1, 8, 4, "removed", "A hint."
    )


def test_what_speaks_for_the_emotion_comes_first_the_strongest_before_the_others_then_what_speaks_against_it() -> None:
    one = explanation(
        "modality_shapley", ("words", "t", -0.2), ("sound", "a", 0.1), ("face", "v", 0.4), unit="modality"
    )
    assert answer_sentences({"modality_shapley": one}) == (
        "What speaks for joy, in probability: visual +0.40, acoustic +0.10; against it: text -0.20.",
    )


def test_a_modality_that_moves_nothing_is_not_named() -> None:
    one = explanation("modality_ablation", ("words", "t", 0.001), ("sound", "a", -0.002), unit="modality")
    assert answer_sentences({"modality_ablation": one}) == ("No modality alone moves the probability of joy.",)
    against = explanation("modality_ablation", ("words", "t", 0.001), ("sound", "a", -0.3), unit="modality")
    assert answer_sentences({"modality_ablation": against}) == (
        "Nothing speaks for joy, in probability; against it: acoustic -0.30.",
    )


def test_of_the_words_the_strongest_is_named_with_its_side_or_that_none_matters() -> None:
    strong = explanation("lime_words", ("job", "t", 0.1), ("lost", "t", -0.3))
    assert answer_sentences({"lime_words": strong}) == ("Of the words “lost” counts most, against it (-0.30).",)
    weak = explanation("lime_words", ("job", "t", 0.004))
    assert answer_sentences({"lime_words": weak}) == ("Of the words none matters alone.",)


def test_one_method_speaks_for_each_kind_of_unit() -> None:
    lime, gradients = explanation("lime_words", ("job", "t", 0.1)), explanation("gradients_words", ("lost", "t", 0.9))
    assert len(answer_sentences({"gradients_words": gradients, "lime_words": lime})) == 1
    assert "job" in answer_sentences({"gradients_words": gradients, "lime_words": lime})[0]
    assert answer_sentences({}) == ()
