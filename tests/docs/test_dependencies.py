"""The table of dependencies names what the requirements files ask for, no more and no less."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_requirement_has_its_line():
    asked = set()
    for path in ROOT.glob("requirements*.txt"):
        lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
        asked |= {re.split(r"[=\[<>;]", line)[0] for line in lines if line and not line.startswith("-")}
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").split("\n## Weights and data")[0]
    listed = [name for name in re.findall(r"^\| ([\w.-]+) \|", page, re.MULTILINE) if name not in ("package", "---")]
    assert sorted(listed) == sorted(asked)
