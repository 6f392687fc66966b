"""Registries find their files, refuse doubles and name what they know."""

import sys

import pytest

from erc_core.errors import ErcError, UnknownNameError
from erc_core.registry import Registry


def package(tmp_path, monkeypatch, name, **files):
    folder = tmp_path / name
    folder.mkdir()
    for stem, text in {"__init__": "", **files}.items():
        (folder / f"{stem}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = Registry("thing", name)
    sys.modules.pop("thing_registry", None)
    module = type(sys)("thing_registry")
    module.THINGS = registry
    monkeypatch.setitem(sys.modules, "thing_registry", module)
    return registry


ENTRY = "from thing_registry import THINGS\n@THINGS.add('{name}')\nclass Entry: ...\n"


def test_a_file_is_an_entry_by_existing(tmp_path, monkeypatch):
    things = package(tmp_path, monkeypatch, "things_a", one=ENTRY.format(name="one"), two=ENTRY.format(name="two"))
    assert things.names() == ("one", "two")


def test_two_files_with_one_name_are_refused(tmp_path, monkeypatch):
    things = package(tmp_path, monkeypatch, "things_b", one=ENTRY.format(name="x"), two=ENTRY.format(name="x"))
    with pytest.raises(ErcError, match=r"got: things_b\.one and things_b\.two"):
        things.names()


def test_an_import_error_is_not_swallowed(tmp_path, monkeypatch):
    things = package(tmp_path, monkeypatch, "things_c", broken="import no_such_package\n")
    with pytest.raises(ModuleNotFoundError):
        things.names()


def test_an_unknown_name_lists_the_known_ones(tmp_path, monkeypatch):
    things = package(tmp_path, monkeypatch, "things_d", one=ENTRY.format(name="one"))
    with pytest.raises(UnknownNameError, match=r"Unknown thing\. got: three\. allowed: one"):
        things.get("three")
