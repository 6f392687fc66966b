"""The encoders' trainings run on small data and can learn it."""

from dataclasses import replace

import numpy as np
import soundfile
import torch

from erc_core.data.base import Take
from erc_core.data.waves import read_wave
from erc_core.features.acoustic_encoder import AcousticEncoder
from erc_core.features.base import TEXT_ENCODER
from erc_core.features.classifier import AcousticClassifier, TextClassifier, logits
from erc_core.features.text import load_tokenizer
from erc_core.features.text_encoder import COMPACT, TextEncoder
from erc_core.training.acoustic import RECIPE as ACOUSTIC
from erc_core.training.acoustic import AcousticOptions, listen, standardise, train_acoustic
from erc_core.training.splits import split_dialogues
from erc_core.training.text import RECIPE as TEXT
from erc_core.training.text import TextOptions, buckets, class_weights, tokenise, train_text
from erc_core.types import MELD7, Dialogue, Utterance

SMALL = {**COMPACT, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


def dialogues(count=12):
    lines = [("wonderful lovely happy", "joy"), ("awful angry hate", "anger"), ("table chair door", "neutral")]
    made = []
    for number in range(count):
        spoken = [Utterance(f"u{i}", "A", f"{w} {number}", i, i + 1, label) for i, (w, label) in enumerate(lines)]
        made.append(Dialogue.of(f"d{number}", "test", tuple(spoken)))
    return made


def test_the_text_encoder_learns_three_kinds_of_words(tmp_path):
    torch.manual_seed(0)
    texts = tokenise(dialogues(), load_tokenizer(TEXT_ENCODER), MELD7)
    model = TextClassifier(TextEncoder(SMALL), 7)
    recipe = replace(TEXT, epochs=14, rate=3e-3, average=0.8)
    figures = train_text(model, texts, texts, tmp_path, recipe, TextOptions(batch=6, twice=0.5))
    assert figures["weighted_f1"] > 0.9


def test_the_acoustic_encoder_learns_low_from_high(tmp_path):
    torch.manual_seed(0)
    takes = []
    for number in range(12):
        label, hz = (("sadness", 150), ("anger", 900))[number % 2]
        sound = np.sin(2 * np.pi * (hz + number * 7) * np.arange(8000) / 16_000).astype(np.float32)
        soundfile.write(tmp_path / f"{number}.wav", sound * 0.3, 16_000)
        takes.append(Take(tmp_path / f"{number}.wav", f"actor-{number}", label))
    sounds = listen(takes, read_wave, MELD7)
    model = AcousticClassifier(AcousticEncoder(width=16, layers=2, heads=2, inner=32), 7)
    standardise(model, sounds)
    recipe = replace(ACOUSTIC, epochs=25, rate=5e-3, average=0.5)
    figures = train_acoustic(
        model, sounds, sounds, tmp_path / "run", recipe, AcousticOptions(batch=6, mixing=0.0, strength=0.3)
    )
    assert figures["uar"] > 0.9


def test_items_of_all_lengths_come_back_in_their_order():
    model = AcousticClassifier(AcousticEncoder(width=16, layers=1, heads=2, inner=16), 3).eval()
    mel, lengths = torch.randn(5, 64, 80), torch.tensor([64, 16, 40, 8, 24])
    mask = torch.arange(64)[None, :] < lengths[:, None]
    with torch.no_grad():
        together = logits(model, mel, mask, batch=2)
        alone = torch.cat([model(mel[i : i + 1, :n], mask[i : i + 1, :n]) for i, n in enumerate(lengths)])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)


def test_every_item_is_in_exactly_one_batch():
    found = torch.cat(list(buckets(torch.randint(1, 50, (101,)), 8, 0)))
    assert sorted(found.tolist()) == list(range(101))


def test_rare_classes_weigh_more_and_the_mean_weight_is_one():
    labels = torch.tensor([0] * 90 + [1] * 10)
    weights = class_weights(labels, 2, 0.5)
    assert weights[1] / weights[0] == 3.0
    assert abs(float(weights[labels].mean()) - 1) < 1e-6


def test_the_inner_split_depends_on_each_dialogue_alone():
    many = dialogues(200)
    fit, inner = split_dialogues(many)
    assert 8 <= len(inner) <= 34
    assert set(split_dialogues(many[50:])[1]) <= set(inner)
    assert len(fit) + len(inner) == 200
