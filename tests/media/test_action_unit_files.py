from __future__ import annotations

import re

import pytest

from erc_core.errors import InputError
from erc_core.media.action_unit_files import UnitRow, read_unit_file

OPENFACE = """frame, face_id, timestamp, confidence, success, AU01_r, AU12_r, AU12_c
1, 0, 0.000, 0.98, 1, 0.50, 3.25, 1.00
2, 0, 0.033, 0.10, 0, 0.00, 0.00, 0.00
3, 1, 0.067, 0.95, 1, 6.00, -0.10, 0.00
"""


def test_openface_intensities_are_taken_as_they_are_and_lost_faces_left_out() -> None:
    first, second = read_unit_file(OPENFACE)
    assert first == UnitRow(0.0, 0, (1, 12), (0.5, 3.25))
    assert (second.time_s, second.face, second.intensities) == (0.067, 1, (5.0, 0.0))


def test_py_feat_probabilities_are_brought_to_five_and_pictures_to_seconds() -> None:
    (first, second) = read_unit_file(",frame,FaceScore,AU01,AU43\n0,0,0.99,0.5,1.0\n1,50,0.99,,0.2\n", fps=25)
    assert first == UnitRow(0.0, 0, (1, 43), (2.5, 5.0))
    assert (second.time_s, second.intensity(1), second.intensity(43)) == (2.0, None, 1.0)


def test_a_file_that_counts_pictures_needs_their_rate() -> None:
    with pytest.raises(InputError, match="the clip's pictures a second are needed"):
        read_unit_file("frame,AU01\n0,0.5\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "got: an empty file"),
        ("a,b\n1,2\n", "got: a, b"),
        ("AU01_r\n1\n", "got: AU01_r"),
        ("timestamp,AU01_r\nx,1\n", "Line 2 of the action units cannot be read (step: action units). got: 'x'"),
        (
            "timestamp,AU01_r\n0,1\n-1,1\n",
            "Line 3 of the action units cannot be read (step: action units). got: the time '-1'",
        ),
        ("timestamp,AU01_r\n0,inf\n", "got: 'inf'"),
        ("timestamp,AU01_r\n0,=1+1\n", "got: '=1+1'"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_line(content: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        read_unit_file(content)
