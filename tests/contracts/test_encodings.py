"""What explaining and predicting rely on: a row's encoding depends on that row alone, for every registered model."""

import pytest
import torch

from erc_core.encodings import encode_sample
from erc_core.models.base import MODELS, collate
from erc_core.models.checkpoints import Loaded, Temperatures
from erc_core.types import MELD7, ModelRef
from tests.contracts.test_models import sample


@pytest.mark.parametrize("name", MODELS.names())
def test_rows_encoded_by_themselves_give_the_same_answer(name):
    torch.manual_seed(0)
    kind = MODELS.get(name)
    model = kind(MELD7, kind.tiny).eval()
    loaded = Loaded(model, ModelRef(name, f"{name:0>64}", MELD7), Temperatures())
    for missing in (set(), {(1, "t")}, {(0, modality) for modality in model.card.modalities}):
        one = sample(model.card, 4, 0, missing)
        batch = collate([one])
        with torch.inference_mode():
            apart = model.decode(encode_sample(loaded, one, batch, "float32")).logits
            together = model(batch).logits
        torch.testing.assert_close(apart, together, atol=2e-5, rtol=1e-4)
