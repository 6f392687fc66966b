"""Every shipped system by every method: an explanation with all that it needs, or the reason why there is none."""

from __future__ import annotations

import numpy as np
import pytest

from erc_core import pipeline
from erc_core.errors import UnsupportedError
from erc_core.explainers.base import EXPLAINERS, specs
from erc_core.explaining import Request, explain_features
from erc_core.features.base import TEXT_ENCODER
from erc_core.features.text import load_tokenizer, text_input
from erc_core.features.visual_layout import Keyframe, pack_visual
from erc_core.inference import loaded_model
from erc_core.models.base import model_class
from erc_core.settings import Settings
from erc_core.types import Dialogue, FeatureRow, Features, Utterance, frozen_array

SYSTEMS = [status.name for status in pipeline.models()]
QUICK = {"samples": 48, "steps": 4, "width_s": 0.3, "most": 1, "segments": 3}
# Methods whose unit some systems do not read; all others answer on every system.
PICTURES = {"lime_action_units", "lime_face", "lime_frame", "gradients_face", "gradcam_face"}


def short_dialogue() -> Dialogue:
    """Two utterances of three words, 0.6 s each."""
    said = (("Ana", "Come here now"), ("Ben", "What a surprise"))
    return Dialogue.of("short", "test", tuple(Utterance(f"u{n}", *s, n, n + 0.6) for n, s in enumerate(said, 1)))


def read(model: str, of: Dialogue) -> tuple[Features, ...]:
    """Return what a system reads: words as they are, sound and one keyframe drawn at random."""
    rng, tokenizer = np.random.default_rng(0), load_tokenizer(TEXT_ENCODER)
    frame = Keyframe(
        rng.integers(0, 256, (48, 48)).astype(np.uint8),
        rng.uniform(0, 5, 19),
        rng.integers(0, 256, (32, 32, 3)).astype(np.uint8),
    )
    values = {
        "history_tokens-1": ("t", lambda t: text_input(of, t, tokenizer).values),
        "log_mel-1": ("a", lambda t: frozen_array(rng.normal(size=(60, 80)))),
        "visual-1": ("v", lambda t: frozen_array(pack_visual((frame,)))),
    }
    return tuple(
        Features(of.id, values[n][0], n, tuple(FeatureRow(u.id, values[n][1](t)) for t, u in enumerate(of.utterances)))
        for n in model_class(model).card.extractors
    )


@pytest.mark.parametrize("method", EXPLAINERS.names())
@pytest.mark.parametrize("model", SYSTEMS)
def test_a_system_is_explained_or_the_reason_names_it(model: str, method: str) -> None:
    of, known = short_dialogue(), {spec.name for spec in specs(EXPLAINERS.get(method).params)}
    request = Request(model, "u2", method, {name: value for name, value in QUICK.items() if name in known})
    loaded, features = loaded_model(model, Settings()), read(model, of)
    if reason := EXPLAINERS.get(method)().unsupported(loaded.model.card, features):
        assert method in PICTURES
        assert reason.startswith(loaded.model.card.title)
        with pytest.raises(UnsupportedError, match=reason.rstrip(".")):
            explain_features(of, 1, features, loaded, request, Settings())
        return
    found = explain_features(of, 1, features, loaded, request, Settings())
    assert found.model == loaded.ref
    assert found.target.label == found.target.predicted
    assert found.sentence.endswith(".")
    assert found.baseline
    assert all(measure.meaning.endswith(".") for measure in found.fidelity)
