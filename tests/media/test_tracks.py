from __future__ import annotations

import itertools
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from erc_core.errors import CancelledError
from erc_core.media.faces import FaceFinder
from erc_core.media.pictures import Frame
from erc_core.media.tracks import Tracked, track_faces


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


def tracked(finder: FaceFinder, *rooms: np.ndarray, step_s: float = 0.2) -> Tracked:
    return track_faces((Frame(number * step_s, room) for number, room in enumerate(rooms)), finder)


def test_two_people_who_move_are_two_tracks(finder: FaceFinder, portrait: np.ndarray) -> None:
    found = tracked(finder, *[picture(portrait, (0, 20 + 15 * n), (1, 430 - 12 * n)) for n in range(6)])
    assert [len(track.sightings) for track in found.tracks] == [6, 6]
    left = next(t for t in found.tracks if t.sightings[0].face.x < 300)
    assert all(a.face.x < b.face.x for a, b in itertools.pairwise(left.sightings))
    assert found.cuts_s == ()


def test_people_are_known_again_after_a_cut_and_on_the_other_side(finder: FaceFinder, portrait: np.ndarray) -> None:
    before = picture(portrait, (0, 20), (1, 440))
    after = picture(portrait, (1, 60), (0, 400), wall=220, side=200)
    found = tracked(finder, before, before, after, after)
    assert found.cuts_s == pytest.approx((0.4,))
    assert len(found.tracks) == 2
    for track in found.tracks:
        sides = [sighting.face.x < 300 for sighting in track.sightings]
        assert sides[:2] != sides[2:]


def test_a_person_who_was_not_there_starts_a_track(finder: FaceFinder, portrait: np.ndarray) -> None:
    found = tracked(finder, picture(portrait, (0, 20)), picture(portrait, (2, 400), wall=220))
    assert [track.id for track in found.tracks] == [1, 2]


def test_a_person_who_comes_back_goes_on_the_same_track(finder: FaceFinder, portrait: np.ndarray) -> None:
    here, gone = picture(portrait, (0, 250)), picture(portrait)
    found = tracked(finder, here, gone, gone, gone, picture(portrait, (0, 300)), step_s=1.0)
    (track,) = found.tracks
    assert [sighting.time_s for sighting in track.sightings] == [0, 4]
    assert found.empty_s == (1, 2, 3)


def test_black_between_two_shots_is_two_cuts_and_a_fade_of_light_is_none(finder: FaceFinder) -> None:
    rng = np.random.default_rng(2)
    room = cv2.resize(rng.integers(0, 255, (9, 16, 3), dtype=np.uint8), (320, 180))
    black = np.zeros((180, 320, 3), dtype=np.uint8)
    assert tracked(finder, room, black, room).cuts_s == pytest.approx((0.2, 0.4))
    assert tracked(finder, room, (room * 0.6).astype(np.uint8)).cuts_s == ()


def test_a_clip_without_faces_has_no_tracks(finder: FaceFinder) -> None:
    empty = np.full((200, 300, 3), 120, dtype=np.uint8)
    assert tracked(finder, empty, empty).tracks == ()


def test_tracking_reports_and_can_be_stopped(finder: FaceFinder, portrait: np.ndarray) -> None:
    def pictures() -> Iterator[Frame]:
        for number in range(1000):
            yield Frame(number, picture(portrait))

    seen: list[float] = []

    def stop(step: str, fraction: float) -> None:
        seen.append(fraction)
        if len(seen) == 3:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        track_faces(pictures(), finder, stop, 1000)
    assert seen == [0, 0.001, 0.002]
