"""The stage is told what an analysis holds, and nothing that it does not."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from erc_core.annotations import Note
from erc_core.stage_data import StageMedia, missing_reasons, stage_data, words_of
from erc_core.types import Utterance, Word
from tests.ui.sample_analysis import LINES, sample_analysis

NO_SOUND = np.zeros((0, 2), dtype=np.float32)


def test_the_value_is_plain_json() -> None:
    value = stage_data(sample_analysis(), StageMedia(), NO_SOUND, "u1", "light")
    assert json.loads(json.dumps(value, allow_nan=False)) == value


def test_an_utterance_carries_its_prediction_its_truth_and_what_each_modality_says() -> None:
    analysis = sample_analysis()
    row = stage_data(analysis, StageMedia(), NO_SOUND, "u1", "light")["utterances"][1]
    assert row["predicted"] == analysis.prediction.label_of(1)
    assert row["truth"] == LINES[1][2]
    assert row["alone"]["t"] == pytest.approx(analysis.prediction.unimodal[0].probabilities[1], abs=1e-4)
    assert sum(row["probabilities"]) == pytest.approx(1, abs=1e-3)


def test_an_utterance_carries_what_a_person_noted_and_the_look_of_a_corrected_label() -> None:
    analysis = sample_analysis()
    notes = (Note("u2", "she <b>means</b> it", "contempt", True),)
    value = stage_data(analysis, StageMedia(), NO_SOUND, "u1", "light", notes=notes)
    rows = {row["id"]: row["note"] for row in value["utterances"]}
    assert rows["u2"] == {"text": "she <b>means</b> it", "label": "contempt", "bookmarked": True}
    assert [name for name, note in rows.items() if note] == ["u2"]
    assert value["labels"]["contempt"]["title"] == "Contempt"
    assert value["version"] != stage_data(analysis, StageMedia(), NO_SOUND, "u1", "light")["version"]


def test_a_missing_modality_has_a_reason_and_neither_weight_nor_distribution() -> None:
    row = stage_data(sample_analysis(), StageMedia(), NO_SOUND, "u1", "light")["utterances"][5]
    assert row["missing"] == {"a": "shorter than 0.1 s"}
    assert row["alone"]["a"] is None
    assert set(row["weights"]) == {"t"}


def test_a_modality_that_was_switched_off_is_missing_everywhere() -> None:
    analysis = sample_analysis()
    off = replace(analysis, prediction=replace(analysis.prediction, switched_off=("a",)))
    assert missing_reasons(off)["u1"] == {"a": "switched off"}


def test_a_model_without_weights_has_lanes_of_what_its_modalities_say() -> None:
    analysis = sample_analysis()
    bare = replace(analysis, trace=replace(analysis.trace, arrays=()))
    value = stage_data(bare, StageMedia(), NO_SOUND, "u1", "light")
    assert value["utterances"][0]["weights"] == {}
    assert value["layers"] == 0
    assert [lane["key"] for lane in value["modalities"]] == ["t", "a"]
    assert "says alone" in value["modalities"][0]["meaning"]


def test_a_shift_starts_where_the_speaker_stopped_before() -> None:
    analysis = sample_analysis()
    rows = {row["id"]: row for row in stage_data(analysis, StageMedia(), NO_SOUND, "u1", "light")["utterances"]}
    shift = analysis.shifts[0]
    earlier = [u for u in analysis.dialogue.utterances if u.speaker == shift.speaker]
    before = earlier[[u.id for u in earlier].index(shift.utterance) - 1]
    assert rows[shift.utterance]["shift"] == {"before": shift.before, "after": shift.after, "from_s": before.end_s}


def test_the_version_changes_with_the_content_and_not_with_the_selection_or_the_link() -> None:
    analysis = sample_analysis()
    clip = StageMedia("video", "/api/media/one", "ab" * 32, 25.0)
    one = stage_data(analysis, clip, NO_SOUND, "u1", "light")["version"]
    assert stage_data(analysis, replace(clip, url="/api/media/two"), NO_SOUND, "u2", "light")["version"] == one
    assert stage_data(analysis, clip, NO_SOUND, "u1", "dark")["version"] != one


def test_words_without_times_are_spread_over_the_utterance_and_marked() -> None:
    words = words_of(Utterance("u1", "Ada", "I knew it", 1.0, 3.0))
    assert [word.text for word in words] == ["I", "knew", "it"]
    assert words[0].start_s == 1.0
    assert words[-1].end_s == pytest.approx(3.0)
    assert {word.timed for word in words} == {"estimated"}
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(words))


def test_given_word_times_are_kept() -> None:
    given = (Word("Yes", 1.2, 1.5, "given"),)
    assert words_of(Utterance("u1", "Ada", "Yes", 1.0, 2.0, words=given)) == given


def test_an_utterance_without_words_has_none() -> None:
    assert words_of(Utterance("u1", "Ada", None, 0.0, 1.0)) == ()
