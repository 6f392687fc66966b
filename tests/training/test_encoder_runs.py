"""The encoders' trainings from the command's side: folds, recipes, refusals."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from erc_core.errors import InputError, MissingResourceError
from erc_core.models.checkpoints import ROOT, read_config
from erc_core.training import encoder_runs
from erc_core.training.acoustic import RECIPE
from erc_core.training.encoder_evaluation import encoder_answers
from erc_core.training.encoder_runs import Order
from erc_core.training.runs import train
from erc_core.training.system_runs import SystemOrder, train_one
from tests.small_corpora import write_small_corpora


def order(**changes):
    return Order({}, Path("run"), Path("checkpoint"), **changes)


def test_the_encoder_of_a_fold_takes_half_as_many_passes():
    assert order().recipe(RECIPE) == RECIPE
    assert order(fold=1).recipe(RECIPE).epochs == RECIPE.epochs // 2
    assert order(fold=1, epochs=3).recipe(RECIPE).epochs == 3


def test_a_fold_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such fold"):
        train("acoustic", {}, tmp_path, tmp_path, fold=2)


@pytest.mark.parametrize("name", ["dq_former", "df_erc"])
def test_a_fusion_says_which_encoders_are_to_be_trained_first(name, tmp_path):
    roots, runs = write_small_corpora(tmp_path), tmp_path / "runs"
    (runs / "folds" / "text_1").mkdir(parents=True)
    (runs / "folds" / "text_1" / "config.json").write_text("{}")
    with pytest.raises(MissingResourceError) as raised:
        train(name, roots, runs, ROOT) if name == "dq_former" else train_one(SystemOrder(name, roots, runs))
    said = raised.value.sentence()
    assert f"got: no text_0 in {runs / 'folds'}." in said
    assert f"run first: python -m erc_core train text --root meld=DIR --runs {runs} --fold 0 (docs" in said


def test_an_encoder_is_not_measured_on_a_corpus_that_it_cannot_read():
    with pytest.raises(InputError, match="do not fit"):
        encoder_answers("face", "meld", {}, "dev")


def test_the_encoder_of_a_fold_hears_the_other_actors_and_is_written_with_its_card(tmp_path, monkeypatch):
    root = tmp_path / "ravdess"
    root.mkdir()
    rng = np.random.default_rng(0)
    for actor in (2, 4, 5, 15):
        for emotion in range(1, 9):
            sound = rng.normal(0, 0.1, 6000).astype(np.float32)
            soundfile.write(root / f"03-01-{emotion:02d}-01-01-01-{actor:02d}.wav", sound, 16_000)
    monkeypatch.setattr(encoder_runs, "TRAIN_SEEDS", range(50_000, 50_001))
    train("acoustic", {"ravdess": root}, tmp_path / "runs", tmp_path, epochs=1, fold=1)
    folder = tmp_path / "runs" / "folds" / "acoustic_1"
    config = read_config(folder)
    # Actors 4 and 5 are in fold 0, actor 2 is in fold 1 and is left out; a dialogue of the studio has 14 lines.
    assert config["trained_on"] == {"RAVDESS actors 1 to 14": 16, "studio voices from seeds": 14}
    assert config["inner_items"] == 8
    assert "RAVDESS" in (folder / "CARD.md").read_text()
