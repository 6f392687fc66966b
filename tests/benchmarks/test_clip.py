"""The benchmark of a clip: what it measures on a short one, and how it is written down."""

from dataclasses import asdict, replace

import pytest

from erc_core.benchmarks.clip import ClipFigures, Step, make_clip, measure, page
from erc_core.cli import main
from erc_core.media.probe import probe
from erc_core.settings import Settings


def test_the_clip_has_the_length_and_size_that_were_asked_for(tmp_path):
    media = probe(make_clip(tmp_path / "a.mp4", 3.0), Settings(), "a.mp4")
    assert media.duration_s == pytest.approx(3.0, abs=0.2)
    assert (media.width, media.height, media.has_audio) == (1280, 720, True)


@pytest.mark.alone
@pytest.mark.slow
def test_half_a_minute_takes_less_than_half_a_minute():
    media, analysis = measure([0.5])
    assert {f"model {name}" for name in ("dq_former", "df_erc", "cmath", "lmam", "amuse")} < {
        step.name for step in analysis.steps
    }
    assert media.total_s < 30  # the measured figures are in docs; machines that test are busy
    assert analysis.total_s < 30
    assert 0 < analysis.first_s < 20
    assert all(one.total_s > one.floor_s > 0 for one in (media, analysis))


def test_the_page_has_a_row_for_each_step_and_a_column_for_each_length():
    one = ClipFigures("media", 1.0, (Step("speech", 3.0), Step("faces", 12.0)), 0.0, 15.0, 1.5, 400.0)
    two = ClipFigures("media", 2.0, (Step("speech", 6.0), Step("faces", 24.0)), 0.0, 30.0, 3.0, 410.0)
    text = page([one, two])
    assert "| seconds | 1 min | 2 min |" in text
    assert "| faces | 12.0 | 24.0 |" in text
    assert "| of its length | 0.25 | 0.25 |" in text
    assert "All five systems" not in text
    assert "| **all** | 20.0 [15.0, 25.0] |" in page([one, replace(one, total_s=25.0)])
    assert asdict(one)["steps"][0] == {"name": "speech", "seconds": 3.0}


@pytest.mark.parametrize("lengths", ["", "0", "one", "1,900", "nan"])
def test_unusable_lengths_are_refused(lengths, capsys):
    assert main(["bench", "clip", "--minutes", lengths]) != 0
    assert "minutes from 0.2 to 60" in capsys.readouterr().err
