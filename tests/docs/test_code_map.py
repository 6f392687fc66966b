"""docs/code.md is as its command writes it, and every file says what it is."""

import pytest

from tests.docs.code_map import CORE, PAGE, ROOT, code_map, sentence

FILES = [path for folder in (CORE, ROOT / "pages") for path in sorted(folder.rglob("*.py"))]


def test_the_map_is_as_the_command_writes_it():
    assert PAGE.read_text(encoding="utf-8") == code_map(), "run python -m tests.docs.code_map"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_says_what_it_is_in_a_sentence(path):
    assert 10 < len(sentence(path)) < 200
