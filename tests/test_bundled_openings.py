"""What comes with an example is what opening it finds, and nothing of other files is taken for it."""

import json
import shutil

import pytest

from erc_core import pipeline
from erc_core.bundled_openings import NAME, read_opening

EXAMPLES = pipeline.examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_an_example_is_opened_as_its_clip_and_its_words_are(example):
    known = read_opening(example.clip)
    assert known is not None, "python -m erc_core.ui.bundle writes it"
    assert known.dialogue == pipeline.open_example(example.clip, example.title) == example.dialogue
    picture = known.still.tobytes()
    assert picture == example.still
    assert picture.startswith(b"\xff\xd8") == example.dialogue.media.has_video
    assert bool(picture) == example.dialogue.media.has_video


@pytest.mark.parametrize("changed", ["about.json", "transcript.csv", NAME])
def test_what_was_opened_of_other_files_is_passed_over(changed, tmp_path):
    folder = tmp_path / "the_letter"
    shutil.copytree(pipeline.EXAMPLES / "the_letter", folder, ignore=shutil.ignore_patterns("*-*.bin"))
    (same,) = pipeline.examples(tmp_path)
    assert same.still
    if changed == "about.json":
        about = json.loads((folder / changed).read_text(encoding="utf-8"))
        (folder / changed).write_text(json.dumps({**about, "title": "Another title"}), encoding="utf-8")
    elif changed == "transcript.csv":
        (folder / changed).write_text("start,end,speaker,text\n0.5,1.5,Nora,Good morning\n", encoding="utf-8")
    else:
        (folder / changed).write_bytes((folder / changed).read_bytes()[:-7])
    (other,) = pipeline.examples(tmp_path)
    assert other.still == b""
    assert other.dialogue == pipeline.open_example(other.clip, other.title)
    if changed != NAME:
        assert other.dialogue != same.dialogue
