"""Action units of OpenFace or py-feat stand in for our estimate where a folder has them for the clip."""

from dataclasses import replace

import numpy as np
import pytest

from erc_core import pipeline
from erc_core.errors import InputError, MissingResourceError
from erc_core.features.base import EXTRACTORS
from erc_core.features.own_units import own_units, table_of
from erc_core.features.visual_layout import visual_parts
from erc_core.media.action_unit_files import read_unit_file
from erc_core.media.action_unit_table import NUMBERS
from erc_core.settings import Settings
from erc_core.types import silent

TWELVE = NUMBERS.index(12)
FOUR = NUMBERS.index(4)


@pytest.fixture(scope="module")
def example():
    """The first two utterances of an example, which is all that is looked at."""
    found = pipeline.examples()[0]
    return found, found.dialogue.with_utterances(found.dialogue.utterances[:2])


def openface(duration_s):
    lines = ["frame, face_id, timestamp, confidence, success, AU04_r, AU12_r"]
    lines += [f"{i}, 0, {i / 10:.1f}, 0.98, 1, 0.5, {4.0 if i / 10 < 4 else 1.0}" for i in range(int(10 * duration_s))]
    return "\n".join(lines) + "\n"


def units_of(dialogue, clip, settings):
    features = EXTRACTORS.get("visual-1")(dialogue, clip, settings, silent)
    parts = [visual_parts(np.asarray(row.values)) for row in features.rows]
    return features, [np.where(part.measured.numpy(), part.units.numpy(), np.nan) for part in parts]


def test_a_file_called_after_the_clip_is_read_instead_of_our_estimate(example, tmp_path):
    found, dialogue = example
    (tmp_path / f"{dialogue.media.sha256}.csv").write_text(openface(dialogue.media.duration_s))
    features, units = units_of(dialogue, found.clip, Settings(action_units=str(tmp_path)))
    seen = np.concatenate(units)
    measured = seen[~np.isnan(seen[:, TWELVE])]
    assert len(measured) >= 2
    assert set(measured[:, TWELVE].round(2)) <= {4.0, 1.0}
    assert measured[:, FOUR] == pytest.approx(0.5)
    others = np.delete(measured, [TWELVE, FOUR], axis=1)
    assert np.isnan(others).all(), "what the file does not tell is not made up"
    assert all("not estimated here" in row.note for row in features.rows)


def test_a_clip_without_a_file_keeps_our_estimate(example, tmp_path):
    found, dialogue = example
    (tmp_path / "another.csv").write_text(openface(1.0))
    ours, theirs = (units_of(dialogue, found.clip, s)[1] for s in (Settings(), Settings(action_units=str(tmp_path))))
    np.testing.assert_array_equal(np.concatenate(ours), np.concatenate(theirs))


def test_several_faces_at_one_time_are_not_told_apart():
    rows = read_unit_file(
        "face_id,timestamp,confidence,success,AU12_r\n0,0.0,0.9,1,1\n0,1.0,0.9,1,2\n1,1.0,0.9,1,3\n0,9.0,0.9,1,4\n"
    )
    table = table_of("a.csv", rows)
    assert table.at(0.1)[TWELVE] == 1
    assert np.isnan(table.at(1.0)).all()
    assert np.isnan(table.at(5.0)).all(), "no row is near"
    assert np.isnan(table_of("a.csv", ()).at(0.0)).all()


def test_a_wrong_folder_and_a_wrong_file_are_refused(example, tmp_path):
    _, dialogue = example
    with pytest.raises(MissingResourceError, match="ERC_ACTION_UNITS"):
        own_units(dialogue, Settings(action_units=str(tmp_path / "nowhere")))
    (tmp_path / f"{dialogue.media.sha256}.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="OpenFace or py-feat"):
        own_units(dialogue, Settings(action_units=str(tmp_path)))
    assert own_units(replace(dialogue, media=None), Settings(action_units=str(tmp_path))) is None


def test_more_keyframes_can_be_asked_for_and_kept_results_do_not_stand_for_them(example):
    found, dialogue = example
    _, units = units_of(dialogue, found.clip, Settings(keyframes=5))
    assert all(3 < len(one) <= 5 for one in units)
    assert Settings(keyframes=5).program != Settings().program
    assert Settings(action_units="a").program != Settings().program
