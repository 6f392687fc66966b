"""An edit changes the rows that it concerns, and no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from erc_core import pipeline
from erc_core.errors import UnsupportedError
from erc_core.features.visual_layout import EXTRACTOR, UNITS, Keyframe, pack_visual
from erc_core.settings import Settings
from erc_core.types import Dialogue, FeatureRow, Features, Media, Utterance
from erc_core.whatif.changes import changes
from erc_core.whatif.edits import (
    BlankFace,
    DropUtterance,
    Edit,
    MuteSound,
    NeutralFace,
    NoiseSound,
    SpeakerEdit,
    WordsEdit,
    edited_dialogue,
)
from erc_core.whatif.face import calm_face, frames_of
from erc_core.whatif.features import edited_features
from erc_core.whatif.sound import edited_sound, noised

SETTINGS = Settings()
RATE_HZ = 16_000
LINES = ("I am so happy to see you", "Leave me alone", "Why?", "It is raining again", "I am afraid of him", "No!", "Oh")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "talk.wav"
    rng = np.random.default_rng(0)
    soundfile.write(path, 0.1 * rng.standard_normal(RATE_HZ * 8), RATE_HZ)
    return path


@pytest.fixture(scope="module")
def dialogue() -> Dialogue:
    media = Media("0" * 64, "talk.wav", "wav", 8.0, has_video=False, has_audio=True)
    utterances = tuple(Utterance(f"u{i}", "AB"[i % 2], text, i + 0.1, i + 1.0) for i, text in enumerate(LINES))
    return Dialogue.of("talk", "test", utterances, media)


@pytest.fixture(scope="module")
def features(dialogue: Dialogue, clip: Path) -> tuple[Features, ...]:
    return pipeline.extract(dialogue, clip, "dq_former", SETTINGS)


def changed_rows(before: Features, after: Features) -> set[str]:
    old = {row.utterance: row for row in before.rows}
    return {
        row.utterance
        for row in after.rows
        if (row.values is None) != (old[row.utterance].values is None)
        or (row.values is not None and not np.array_equal(row.values, old[row.utterance].values))
    }


def apply(dialogue: Dialogue, features: tuple[Features, ...], clip: Path | None, *edits: Edit) -> dict[str, Features]:
    found = edited_features(dialogue, features, edits, clip, SETTINGS)
    edited = edited_dialogue(dialogue, edits)
    for one in found:
        assert one.dialogue == edited.id
        assert [row.utterance for row in one.rows] == [u.id for u in edited.utterances]
    return {one.modality: one for one in found}


def test_other_words_change_their_own_row_and_those_that_have_it_in_their_history(
    dialogue: Dialogue, features: tuple[Features, ...], clip: Path
) -> None:
    found = apply(dialogue, features, clip, WordsEdit("u1", "Stay with me"))
    text, sound = features
    assert changed_rows(text, found["t"]) == {"u1", "u2", "u3", "u4", "u5", "u6"}
    assert changed_rows(text, apply(dialogue, features, clip, WordsEdit("u0", "Oh"))["t"]) == {
        f"u{i}" for i in range(6)
    }
    assert changed_rows(sound, found["a"]) == set()


def test_words_that_are_taken_away_are_missing_and_not_empty(
    dialogue: Dialogue, features: tuple[Features, ...], clip: Path
) -> None:
    row = apply(dialogue, features, clip, WordsEdit("u2", ""))["t"].rows[2]
    assert row.values is None
    assert "no words" in row.reason


def test_another_speaker_changes_words_rows_only(
    dialogue: Dialogue, features: tuple[Features, ...], clip: Path
) -> None:
    found = apply(dialogue, features, clip, SpeakerEdit("u1", "A"))
    assert "u1" in changed_rows(features[0], found["t"])
    assert changed_rows(features[1], found["a"]) == set()


def test_what_was_never_said_has_no_row_and_the_others_keep_their_sound(
    dialogue: Dialogue, features: tuple[Features, ...], clip: Path
) -> None:
    found = apply(dialogue, features, clip, DropUtterance("u3"))
    assert len(found["a"].rows) == len(LINES) - 1
    assert changed_rows(features[0], found["t"]) == {"u4", "u5", "u6"}
    assert changed_rows(features[1], found["a"]) == set()


def test_a_muted_utterance_misses_its_sound_and_a_muted_stretch_does_not(
    dialogue: Dialogue, features: tuple[Features, ...], clip: Path
) -> None:
    whole = apply(dialogue, features, clip, MuteSound("u1"))
    assert changed_rows(features[1], whole["a"]) == {"u1"}
    assert whole["a"].rows[1].values is None
    assert "silence" in whole["a"].rows[1].reason
    part = apply(dialogue, features, clip, MuteSound("u1", 1.1, 1.5))
    values = part["a"].rows[1].values
    assert values is not None
    assert values[:36].mean() < values[42:].mean() - 3  # the silent frames against the others, log power


def test_only_the_edited_utterances_sound_is_decoded_again(
    dialogue: Dialogue, features: tuple[Features, ...], clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from erc_core.whatif import sound

    asked = []
    real = sound.read_audio

    def counted(path: Path, settings: Settings, start_s: float, end_s: float) -> np.ndarray:
        asked.append((start_s, end_s))
        return real(path, settings, start_s, end_s)

    monkeypatch.setattr(sound, "read_audio", counted)
    apply(dialogue, features, clip, WordsEdit("u1", "x"), SpeakerEdit("u2", "C"), DropUtterance("u0"))
    assert asked == []
    apply(dialogue, features, clip, NoiseSound("u4", 0.0))
    assert asked == [(4.1, 5.0)]


def test_noise_has_the_power_that_was_asked_for_where_it_was_asked_for() -> None:
    audio = (0.2 * np.sin(np.arange(32_000) / 7)).astype(np.float32)
    noise = noised(audio, 8_000, 24_000, 10.0, seed=1) - audio
    assert not noise[:8_000].any()
    assert not noise[24_000:].any()
    ratio_db = 10 * np.log10(np.mean(audio**2) / np.mean(noise[8_000:24_000] ** 2))
    assert ratio_db == pytest.approx(10.0, abs=0.3)
    np.testing.assert_array_equal(noised(audio, 0, 9, 10.0, 1), noised(audio, 0, 9, 10.0, 1))


def test_more_noise_changes_the_row_more(dialogue: Dialogue, features: tuple[Features, ...], clip: Path) -> None:
    # The sound of this clip is noise itself, so a tone is what noise can be seen on.
    utterance = dialogue.utterances[4]
    plain = edited_sound(utterance, None, clip, SETTINGS)
    distances = [
        np.abs(edited_sound(utterance, NoiseSound("u4", snr_db), clip, SETTINGS) - plain).mean()
        for snr_db in (30.0, 10.0, -10.0)
    ]
    assert distances == sorted(distances)
    assert distances[0] > 0


def test_sound_without_a_recording_cannot_be_edited(dialogue: Dialogue, features: tuple[Features, ...]) -> None:
    with pytest.raises(UnsupportedError, match=r"sound of this dialogue cannot be edited\. got: no recording"):
        edited_features(dialogue, features, (MuteSound("u1"),), None, SETTINGS)


def test_the_edited_features_are_those_of_the_edited_dialogue(
    dialogue: Dialogue, features: tuple[Features, ...], clip: Path
) -> None:
    edits = (WordsEdit("u1", "Stay"), SpeakerEdit("u4", "C"), DropUtterance("u0"))
    fresh = pipeline.extract(edited_dialogue(dialogue, edits), clip, "dq_former", SETTINGS)
    for kept, new in zip(edited_features(dialogue, features, edits, clip, SETTINGS), fresh, strict=True):
        assert changed_rows(kept, new) == set()


def test_the_answers_before_an_edit_stay_where_the_model_sees_no_future(
    dialogue: Dialogue, features: tuple[Features, ...], clip: Path
) -> None:
    before = pipeline.analyse(dialogue, clip, "dq_former", SETTINGS, features=features)
    edits = (WordsEdit("u3", "I hate you, get out of my house!"), MuteSound("u3"), DropUtterance("u5"))
    after = pipeline.ask_what_if(dialogue, clip, "dq_former", SETTINGS, edits, features=features)
    found = changes(before.prediction, after.prediction)
    assert max(change.moved for change in found[:3]) < 1e-5
    assert found[3].moved > 0.05
    assert found[5].after is None
    assert np.isnan(found[5].moved)
    assert after.dialogue.utterances[3].text == "I hate you, get out of my house!"


def faces(*rows: tuple[Keyframe, ...]) -> Features:
    found = tuple(
        FeatureRow(f"u{i}", pack_visual(row) if row else None, "" if row else "none") for i, row in enumerate(rows)
    )
    return Features("d", "v", EXTRACTOR, found)


def keyframe(grey: int, intensity: float | None, background: int | None = 9) -> Keyframe:
    units = None if intensity is None else np.full(UNITS, intensity)
    ground = None if background is None else np.full((32, 32, 3), background, dtype=np.uint8)
    return Keyframe(np.full((48, 48), grey, dtype=np.uint8), units, ground)


@pytest.fixture
def seen() -> tuple[Dialogue, Features]:
    utterances = tuple(Utterance(f"u{i}", "AABA"[i], "words", float(i), i + 0.9) for i in range(4))
    rows = (
        (keyframe(200, 3.0), keyframe(210, 2.5)),
        (keyframe(90, 0.4), keyframe(95, None)),
        (keyframe(40, 0.0),),
        (keyframe(220, 4.0, None),),
    )
    return Dialogue.of("faces", "test", utterances), faces(*rows)


def test_the_calmest_face_is_the_speakers_own(seen: tuple[Dialogue, Features]) -> None:
    found = calm_face(*seen, "A")
    assert (found.utterance, int(found.face[0, 0])) == ("u1", 90)
    np.testing.assert_allclose(found.units, 0.4, atol=1e-6)


def test_a_calm_face_takes_the_place_of_each_face_and_the_ground_stays(seen: tuple[Dialogue, Features]) -> None:
    dialogue, features = seen
    row = edited_features(dialogue, (features,), (NeutralFace("u0"),), None, SETTINGS)[0].rows[0]
    frames = frames_of(row)
    assert [int(frame.face[0, 0]) for frame in frames if frame.face is not None] == [90, 90]
    assert [int(frame.background[0, 0, 0]) for frame in frames if frame.background is not None] == [9, 9]


def test_a_blank_face_leaves_the_ground_and_without_one_nothing(seen: tuple[Dialogue, Features]) -> None:
    dialogue, features = seen
    found = edited_features(dialogue, (features,), (BlankFace("u0"), BlankFace("u3")), None, SETTINGS)[0]
    assert changed_rows(features, found) == {"u0", "u3"}
    assert [frame.face is None and frame.units is None for frame in frames_of(found.rows[0])] == [True, True]
    assert found.rows[3].values is None
    assert found.rows[3].reason == "the face is blanked"


def test_a_speaker_without_measured_faces_has_no_calm_one(seen: tuple[Dialogue, Features]) -> None:
    dialogue, _ = seen
    bare = faces((keyframe(1, None),), (), (), ())
    with pytest.raises(UnsupportedError, match=r"no calm face of A.*what to do: blank the face"):
        edited_features(dialogue, (bare,), (NeutralFace("u0"),), None, SETTINGS)
