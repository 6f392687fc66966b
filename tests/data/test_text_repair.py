from __future__ import annotations

from pathlib import Path

import pytest

from erc_core.data.text_repair import decoded_text, read_text, repaired_text
from erc_core.errors import InputError

FINE = [
    "plain words",
    "I’m — well… “quoted”",
    "Nestlé, Adiós, fiancée, naïve",
    "fiancé—… and so on",
    "日本語 and Ωμέγα",
    "£5 or 5 €",
    "Ça va? Être, Übung, Straße",
]


@pytest.mark.parametrize("text", FINE)
def test_undamaged_text_stays_as_it_is(text: str) -> None:
    assert repaired_text(text) == text


@pytest.mark.parametrize("text", FINE[1:3] + FINE[5:])
@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_utf8_read_as_a_western_encoding_is_repaired(text: str, wrong: str) -> None:
    # Windows-1252 leaves five bytes undefined; readers that are lenient keep them as controls.
    damaged = "".join(bytes([byte]).decode(wrong) if byte != 0x9D else "\x9d" for byte in text.encode())
    assert damaged != text
    assert repaired_text(damaged) == text


def test_windows_leftovers_become_the_characters_they_stood_for() -> None:
    assert repaired_text("you\x92ve \x96 \x93so\x94 \x85") == "you’ve – “so” …"


def test_damage_within_good_text_is_repaired_alone() -> None:
    assert repaired_text("fiancé\x92s cafÃ© — donâ€™t") == "fiancé’s café — don’t"


def test_repairing_twice_changes_nothing_more() -> None:
    once = repaired_text("you\x92ve cafÃ© â€œhereâ€\x9d")
    assert repaired_text(once) == once == "you’ve café “here”"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_bytes_of_either_encoding_are_read(encoding: str) -> None:
    assert decoded_text("It’s café “time”".encode(encoding)) == "It’s café “time”"


def test_a_lost_character_is_kept_as_lost() -> None:
    assert repaired_text("I�m") == "I�m"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.csv cannot be read.*No such file"):
        read_text(tmp_path / "nothing.csv")
