"""DQ-Former over encoders of the paper's classes, tiny ones in the layout of transformers."""

import numpy as np
import pytest
import torch

from erc_core.errors import MissingResourceError
from erc_core.features.wave import wave_rows
from erc_core.features.wave_encoder import WaveEncoder
from erc_core.models.base import Batch, ModalityInput
from erc_core.models.dq_former_base import BASE, LARGE, DQFormerBase
from erc_core.types import IEMOCAP6

TINY = DQFormerBase.tiny


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    from transformers import BertConfig, BertModel, WavLMConfig, WavLMModel

    root = tmp_path_factory.mktemp("encoders")
    torch.manual_seed(0)
    text = {k: v for k, v in TINY["text"].items() if k != "model_type"}
    sound = {k: v for k, v in TINY["acoustic"].items() if k != "model_type"}
    BertModel(BertConfig(**text)).save_pretrained(root / "bert")
    WavLMModel(WavLMConfig(**sound)).save_pretrained(root / "wavlm")
    return root / "bert", root / "wavlm"


def batch(steps=(9, 5)):
    rng = torch.Generator().manual_seed(0)
    T = len(steps)
    wave, mask = torch.randn(1, T, max(steps), 320, generator=rng), torch.zeros(1, T, max(steps), dtype=torch.bool)
    for t, length in enumerate(steps):
        mask[0, t, :length] = True
    tokens = torch.stack([torch.randint(1, 97, (1, T, 6), generator=rng), torch.ones(1, T, 6, dtype=torch.long)], -1)
    inputs = {"t": ModalityInput(tokens, torch.ones(1, T, 6, dtype=torch.bool)), "a": ModalityInput(wave, mask)}
    present = torch.tensor([True, True, False]).expand(1, T, 3)
    known = torch.zeros(1, T, dtype=torch.long)
    return Batch(inputs, torch.ones(1, T, dtype=torch.bool), present, known, known)


def test_encoders_from_a_folder_keep_their_weights_and_set_the_sizes(folders):
    model = DQFormerBase.over(IEMOCAP6, *folders, queries=3, heads=2).eval()
    assert (model.config["layers"], model.config["first_layer"], model.config["width"]) == (3, 3, 16)
    again = WaveEncoder.pretrained(folders[1])
    for name, value in again.state_dict().items():
        assert torch.equal(value, model.acoustic.state_dict()[name])
    with torch.inference_mode():
        assert model(batch()).logits.shape == (1, 2, 6)


def test_what_was_built_over_a_folder_is_built_again_from_its_configuration(folders):
    import json

    model = DQFormerBase.over(IEMOCAP6, *folders, queries=3, heads=2).eval()
    again = DQFormerBase(IEMOCAP6, json.loads(json.dumps(model.config))).eval()
    again.load_state_dict(model.state_dict())
    with torch.inference_mode():
        assert torch.equal(again(batch()).logits, model(batch()).logits)


def test_the_encoder_gives_a_state_every_20_ms_in_every_layer(folders):
    encoder = WaveEncoder.pretrained(folders[1]).eval()
    rows = torch.from_numpy(wave_rows(np.random.default_rng(0).normal(size=16_000 + 7).astype(np.float32)))
    with torch.inference_mode():
        states, mask = encoder(rows.unsqueeze(0), torch.ones(1, len(rows), dtype=torch.bool))
    assert len(rows) == 51
    assert [tuple(state.shape) for state in states] == [(1, 51, 16)] * 3
    assert mask.all()


def test_the_trace_has_a_place_for_every_20_ms(folders):
    model = DQFormerBase.over(IEMOCAP6, *folders, queries=3, heads=2).eval()
    given = batch()
    with torch.inference_mode():
        arrays = model.trace(model(given), given, ("u0", "u1"))
    sound = next(array for array in arrays if array.name == "attention_a/u1")
    assert sound.ticks[2] == ("0.00", "0.02", "0.04", "0.06", "0.08")


def test_sound_beyond_ten_seconds_is_not_read():
    assert wave_rows(np.ones(16_000 * 12, dtype=np.float32)).shape == (500, 320)


def test_the_presets_are_the_papers():
    assert (BASE["layers"], BASE["first_layer"], BASE["width"]) == (12, 9, 768)
    assert (LARGE["layers"], LARGE["width"]) == (24, 1024)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingResourceError, match="nothing"):
        WaveEncoder.pretrained(tmp_path / "nothing")
