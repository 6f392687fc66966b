"""docs/papers.md has a row for every equation, and what it names of the code is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SECTIONS = re.split(r"^## ", (ROOT / "docs" / "papers.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[2:]
EQUATIONS = {"DQ-Former": 14, "DF-ERC": 25, "CMATH": 24, "LMAM": 9, "AMuSE": 6}  # the papers' own numbers


def rows(section):
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@cache
def names_of(file):
    """Return the functions, classes, methods and attributes of a file of erc_core: ``Class.name`` and ``name``."""
    found = set()
    for node in ast.parse((ROOT / "erc_core" / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if not isinstance(node, ast.ClassDef):
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.FunctionDef):
                found.add(f"{node.name}.{inner.name}")
            elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
                found.add(f"{node.name}.{inner.attr}")
    return found


def test_there_is_a_section_for_each_paper():
    assert [section.split(":")[0] for section in SECTIONS] == list(EQUATIONS)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.split(":")[0])
def test_every_equation_has_a_row(section):
    numbered = [int(first) for first, *_ in rows(section) if first.isdecimal()]
    assert numbered == list(range(1, EQUATIONS[section.split(":")[0]] + 1))


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.split(":")[0])
def test_every_name_is_in_the_file_that_is_named(section):
    (own,) = re.findall(r"`(models/\w+\.py)`", section.splitlines()[0])
    for number, _, where, deviation in rows(section):
        file, named = own, 0
        for name in re.findall(r"`([\w./]+)`", where):
            if name.endswith(".py"):
                file = name
            else:
                named += 1
                assert name in names_of(file), f"eq. {number} names {name}, which is not in {file}"
        assert named, f"eq. {number} names nothing"
        for name in re.findall(r"`([\w.]+)`", deviation):
            assert name in names_of(own), f"eq. {number} names {name}, which is not in {own}"
