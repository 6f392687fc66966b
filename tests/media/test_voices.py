from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path

import numpy as np
import pytest

from erc_core.benchmarks.diarisation_error import Spoken, diarisation_error
from erc_core.errors import InputError, UnknownNameError
from erc_core.media.diarisation import Turn, cut_at_changes, diarise, merged
from erc_core.media.listening import name_by_voice, same_voice
from erc_core.media.rttm import as_rttm
from erc_core.media.sound import read_audio
from erc_core.media.voice_statistics import WIDTH, voice_statistics
from erc_core.media.voices import group_voices, projection, voice_odds
from erc_core.settings import ASSETS, Settings
from erc_core.types import Dialogue, Span, Utterance
from tests.media.voice import RATE_HZ, voice

CALL = ASSETS / "examples" / "only_the_voice"


def talk() -> Dialogue:
    rows = csv.DictReader(io.StringIO((CALL / "transcript.csv").read_text(encoding="utf-8")))
    utterances = [
        Utterance(f"u{n}", row["speaker"], row["text"], float(row["start_s"]), float(row["end_s"]))
        for n, row in enumerate(rows, 1)
    ]
    return Dialogue.of("call", "test", tuple(utterances))


@pytest.fixture(scope="module")
def audio() -> np.ndarray:
    return read_audio(CALL / "clip.mp4", Settings())


def crowd(sizes: tuple[int, ...], apart: float = 6.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return points of several voices and the voice of each."""
    rng = np.random.default_rng(seed)
    width = len(projection().between)
    centres = rng.normal(size=(len(sizes), width)) * np.sqrt(projection().between) * apart / 2
    names = np.repeat(np.arange(len(sizes)), sizes)
    return centres[names] + rng.normal(size=(len(names), width)), names


@pytest.mark.parametrize("sizes", [(4, 4), (3, 5, 4), (6, 2)])
def test_voices_that_lie_apart_are_told_apart_and_counted(sizes: tuple[int, ...]) -> None:
    points, names = crowd(sizes)
    assert group_voices(points, projection().between).tolist() == names.tolist()


def test_the_number_of_voices_can_be_given() -> None:
    points, _ = crowd((3, 3, 3))
    for count in (1, 2, 5):
        assert len(set(group_voices(points, projection().between, count).tolist())) == count


def test_points_of_two_faces_are_never_one_voice() -> None:
    points, _ = crowd((4,))
    groups = group_voices(points, projection().between, apart=np.array([True, True, False, False]))
    assert groups[0] != groups[1]


def test_no_voices_have_no_groups() -> None:
    assert group_voices(np.zeros((0, 20)), projection().between).tolist() == []


def test_a_picked_voice_is_likelier_in_its_own_stretches() -> None:
    points, names = crowd((5, 5))
    points[3] = np.nan
    odds = voice_odds(points, 0, projection().between)
    assert odds[0] == np.inf
    assert np.isnan(odds[3])
    assert odds[[1, 2, 4]].min() > 0 > odds[names == 1].max()


def test_statistics_do_not_depend_on_the_level() -> None:
    sound = voice(2, 1)
    loud, soft = voice_statistics(sound), voice_statistics(0.1 * sound)
    assert loud is not None
    assert soft is not None
    assert loud.shape == (WIDTH,)
    assert np.abs(loud - soft).max() < 0.35


@pytest.mark.parametrize("pitch_hz", [110.0, 230.0])
def test_the_pitch_is_measured(pitch_hz: float) -> None:
    times = np.arange(2 * RATE_HZ) * pitch_hz / RATE_HZ
    pulses = np.diff(np.floor(times), prepend=0).astype(np.float32)
    statistics = voice_statistics(np.convolve(pulses, np.hanning(30), mode="same").astype(np.float32))
    assert statistics is not None
    assert np.exp(statistics[-3]) == pytest.approx(pitch_hz, rel=0.02)


@pytest.mark.parametrize("samples", [np.zeros(RATE_HZ), np.ones(300)])
def test_too_little_speech_has_no_voice(samples: np.ndarray) -> None:
    assert voice_statistics(samples.astype(np.float32)) is None


def test_two_people_on_the_telephone_are_told_apart(audio: np.ndarray) -> None:
    turns = diarise(audio)
    truth = [Spoken(u.speaker, Span(u.start_s, u.end_s)) for u in talk().utterances]
    error = diarisation_error(truth, [Spoken(str(turn.voice), turn.span) for turn in turns])
    assert {turn.voice for turn in turns} == {0, 1}
    assert error.rate < 0.1


def test_spans_and_faces_that_are_known_are_used(audio: np.ndarray) -> None:
    spans = [Span(u.start_s, u.end_s) for u in talk().utterances]
    faces = [1, 2, 1, None, None, None, None, 2, None]
    turns = diarise(audio, spans=spans, same=faces)
    assert [turn.span for turn in turns] == spans
    assert [turns[place].voice for place in (0, 2, 1, 7)] == [0, 0, 1, 1]


def test_a_stretch_too_short_for_a_voice_goes_to_its_neighbour(audio: np.ndarray) -> None:
    spans = [Span(u.start_s, u.end_s) for u in talk().utterances[:2]]
    turns = diarise(audio, 2, spans=[spans[0], Span(spans[0].end_s + 0.05, spans[0].end_s + 0.3), spans[1]])
    assert [(turn.voice, turn.sure) for turn in turns] == [(0, True), (0, False), (1, True)]


@pytest.mark.parametrize("count", [0, -1, 21])
def test_numbers_of_speakers_out_of_range_are_refused(count: int) -> None:
    with pytest.raises(InputError, match="cannot be so many speakers"):
        diarise(np.zeros(RATE_HZ, dtype=np.float32), count)


def test_silence_has_no_turns() -> None:
    assert diarise(np.zeros(3 * RATE_HZ, dtype=np.float32)) == ()


def test_speakers_are_named_by_their_voices() -> None:
    nameless = Dialogue.of(
        "call", "test", tuple(Utterance(u.id, "?", u.text, u.start_s, u.end_s) for u in talk().utterances)
    )
    named = name_by_voice(nameless, CALL / "clip.mp4", Settings(), speakers=2)
    assert named.speakers == ("Speaker 1", "Speaker 2")
    pairs = {(a.speaker, b.speaker) for a, b in zip(named.utterances, talk().utterances, strict=True)}
    assert len(pairs) == 2
    assert [u.text for u in named.utterances] == [u.text for u in talk().utterances]


def test_a_picked_speaker_is_found_in_the_other_utterances() -> None:
    dialogue = talk()
    found = same_voice(dialogue, CALL / "clip.mp4", Settings(), "u1")
    assert found[0] == 1
    own, others = [], []
    for utterance, probability in zip(dialogue.utterances[1:], found[1:], strict=True):
        assert probability is not None
        (own if utterance.speaker == dialogue.utterances[0].speaker else others).append(probability)
    assert np.mean(np.subtract.outer(own, others) > 0) > 0.85
    with pytest.raises(UnknownNameError):
        same_voice(dialogue, CALL / "clip.mp4", Settings(), "u99")


def test_turns_that_touch_are_joined_up_to_a_length() -> None:
    turns = [Turn(Span(0, 2), 0), Turn(Span(2, 4), 0), Turn(Span(4, 5), 1), Turn(Span(6, 7), 1)]
    assert [(t.span.start_s, t.span.end_s) for t in merged(turns, 10)] == [(0, 4), (4, 5), (6, 7)]
    assert len(merged(turns, 3)) == 4


def test_turns_are_written_as_rttm() -> None:
    text = as_rttm([Turn(Span(0.5, 2.25), 0), Turn(Span(3, 4), 1)], "my clip")
    assert text.splitlines() == [
        "SPEAKER my_clip 1 0.500 1.750 <NA> <NA> speaker_1 <NA> <NA>",
        "SPEAKER my_clip 1 3.000 1.000 <NA> <NA> speaker_2 <NA> <NA>",
    ]


def test_the_projection_says_what_it_was_measured_to_reach() -> None:
    from safetensors import safe_open

    path = Path(ASSETS / "voice" / "speaker.safetensors")
    with safe_open(path, framework="numpy") as asset:
        figures = asset.metadata()
    assert 0 < float(figures["ravdess_17_20_eer"]) < 0.3
    assert path.stat().st_size < 100_000


def test_a_change_of_voice_without_a_pause_is_found(audio: np.ndarray) -> None:
    utterances = talk().utterances
    pieces = [audio[round(u.start_s * RATE_HZ) : round(u.end_s * RATE_HZ)] for u in utterances]
    gap = np.zeros(round(0.15 * RATE_HZ), dtype=np.float32)
    joined = np.concatenate([pieces[0], gap, pieces[1]])
    rest = [np.concatenate([np.zeros(RATE_HZ, dtype=np.float32), piece]) for piece in pieces[2:]]
    sound = np.concatenate([joined, *rest])
    starts = np.cumsum([0, len(joined), *[len(one) for one in rest]]) / RATE_HZ
    speech = [Span(0.0, len(joined) / RATE_HZ)]
    speech += [Span(float(a) + 1, float(b)) for a, b in itertools.pairwise(starts[1:])]
    found = cut_at_changes(sound, speech)
    assert len(found) == len(speech) + 1
    assert found[0].end_s == pytest.approx(len(pieces[0]) / RATE_HZ, abs=0.25)
    assert found[2:] == speech[1:]
