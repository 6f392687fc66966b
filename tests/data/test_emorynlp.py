from __future__ import annotations

from pathlib import Path

import pytest
from corpus_layouts import make_emorynlp

from erc_core.data.emorynlp import EmoryNlpCorpus
from erc_core.errors import InputError

HEADER = "Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode\n"


def test_scenes_with_one_number_in_two_episodes_are_two_dialogues(tmp_path: Path) -> None:
    first, second = EmoryNlpCorpus().read(make_emorynlp(tmp_path), "train")
    assert (first.title, second.title) == ("EmoryNLP train s01_e02_c01", "EmoryNLP train s01_e03_c01")
    boat, come = first.utterances
    assert (boat.id, boat.speaker, boat.label) == ("s01_e02_c01_u001", "Ada Stone", "joyful")
    assert (boat.start_s, boat.end_s, come.start_s) == (0.0, 1.5, 2.0)
    assert come.speaker == "Ben Hill and Cleo Ray"


def test_a_table_without_times_has_estimated_ones_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "emorynlp_dev_final.csv").write_text(HEADER + "Hello there,Ada,Sad,2,1,1,1\n")
    (dialogue,) = EmoryNlpCorpus().read(tmp_path, "dev")
    assert "estimated" in dialogue.notes[0]
    assert dialogue.utterances[0].speaker == "Ada"


def test_a_speaker_cell_is_never_run_as_code(tmp_path: Path) -> None:
    (tmp_path / "emorynlp_dev_final.csv").write_text(HEADER + "Hello,[print('run')],Sad,2,1,1,1\n")
    with pytest.raises(InputError, match="A speaker of EmoryNLP cannot be read"):
        EmoryNlpCorpus().read(tmp_path, "dev")


def test_an_unknown_emotion_is_refused(tmp_path: Path) -> None:
    (tmp_path / "emorynlp_dev_final.csv").write_text(HEADER + "Hello,Ada,Bored,2,1,1,1\n")
    with pytest.raises(InputError, match="got: bored"):
        EmoryNlpCorpus().read(tmp_path, "dev")
