"""Names in figures are whole, stand once and do not lie on each other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from erc_core.explanation import Point
from erc_core.plots import trajectory
from erc_core.plots.evidence_time import EvidenceLane, EvidenceMark, plot_evidence_time
from erc_core.plots.regions_on_picture import LABEL_PX, DrawnRegion, plot_regions_on_picture, spread
from erc_core.plots.signed_bars import LONGEST, SignedItem, plot_signed_bars
from erc_core.types import Span

WIDTH, HEIGHT = 640, 360


def around(name: str, value: float, x: float, y: float) -> DrawnRegion:
    return DrawnRegion(name, value, tuple(Point(x + dx, y + dy) for dx, dy in ((-0.01, 0), (0.01, 0.01), (0, -0.01))))


def test_names_of_a_small_face_s_regions_stand_apart_at_the_picture_s_edges() -> None:
    regions = (
        around("eyes", 0.4, 0.45, 0.40), around("eyes", 0.4, 0.53, 0.40), around("nose", -0.9, 0.49, 0.43),
        around("cheeks", 0.2, 0.44, 0.45), around("mouth", 0.3, 0.49, 0.46), around("jaw", 0.1, 0.49, 0.5),
    )  # fmt: skip
    width = 460
    figure = plot_regions_on_picture(np.zeros((HEIGHT, WIDTH), dtype=np.uint8), regions, width=width)
    labels = [note for note in figure.layout.annotations if note.name == "region"]
    assert sorted(note.text for note in labels) == ["cheeks +0.200", "eyes +0.400", "mouth +0.300", "nose −0.900"]
    assert {note.x for note in labels} == {0.0, 1.0}
    for edge in (0.0, 1.0):
        heights = sorted(note.y * width * HEIGHT / WIDTH for note in labels if note.x == edge)
        assert len(heights) == 2
        assert all(above + LABEL_PX <= below + 1e-6 for above, below in pairwise(heights))
    lines = {trace.name: (trace.x[-1], trace.y[-1]) for trace in figure.data if (trace.name or "").startswith("to ")}
    assert lines["to nose"] == (pytest.approx(regions[2].middle.x), pytest.approx(regions[2].middle.y))


def test_heights_are_spread_within_the_picture() -> None:
    assert spread([0.2, 0.8], 0.1) == [0.2, 0.8]
    assert spread([0.98, 0.99], 0.1) == pytest.approx([0.85, 0.95])
    assert spread([0.0, 0.01], 0.1) == pytest.approx([0.05, 0.15])


def test_a_long_name_is_cut_between_words_and_whole_at_the_pointer() -> None:
    said = "Nora: That is what frightens me, what if they turned me down again?"
    bars = plot_signed_bars([SignedItem(said, 0.1)], "probability of joy")
    (tick,) = bars.layout.yaxis.ticktext
    assert tick == "Nora: That is what frightens me…"
    assert len(tick) <= LONGEST
    assert bars.data[0].customdata[0] == said


def test_a_first_word_that_begins_before_its_utterance_is_drawn_from_there() -> None:
    words = EvidenceLane("Words", (EvidenceMark("I", 0.9, 1.1, 0.1), EvidenceMark("got", 1.2, 2.0, 0.1)))
    figure = plot_evidence_time(Span(1.0, 2.0), (words,), np.zeros((0, 2), dtype=np.float32))
    assert figure.data[0].base == (1.0, 1.2)
    assert list(figure.data[0].x) == pytest.approx([0.1, 0.8])
    low, high = figure.layout.xaxis.range
    assert low < 1.0 < 2.0 < high


def test_time_is_numbered_by_round_steps_however_few_the_utterances() -> None:
    axis = trajectory.example().layout.xaxis  # three utterances, 5.5 s
    assert (axis.tick0, axis.dtick) == (0, 1.0)
