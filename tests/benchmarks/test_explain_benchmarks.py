import numpy as np
import pytest

from erc_core.benchmarks.explain import _kept, _parts
from erc_core.benchmarks.explain_truth import hits, moved_units, script_dialogue, table, wilson
from erc_core.explainers._words import WORD
from erc_core.settings import ASSETS
from erc_core.synthesis.dialogues import generate_script
from erc_core.synthesis.truth import read_truth


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


def test_planted_words_stand_in_their_lines():
    dialogue, keys = script_dialogue(generate_script(3, carriers="all"))
    for utterance, planted in zip(dialogue.utterances, keys, strict=True):
        assert set(planted) <= set(WORD.findall(utterance.text))


def test_moved_units_are_those_of_the_truth_and_not_of_all_speech():
    truth = read_truth(ASSETS / "examples" / "wonderful_news" / "truth.json")
    found = [moved_units(truth, position) for position in range(len(truth.utterances))]
    assert any(found)
    assert all(not units & {25, 26, 45} for units in found)


def test_a_share_has_its_interval_and_its_chance():
    row = hits("a thing", "m", [(True, 0.25), (True, 0.25), (False, 0.5)], 0.8)
    assert row.share.value == pytest.approx(2 / 3)
    assert row.share.low < 2 / 3 < row.share.high
    assert row.chance == pytest.approx(1 / 3)
    assert "66.7%" in table([row])
    assert wilson(10, 10).high == pytest.approx(1.0)


def test_no_case_is_said_and_not_divided_by():
    assert np.isnan(hits("a thing", "m", [], 0.8).share.value)
