"""What docs/papers.md names of the code is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SECTIONS = re.split(r"^## ", (ROOT / "docs" / "papers.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.split(":")[0])
def test_every_name_of_the_code_is_in_the_file_that_is_named(section):
    head, *lines = section.splitlines()
    (name,) = re.findall(r"`(erc_core/models/\w+\.py)`", head)
    shared = "".join((ROOT / "erc_core" / "models" / file).read_text() for file in ("_layers.py", "_losses.py"))
    text = (ROOT / name).read_text(encoding="utf-8") + shared
    named = [found for line in lines if line.startswith("|") for found in re.findall(r"`([A-Za-z_.]+)`", line)]
    assert len(named) >= 3
    missing = [found for found in named for part in found.split(".") if not re.search(rf"\b{part}\b", text)]
    assert not missing
