"""The copy of a clip that browsers play goes with its clip."""

from __future__ import annotations

from pathlib import Path

import pytest

from erc_core.errors import StoreError
from erc_core.store.rows import PlayableCopy
from erc_core.store.store import Store
from tests.store.sample_values import with_clip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    path = tmp_path / "copy.mp4"
    path.write_bytes(b"playable")
    return path


def kept_files(store: Store) -> list[Path]:
    return [*store.files.walk("media"), *store.files.incoming()]


def test_a_clip_without_a_copy_is_played_itself(store: Store) -> None:
    clip = with_clip(store)
    assert clip.media is not None
    assert store.playable(clip.media.sha256) is None


def test_a_copy_is_found_by_its_clip_and_deleted_with_the_dialogue(store: Store, copy: Path) -> None:
    clip = with_clip(store)
    assert clip.media is not None
    store.put_dialogue(clip, "ana")
    store.put_playable(clip.media.sha256, copy)
    found = store.playable(clip.media.sha256)
    assert found is not None
    assert store.media_path(found.sha256).read_bytes() == b"playable"
    assert store.check(hashes=True, now_s=9e9).sound
    store.delete_dialogue(clip.id, "ana")
    assert store.playable(clip.media.sha256) is None
    assert kept_files(store) == []


def test_a_copy_stays_while_another_dialogue_shows_its_clip(store: Store, copy: Path) -> None:
    first = with_clip(store)
    second = with_clip(store, title="Again", owner="ben")
    assert first.media is not None
    store.put_dialogue(first, "ana")
    store.put_dialogue(second, "ben")
    store.put_playable(first.media.sha256, copy)
    store.delete_dialogue(first.id, "ana")
    assert store.playable(first.media.sha256) is not None
    store.delete_dialogue(second.id, "ben")
    assert kept_files(store) == []


def test_a_clip_that_is_past_its_time_takes_its_copy_along(store: Store, copy: Path) -> None:
    clip = with_clip(store)
    assert clip.media is not None
    store.put_dialogue(clip, "ana")
    store.put_playable(clip.media.sha256, copy)
    store.sweep(now_s=9e9)
    assert kept_files(store) == []


def test_why_there_is_no_copy_is_kept(store: Store) -> None:
    clip = with_clip(store)
    assert clip.media is not None
    store.put_playable(clip.media.sha256, None, "The picture is damaged.")
    assert store.playable(clip.media.sha256) == PlayableCopy("", "The picture is damaged.")


def test_a_copy_of_a_clip_that_was_deleted_meanwhile_is_refused_and_not_kept(store: Store, copy: Path) -> None:
    with pytest.raises(StoreError, match="The clip of a copy is not in the store"):
        store.put_playable("ab" * 32, copy)
    assert kept_files(store) == []


def test_what_a_killed_process_left_of_a_copy_is_swept(store: Store) -> None:
    with store.files.scratch() as path:
        path.write_bytes(b"half")
        store.sweep(now_s=9e9)
        assert not path.exists()
