"""Results that come with the examples are shown at once, and never in the place of others."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from erc_core import pipeline
from erc_core.bundled_explanations import explanations_path, read_explanations, write_explanations
from erc_core.errors import StoreError
from erc_core.explaining import Request, explanation_key
from erc_core.models.checkpoints import model_ref
from erc_core.pipeline import Example
from erc_core.settings import Settings
from erc_core.store.codec import encode
from erc_core.store.store import Store
from erc_core.types import Dialogue, Utterance
from erc_core.ui.bundle import file_result, result_path
from tests.ui.sample_analysis import MODEL, sample_analysis


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(Settings(data=tmp_path / "data"))


@pytest.fixture
def example(tmp_path: Path, store: Store) -> Example:
    """An example with its result beside its clip, filed in the store."""
    analysis = sample_analysis()
    found = Example("call", "The call", "listen", tmp_path / "clip.mp4", analysis.dialogue)
    result_path(found, "dq_former").write_bytes(encode(analysis))
    store.put_dialogue(found.dialogue, "")
    return found


def test_a_bundled_result_is_found_under_the_key_of_its_weights(example: Example, store: Store) -> None:
    assert file_result(example, "dq_former", store)
    found = store.analysis(pipeline.analysis_key(example.dialogue, MODEL), "somebody")
    assert found is not None
    assert found.prediction.model == MODEL
    other = replace(MODEL, sha256="cd" * 32)
    assert store.analysis(pipeline.analysis_key(example.dialogue, other), "somebody") is None


def test_a_result_of_another_clip_is_passed_over(example: Example, store: Store) -> None:
    shorter = example.dialogue.with_utterances(example.dialogue.utterances[:-1])
    assert not file_result(replace(example, dialogue=shorter), "dq_former", store)


def test_an_example_without_a_result_is_no_error(example: Example, store: Store) -> None:
    assert not file_result(example, "df_erc", store)


def test_a_damaged_result_is_named(example: Example, store: Store) -> None:
    path = result_path(example, "dq_former")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StoreError, match="damaged"):
        file_result(example, "dq_former", store)


def test_explanations_that_come_with_an_example_are_found_by_their_content_and_stale_ones_are_not(
    tmp_path: Path,
) -> None:
    clip = tmp_path / "clip.mp4"
    dialogue = Dialogue.of("talk", "test", (Utterance("u1", "Ann", "I am so happy", 0.0, 1.0),))
    example = Example("talk", "Talk", "look", clip, dialogue)
    shutil.copy(pipeline.examples()[0].clip, clip)
    path = write_explanations(example, "dq_former", ("modality_ablation", "lime_face", "context_removal"))
    assert path.stat().st_size < 6_000
    found = read_explanations(tmp_path, "dq_former")
    request = Request("dq_former", "u1", "modality_ablation", {})
    key = explanation_key(dialogue, model_ref("dq_former"), request)
    assert found[key].method == "modality_ablation"
    assert "lime_face" not in {one.method for one in found.values()}  # DQ-Former reads no face
    other = dialogue.with_utterances((Utterance("u1", "Ann", "I am so sad", 0.0, 1.0),))
    assert explanation_key(other, model_ref("dq_former"), request) not in found


def test_a_damaged_file_of_explanations_is_named(tmp_path: Path) -> None:
    assert read_explanations(tmp_path, "dq_former") == {}
    explanations_path(tmp_path, "dq_former").write_bytes(b"no zlib")
    with pytest.raises(StoreError, match=r"explanations-dq_former\.bin is damaged.*make examples"):
        read_explanations(tmp_path, "dq_former")
