"""Backup, restore and audit as an administrator gives them, with their exit statuses."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from erc_core.cli import main
from erc_core.settings import load_settings
from erc_core.store.store import Store
from tests.store.sample_values import with_clip

Use = Callable[[str], None]


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Return what makes a folder of that name the data folder."""
    monkeypatch.delenv("ERC_DATABASE", raising=False)
    return lambda name: monkeypatch.setenv("ERC_DATA", str(tmp_path / name))


@contextmanager
def opened() -> Iterator[Store]:
    store = Store(load_settings())
    try:
        yield store
    finally:
        store.close()


def test_a_store_comes_back_from_its_backup_with_owners_links_and_lines(
    use: Use, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    use("first")
    with opened() as store:
        clip = with_clip(store)
        store.put_dialogue(clip, "ana")
        store.visit(store.share(clip.id, "ana"), "ben")
    file = tmp_path / "kept" / "backup.tar"
    assert main(["backup", "--out", str(file), "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert (written["files"], written["missing"]) == (1, [])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    use("second")
    assert main(["restore", str(file)]) == 0
    assert capsys.readouterr().out == f"{written['rows']} rows and 1 files are back\n"
    with opened() as store:
        assert store.dialogue(clip.id, "ben") == clip
        store.revoke(store.seen_through(clip.id, "ben"), "ana")
        assert store.check(hashes=True).sound
    assert main(["audit", "--json"]) == 0
    assert [line["action"] for line in json.loads(capsys.readouterr().out)] == ["unshare", "share", "upload"]

    assert main(["restore", str(file)]) == 2  # this store holds something by now
    assert "The store holds something already" in capsys.readouterr().err


def test_a_backup_that_lacks_a_clip_is_written_and_gives_status_1(
    use: Use, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    use("first")
    with opened() as store:
        clip = with_clip(store)
        assert clip.media is not None
        store.media_path(clip.media.sha256).unlink()
    assert main(["backup", "--out", str(tmp_path / "backup.tar")]) == 1
    assert "1 files are gone" in capsys.readouterr().out
    assert main(["backup", "--out", str(tmp_path / "backup.tar"), "--quiet"]) == 1
    assert capsys.readouterr() == ("", "")


def test_a_backup_into_a_place_that_cannot_be_written_is_one_line(use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use("first")
    assert main(["backup", "--out", "/proc/nothing/backup.tar"]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert "The backup cannot be written" in told.err
