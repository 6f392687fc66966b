"""The examples of docs/adding.md work: each is put into a file, and contracts, reader or page run with it."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = """
import sys
import erc_core.{package}
erc_core.{package}.__path__.append(sys.argv[1])
import pytest
raise SystemExit(pytest.main(["-q", "-p", "no:cacheprovider", "tests/contracts/{tests}", "-k", "{name}"]))
"""
TRAINED = """
from erc_core.training.systems import built, plan_of
from erc_core.types import MELD7
built(plan_of("mean_of_modalities"), MELD7, {"t": 384, "a": 384, "v": 342})
"""
READ = """
import sys
from pathlib import Path
import erc_core.data
erc_core.data.__path__.append(sys.argv[1])
from erc_core.data.base import CORPORA
corpus = CORPORA.get("one_table")()
(dialogue,) = corpus.read_roots([Path(sys.argv[2])], "all")
print([(u.speaker, u.text, u.label, u.start_s, u.end_s) for u in dialogue.utterances])
from erc_core.cli import main
main(["evaluate", "--corpus", "one_table", "--root", f"one_table={sys.argv[2]}", "--split", "dev"])
try:
    corpus.read(Path(sys.argv[2]), "test")
except Exception as error:
    print(error)
"""
PAGE = """
import sys
import erc_core.ui.desk as desk
import erc_core.ui.places as places
desk.session_of = lambda cookies: "a" * 32  # a run without a browser has no cookies
places.PLACES = (*places.PLACES, places.Place(sys.argv[1], "Words", "words"))
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("erc_core/ui/shell.py", default_timeout=240).run()
app.switch_page(sys.argv[1]).run()
assert not app.exception, app.exception
print([s.value for s in app.subheader if "Words" in s.value], len(app.dataframe[-1].value))
"""


def example(heading):
    text = (ROOT / "docs/adding.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text.split(f"\n## {heading}\n")[1].split("\n## ")[0], re.DOTALL)
    return code


def run(code, *arguments, **environment):
    known = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize(("heading", "package", "tests", "name", "more"), [
    ("A model", "models", "test_models.py", "mean_of", TRAINED),
    ("An explainer", "explainers", "test_explainers.py", "word_omission", ""),
])  # fmt: skip
def test_what_is_documented_is_picked_up_and_passes_the_contracts(tmp_path, heading, package, tests, name, more):
    (tmp_path / f"{name.replace('mean_of', 'mean_of_modalities')}.py").write_text(example(heading), encoding="utf-8")
    contracts = CONTRACTS.format(package=package, tests=tests, name=name).split("import pytest")
    printed = run(f"{contracts[0]}{more}import pytest{contracts[1]}", tmp_path)
    assert printed.count(".") >= 9  # a test each


def test_the_documented_corpus_is_read(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    with (folder / "dev.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["scene", "speaker", "words", "emotion", "start", "end"])
        table.writerow(["kitchen", "Ana", "You came!", "joy", "0", "1.5"])
        table.writerow(["kitchen", "Ben", "I did.", "neutral", "1.6", "2.5"])
    (tmp_path / "one_table.py").write_text(example("A corpus"), encoding="utf-8")
    printed = run(READ, tmp_path, folder)
    assert "[('Ana', 'You came!', 'joy', 0.0, 1.5), ('Ben', 'I did.', 'neutral', 1.6, 2.5)]" in printed
    assert "| one_table dev, n = 2 |" in printed
    assert "| DQ-Former (all that is there) |" in printed
    assert "does not hold the split test of One table. got: dev.csv" in printed


def test_the_documented_page_is_drawn(tmp_path):
    page = tmp_path / "12_Count_words.py"
    page.write_text(example("A page"), encoding="utf-8")
    printed = run(PAGE, page, ERC_DATA=str(tmp_path / "data"))
    assert "['Words by speaker and predicted emotion']" in printed
