from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from erc_core.errors import CancelledError, MissingResourceError
from erc_core.media.whisper import transcribe
from erc_core.types import Span

SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|translate|>", "<|notimestamps|>"]
SOUND = np.random.default_rng(0).normal(0, 0.1, 4 * 16_000).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """A model this small gains nothing from threads, and on a busy machine they wait for each other."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Whisper of the real classes with random weights, saved the way users have theirs."""
    import torch
    from transformers import (
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperProcessor,
        WhisperTokenizer,
    )

    target = tmp_path_factory.mktemp("whisper")
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)] + ["Ġ"]
    (target / "vocab.json").write_text(json.dumps({letter: number for number, letter in enumerate(letters)}))
    (target / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = WhisperTokenizer(str(target / "vocab.json"), str(target / "merges.txt"))
    tokenizer.add_special_tokens({"additional_special_tokens": SPECIAL})
    number = {token: tokenizer.convert_tokens_to_ids(token) for token in SPECIAL}
    config = WhisperConfig(
        vocab_size=len(tokenizer),
        num_mel_bins=80,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_target_positions=24,
        decoder_start_token_id=number["<|startoftranscript|>"],
        bos_token_id=number["<|endoftext|>"],
        eos_token_id=number["<|endoftext|>"],
        pad_token_id=number["<|endoftext|>"],
    )
    torch.manual_seed(1)
    model = WhisperForConditionalGeneration(config)
    model.generation_config.max_length = 20
    model.save_pretrained(target)
    WhisperProcessor(WhisperFeatureExtractor(), tokenizer).save_pretrained(target)
    return target


def test_each_stretch_gets_its_words(folder: Path) -> None:
    texts = transcribe(SOUND, [Span(0, 1), Span(1, 3), Span(3, 3.05)], str(folder))
    assert len(texts) == 3
    assert all(isinstance(text, str) and "<|" not in text for text in texts)
    assert texts[2] == ""
    assert transcribe(SOUND, [Span(1, 3)], str(folder)) == texts[1:2]


def test_speech_longer_than_a_window_is_heard_in_parts(folder: Path) -> None:
    long = np.tile(SOUND, 9)
    whole = transcribe(long, [Span(0, 36)], str(folder))[0]
    parts = transcribe(long, [Span(0, 30), Span(30, 36)], str(folder))
    assert whole == " ".join(filter(None, parts))


def test_the_work_reports_and_can_be_stopped(folder: Path) -> None:
    seen: list[float] = []

    def watch(step: str, fraction: float) -> None:
        seen.append(fraction)
        if fraction >= 0.5:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        transcribe(SOUND, [Span(0, 1), Span(1, 2)], str(folder), watch)
    assert seen == [0.0, 0.5]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError) as caught:
        transcribe(SOUND, [Span(0, 1)], "/nowhere/whisper")
    assert str(caught.value) == (
        "The Whisper model cannot be loaded (step: words). got: '/nowhere/whisper', there is no such folder. "
        "allowed: a folder with config.json, model.safetensors and its tokenizer, or a name on the hub. "
        "what to do: correct ERC_WHISPER, or leave it empty and give the words as a transcript."
    )


def test_a_folder_without_a_model_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="cannot be loaded"):
        transcribe(SOUND, [Span(0, 1)], str(tmp_path))


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(MissingResourceError, match="it is a model of the kind bert"):
        transcribe(SOUND, [Span(0, 1)], str(tmp_path))


def test_damaged_weights_are_named_with_the_reason(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0not a header at all")
    with pytest.raises(MissingResourceError, match="cannot be loaded"):
        transcribe(SOUND, [Span(0, 1)], str(tmp_path))
