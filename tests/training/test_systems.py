"""The one training of all systems, on small encoded dialogues."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from erc_core.errors import UnknownNameError
from erc_core.models._utterance import UtteranceModel
from erc_core.models.base import MODELS, model_class
from erc_core.models.checkpoints import load_model, save_weights
from erc_core.models.df_erc import DFErc
from erc_core.training.loop import Recipe
from erc_core.training.systems import answers, built, calibrate, dropped, plan_of, save_system, score_of, train_system
from erc_core.types import LabelSet
from tests.training.encoded import WIDTHS, encoded_split

LABELS = LabelSet("three", ("a", "b", "c"))
RECIPE = Recipe(epochs=3, rate=1e-2, average=0.5, watch="watched")


def small(name, **config):
    """Return the plan of a model as small as its tiny configuration."""
    settings = {k: v for k, v in model_class(name).tiny.items() if k not in ("inputs", "text", "acoustic", "face")}
    return plan_of(name, config={**settings, **config})


@pytest.mark.parametrize("name", ["df_erc", "cmath", "amuse"])
def test_a_system_learns_what_its_modalities_show(name, tmp_path):
    fit, inner = encoded_split(60, 0), encoded_split(20, 1)
    recipe = replace(RECIPE, epochs=9 if name == "amuse" else 3)
    model, figures, temperatures = train_system(small(name, width=16), fit, inner, LABELS, tmp_path, recipe)
    assert figures["all"] > 0.7
    assert figures["all"] == pytest.approx(score_of(answers(model, inner)[0], inner.labels), abs=1e-6)
    assert temperatures.fused > 0
    assert not model.training


def test_the_same_seed_gives_the_same_weights(tmp_path):
    fit, inner = encoded_split(8, 0), encoded_split(4, 1)
    found = [train_system(small("df_erc"), fit, inner, LABELS, tmp_path / str(i), RECIPE)[0] for i in range(2)]
    first, second = (model.state_dict() for model in found)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_model_of_one_modality_never_sees_the_others(tmp_path):
    fit, inner = encoded_split(8, 0), encoded_split(4, 1)
    plan = plan_of("df_erc", "only_t", config={"width": 8, "context": 4})
    assert plan.name == "df_erc+only_t"
    assert plan.modalities == ("t",)
    model, figures, _ = train_system(plan, fit, inner, LABELS, tmp_path, RECIPE)
    assert set(figures) == {"weighted_f1", "all", "watched"}
    assert model.prototypes.count.sum() % len(fit.labels) == 0  # one modality an utterance


def test_modalities_are_left_out_but_never_all():
    split = encoded_split(30, 0)
    batch = split.batch(torch.arange(30), 0, False)
    left = dropped(batch, np.random.default_rng(0))
    assert (batch.present & ~left.present).any()
    assert torch.equal(batch.present.any(-1), left.present.any(-1))
    only = dropped(batch, np.random.default_rng(0), ("a",))
    assert not only.present[..., [0, 2]].any()


def test_variants_carry_their_configuration_and_name():
    assert plan_of("df_erc", "no_cfm").config == {"fusion": "mean"}
    assert plan_of("df_erc", "no_cfm", seed=2).name == "df_erc+no_cfm_seed2"
    assert plan_of("amuse", seed=1).name == "amuse+seed1"


@pytest.mark.parametrize(("name", "variant"), [("df_erc", "no_such"), ("dq_former", ""), ("df_erc", "only_x")])
def test_an_unknown_variant_is_refused(name, variant):
    with pytest.raises(UnknownNameError):
        plan_of(name, variant)


@pytest.mark.parametrize("name", [n for n in MODELS.names() if issubclass(model_class(n), UtteranceModel)])
def test_every_variant_can_be_built(name):
    for variant in model_class(name).variants:
        model = built(plan_of(name, variant), LABELS, {"t": 384, "a": 384, "v": 342})
        assert sum(parameter.numel() for parameter in model.parameters()) < 8_000_000


def test_a_saved_system_has_its_encoders_again_and_answers_alike(tmp_path):
    from erc_core.features.acoustic_encoder import AcousticEncoder
    from erc_core.features.face_encoder import FaceEncoder
    from erc_core.features.text_encoder import TextEncoder

    encoders = {name: DFErc.tiny[name] for name in ("text", "acoustic", "face")}
    parts = {
        "text": TextEncoder(encoders["text"]),
        "acoustic": AcousticEncoder(**encoders["acoustic"]),
        "face": FaceEncoder(**encoders["face"]),
    }
    for name, part in parts.items():
        save_weights(tmp_path / f"{name}_encoder", {f"encoder.{k}": v for k, v in part.state_dict().items()}, {})
    split = encoded_split(4, 0)
    model = built(small("df_erc"), LABELS, WIDTHS).eval()
    save_system(model, calibrate(model, split), tmp_path / "df_erc+small", encoders, tmp_path)
    loaded = load_model("df_erc+small", tmp_path)
    batch = split.batch(torch.arange(4), 0, False)
    with torch.inference_mode():
        assert torch.allclose(loaded.model.decode(batch).logits, model.decode(batch).logits, atol=0.05)
    assert loaded.model.encoders
