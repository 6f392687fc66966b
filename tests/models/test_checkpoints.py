"""Checkpoints: half precision, shared encoders, clear refusals."""

import json
import shutil

import pytest
import torch

from erc_core import pipeline
from erc_core.errors import MissingResourceError, UnknownNameError
from erc_core.models.base import collate
from erc_core.models.checkpoints import (
    ROOT,
    WEIGHTS,
    Temperatures,
    checkpoint_folder,
    count_parameters,
    load_model,
    model_ref,
    save_model,
    save_weights,
    variant_names,
    weights_hash,
)
from erc_core.models.dq_former import DQFormer
from erc_core.types import MELD7
from tests.contracts.test_models import sample


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    model = DQFormer(MELD7, DQFormer.tiny).eval()
    for attribute, name in model.encoders.items():
        state = {f"encoder.{k}": v for k, v in model.get_submodule(attribute).state_dict().items()}
        save_weights(tmp_path / name, state, {})
    save_model(tmp_path / "dq_former", model, Temperatures(fused=1.5), tmp_path)
    return model, tmp_path


def test_a_loaded_model_answers_as_the_saved_one_within_half_precision(folder):
    model, root = folder
    loaded = load_model("dq_former", root)
    batch = collate([sample(model.card, 3, 0)])
    with torch.inference_mode():
        torch.testing.assert_close(loaded.model(batch).logits, model(batch).logits, atol=5e-3, rtol=5e-2)
    assert loaded.temperatures.fused == 1.5
    assert loaded.ref == model_ref("dq_former", root)


def test_a_variant_is_the_same_class_with_a_checkpoint_of_its_own(folder):
    _, root = folder
    shutil.copytree(root / "dq_former", root / "dq_former+deeper")
    assert isinstance(load_model("dq_former+deeper", root).model, DQFormer)
    assert model_ref("dq_former+deeper", root).name == "dq_former+deeper"
    assert variant_names(root) == ("dq_former+deeper",)


@pytest.mark.parametrize("name", ["dq_former+", "dq_former+../dq_former", "dq_former+a/b", "nothing+lmam"])
def test_a_variant_with_an_unusable_name_is_refused(name):
    with pytest.raises(UnknownNameError):
        load_model(name)


def test_an_own_folder_is_looked_at_before_the_bundled_checkpoints(folder, monkeypatch):
    _, root = folder
    bundled = model_ref("dq_former").sha256
    monkeypatch.setenv("ERC_CHECKPOINTS", str(root))
    assert model_ref("dq_former") == model_ref("dq_former", root)
    assert model_ref("dq_former").sha256 != bundled
    shutil.rmtree(root / "dq_former")
    assert checkpoint_folder("dq_former") == ROOT / "dq_former"


def test_an_own_variant_is_offered_beside_the_bundled_model(folder, monkeypatch):
    _, root = folder
    shutil.copytree(root / "dq_former", root / "dq_former+mine")
    monkeypatch.setenv("ERC_CHECKPOINTS", str(root))
    titles = {status.name: status.card.title for status in pipeline.models()}
    assert titles["dq_former+mine"] == f"{titles['dq_former']} (mine)"


def test_encoders_are_stored_once_and_not_with_the_model(folder):
    from safetensors.torch import load_file

    names = load_file(folder[1] / "dq_former" / WEIGHTS)
    assert not [name for name in names if name.startswith(("text.", "acoustic."))]


def test_another_encoder_than_the_one_it_was_trained_with_is_refused(folder):
    model, root = folder
    state = {f"encoder.{k}": v + 1 for k, v in model.acoustic.state_dict().items()}
    save_weights(root / "acoustic_encoder", state, {})
    with pytest.raises(MissingResourceError, match="trained with another acoustic_encoder"):
        load_model("dq_former", root)


def test_missing_and_broken_weights_say_what_to_do(folder):
    _, root = folder
    config = json.loads((root / "dq_former" / "config.json").read_text())
    (root / "dq_former" / WEIGHTS).write_bytes(b"not weights at all")
    with pytest.raises(MissingResourceError, match="cannot be read"):
        load_model("dq_former", root)
    shutil.rmtree(root / "text_encoder")
    with pytest.raises(MissingResourceError, match="text_encoder has no weights"):
        load_model("dq_former", root)
    assert config["encoders"].keys() == {"text_encoder", "acoustic_encoder"}


def test_every_shipped_checkpoint_has_weights_a_card_and_a_known_size():
    folders = [path for path in ROOT.iterdir() if path.is_dir()]
    assert {"text_encoder", "acoustic_encoder", "dq_former"} <= {path.name for path in folders}
    for path in folders:
        assert len(weights_hash(path)) == 64
        assert "## Data and terms" in (path / "CARD.md").read_text()
    assert sum((path / WEIGHTS).stat().st_size for path in folders) < 150e6


def test_parameters_are_counted_without_loading_with_the_encoders(tmp_path):
    save_weights(tmp_path / "text_encoder", {"encoder.w": torch.zeros(5)}, {})
    encoders = {"text_encoder": weights_hash(tmp_path / "text_encoder")}
    save_weights(tmp_path / "small", {"a": torch.zeros(3, 4), "b": torch.tensor(1.0)}, {"encoders": encoders})
    assert count_parameters("small", tmp_path) == 18
    (tmp_path / "small" / "model.safetensors").write_bytes(b"x" * 40)
    with pytest.raises(MissingResourceError, match="cannot be read"):
        count_parameters("small", tmp_path)
