"""A backup holds everything, comes back on either database, and is refused where it is damaged."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from erc_core.errors import StoreError
from erc_core.settings import Settings
from erc_core.store.codec import encode
from erc_core.store.store import Store
from erc_core.types import Dialogue, Span
from tests.store.sample_values import analysis, with_clip


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite in another folder."""
    opened = Store(Settings(data=tmp_path / "other"))
    yield opened
    opened.close()


def filled(store: Store) -> Dialogue:
    clip = with_clip(store)
    store.put_dialogue(clip, "ana")
    store.put_analysis(analysis(clip), "ab" * 32, "ana")
    store.put_result("numbers", "cd" * 32, Span(1.0, 2.0), dialogue=clip.id)
    return clip


def test_what_was_kept_comes_back_in_another_store(store: Store, other: Store, tmp_path: Path) -> None:
    clip = filled(store)
    written = store.write_backup(tmp_path / "kept" / "backup.tar")
    read = other.read_backup(tmp_path / "kept" / "backup.tar")
    assert (written.rows, written.files, written.missing) == (read.rows, read.files, ())
    assert other.dialogue(clip.id, "ana") == clip
    assert clip.media is not None
    assert other.media_path(clip.media.sha256).read_bytes() == b"clip"
    assert encode(other.analysis("ab" * 32, "ana")) == encode(store.analysis("ab" * 32, "ana"))
    assert other.result("numbers", "cd" * 32, Span) == Span(1.0, 2.0)
    assert other.check(hashes=True, now_s=9e9).sound
    assert other.dialogues("ben") == ()


def test_a_backup_comes_back_into_the_kind_of_database_that_it_is_given(
    store: Store, other: Store, tmp_path: Path
) -> None:
    clip = filled(other)
    other.write_backup(tmp_path / "backup.tar")
    store.read_backup(tmp_path / "backup.tar")
    assert store.dialogue(clip.id, "ana") == clip
    assert store.check(hashes=True, now_s=9e9).sound


def test_a_store_that_holds_something_is_not_overwritten(store: Store, tmp_path: Path) -> None:
    filled(store)
    store.write_backup(tmp_path / "backup.tar")
    with pytest.raises(StoreError, match="The store holds something already"):
        store.read_backup(tmp_path / "backup.tar")


def test_a_file_that_is_gone_is_named(other: Store, tmp_path: Path) -> None:
    clip = filled(other)
    assert clip.media is not None
    other.media_path(clip.media.sha256).unlink()
    assert other.write_backup(tmp_path / "backup.tar").missing == (f"media/{clip.media.sha256}",)


@pytest.mark.parametrize("damage", ["cut", "changed", "strange", "text"])
def test_a_damaged_backup_is_refused_and_nothing_of_it_is_kept(other: Store, tmp_path: Path, damage: str) -> None:
    source = Store(Settings(data=tmp_path / "source"))
    filled(source)
    path = tmp_path / "backup.tar"
    source.write_backup(path)
    source.close()
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[: content.rindex(b"\0" * 512) // 2])
    elif damage == "changed":
        at = content.index(b"clip", content.index(b"media/") + 400)
        path.write_bytes(content[:at] + b"clap" + content[at + 4 :])
    elif damage == "strange":
        with tarfile.open(path, "a") as tar:
            tar.addfile(tarfile.TarInfo("../../evil"), io.BytesIO())
    else:
        path.write_text("This is a letter.")
    with pytest.raises(StoreError):
        other.read_backup(path)
    assert other.dialogues("ana") == ()
    assert other.check().dialogues == 0
