"""What the page Models says of a checkpoint comes from its files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from erc_core.errors import MissingResourceError
from erc_core.models.checkpoint_facts import checkpoint_facts
from erc_core.models.checkpoints import WEIGHTS, count_weights, save_weights


def test_parameters_are_counted_without_loading_them(tmp_path: Path) -> None:
    save_weights(tmp_path, {"a": torch.zeros(3, 4), "b": torch.zeros(5), "c": torch.tensor(1.0)}, {})
    assert count_weights(tmp_path) == 18


def test_an_own_checkpoint_is_told_apart_from_a_bundled_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checkpoint_facts("dq_former").bundled
    save_weights(tmp_path / "dq_former", {"a": torch.zeros(2)}, {"temperatures": {"fused": 1.5}, "encoders": {}})
    (tmp_path / "dq_former" / "CARD.md").write_text("# Mine")
    monkeypatch.setenv("ERC_CHECKPOINTS", str(tmp_path))
    facts = checkpoint_facts("dq_former")
    assert not facts.bundled
    assert facts.card == "# Mine"
    assert facts.parameters == 2
    assert facts.temperatures is not None
    assert facts.temperatures.fused == 1.5


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(MissingResourceError, match="cannot be read"):
        count_weights(tmp_path)
