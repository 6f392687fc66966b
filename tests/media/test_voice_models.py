from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from erc_core.errors import MissingResourceError
from erc_core.media.voice_models import group_by_cosine, kind_of, turns_by_model
from erc_core.types import Span

SOUND = np.zeros(16_000, dtype=np.float32)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match="there is no such folder"):
        kind_of(str(tmp_path / "none"))


def test_a_folder_of_neither_kind_says_what_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(MissingResourceError, match=r"neither hyperparams\.yaml nor config\.yaml"):
        kind_of(str(tmp_path))


@pytest.mark.parametrize(
    ("file", "kind", "package"),
    [("hyperparams.yaml", "speechbrain", "speechbrain"), ("config.yaml", "pyannote", "pyannote")],
)
def test_a_model_whose_package_is_missing_says_which(tmp_path: Path, file: str, kind: str, package: str) -> None:
    (tmp_path / file).write_text("a: 1\n", encoding="utf-8")
    assert kind_of(str(tmp_path)) == kind
    if importlib.util.find_spec(package) is not None:
        pytest.skip(f"{package} is installed here")
    with pytest.raises(MissingResourceError, match=f"pip install {package}"):
        turns_by_model(SOUND, [Span(0, 1)], str(tmp_path))


def test_embeddings_are_grouped_by_their_angle() -> None:
    rng = np.random.default_rng(0)
    centres = np.eye(3, 64)
    points = np.repeat(centres, [3, 2, 4], axis=0) * rng.uniform(1, 5, (9, 1)) + 0.02 * rng.normal(size=(9, 64))
    order = [4, 0, 8, 1, 3, 2, 5, 6, 7]
    assert group_by_cosine(points[order]).tolist() == [0, 1, 2, 1, 0, 1, 2, 2, 2]
    assert set(group_by_cosine(points, 2).tolist()) == {0, 1}
    assert group_by_cosine(points[:1]).tolist() == [0]
