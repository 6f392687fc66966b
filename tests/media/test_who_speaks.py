from __future__ import annotations

import numpy as np
import pytest

from erc_core.media.action_units import FaceUnits
from erc_core.media.face_survey import LOOK_S, look_slots, slot_of
from erc_core.media.faces import Face
from erc_core.media.keyframes import Keyframe, Keyframes, SeenFace
from erc_core.media.lips import Mouth
from erc_core.media.who_speaks import FaceLink, link_faces
from erc_core.types import Utterance

SLOTS = np.arange(0, 100)
RNG = np.random.default_rng(5)
SPEECH = np.abs(np.sin(SLOTS * 0.9)) + 0.3 * RNG.random(100)
LEVELS = np.concatenate([-45 + 25 * SPEECH, np.full(10, -70.0)])


def said(number: int, speaker: str, start: int, end: int, track: int | None = None) -> Utterance:
    return Utterance(f"u{number}", speaker, "words", start * LOOK_S, end * LOOK_S, face_track=track)


def mouth(track: int, talks: range, seen: np.ndarray = SLOTS) -> Mouth:
    """Return lips that follow the sound while ``talks``, and else hardly move."""
    opening = 0.02 + 0.002 * RNG.random(100)
    opening[list(talks)] = 0.02 + 0.05 * SPEECH[list(talks)]
    return Mouth(track, seen, opening[seen])


def keyframes(utterance: str, sides: dict[int, float]) -> tuple[Keyframe, ...]:
    faces = tuple(
        SeenFace(track, Face(0, 0, side, side, 0.9, "haar", 50.0), FaceUnits("own", ()), np.zeros((48, 48), np.uint8))
        for track, side in sides.items()
    )
    return (Keyframe(utterance, 0.0, faces, np.zeros((32, 32, 3), np.uint8)),)


def linked(
    utterances: tuple[Utterance, ...], *mouths: Mouth, boxes: dict[int, float] | None = None, sound: bool = True
) -> tuple[FaceLink, ...]:
    shown = {one.track: 80.0 for one in mouths} if boxes is None else boxes
    choices = tuple(frame for utterance in utterances for frame in keyframes(utterance.id, shown))
    return link_faces(utterances, Keyframes(choices, (), mouths), LEVELS if sound else None)


@pytest.mark.parametrize("sound", [True, False])
def test_the_face_whose_lips_move_is_the_speakers(sound: bool) -> None:
    utterances = (said(1, "A", 0, 40), said(2, "B", 50, 99))
    links = linked(utterances, mouth(1, range(40)), mouth(2, range(50, 100)), sound=sound)
    assert [(link.track, link.how) for link in links] == [(1, "lips"), (2, "lips")]
    assert all(link.score > 0.8 for link in links)


def test_a_listener_who_smiles_is_not_taken_for_a_speaker_off_screen() -> None:
    smile = mouth(1, range(0))
    smile.opening[20:60] += np.linspace(0, 0.1, 40)
    links = linked((said(1, "A", 0, 80), said(2, "B", 81, 99)), smile)
    assert [(one.track, one.how) for one in links] == [(None, "off screen"), (None, "off screen")]


def test_lips_that_move_without_the_sound_count_less() -> None:
    utterances = (said(1, "A", 0, 99), said(2, "B", 0, 99))
    chews = mouth(2, range(100))
    chews.opening[:] = chews.opening[::-1]
    links = linked(utterances[:1], mouth(1, range(100)), chews)
    assert links[0].track == 1


def test_an_utterance_whose_lips_hardly_move_goes_by_the_speakers_others() -> None:
    utterances = (said(1, "A", 0, 40), said(2, "A", 50, 70), said(3, "B", 80, 99))
    faint = mouth(1, range(40))
    faint.opening[50:71] = 0.02 + 0.008 * SPEECH[50:71]
    links = linked(utterances, faint, mouth(2, range(80, 100)))
    assert (links[1].track, links[1].how) == (1, "speaker")


def test_a_link_by_hand_stays() -> None:
    (link,) = linked((said(1, "A", 0, 40, track=2),), mouth(1, range(40)), mouth(2, range(0)))
    assert (link.track, link.how, link.score) == (2, "by hand", 1.0)


def test_where_lips_cannot_be_judged_the_largest_face_is_taken_and_said_to_be() -> None:
    (two,) = linked((said(1, "A", 0, 40),), boxes={1: 60.0, 2: 90.0})
    assert (two.track, two.how) == (2, "largest face")
    (one,) = linked((said(1, "A", 0, 40),), boxes={1: 60.0})
    assert (one.track, one.how) == (1, "only face")
    assert "could not be judged" in one.meaning


def test_a_picture_without_a_face_is_linked_to_none() -> None:
    (link,) = linked((said(1, "A", 0, 40),), boxes={})
    assert (link.track, link.how) == (None, "no face")


def test_searches_do_not_depend_on_the_utterances() -> None:
    before, after = look_slots((said(1, "A", 7, 52),)), look_slots((said(1, "A", 12, 20), said(2, "A", 30, 53)))
    assert [slot for slot in before if slot % 5 == 0] == [slot for slot in after if slot % 5 == 0]
    assert slot_of(7 * LOOK_S) == 7
    assert look_slots(()) == []
