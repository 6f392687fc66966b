from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from erc_core.media.faces import Face, FaceFinder
from erc_core.media.pictures import Frame
from erc_core.media.tracks import Tracker


def person(portrait: np.ndarray, number: int) -> np.ndarray:
    """Return the upper body of one of three people: one face, other colours of hair, skin and clothes."""
    body = portrait[:330, 60:390]
    tint = np.array([[1, 1, 1], [0.55, 0.75, 1.0], [0.75, 0.5, 0.4]])[number]
    return (body * tint).astype(np.uint8)


def picture(portrait: np.ndarray, *placed: tuple[int, int], wall: int = 90, side: int = 230) -> np.ndarray:
    """Return a room with people, each as ``(number, x)``."""
    room = np.full((360, 720, 3), wall, dtype=np.uint8)
    for number, x in placed:
        room[100 : 100 + side, x : x + side] = cv2.resize(person(portrait, number), (side, side))
    return room


@dataclass
class Tracked:
    """The sightings of each track, by its id, and the times of cuts."""

    cuts_s: list[float]
    tracks: dict[int, list[tuple[float, Face]]] = field(default_factory=dict)


def tracked(finder: FaceFinder, *rooms: np.ndarray, step_s: float = 0.2) -> Tracked:
    tracker = Tracker()
    found = Tracked(tracker.cuts_s)
    for number, room in enumerate(rooms):
        frame, faces = Frame(number * step_s, room), finder.detect(room)
        for track, face in zip(tracker.add(frame, faces), faces, strict=True):
            found.tracks.setdefault(track, []).append((frame.time_s, face))
    return found


def test_two_people_who_move_are_two_tracks(finder: FaceFinder, portrait: np.ndarray) -> None:
    found = tracked(finder, *[picture(portrait, (0, 20 + 15 * n), (1, 430 - 12 * n)) for n in range(6)])
    assert [len(sightings) for sightings in found.tracks.values()] == [6, 6]
    left = next(sightings for sightings in found.tracks.values() if sightings[0][1].x < 300)
    assert all(a.x < b.x for (_, a), (_, b) in itertools.pairwise(left))
    assert found.cuts_s == []


def test_people_are_known_again_after_a_cut_and_on_the_other_side(finder: FaceFinder, portrait: np.ndarray) -> None:
    before = picture(portrait, (0, 20), (1, 440))
    after = picture(portrait, (1, 60), (0, 400), wall=220, side=200)
    found = tracked(finder, before, before, after, after)
    assert found.cuts_s == pytest.approx([0.4])
    assert len(found.tracks) == 2
    for sightings in found.tracks.values():
        sides = [face.x < 300 for _, face in sightings]
        assert sides[:2] != sides[2:]


def test_a_person_who_was_not_there_starts_a_track(finder: FaceFinder, portrait: np.ndarray) -> None:
    found = tracked(finder, picture(portrait, (0, 20)), picture(portrait, (2, 400), wall=220))
    assert list(found.tracks) == [1, 2]


def test_a_person_who_comes_back_goes_on_the_same_track(finder: FaceFinder, portrait: np.ndarray) -> None:
    here, gone = picture(portrait, (0, 250)), picture(portrait)
    found = tracked(finder, here, gone, gone, gone, picture(portrait, (0, 300)), step_s=1.0)
    assert {track: [time_s for time_s, _ in sightings] for track, sightings in found.tracks.items()} == {1: [0, 4]}


def test_black_between_two_shots_is_two_cuts_and_a_fade_of_light_is_none(finder: FaceFinder) -> None:
    rng = np.random.default_rng(2)
    room = cv2.resize(rng.integers(0, 255, (9, 16, 3), dtype=np.uint8), (320, 180))
    black = np.zeros((180, 320, 3), dtype=np.uint8)
    assert tracked(finder, room, black, room).cuts_s == pytest.approx([0.2, 0.4])
    assert tracked(finder, room, (room * 0.6).astype(np.uint8)).cuts_s == []


def test_a_clip_without_faces_has_no_tracks(finder: FaceFinder) -> None:
    empty = np.full((200, 300, 3), 120, dtype=np.uint8)
    assert tracked(finder, empty, empty).tracks == {}
