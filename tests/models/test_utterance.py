"""One vector per modality and utterance: read from rows by the encoders, or given."""

import numpy as np
import pytest
import torch

from erc_core.errors import ShapeError
from erc_core.features.text_encoder import COMPACT
from erc_core.features.visual_layout import BACKGROUND, FACE, Keyframe, pack_visual
from erc_core.models._utterance import EXTRACTORS, UtteranceModel
from erc_core.models.base import ModelCard, ModelOutput, Sample, collate
from erc_core.types import MELD7, FeatureRow, Features

TINY = {
    "inputs": {"t": 16, "a": 16, "v": 342},
    "text": {
        **COMPACT,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "vocab_size": 97,
    },
    "acoustic": {"width": 16, "layers": 2, "channels": (4, 6, 8, 10)},
}


class Mean(UtteranceModel):
    """Tells its vectors, so that tests can look at them."""

    card = ModelCard("mean", "Mean", "none", ("t", "a", "v"), EXTRACTORS, False, False, "none", ("a test",))

    def decode(self, encoded):
        vectors = self.vectors(encoded)
        return ModelOutput(torch.zeros(*encoded.utterances.shape, 7), internals=dict(vectors))

    def loss(self, output, batch):
        return output.logits.sum()

    def trace(self, output, batch, utterance_ids):
        return ()


def face_row(seed, faces=2):
    rng = np.random.default_rng(seed)
    room = rng.integers(0, 256, (BACKGROUND, BACKGROUND, 3), dtype=np.uint8)
    seen = [rng.integers(0, 256, (FACE, FACE), dtype=np.uint8) for _ in range(faces)]
    return pack_visual(tuple(Keyframe(face, None, room) for face in seen) or (Keyframe(None, None, room),))


def sample(visual):
    rng = np.random.default_rng(0)
    T = len(visual)
    tokens = [np.stack([rng.integers(1, 97, 6), np.array([0, 0, 0, 1, 1, 1])], 1) for _ in range(T)]
    mels = [rng.normal(size=(40, 80)).astype(np.float32) for _ in range(T)]
    rows = {"t": tokens, "a": mels, "v": visual}
    features = tuple(
        Features(
            "d", m, name, tuple(FeatureRow(f"u{i}", v, "" if v is not None else "none") for i, v in enumerate(rows[m]))
        )
        for m, name in zip("tav", EXTRACTORS, strict=True)
    )
    return Sample(features, (0,) * T, (-1,) * T)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return Mean(MELD7, TINY).eval()


def test_a_picture_without_a_face_counts_as_absent(model):
    encoded = model.encode(collate([sample([face_row(1), face_row(2, faces=0), None])]))
    assert encoded.present[0, :, 2].tolist() == [True, False, False]
    assert model.vectors(encoded)["v"][0, 1:].abs().sum() == 0


def test_the_vector_of_a_face_is_the_mean_over_its_keyframes(model):
    both = model.vectors(model.encode(collate([sample([face_row(1)])])))["v"][0, 0]
    single = [model.vectors(model.encode(collate([sample([face_row(1)[k : k + 1]])])))["v"][0, 0] for k in (0, 1)]
    torch.testing.assert_close(both, torch.stack(single).mean(0), atol=1e-5, rtol=1e-4)


def test_only_the_target_utterance_is_read_of_the_words(model):
    batch = collate([sample([face_row(1)])])
    tokens, mask = batch.inputs["t"].values[0], batch.inputs["t"].mask[0]
    last = model.text(tokens, mask)[-1][0, 3:].mean(0)
    torch.testing.assert_close(model.vectors(model.encode(batch))["t"][0, 0], last, atol=1e-5, rtol=1e-4)


def test_given_vectors_are_taken_as_they_are():
    model = Mean(MELD7, {"inputs": {"t": 3, "a": 2}, "encoders": False})
    rows = tuple(FeatureRow(f"u{i}", np.full(3, i, dtype=np.float32)) for i in range(2))
    batch = collate([Sample((Features("d", "t", "pickle", rows),), (0, 1), (-1, -1))])
    found = model.vectors(model.encode(batch))
    assert found["t"][0].tolist() == [[0, 0, 0], [1, 1, 1]]
    assert found["a"].shape == (1, 2, 2)
    assert not model.encoders


def test_vectors_of_another_width_are_refused():
    model = Mean(MELD7, {"inputs": {"t": 4}, "encoders": False})
    batch = collate([Sample((Features("d", "t", "pickle", (FeatureRow("u0", np.zeros(3)),)),), (0,), (-1,))])
    with pytest.raises(ShapeError, match=r"do not fit Mean\. got: 3\. allowed: 4"):
        model.vectors(batch)
