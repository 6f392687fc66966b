"""Text from users and corpora is never markup, and errors say what to do."""

from __future__ import annotations

import pytest

from erc_core.errors import InputError
from erc_core.escape import escape, markdown
from erc_core.ui.guard import error_html, message_html

HOSTILE = "<script>alert('x')</script>\"&"


def test_nothing_in_a_text_is_markup() -> None:
    assert escape(HOSTILE) == "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&quot;&amp;"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("*a* _b_ `c` ~~d~~ $e$", r"\*a\* \_b\_ \`c\` \~\~d\~\~ \$e\$"),
        ("# one\n- two", r"\# one - two"),
        ("12. a walk", r"12\. a walk"),
        ("host: :red[x]", r"host\: \:red\[x\]"),
        ("clip 1.mp4", "clip 1.mp4"),
    ],
)
def test_nothing_in_a_name_is_markdown(name: str, shown: str) -> None:
    assert markdown(name) == shown


def test_an_error_says_what_was_found_what_is_allowed_and_what_to_do() -> None:
    box = error_html(InputError("The file cannot be read", got=HOSTILE, allowed="mp4, wav", do="export it again"))
    assert "<p>The file cannot be read.</p>" in box
    assert f"<dt>Found</dt><dd>{escape(HOSTILE)}</dd>" in box
    assert "<dt>Allowed</dt><dd>mp4, wav</dd>" in box
    assert "<dt>What to do</dt><dd>export it again</dd>" in box
    assert "<script>" not in box


def test_what_an_error_does_not_know_is_left_out() -> None:
    assert "<dt>" not in error_html(InputError("It does not work"))


def test_the_sentence_of_an_error_gives_the_same_box_as_the_error() -> None:
    for error in (
        InputError("It is 1.5 s. Too short", got="a.b. c", allowed="2.0 s", do="use another"),
        InputError("No parts at all"),
        InputError("Only what to do", do="wait. Then try again"),
    ):
        assert message_html(error.sentence()) == error_html(error)


def test_the_message_of_a_job_is_escaped_too() -> None:
    assert "<script>" not in message_html(HOSTILE)
