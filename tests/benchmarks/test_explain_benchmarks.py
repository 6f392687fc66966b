import numpy as np
import pytest
import torch

from erc_core import pipeline
from erc_core.benchmarks import explain_truth
from erc_core.benchmarks.explain import Figures, WordFigures, _kept, _parts
from erc_core.benchmarks.explain import page as page_of_times
from erc_core.benchmarks.explain_faces import FaceFigures
from erc_core.benchmarks.explain_truth import page
from erc_core.benchmarks.truth_cases import composite_cases, known_of, moved_units
from erc_core.explainers._words import WORD
from erc_core.features.visual_layout import split_visual
from erc_core.media.action_unit_table import SPEAKING
from erc_core.pipeline import EXAMPLES
from erc_core.settings import Settings
from erc_core.store.codec import decode
from erc_core.synthesis.performance import EXPRESSION
from erc_core.synthesis.truth import read_truth
from erc_core.training.metrics import confusion_matrix, weighted_f1
from erc_core.truth_checks import OWN, Check, CheckSet, SourceScore
from erc_core.types import MELD7, Analysis, Interval
from erc_core.ui.bundle import result_path
from tests.small_corpora import write_small_corpora


def test_versions_of_the_package_are_read_back_as_which_words_are_left():
    text = "Well, I never said that I never would!"
    parts = _parts(text)
    assert "".join(parts) == text
    rng = np.random.default_rng(0)
    for _ in range(50):
        kept = rng.random(len(WORD.findall(text))) < 0.5
        left = iter(kept)
        version = "".join(part for part in parts if not WORD.fullmatch(part) or next(left))
        assert _kept(text, version) == kept.tolist()


def test_what_the_studio_knows_of_an_utterance_is_what_its_truth_says():
    truth = read_truth(EXAMPLES / "only_the_voice" / "truth.json")
    found = [known_of(truth, position) for position in range(len(truth.utterances))]
    assert any(known.alone == "a" for known in found), "this example has utterances that the voice alone carries"
    for known, said in zip(found, truth.utterances, strict=True):
        if known.alone:
            assert said.emotion != "neutral"
        if known.key_words:
            assert set(known.key_words) <= {word.lower() for word in WORD.findall(said.text)}


def test_moved_units_are_those_of_the_truth_and_not_of_all_speech():
    truth = read_truth(EXAMPLES / "wonderful_news" / "truth.json")
    found = [moved_units(truth, position) for position in range(len(truth.utterances))]
    assert any(found)
    assert all(not units & SPEAKING for units in found)


def test_moved_units_are_numbered_as_the_expression_that_was_acted():
    truth = read_truth(EXAMPLES / "behind_the_cup" / "truth.json")
    asked = [p for p, said in enumerate(truth.utterances) if said.face_emotion != "neutral" and said.seen > 0.9]
    assert len(asked) > 4
    for position in asked:
        acted = EXPRESSION[truth.utterances[position].face_emotion]
        moved = moved_units(truth, position)
        strongest = max(set(acted) - SPEAKING, key=lambda number: acted[number])
        assert strongest in moved
        assert moved <= set(acted)


def test_composite_cases_take_their_truth_from_the_flags(tmp_path):
    cases = list(composite_cases(write_small_corpora(tmp_path), Settings(), dialogues=2))
    assert len(cases) == 2
    for case in cases:
        assert len(case.known) == len(case.dialogue.utterances)
        assert {f.extractor for f in case.features.values()} == set(case.features)
        pictures = [row.values for row in case.features["visual-1"].rows if row.values is not None]
        behind = [split_visual(torch.from_numpy(np.array(values))).has_background for values in pictures]
        assert behind  # as in training, where every face has a room behind it
        assert all(there.all() for there in behind)


def test_the_examples_are_asked_and_what_was_named_is_kept(monkeypatch):
    wanted = {"only_the_voice"}
    monkeypatch.setattr(pipeline, "examples", lambda real=pipeline.examples: [e for e in real() if e.name in wanted])
    found = explain_truth.measure(explain_truth.Plan(None, {}, ["df_erc"]), Settings())
    (score,) = found.scores
    assert (score.source, score.model, score.n) == ("examples", "df_erc", 9)
    (example,) = pipeline.examples()
    known = decode(Analysis, result_path(example, "df_erc").read_bytes()).prediction
    truth = [MELD7.index(u.label) for u in example.dialogue.utterances]
    predicted = [MELD7.index(known.label_of(position)) for position in range(9)]
    bundled = weighted_f1(confusion_matrix(np.array(truth), np.array(predicted), len(MELD7)))
    assert score.weighted_f1.value == pytest.approx(bundled)
    asked = {(check.question, check.method) for check in found.checks}
    assert {("modality", "modality_shapley"), ("modality", "modality_ablation"), ("modality", OWN)} <= asked
    for check in found.checks:
        assert check.dialogue in {example.dialogue.id for example in pipeline.examples()}
        assert 0 < check.chance <= 1
        assert check.named
    assert "modality_shapley | df_erc" in page(found)


def test_a_page_says_what_is_aimed_at_and_what_chance_gives():
    interval = Interval(0.5, 0.4, 0.6)
    check = Check("studio", "d", "9000", "u1", "I won", "joy", "m", "lime_words", "words", ("won",), ("won", "i"), 0.3)
    text = page(CheckSet((), (SourceScore("studio", "m", 4, interval),), (check,)))
    assert "100.0%" in text
    assert "30.0% | 80%" in text
    assert "0.500 [0.400, 0.600], n = 4" in text
    assert "not measured" in text


def test_times_ours_are_of_one_round_each_and_stand_with_their_spread():
    words = [
        WordFigures(0, 0, 0, 0.99, 1.0, 0.95, naive, 20.0, 40.0, ours, 1.0, 11, 567, "bf16")
        for naive, ours in ((40, 10), (120, 20))
    ]
    face = [FaceFigures(0, 5.0, 0.5, 64, "amuse", "trained")] * 2
    text = page_of_times(Figures(tuple(words), tuple(face)))
    assert "| words: lime, whole model every time | 80.00 [40.00, 120.00] | 5.0 [4.0, 6.0] |" in text
    assert "| words: floor | 1.00 [1.00, 1.00] |" in text
    assert "2 rounds" in text
