"""Writes docs/code.md, a line for every folder and every file beside them: ``python -m tests.docs.code_map``."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "code.md"
CORE = ROOT / "erc_core"
HEAD = """# Where is what

Written by `python -m tests.docs.code_map` from the first sentence of each folder and file. What stands on a page begins
in `pages/`, goes through `erc_core/ui/`, and is computed elsewhere; a verb of the command line begins in
`erc_core/cli.py`. Imports go one way: errors, types, registry; data, media, features, models; training, plots; store,
jobs; `pipeline.py`; ui and cli; pages. `tests/` has the same folders.

"""


def sentence(path: Path) -> str:
    """Return the first sentence of a file's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    plain = " ".join(text.split("\n\n")[0].replace("``", "`").split())
    return re.split(r"(?<=\.)\s(?=[A-Z])", plain)[0].removesuffix(".").replace("|", "\\|")


def table(kind: str, files: list[tuple[str, Path]]) -> str:
    """Return a row a file, or a folder's first file."""
    rows = [f"| `{name}` | {sentence(path)} |" for name, path in files]
    return "\n".join([f"| {kind} | what |", "| --- | --- |", *rows])


def code_map() -> str:
    """Return the page."""
    folders = [(path.parent.name, path) for path in sorted(CORE.glob("*/__init__.py"))]
    files = [(path.name, path) for path in sorted(CORE.glob("*.py")) if not path.name.startswith("__")]
    pages = sorted((ROOT / "pages").glob("*.py"), key=lambda path: int(path.name.split("_")[0]))
    parts = [
        f"## Folders of `erc_core`\n\n{table('folder', folders)}",
        f"## Files of `erc_core`\n\n{table('file', files)}",
        f"## `pages`\n\n{table('page', [(path.name, path) for path in pages])}",
    ]
    return HEAD + "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(code_map(), encoding="utf-8")
