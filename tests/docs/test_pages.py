"""Pages of prose: every link leads somewhere, every command can be given as it stands, every setting is listed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path

import pytest

from erc_core.cli import make_parser
from erc_core.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for folder in (".", "docs", "deploy", "assets")
    for page in (ROOT / folder).glob("*.md" if folder == "." else "**/*.md")
)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
QUOTED = re.compile(r"`([^`]+)`")
COMMAND = re.compile(r"python -m (erc_core|tests)(\.[\w.]+)?(.*)")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchor(heading: str) -> str:
    """Return what GitHub calls a heading in addresses."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def commands_of(page: Path) -> Iterator[tuple[str, str]]:
    """Yield module and arguments of each command of this program on a page, in a block or in a line."""
    text = page.read_text(encoding="utf-8")
    blocks = FENCED.findall(text)
    quoted = [" ".join(one.split()) for one in QUOTED.findall(FENCED.sub("", text))]
    for line in [line for block in blocks for line in block.replace("\\\n", " ").splitlines()] + quoted:
        if found := COMMAND.search(line.split(" #")[0].split(" | ")[0]):
            yield found[1] + (found[2] or ""), found[3]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_inside_the_repository_leads_to_a_page_and_to_a_heading_on_it(page: Path) -> None:
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link:
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not heading or heading in map(anchor, HEADING.findall(target.read_text(encoding="utf-8"))), link


@pytest.mark.parametrize("page", [page for page in PAGES if page.is_relative_to(ROOT / "docs")], ids=name)
def test_every_page_of_the_documentation_is_reached_by_a_link(page: Path) -> None:
    links = {
        (other.parent / link.partition("#")[0]).resolve()
        for other in PAGES
        if other != page
        for link in LINK.findall(other.read_text(encoding="utf-8"))
    }
    assert page in links


@pytest.mark.parametrize("page", [page for page in PAGES if any(commands_of(page))], ids=name)
def test_every_command_on_a_page_exists_with_its_options(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for module, arguments in commands_of(page):
        if module != "erc_core":
            assert find_spec(module) is not None, module
            continue
        given = shlex.split(re.sub(r"[\[\]]|\.\.\.|…", " ", arguments).replace("$k", "0"))
        if not given or not given[0].islower():  # it speaks of all verbs
            continue
        try:
            make_parser().parse_args(given if len(given) > 1 else [*given, "--help"])
        except SystemExit as end:
            if end.code:
                pytest.fail(f"python -m erc_core{arguments}: {capsys.readouterr().err}")


def test_the_readme_lists_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(rf"`{PREFIX}([A-Z_]+)`", readme.split("## Settings")[1]))
    assert listed == {item.name.upper() for item in fields(Settings)}
