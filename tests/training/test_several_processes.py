"""Two processes share the batches of one training."""

import os
import subprocess
import sys
from pathlib import Path

import torch

from tests.training import line_training

ROOT = Path(__file__).parents[2]


def test_two_processes_train_what_one_trains_with_batches_twice_as_large(tmp_path):
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "ACCELERATE_USE_CPU": "true"}
    program = [*launch, "-m", "tests.training.line_training", str(tmp_path / "two")]
    subprocess.run(program, check=True, env=environment, cwd=ROOT, capture_output=True, timeout=600)
    line_training.main(tmp_path / "one", batch=2 * line_training.BATCH)
    two, one = (torch.load(tmp_path / name / "end.pt", weights_only=True) for name in ("two", "one"))
    assert (two["processes"], one["processes"]) == (2, 1)
    for name, expected in one["model"].items():
        torch.testing.assert_close(two["model"][name], expected, atol=1e-5, rtol=1e-4)
