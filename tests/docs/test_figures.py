"""README says what the measured page says."""

import re
from pathlib import Path

from erc_core.pipeline import models

ROOT = Path(__file__).parent.parent.parent


def test_every_figure_of_the_readme_stands_in_the_results():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("## How good it is")[1].split("\n## ")[0]
    figures = re.findall(r"\b0\.\d{3,4}\b", section)
    measured = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert len(figures) >= 7
    assert not [figure for figure in figures if figure not in measured]


def test_what_cards_say_of_mechanisms_was_measured():
    measured = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    known = {f"{float(figure):.2f}" for figure in re.findall(r"\b0\.\d{3,4}\b", measured)} | {"0.5"}
    findings = [status.card.finding for status in models() if status.card.finding]
    assert len(findings) >= 4
    assert not [figure for text in findings for figure in re.findall(r"\b0\.\d+", text) if figure not in known]


def test_every_link_of_the_documents_leads_to_a_file():
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        words = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)  # code is no link
        for target in re.findall(r"\]\(([^)#:]+)\)", words):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
