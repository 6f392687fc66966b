from __future__ import annotations

from pathlib import Path

import pytest
from corpus_layouts import MELD_HEADER, make_meld, make_meld_raw

from erc_core.data.meld import MeldCorpus, read_meld
from erc_core.errors import InputError


def write_train(root: Path, *rows: str, header: str = MELD_HEADER, encoding: str = "utf-8") -> Path:
    (root / "train_sent_emo.csv").write_text(header + "".join(row + "\n" for row in rows), encoding=encoding)
    return root


def test_utterances_carry_words_speaker_label_and_times_from_the_dialogues_start(tmp_path: Path) -> None:
    first, _ = read_meld(make_meld(tmp_path), "train")
    assert first.title == "MELD train 0"
    assert first.media is None
    assert first.notes == ()
    tea, no = first.utterances
    assert (tea.id, tea.speaker, tea.text, tea.label) == (
        "dia0_utt0",
        "Ada",
        "Well, that’s the last of the tea.",
        "neutral",
    )
    assert (tea.start_s, tea.end_s) == (0.0, 1.5)
    assert (no.start_s, no.end_s, no.label) == (1.75, 2.5, "surprise")


def test_utterances_are_ordered_by_their_number_and_bad_times_are_estimated_with_a_note(tmp_path: Path) -> None:
    _, second = read_meld(make_meld(tmp_path), "train")
    assert [utterance.id for utterance in second.utterances] == ["dia3_utt0", "dia3_utt1"]
    assert "estimated" in second.notes[0]
    starts = [utterance.start_s for utterance in second.utterances]
    assert starts[0] == 0
    assert starts[1] > second.utterances[0].end_s


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0:00:09,000", "0:00:08,000"),
        ("soon", "0:00:09,000"),
        ("0:00:01,000", "0:00:09,000"),
        ("0:30:00,0", "0:30:01,0"),
    ],
)
def test_times_that_cannot_be_right_are_replaced_for_the_whole_dialogue(tmp_path: Path, start: str, end: str) -> None:
    rows = ('1,Hi,A,joy,x,0,0,1,1,"0:00:05,000","0:00:06,000"', f'2,Ho,B,joy,x,0,1,1,1,"{start}","{end}"')
    (dialogue,) = read_meld(write_train(tmp_path, *rows), "train")
    assert "estimated" in dialogue.notes[0]


def test_a_table_in_windows_encoding_is_read(tmp_path: Path) -> None:
    row = '1,It’s “on”,A,joy,x,0,0,1,1,"0:00:05,000","0:00:06,000"'
    (dialogue,) = read_meld(write_train(tmp_path, row, encoding="cp1252"), "train")
    assert dialogue.utterances[0].text == "It’s “on”"


@pytest.mark.parametrize("folder", ["", "train", "data/MELD", "MELD.Raw", "MELD.Raw/train"])
def test_the_table_is_found_where_the_archive_and_the_repository_have_it(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    write_train(tmp_path / folder, '1,Hi,A,joy,x,0,0,1,1,"0:00:05,000","0:00:06,000"')
    assert MeldCorpus().found(tmp_path) == ("train",)
    assert len(read_meld(tmp_path, "train")) == 1


def test_clips_of_the_raw_layout_belong_to_their_utterances(tmp_path: Path) -> None:
    root = make_meld_raw(tmp_path)
    first, second = read_meld(root, "train")
    files = MeldCorpus().files(root, "train")
    assert [(file.dialogue, file.utterance, file.path.name) for file in files] == [
        (first.id, "dia0_utt0", "dia0_utt0.mp4"),
        (second.id, "dia3_utt1", "dia3_utt1.mp4"),
    ]
    assert MeldCorpus().files(root, "test")[0].path.parent.name == "output_repeated_splits_test"


def test_a_folder_of_tables_alone_has_no_clips(tmp_path: Path) -> None:
    assert MeldCorpus().files(make_meld(tmp_path), "train") == ()


def test_an_emotion_that_meld_does_not_have_is_refused(tmp_path: Path) -> None:
    write_train(tmp_path, '1,Hi,A,bored,x,0,0,1,1,"0:00:05,000","0:00:06,000"')
    with pytest.raises(
        InputError, match=r"train_sent_emo.csv has an emotion .*got: bored\. allowed: neutral, surprise"
    ):
        read_meld(tmp_path, "train")


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    write_train(tmp_path, "Hi,A", header="Utterance,Speaker\n")
    with pytest.raises(InputError, match="lacks the columns Emotion, Dialogue_ID"):
        read_meld(tmp_path, "train")


def test_a_row_that_is_cut_short_is_named(tmp_path: Path) -> None:
    write_train(tmp_path, "1,Hi,A,joy")
    with pytest.raises(InputError, match=r"A row of train_sent_emo.csv is cut short\. got: Hi"):
        read_meld(tmp_path, "train")


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no row"):
        read_meld(write_train(tmp_path), "train")


def test_a_dialogue_number_that_is_none_is_shown(tmp_path: Path) -> None:
    write_train(tmp_path, '1,Hi,A,joy,x,first,0,1,1,"0:00:05,000","0:00:06,000"')
    with pytest.raises(InputError, match=r"no whole number\. got: Dialogue_ID = 'first'"):
        read_meld(tmp_path, "train")
