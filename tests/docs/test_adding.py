"""The example of docs/adding.md is a model: put into a file, the whole suite of contracts finds and passes it."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = """
import sys
import erc_core.models
erc_core.models.__path__.append(sys.argv[1])
import pytest
from erc_core.training.systems import built, plan_of
from erc_core.types import MELD7
built(plan_of("mean_of_modalities"), MELD7, {"t": 384, "a": 384, "v": 342})
raise SystemExit(pytest.main(["-q", "-p", "no:cacheprovider", "tests/contracts/test_models.py", "-k", "mean_of"]))
"""


def test_the_documented_model_is_picked_up_and_passes_the_contracts(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/adding.md").read_text(), re.DOTALL)
    (tmp_path / "mean_of_modalities.py").write_text(code)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert done.stdout.count(".") >= 9  # a test each
