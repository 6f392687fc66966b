from __future__ import annotations

from pathlib import Path

import pytest
from corpus_layouts import make_iemocap

from erc_core.data.base import CORPORA
from erc_core.data.iemocap import FOLDER, Iemocap4, Iemocap6, Iemocap6By811
from erc_core.errors import InputError


def test_utterances_are_in_the_order_of_time_with_words_and_times_of_the_clip(tmp_path: Path) -> None:
    dialogue = Iemocap6().read(make_iemocap(tmp_path), "train")[0]
    assert dialogue.title == "IEMOCAP Ses01F_impro01"
    assert [(u.id, u.speaker, u.label, u.start_s, u.end_s) for u in dialogue.utterances] == [
        ("Ses01F_impro01_F000", "Ses01_F", "neutral", 6.25, 8.25),
        ("Ses01F_impro01_M000", "Ses01_M", "excited", 9.5, 11.0),
        ("Ses01F_impro01_M001", "Ses01_M", "frustrated", 14.0, 15.5),
    ]
    assert dialogue.utterances[0].text == "Where is the counter?"
    assert dialogue.notes == ("Utterances left out, with another label or none that the judges agree on: 1.",)


def test_four_emotions_count_excited_as_happy_and_leave_frustration_out(tmp_path: Path) -> None:
    dialogue = Iemocap4().read(make_iemocap(tmp_path), "test")[0]
    assert [utterance.label for utterance in dialogue.utterances] == ["neutral", "happy"]
    assert dialogue.notes[0].endswith("agree on: 2.")


def test_session_five_is_test_and_its_speakers_are_nowhere_else(tmp_path: Path) -> None:
    make_iemocap(tmp_path)
    speakers = {split: {s for d in Iemocap6().read(tmp_path, split) for s in d.speakers} for split in ("train", "test")}
    assert speakers["test"] == {"Ses05_F", "Ses05_M"}
    assert not speakers["train"] & speakers["test"]


def test_eight_one_one_splits_dialogues_the_same_way_each_time(tmp_path: Path) -> None:
    make_iemocap(tmp_path, dialogues_a_session=4)
    parts = [{d.title for d in Iemocap6By811().read(tmp_path, split)} for split in ("train", "dev", "test")]
    assert [len(part) for part in parts] == [16, 2, 2]
    assert len(set().union(*parts)) == 20
    assert parts[1] == {d.title for d in CORPORA.get("iemocap-4-811")().read(tmp_path, "dev")}


def test_the_clip_of_a_dialogue_and_the_recordings_of_utterances_are_found(tmp_path: Path) -> None:
    root = make_iemocap(tmp_path, dialogues_a_session=1)
    (dialogue,) = Iemocap6().read(root, "test")
    clip, wave = Iemocap6().files(root, "test")
    assert (clip.dialogue, clip.utterance, clip.kind, clip.path.name) == (
        dialogue.id,
        "",
        "video",
        "Ses05F_impro01.avi",
    )
    assert (wave.utterance, wave.kind, wave.path.name) == ("Ses05F_impro01_F000", "audio", "Ses05F_impro01_F000.wav")


def test_the_release_folder_may_be_inside_the_one_given(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    make_iemocap(tmp_path / FOLDER)
    assert Iemocap6().found(tmp_path) == ("train", "test")


def test_a_dialogue_without_its_transcription_is_refused(tmp_path: Path) -> None:
    make_iemocap(tmp_path)
    path = tmp_path / "Session1" / "dialog" / "transcriptions" / "Ses01F_impro01.txt"
    path.write_text(path.read_text().replace("Ses01F_impro01_M001 [", "M001 ["))
    with pytest.raises(InputError, match="Utterance Ses01F_impro01_M001 of IEMOCAP has no transcription"):
        Iemocap6().read(tmp_path, "train")
    path.unlink()
    with pytest.raises(InputError, match=r"Ses01F_impro01\.txt cannot be read"):
        Iemocap6().read(tmp_path, "train")
