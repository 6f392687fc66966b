"""The direction of imports and the fences around third-party packages."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = ROOT / "erc_core"
# A folder or file of erc_core and what it may import of erc_core beside itself.
BASE = {"errors", "types", "registry", "settings"}
ALLOWED = {
    "errors": set(),
    "verb_arguments": {"errors"},
    "types": {"errors"},
    "registry": {"errors"},
    "settings": {"errors"},
    "data": BASE | {"annotations"},
    "media": BASE,
    "features": BASE | {"data", "media"},
    "models": BASE | {"features"},
    "explanation": {"errors", "types"},
    "encodings": BASE | {"models"},
    "explanation_report": {"explanation"},
    "reported": {"types"},
    "explainers": BASE | {"media", "models", "features", "inference", "encodings", "explanation"},
    "synthesis": BASE | {"data", "media"},
    "training": BASE | {"data", "media", "features", "models", "synthesis", "inference"},
    "plots": BASE | {"escape", "explanation"},
    "annotations": {"errors"},
    "store": BASE | {"annotations"},
    "jobs": BASE | {"store"},
    "inference": BASE | {"models", "features", "encodings"},
    "summary": BASE,
    "speakers": BASE,
    "report": BASE | {"annotations"},
    "comparison": BASE,
    "evidence": BASE | {"data", "explanation"},
    "whatif": BASE | {"features", "media"},
    "modality_weights": BASE,
    "clip_faces": BASE | {"media", "jobs", "store"},
    "escape": set(),
    "stage_assets": BASE,
    "stage_data": BASE | {"annotations", "plots", "modality_weights"},
    "truth_checks": BASE | {"store"},
    "bundled_openings": BASE | {"media", "store"},
    "trace_pool": BASE | {"training", "corpus_table"},
    "corpus_table": BASE | {"training"},
    "corpus_clips": BASE | {"data", "features", "media", "models", "store"},
    "html_report": BASE | {"annotations", "escape", "media", "plots", "report", "stage_assets", "stage_data"},
}
ALLOWED["pipeline"] = set(ALLOWED)
ALLOWED["corpus_run"] = set(ALLOWED)
ALLOWED["figure_data"] = BASE | {"data"}
ALLOWED["corpus_report"] = BASE | {"data", "training", "corpus_table"}
ALLOWED["paper_figures"] = BASE | {"models", "corpus_run"}
ALLOWED["paper_needs"] = BASE | {"models", "training", "paper_figures"}
ALLOWED["face_places"] = BASE | {"media", "features", "explainers", "explanation"}
ALLOWED["explaining"] = set(ALLOWED)
ALLOWED["bundled_explanations"] = set(ALLOWED)
ALLOWED["media_verbs"] = BASE | {"media", "pipeline", "verb_arguments"}
ALLOWED["benchmarks"] = {*ALLOWED, "batch"}
ALLOWED["ui"] = set(ALLOWED) - {"benchmarks"}
ALLOWED["doctor"] = set(ALLOWED)
ALLOWED["upkeep_verbs"] = set(ALLOWED)
ALLOWED["batch"] = set(ALLOWED) - {"ui", "benchmarks"}
ALLOWED["bench_verbs"] = set(ALLOWED) - {"ui"}
ALLOWED["cli"] = set(ALLOWED) - {"ui"}
FENCES = {
    "streamlit": {"ui"},
    "plotly": {"plots"},
    "moviepy": {"media", "synthesis"},
    "cv2": {"media", "synthesis"},
    "lime": {"explainers", "benchmarks"},
    "captum": {"explainers", "benchmarks"},
    "sqlalchemy": {"store", "jobs"},
    "distributed": {"batch", "jobs"},
}


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(path):
    return path.relative_to(CORE).parts[0].removesuffix(".py")


CORE_FILES = [path for path in sorted(CORE.rglob("*.py")) if part_of(path) not in {"__init__", "__main__"}]


def test_every_part_of_the_core_has_its_place():
    assert {part_of(path) for path in CORE_FILES} <= set(ALLOWED)


@pytest.mark.parametrize("path", CORE_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path):
    part = part_of(path)
    wrong = set()
    for name in imports_of(path):
        pieces = name.split(".")
        if pieces[0] != "erc_core" or len(pieces) < 2:
            continue
        target = pieces[1]
        if target in ALLOWED and target != part and target not in ALLOWED[part]:
            wrong.add(name)
    assert not wrong, f"{path.relative_to(ROOT)} may not import {sorted(wrong)}"


@pytest.mark.parametrize("package", sorted(FENCES))
def test_third_party_packages_stay_in_their_place(package):
    outside = [
        str(path.relative_to(ROOT))
        for path in CORE_FILES
        if part_of(path) not in FENCES[package] and package in {name.split(".")[0] for name in imports_of(path)}
    ]
    assert not outside


def test_core_files_stay_readable_in_one_sitting():
    long = {str(p.relative_to(ROOT)): n for p in CORE_FILES if (n := p.read_text().count("\n")) > 400}
    assert not long


def test_no_file_is_called_after_nothing():
    assert not [p for p in CORE_FILES if p.stem in {"utils", "helpers", "common", "misc"}]
