"""The address holds what is on screen, and only what differs from the default."""

from __future__ import annotations

import pytest

from erc_core.errors import InputError
from erc_core.ui.state import View, parse_view, query_of
from erc_core.whatif.edits import NoiseSound, WordsEdit


def test_an_address_without_state_is_the_default_view() -> None:
    assert parse_view({}) == View()
    assert query_of(View()) == {}


def test_a_view_comes_back_from_its_address() -> None:
    edits = (WordsEdit("u3", "No; never: 100 %"), NoiseSound("u2", 5.0))
    view = View(
        "d" * 16,
        "u3",
        "dq_former",
        "joy",
        0.3,
        ("t", "a"),
        "df_erc",
        "lime_words",
        "job",
        "2",
        ("dq_former", "x"),
        edits,
    )
    assert parse_view(query_of(view)) == view


def test_a_tau_of_zero_is_not_the_models_own() -> None:
    assert query_of(View(tau=0.0)) == {"tau": "0.00"}
    assert parse_view({"tau": "0.00"}).what_if


@pytest.mark.parametrize("raw", ["", "high", "0.51", "-0.1", "nan"])
def test_a_tau_that_cannot_be_used_is_named(raw: str) -> None:
    with pytest.raises(InputError, match=r"tau that cannot be used\. got: .*allowed: 0\.0 to 0\.5"):
        parse_view({"tau": raw})


def test_a_modality_that_is_none_is_named() -> None:
    with pytest.raises(InputError, match=r"got: tx\. allowed: letters of t, a, v"):
        parse_view({"off": "tx"})


def test_other_parameters_of_an_address_are_passed_over() -> None:
    assert parse_view({"embed": "true", "utterance": "u1"}) == View(utterance="u1")


def test_models_are_named_once_and_not_too_many() -> None:
    assert parse_view({"models": "a,b,,a"}).models == ("a", "b")
    with pytest.raises(InputError, match=r"too many models\. got: 6\. allowed: up to 5"):
        parse_view({"models": "a,b,c,d,e,f"})


def test_an_edit_that_is_none_is_named() -> None:
    with pytest.raises(InputError, match=r"This is no edit\. got: sing:u1"):
        parse_view({"edits": "sing:u1"})
