"""Quotas, and a line for each upload and deletion."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from erc_core.errors import StoreError
from erc_core.settings import Settings
from erc_core.store.accounts import used_bytes
from erc_core.store.files import ContentFiles
from erc_core.store.store import Store
from tests.store.sample_values import with_clip

MEGABYTE = 1_000_000


def test_an_upload_beyond_the_quota_is_refused_and_not_kept(settings: Settings) -> None:
    store = Store(replace(settings, quota_mb=3))
    store.put_media(io.BytesIO(b"a" * 2 * MEGABYTE), owner="ana")
    store.put_media(io.BytesIO(b"a" * 2 * MEGABYTE), owner="ana")  # the same content counts once
    with pytest.raises(
        StoreError, match=r"more space than you have here. got: 4.0 MB with this one. allowed: up to 3 MB"
    ):
        store.put_media(io.BytesIO(b"b" * 2 * MEGABYTE), owner="ana")
    assert len(list(store.files.walk("media"))) == 1
    assert list(store.files.incoming()) == []
    store.put_media(io.BytesIO(b"b" * 2 * MEGABYTE), owner="ben")
    store.close()


def test_deleting_makes_room(settings: Settings) -> None:
    store = Store(replace(settings, quota_mb=3))
    first = with_clip(store, b"a" * 2 * MEGABYTE)
    store.put_dialogue(first, "ana")
    store.delete_dialogue(first.id, "ana")
    second = store.put_media(io.BytesIO(b"b" * 2 * MEGABYTE), owner="ana")
    assert store.media_path(second).stat().st_size == 2 * MEGABYTE
    store.close()


def test_uploads_at_the_same_moment_do_not_exceed_the_quota_together(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = replace(settings, quota_mb=5)
    place = ContentFiles.place

    def place_slowly(files: ContentFiles, *args: Any) -> None:
        time.sleep(0.2)  # between the check and the end of the transaction all others begin theirs
        place(files, *args)

    monkeypatch.setattr(ContentFiles, "place", place_slowly)
    stores = [Store(limited) for _ in range(6)]  # as several processes have, each with connections of its own
    ready = threading.Barrier(len(stores))

    def bring(number: int) -> str:
        content = io.BytesIO(bytes([number]) * 2 * MEGABYTE)
        ready.wait()
        try:
            return stores[number].put_media(content, owner="ana")
        except StoreError as error:
            return str(error)

    with ThreadPoolExecutor(len(stores)) as pool:
        said = list(pool.map(bring, range(len(stores))))
    refused = [answer for answer in said if "6.0 MB with this one. allowed: up to 5 MB" in answer]
    assert len(refused) == 4, said
    with stores[0].database.read() as connection:
        assert used_bytes(connection, "ana") == 4 * MEGABYTE
    assert len(list(stores[0].files.walk("media"))) == 2
    for store in stores:
        store.close()


def test_bundled_clips_have_no_quota_and_no_lines(settings: Settings) -> None:
    store = Store(replace(settings, quota_mb=1))
    store.put_media(io.BytesIO(b"a" * 2 * MEGABYTE), owner="")
    assert store.audit() == ()
    store.close()


def test_each_upload_and_deletion_has_a_line_without_titles(store: Store) -> None:
    clip = with_clip(store, title="a private title")
    store.put_dialogue(clip, "ana")
    store.delete_dialogue(clip.id, "ana")
    second = with_clip(store, b"second", owner="ben")
    store.put_dialogue(second, "ben")
    store.sweep(now_s=second_s(store) + 40 * 86_400)
    assert clip.media is not None
    assert second.media is not None
    assert [(line.owner, line.action, line.what) for line in reversed(store.audit())] == [
        ("ana", "upload", clip.media.sha256),
        ("ana", "delete", clip.id),
        ("ben", "upload", second.media.sha256),
        ("ben", "expire", second.id),
    ]
    assert "private" not in str(store.audit())


def second_s(store: Store) -> float:
    return store.audit()[0].at_s


def test_lines_go_after_a_year(store: Store, tmp_path: Path) -> None:
    store.put_media(io.BytesIO(b"a"), owner="ana")
    store.sweep(now_s=second_s(store) + 366 * 86_400)
    assert store.audit() == ()
