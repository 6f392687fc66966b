"""Values check themselves."""

import numpy as np
import pytest

from erc_core.errors import InputError, ShapeError, UnknownNameError
from erc_core.types import MELD7, Dialogue, FeatureRow, LabelSet, ModelRef, Prediction, TraceArray, Utterance

REF = ModelRef("m", "0" * 64, MELD7)


def utterance(number, **changes):
    return Utterance(**{"id": f"u{number}", "speaker": "A", "text": "hi", "start_s": 0.0, "end_s": 1.0, **changes})


@pytest.mark.parametrize("times", [(1.0, 1.0), (2.0, 1.0), (-1.0, 1.0)])
def test_an_utterance_needs_usable_times(times):
    with pytest.raises(InputError, match="allowed: 0 <= start < end"):
        utterance(1, start_s=times[0], end_s=times[1])


def test_an_unknown_label_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="neutral, surprise, fear"):
        MELD7.index("bored")


def test_labels_must_differ():
    with pytest.raises(InputError, match="distinct labels"):
        LabelSet("twice", ("joy", "joy"))


def test_the_id_of_a_dialogue_is_its_content_not_its_title():
    one = Dialogue.of("one", "clip", (utterance(1),))
    assert one.id == Dialogue.of("other", "clip", (utterance(1),)).id
    assert one.id != one.with_utterances((utterance(1, text="bye"),)).id


def test_two_utterances_cannot_share_an_id():
    with pytest.raises(InputError, match="have one id"):
        Dialogue.of("d", "clip", (utterance(1), utterance(1)))


def test_speakers_come_by_order_of_appearance():
    spoken = tuple(utterance(i, speaker=s) for i, s in enumerate("BAB"))
    assert Dialogue.of("d", "clip", spoken).speakers == ("B", "A")


def test_a_prediction_has_a_row_an_utterance():
    with pytest.raises(ShapeError, match="wrong axes"):
        Prediction("d", REF, ("u1",), np.full((2, 7), 1 / 7, np.float32), calibrated=False)


def test_probabilities_sum_to_one():
    with pytest.raises(ShapeError, match="sum to one"):
        Prediction("d", REF, ("u1",), np.full((1, 7), 0.2, np.float32), calibrated=False)


def test_absent_features_need_a_reason():
    with pytest.raises(InputError, match="without a reason"):
        FeatureRow("u1", None)


def test_a_trace_array_fits_its_axes():
    with pytest.raises(ShapeError, match="does not fit its axes"):
        TraceArray("c", ("layer",), (("1", "2"),), np.zeros(3, np.float32), "meaning")
