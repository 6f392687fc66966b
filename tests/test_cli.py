"""The command line: one JSON object, exit status 0, or 2 with one line."""

import io
import json
import re
import sys

import pytest

from erc_core import pipeline
from erc_core.cli import main
from erc_core.verb_arguments import Teller


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


VERBS = (
    *("analyse", "explain", "report", "batch", "models", "studio", "papers", "setup", "diarise", "faces", "doctor"),
    *("backup", "restore", "audit", "bench", "train", "evaluate", "compare"),
)


def test_no_verb_is_forgotten_here(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert sorted(re.findall(r"^    (\w+) ", told, re.MULTILINE)) == sorted(VERBS)
    assert "Exit status" in told


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_and_knows_json_and_quiet(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert "--json" in told
    assert "--quiet" in told
    assert re.search(r"\n\n[A-Z][^\n]{20,}", told.partition("options:")[0]), "it says what it does"
    assert not re.search(r"^  --[a-z]+ [A-Z]+\n(?!    )", told, re.MULTILINE), "an option says what it is"


@pytest.mark.parametrize(
    "verb", [verb for verb in VERBS if verb not in ("models", "papers", "setup", "doctor", "audit", "compare")]
)
def test_a_verb_without_what_it_needs_gives_status_two_and_says_what(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        main([verb])
    assert ended.value.code == 2
    assert "the following arguments are required" in capsys.readouterr().err


def test_a_report_is_told_as_json_and_not_at_all_with_quiet(example, tmp_path, capsys):
    out = tmp_path / "report.html"
    transcript = example.clip.parent / "transcript.csv"
    status, told, _ = run(capsys, "report", example.clip, "--transcript", transcript, "--out", out, "--json")
    assert status == 0
    assert json.loads(told) == {"out": str(out), "bytes": out.stat().st_size, "model": "dq_former"}
    again = ("report", example.clip, "--transcript", transcript, "--out", tmp_path / "second.html", "--quiet")
    assert run(capsys, *again) == (0, "", "")
    status, told, err = run(capsys, "report", example.clip, "--transcript", transcript, "--out", "/proc/report.html")
    assert (status, told) == (2, "")
    assert "The file cannot be written" in err


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_how_far_the_work_is_and_is_clean_at_the_end(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr("erc_core.verb_arguments.EVERY_S", 0.0)
    tell = Teller(quiet=False)
    tell("features", 0.25)
    tell("model", 0.5)
    tell.close()
    tell.close()
    assert sys.stderr.getvalue() == "\r\x1b[Kfeatures 25%\r\x1b[Kmodel 50%\r\x1b[K"


def test_a_log_gets_a_line_now_and_then_and_with_quiet_none(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    tell = Teller(quiet=False)
    tell("features", 0.25)
    assert sys.stderr.getvalue() == ""  # what is quick says nothing
    monkeypatch.setattr("erc_core.verb_arguments.LOG_EVERY_S", 0.0)
    Teller(quiet=False)("model", 0.5)
    Teller(quiet=True)("model", 0.9)
    assert sys.stderr.getvalue() == "model 50%\n"


def test_what_is_stopped_gives_status_130(monkeypatch, capsys):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "models", stopped)
    assert run(capsys, "models") == (130, "", "stopped\n")


def test_models_lists_checkpoints_and_cards(capsys):
    status, out, _ = run(capsys, "models", "--json")
    found = {entry["name"]: entry for entry in json.loads(out)}
    assert status == 0
    assert found["dq_former"]["usable"]
    assert found["dq_former"]["card"]["deviations"]
