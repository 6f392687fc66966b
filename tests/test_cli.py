"""The command line: one JSON object, exit status 0, or 2 with one line."""

import json

import pytest

from erc_core import pipeline
from erc_core.cli import main


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ERC_DATA", str(tmp_path / "data"))


@pytest.fixture(scope="module")
def example():
    return pipeline.examples()[0]


def run(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_analyse_prints_one_object(example, capsys):
    transcript = example.clip.parent / "transcript.csv"
    status, out, _ = run(capsys, "analyse", example.clip, "--transcript", transcript, "--json")
    found = json.loads(out)
    assert status == 0
    assert set(found) == {"clip", "utterances", "speakers", "dialogue", "shifts", "model", "notes", "annotations"}
    assert found["clip"]["has_video"]
    first = found["utterances"][0]
    assert {"id", "start_s", "end_s", "speaker", "text", "missing", "probabilities", "prediction"} <= set(first)
    assert sum(first["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert set(first["confidences"]) == {"4", "5", "6"}
    assert found["model"]["name"] == "dq_former"
    assert len(found["model"]["sha256"]) == 64


def test_analyse_prints_a_table_with_the_words(example, capsys):
    status, out, _ = run(capsys, "analyse", example.clip, "--transcript", example.clip.parent / "transcript.csv")
    assert status == 0
    assert all(u.text in out for u in example.dialogue.utterances)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["analyse", "no_such_file.mp4"], "no_such_file.mp4"),
        (["analyse", "{text}"], "cannot be read as video or audio"),
        (["analyse", "{clip}", "--model", "nobody"], "Unknown model"),
        (["analyse", "{clip}", "--tau", "0.9"], "tau from 0.0 to 0.5"),
        (["analyse", "{clip}", "--off", "x"], "Unknown modality"),
        (["analyse", "{clip}", "--transcript", "nowhere.srt"], "The file cannot be read"),
        (["train", "text", "--root", "meld=/no/such/folder"], "A corpus folder cannot be used"),
        (["evaluate", "--corpus", "meld"], "The folder of meld is not given"),
    ],
)
def test_unusable_input_gives_one_line_and_status_two(arguments, message, example, tmp_path, capsys):
    text = tmp_path / "notes.mp4"
    text.write_text("this is no video")
    filled = [a.format(text=text, clip=example.clip) for a in arguments]
    status, out, err = run(capsys, *filled)
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert message in err


def test_models_lists_checkpoints_and_cards(capsys):
    status, out, _ = run(capsys, "models", "--json")
    found = {entry["name"]: entry for entry in json.loads(out)}
    assert status == 0
    assert found["dq_former"]["usable"]
    assert found["dq_former"]["card"]["deviations"]
