"""A clip goes in, predictions with their trace come out: the shipped model on real sound."""

import subprocess

import imageio_ffmpeg
import numpy as np
import pytest

from erc_core import pipeline
from erc_core.errors import InputError, UnknownNameError
from erc_core.settings import Settings
from erc_core.types import Dialogue, Knob, Utterance

WORDS = (
    b"start_s,end_s,speaker,text\n0.2,2.0,Ann,I am so happy to see you\n2.0,3.8,Bob,Leave me alone\n3.8,5.5,Ann,Why?\n"
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return Settings(data=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def example():
    found = pipeline.examples()
    assert found, "no example is bundled"
    return found[0]


def silent_video(tmp_path):
    path = tmp_path / "silent.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x48:d=6", path]
    subprocess.run(command, check=True)
    return path


def test_the_bundled_examples_carry_their_truth(example):
    assert example.look_for
    assert all(u.label for u in example.dialogue.utterances)
    assert len(example.dialogue.speakers) >= 2


def test_an_example_is_predicted_with_confidences_and_summaries(example, settings):
    found = pipeline.analyse(example.dialogue, example.clip, "dq_former", settings)
    T = len(example.dialogue.utterances)
    assert found.prediction.probabilities.shape == (T, 7)
    assert found.prediction.calibrated
    assert {u.modality for u in found.prediction.unimodal} == {"t", "a"}
    shares = found.trace.array("confidence").values
    assert shares.shape == (T, 3, 2)
    np.testing.assert_allclose(shares.sum(-1), 1, atol=1e-5)
    assert [s.who for s in found.speakers] == list(example.dialogue.speakers)


def test_switching_sound_off_leaves_the_words_alone_and_says_so(example, settings):
    off = pipeline.analyse(example.dialogue, example.clip, "dq_former", settings, switched_off=("a",))
    words_only = pipeline.analyse(example.dialogue, None, "dq_former", settings)
    np.testing.assert_allclose(off.prediction.probabilities, words_only.prediction.probabilities, atol=1e-5)
    np.testing.assert_array_equal(off.trace.array("confidence").values[..., 0], 1)
    assert any("without" in note for note in off.notes)
    assert {m.reason for m in off.prediction.missing} == {"switched off"}


def test_a_higher_tau_masks_more_and_can_mask_everything(example, settings):
    masked = [
        pipeline.analyse(example.dialogue, example.clip, "dq_former", settings, knobs=(Knob("tau", tau),))
        .trace.array("masked")
        .values.sum()
        for tau in (0.0, 0.1, 0.3, 0.5)
    ]
    assert masked == sorted(masked)
    assert masked[0] == 0
    assert masked[-1] > masked[1]


def test_another_tau_masks_other_layers_and_changes_a_prediction(example, settings):
    low, high = (
        pipeline.analyse(example.dialogue, example.clip, "dq_former", settings, knobs=(Knob("tau", tau),))
        for tau in (0.1, 0.5)
    )
    assert not np.array_equal(low.trace.array("masked").values, high.trace.array("masked").values)
    np.testing.assert_array_equal(
        low.trace.array("confidence").values[:, 0], high.trace.array("confidence").values[:, 0]
    )
    labels = [[found.prediction.label_of(i) for i in range(len(example.dialogue.utterances))] for found in (low, high)]
    assert labels[0] != labels[1]


def test_a_knob_that_was_turned_does_not_stay(example, settings):
    plain = pipeline.analyse(example.dialogue, example.clip, "dq_former", settings)
    pipeline.analyse(example.dialogue, example.clip, "dq_former", settings, knobs=(Knob("tau", 0.5),))
    again = pipeline.analyse(example.dialogue, example.clip, "dq_former", settings)
    np.testing.assert_array_equal(plain.prediction.probabilities, again.prediction.probabilities)


def test_a_clip_without_sound_is_predicted_from_its_words(tmp_path, settings):
    path = silent_video(tmp_path)
    dialogue = pipeline.open_clip(path, settings, transcript=WORDS, transcript_name="w.csv")
    found = pipeline.analyse(dialogue, path, "dq_former", settings)
    assert {m.reason for m in found.prediction.missing} == {"the clip has no audio track"}
    assert any("no audio track" in note for note in found.notes)


def test_a_picture_without_a_face_is_no_answer_of_the_face(tmp_path, settings):
    path = silent_video(tmp_path)
    dialogue = pipeline.open_clip(path, settings, transcript=WORDS, transcript_name="w.csv")
    found = pipeline.analyse(dialogue, path, "df_erc", settings).prediction
    words = pipeline.analyse(dialogue, path, "df_erc", settings, switched_off=("v",)).prediction
    assert [one.modality for one in found.unimodal] == ["t"]
    assert {m.reason for m in found.missing if m.modality == "v"} == {"the speaker's face is not seen"}
    np.testing.assert_allclose(found.probabilities, words.probabilities, atol=1e-6)


def test_a_clip_with_neither_speech_nor_words_has_no_utterances_and_a_reason(tmp_path, settings):
    path = silent_video(tmp_path)
    dialogue = pipeline.open_clip(path, settings)
    found = pipeline.analyse(dialogue, path, "dq_former", settings)
    assert dialogue.utterances == ()
    assert pipeline.NOTHING_SAID in found.notes
    assert found.whole is None


def test_speech_without_a_transcript_becomes_utterances_without_words(example, settings):
    dialogue = pipeline.open_clip(example.clip, settings)
    assert len(dialogue.utterances) >= 3
    assert all(u.text is None for u in dialogue.utterances)
    found = pipeline.analyse(dialogue, example.clip, "dq_former", settings)
    assert {(m.modality, m.reason) for m in found.prediction.missing} == {
        ("t", "no words: give a transcript or type them")
    }


def test_a_transcript_of_another_clip_is_refused(tmp_path, settings):
    late = b"start_s,end_s,speaker,text\n90,91,Ann,too late\n"
    with pytest.raises(InputError, match="end of the clip"):
        pipeline.open_clip(silent_video(tmp_path), settings, transcript=late, transcript_name="late.csv")


def test_an_unknown_model_lists_the_known_ones(example, settings):
    with pytest.raises(UnknownNameError, match="dq_former"):
        pipeline.analyse(example.dialogue, example.clip, "no_such_model", settings)


def test_many_utterances_are_predicted_in_pieces_as_they_are_at_once(settings):
    lines = ["I hate this", "what a lovely day", "the table is brown"] * 30
    spoken = tuple(Utterance(f"u{i}", "AB"[i % 2], line, i, i + 1) for i, line in enumerate(lines))
    long = pipeline.analyse(Dialogue.of("long", "test", spoken), None, "dq_former", settings)
    short = pipeline.analyse(Dialogue.of("short", "test", spoken[:70]), None, "dq_former", settings)
    np.testing.assert_allclose(long.prediction.probabilities[:70], short.prediction.probabilities, atol=1e-4)
    assert long.trace.array("confidence").values.shape[0] == 90


def test_words_alone_carry_emotion_into_the_fused_answer(settings):
    spoken = (
        Utterance("u1", "Ann", "This is wonderful, I am so happy for you, congratulations!", 0, 2),
        Utterance("u2", "Bob", "Shut up! I hate you, get out of my house!", 2, 4),
    )
    found = pipeline.analyse(Dialogue.of("d", "test", spoken), None, "dq_former", settings).prediction
    assert [found.label_of(0), found.label_of(1)] == ["joy", "anger"]


def test_every_model_says_whether_it_can_be_used():
    found = {status.name: status for status in pipeline.models()}
    assert found["dq_former"].checkpoint is not None


def test_two_threads_with_different_knobs_do_not_disturb_each_other(settings):
    from concurrent.futures import ThreadPoolExecutor

    spoken = (Utterance("u1", "Ann", "Leave me alone, I mean it", 0, 2), Utterance("u2", "Bob", "As you like", 2, 3))
    dialogue = Dialogue.of("d", "test", spoken)

    def masked(tau):
        found = pipeline.analyse(dialogue, None, "dq_former", settings, knobs=(Knob("tau", tau),))
        return found.prediction.knobs, found.trace.array("masked").values.tolist()

    taus = [0.0, 0.5] * 6
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(masked, taus))
    assert together == [masked(tau) for tau in taus]
