"""The encoders' trainings run on small data and can learn it."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch

from erc_core.data.base import FaceImages, Take
from erc_core.data.waves import read_wave
from erc_core.errors import InputError
from erc_core.features.acoustic_encoder import AcousticEncoder
from erc_core.features.base import TEXT_ENCODER
from erc_core.features.classifier import AcousticClassifier, FaceClassifier, TextClassifier, logits
from erc_core.features.face_encoder import FaceEncoder
from erc_core.features.text import load_tokenizer
from erc_core.features.text_encoder import COMPACT, TextEncoder
from erc_core.training.acoustic import RECIPE as ACOUSTIC
from erc_core.training.acoustic import AcousticOptions, listen, pieces, standardise, train_acoustic
from erc_core.training.face import RECIPE as FACE
from erc_core.training.face import FaceOptions, look, train_face
from erc_core.training.face_augment import augment as augment_faces
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


def test_the_acoustic_encoder_learns_tones_from_noise(tmp_path):
    torch.manual_seed(0)
    takes = []
    for number in range(12):
        label = ("sadness", "anger")[number % 2]
        tone = np.sin(2 * np.pi * (300 + number * 40) * np.arange(12_000) / 16_000)
        sound = np.random.default_rng(number).normal(0, 0.3, 12_000) if number % 2 else tone
        soundfile.write(tmp_path / f"{number}.wav", (sound * 0.3).astype(np.float32), 16_000)
        takes.append(Take(tmp_path / f"{number}.wav", f"actor-{number}", label))
    sounds = listen(takes, read_wave, MELD7)
    model = AcousticClassifier(AcousticEncoder(width=16, layers=2, channels=(4, 6, 8, 10)), 7)
    standardise(model, sounds)
    recipe = replace(ACOUSTIC, epochs=20, rate=3e-3, average=0.5)
    figures = train_acoustic(
        model, sounds, sounds, tmp_path / "run", recipe, AcousticOptions(batch=6, strength=0.1, smoothing=0.0, piece=80)
    )
    assert figures["uar"] > 0.9


def test_items_of_all_lengths_come_back_in_their_order():
    model = AcousticClassifier(AcousticEncoder(width=16, layers=1, channels=(4, 6, 8, 10)), 3).eval()
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


def test_of_ten_dialogues_one_stops_the_training_wherever_their_hashes_fall() -> None:
    many = dialogues(200)
    for first in range(0, 200, 10):
        ten = many[first : first + 10]
        fit, inner = split_dialogues(ten)
        assert fit
        assert inner
        assert {*fit, *inner} == set(ten)
    with pytest.raises(InputError, match=r"too few dialogues.*allowed: 2 or more"):
        split_dialogues(ten[:1])


def test_a_piece_of_a_spectrogram_is_real_wherever_the_take_is_long_enough():
    mel = torch.arange(60.0)[None, :, None].expand(2, 60, 80)
    mask = torch.arange(60)[None, :] < torch.tensor([[50], [20]])
    cut, real = pieces(mel, mask, 30, torch.Generator().manual_seed(0))
    assert cut.shape == (2, 30, 80)
    assert real.sum(1).tolist() == [30, 20]
    assert (cut[0, 1:, 0] - cut[0, :-1, 0] == 1).all()
    assert pieces(mel, mask, 100, torch.Generator())[1].sum(1).tolist() == [50, 20]


def test_the_face_encoder_learns_bright_tops_from_bright_bottoms(tmp_path):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 80, (24, 48, 48)).astype(np.uint8)
    images[::2, :24] += 150
    images[1::2, 24:] += 150
    faces = look(FaceImages(images, ("joy", "anger") * 12, tuple(map(str, range(24)))), labels=MELD7)
    model = FaceClassifier(FaceEncoder(stem=(4, 8), growth=(4,), layers=(2,), narrow=(), width=16), 7)
    recipe = replace(FACE, epochs=20, rate=1e-2, average=0.5)
    figures = train_face(model, faces, faces, tmp_path, recipe, FaceOptions(batch=8, strength=0.2, smoothing=0.0))
    assert figures["accuracy"] > 0.9


def test_augmented_faces_stay_faces_of_the_same_size():
    faces = torch.rand(6, 48, 48) * 255
    distorted = augment_faces(faces, torch.Generator().manual_seed(0))
    assert distorted.shape == faces.shape
    assert torch.isfinite(distorted).all()
    again = augment_faces(faces, torch.Generator().manual_seed(0))
    torch.testing.assert_close(again, distorted)
