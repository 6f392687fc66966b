"""Figures in README, documents and cards stand in the measured pages, in the row and column that they are said to."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from erc_core.benchmarks.index import page, pages
from erc_core.pipeline import models

ROOT = Path(__file__).parent.parent.parent
FIGURE = re.compile(r"\b0\.\d{3,4}\b(?: \[0\.\d+, 0\.\d+\])?")
MODALITIES = {"t": ("word", "words", "text"), "a": ("voice", "voices", "sound"), "v": ("face", "faces", "picture")}
MEASURES = ("weighted F1", "UAR", "accuracy", "AUROC")
BASELINES = ("text encoder", "acoustic encoder", "face encoder", "majority class", "logistic regression")


@dataclass(frozen=True)
class Cell:
    """A cell of a measured table, and all that says what it is of."""

    text: str
    row: str
    column: str
    heading: str


def cells(markdown):
    found = []
    for section in re.split(r"^#+ ", markdown, flags=re.MULTILINE):
        for table in re.findall(r"(?:^\|.*\n?)+", section, re.MULTILINE):
            head, _, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
            # A row's name may take two cells, such as a mechanism and its modality.
            named = 1 + sum(name in ("modality", "mode") for name in head)
            for row in body:
                for column, text in zip(head[named:], row[named:], strict=False):
                    found.append(Cell(text, " | ".join(row[:named]), column, f"{section.splitlines()[0]} | {head[0]}"))
    return found


MEASURED = cells((ROOT / "docs" / "results.md").read_text(encoding="utf-8"))
SECTION = (ROOT / "README.md").read_text(encoding="utf-8").split("## How good it is")[1].split("\n## ")[0]
NAMES = {status.card.title.lower(): status.name for status in models()}


def last_named(text, words):
    places = {word: text.lower().rfind(word.lower()) for word in words}
    best = max(places, key=places.__getitem__)
    return best if places[best] >= 0 else None


def claims():
    """Return every figure of README with the system, the modality and the measure that were named last before it."""
    found = []
    table, prose = SECTION.split("\n\n", 3)[2], SECTION.split("\n\n", 3)[3].replace("\n", " ")
    for line in [*table.splitlines()[2:], *re.split(r"(?<=[.]) (?=[A-Z])", prose)]:
        end = 0
        for match in FIGURE.finditer(line):
            near = line[end : match.start()].split("|")[-1]
            spoken = {w: m for m, own in MODALITIES.items() for w in own if re.search(rf"\b{w}\b", near)}
            word = last_named(near, spoken) if spoken else None
            before = line[: match.start()]
            subject = last_named(before, [*NAMES, *BASELINES])
            found.append((match[0], subject, spoken[word] if word else None, last_named(before, MEASURES)))
            end = match.end()
    return found


def is_of(cell, figure, subject, modality, measure):
    mentioned = f"{cell.heading} | {cell.column}".lower()
    words = rf"\b({'|'.join([modality or '', *MODALITIES.get(modality, ())])})\b"
    one = re.search(rf"\b{modality} {re.escape(figure)}", cell.text) if modality else None
    return (
        figure in cell.text
        and (subject is None or subject in cell.row.lower() or NAMES.get(subject, "?") in cell.row)
        and (measure is None or measure.lower() in mentioned)
        and (modality is None or one or re.search(words, f"{cell.row} | {mentioned}".lower()) is not None)
    )


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: " ".join(str(part) for part in claim))
def test_every_figure_of_the_readme_stands_where_it_is_said_to(claim):
    figure, *_ = claim
    assert any(is_of(cell, *claim) for cell in MEASURED), (
        f"{claim}; the figure stands in {[cell for cell in MEASURED if figure in cell.text]}"
    )


def test_readme_has_figures_for_every_system():
    assert len(claims()) >= 15
    assert {subject for _, subject, _, _ in claims()} >= {"df-erc", "cmath", "amuse", "lmam", "dq-former"}


def test_what_cards_say_of_mechanisms_was_measured():
    measured = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    known = {f"{float(figure):.2f}" for figure in re.findall(r"\b0\.\d{3,4}\b", measured)} | {"0.5"}
    findings = [status.card.finding for status in models() if status.card.finding]
    assert len(findings) >= 4
    assert not [figure for text in findings for figure in re.findall(r"\b0\.\d+", text) if figure not in known]


def test_shares_that_documents_and_cards_repeat_were_measured():
    truth = (ROOT / "docs" / "benchmarks" / "explain_truth.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")] for line in truth.splitlines()]
    measured = {(row[4], row[5].split(" [")[0]) for row in rows if len(row) > 6}  # cases and the share named
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")]
    texts += [status.card.finding for status in models()]
    shares = [pair for text in texts for pair in re.findall(r"\((\d+) of (\d+)(?: [a-z ]+)?\)", text)]
    for part, whole in shares:
        assert (whole, f"{int(part) / int(whole):.1%}") in measured, (part, whole)


def test_the_list_of_measurements_is_as_the_command_writes_it():
    command = "run python -m erc_core bench index --write docs/benchmarks.md"
    assert (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8") == page(pages()), command


def test_every_page_that_bench_writes_names_its_command_the_version_and_the_machine():
    for one in pages():
        text = (ROOT / "docs" / one.path).read_text(encoding="utf-8")
        if "bench " in one.command:
            assert re.search(r"with version \S+ on x86_64, \d+ cores, Python \S+, torch \S+", text), one.path
            assert one.command.endswith(f"--write docs/{one.path}"), one.path


def test_every_link_of_the_documents_leads_to_a_file():
    for document in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        words = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)  # code is no link
        for target in re.findall(r"\]\(([^)#:]+)\)", words):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
