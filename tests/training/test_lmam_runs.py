"""The LMAM paper's comparisons, run on small encoded dialogues."""

import json

import pytest

from erc_core.cli import main
from erc_core.errors import UnknownNameError
from erc_core.training.lmam_runs import compare_lmam
from erc_core.types import LabelSet
from tests.data.corpus_layouts import make_meld_features
from tests.training.encoded import encoded_split

LABELS = LabelSet("three", ("a", "b", "c"))
SMALL = {"width": 8, "hidden": 8, "heads": 2, "mapping": 1, "state": 4, "rank": 3}


def splits():
    return encoded_split(12, 0), encoded_split(6, 1), encoded_split(6, 2)


def test_each_entry_is_trained_measured_and_remembered(tmp_path):
    found = compare_lmam(["self_attention"], *splits(), LABELS, tmp_path, (0, 1), epochs=1, base=SMALL)
    full, light = found["self_attention"]
    assert light.entry.against == full.entry.title
    assert len(light.outcomes) == 2
    for outcome in (*full.outcomes, *light.outcomes):
        assert 0 <= outcome.accuracy <= 1
        assert len(outcome.class_f1) == 3
        assert outcome.epoch_s > 0
    assert light.outcomes[0].parameters < full.outcomes[0].parameters
    assert len(json.loads((tmp_path / "outcomes-1.json").read_text())) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["outcomes-1.json"]
    again = compare_lmam(["self_attention"], *splits(), LABELS, tmp_path, (0, 1), epochs=1, base=SMALL)
    assert again == found


def test_an_unknown_comparison_is_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(UnknownNameError, match="fusion_methods"):
        compare_lmam(["rank", "none"], *splits(), LABELS, tmp_path, (0,), epochs=1, base=SMALL)
    assert not list(tmp_path.iterdir())


def test_a_comparison_runs_on_a_corpus_of_features_by_one_command(tmp_path, capsys):
    root = make_meld_features(tmp_path)
    command = ["compare", "--lmam", "self_attention", "--corpus", "meld-features"]
    more = ["--root", f"meld-features={root}", "--split", "test", "--runs", str(tmp_path / "runs")]
    page = tmp_path / "lmam.md"
    assert main([*command, *more, "--seeds", "1", "--epochs", "1", "--write", str(page)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("meld-features: trained on")
    assert "| Table XII, 1 seed |" in text
    assert "| EmoCaps + LMAM |" in text
    written = page.read_text()
    assert written.startswith("# What LMAM brings")
    assert written.endswith(text.rstrip("\n") + "\n")
    assert "--lmam self_attention --seeds 1 --corpus meld-features --root meld-features=DIR --split test" in written


def test_trained_systems_are_compared_on_the_composite_corpus_alone(capsys):
    assert main(["compare", "--corpus", "meld-features"]) == 2
    assert "add --lmam" in capsys.readouterr().err
