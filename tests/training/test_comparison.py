"""Systems side by side on a small encoded split; mechanisms that are known to tell the truth, or not."""

import numpy as np
import pytest

from erc_core.cli import main
from erc_core.models.checkpoints import save_model
from erc_core.training.comparison import measured, with_missing
from erc_core.training.comparison_tables import comparison_table
from erc_core.training.mechanisms import auroc, truthfulness, word_flags
from erc_core.training.system_results import Comparison, by_length, weighted
from erc_core.training.systems import answers, built, calibrate
from tests.data.corpus_layouts import make_meld_features
from tests.training.encoded import WIDTHS, encoded_split
from tests.training.test_systems import LABELS, small


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    root = tmp_path_factory.mktemp("compared")
    split = encoded_split(8, 0)
    request = Comparison({}, "dev", root, root, ablations=True, subsets=True)
    words = np.array(["informative", "uninformative", "misleading"])[np.arange(len(split.labels)) % 3]
    found = []
    for name, folder in (
        ("df_erc", root / "df_erc"),
        ("df_erc", root / "checkpoints" / "df_erc+seed1"),
        ("df_erc", root / "checkpoints" / "df_erc+no_cfm"),
        ("cmath", root / "cmath"),
        ("amuse", root / "amuse"),
    ):
        config = {"fusion": "mean"} if "no_cfm" in folder.name else {}
        model = built(small(name, **config), LABELS, WIDTHS).eval()
        save_model(folder, model, calibrate(model, split), root)
        if folder.parent == root:
            found.append((name, folder))
    return split, tuple(measured(name, folder, split, words, request) for name, folder in found)


def test_every_system_is_measured_in_every_way(results):
    split, (df_erc, cmath, amuse) = results
    for result in (df_erc, cmath, amuse):
        assert result.scores.n == len(split.labels)
        assert len(result.subsets) == 7
        assert sum(x.n for x in result.lengths) == len(split.labels)
        assert result.cost.parameters > 0
        assert result.cost.forward_ms > 0
    assert [x.name for x in df_erc.ablations] == ["no_cfm"]
    assert df_erc.seeds.seeds == 2
    assert {one.mechanism for one in cmath.mechanisms} == {"gate share", "minus sigma"}
    assert cmath.sigma_tells_error is not None
    assert {one.modality for one in amuse.mechanisms} == {"t", "a", "v"}


def test_the_tables_name_every_system_and_the_split(results):
    _, found = results
    text = comparison_table(found, "dev")
    assert text.startswith(f"| composite dev, n = {found[0].scores.n:,}")
    assert "against misleading" in text
    assert text.count("| df_erc |") >= 4


def test_a_weight_that_follows_the_flags_has_an_auroc_of_one():
    flags = {
        "a": np.array(["informative", "uninformative"] * 20),
        "t": np.array(["uninformative", "informative"] * 20),
        "v": np.array([""] * 40),
    }
    good = np.stack([flags[m] == "informative" for m in ("t", "a", "v")], 1).astype(float)
    sound, words, picture = truthfulness("good", good, flags)
    assert (sound.uninformative.value, words.uninformative.value) == (1.0, 1.0)
    assert sound.n == (40, 0)
    assert np.isnan(picture.uninformative.value)
    assert np.isnan(sound.misleading.value)
    worse = truthfulness("worse", 1 - good, flags)
    assert worse[0].uninformative.value == 0.0


def test_words_are_informative_where_a_model_is_rightly_sure():
    probabilities = np.array([[0.6, 0.4, 0.0], [0.3, 0.6, 0.1], [0.4, 0.3, 0.3]])
    found = word_flags(probabilities, np.array([0, 0, 0]))
    assert found.tolist() == ["informative", "misleading", "uninformative"]


def test_chance_is_half():
    rng = np.random.default_rng(0)
    found = auroc(rng.random(400) < 0.5, rng.random(400), draws=200)
    assert found.low < 0.5 < found.high


def test_missing_modalities_are_left_out_by_the_share_that_is_named():
    split = encoded_split(6, 0)
    model = built(small("df_erc"), LABELS, WIDTHS).eval()
    whole = with_missing(model, split, 0.0)
    logits, _, _ = answers(model, split)
    assert whole.name == "0% missing"
    assert sum(x.n for x in by_length(logits, split)) == whole.n == len(split.labels)
    without, _, _ = answers(model, split, ())
    assert with_missing(model, split, 1.0).weighted_f1 == weighted(without, split.labels.numpy())


def test_a_system_trains_and_is_measured_on_feature_files_by_the_same_commands(tmp_path, capsys):
    root = make_meld_features(tmp_path)
    given = ["--root", f"meld-features={root}", "--runs", str(tmp_path / "runs")]
    assert main(["train", "df_erc", *given, "--epochs", "1"]) == 0
    command = ["evaluate", "--corpus", "meld-features", "--split", "test", "--model", "df_erc", *given]
    assert main(command) == 0
    assert "DF-ERC (t+a+v)" in capsys.readouterr().out
    assert main([*command, "--modalities", "a"]) == 0


def test_other_models_are_refused_with_the_systems_that_can_be_compared(tmp_path, capsys):
    assert main(["compare", "--models", "nothing", "--runs", str(tmp_path)]) == 2
    assert "df_erc" in capsys.readouterr().err
