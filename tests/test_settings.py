"""Settings come from the environment."""

from pathlib import Path

import pytest

from erc_core.errors import InputError
from erc_core.settings import load_settings


def test_a_variable_is_read_as_its_type(monkeypatch, tmp_path):
    monkeypatch.setenv("ERC_MAX_SIZE_MB", "7")
    monkeypatch.setenv("ERC_MAX_DURATION_S", "12.5")
    monkeypatch.setenv("ERC_DATA", str(tmp_path))
    found = load_settings()
    assert (found.max_size_mb, found.max_duration_s, found.data) == (7, 12.5, Path(tmp_path))


def test_nonsense_is_refused_with_its_name(monkeypatch):
    monkeypatch.setenv("ERC_WORKERS", "many")
    with pytest.raises(InputError, match=r"ERC_WORKERS cannot be read\. got: many\. allowed: a whole number"):
        load_settings()


def test_an_empty_variable_leaves_the_default(monkeypatch):
    monkeypatch.delenv("ERC_DATA", raising=False)
    default = load_settings()
    for name in ("ERC_DATA", "ERC_WORKERS", "ERC_WHISPER"):
        monkeypatch.setenv(name, "")
    assert load_settings() == default


def test_a_user_without_a_home_has_a_data_folder_too(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.delenv("ERC_DATA", raising=False)
    assert load_settings().data.parts[-3:] == (".local", "share", "erc-lens")
    assert load_settings().program  # it compares with the defaults


def test_the_store_lies_in_the_data_folder_unless_an_address_is_set(monkeypatch, tmp_path):
    monkeypatch.setenv("ERC_DATA", str(tmp_path))
    assert load_settings().database_url == f"sqlite:///{tmp_path}/store.sqlite"
    monkeypatch.setenv("ERC_DATABASE", "postgresql+psycopg://x/y")
    assert load_settings().database_url == "postgresql+psycopg://x/y"
