"""Seconds an epoch: the real trainings, on a few drawn dialogues."""

import pytest
import torch

from erc_core.benchmarks.train import SYSTEMS, drawn_pairs, drawn_split, measure, measured, page
from erc_core.errors import UnknownNameError
from erc_core.models.base import MODELS, model_class
from erc_core.types import MODALITIES


def test_every_system_is_measured():
    systems = [name for name in MODELS.names() if model_class(name).card.role == "system"]
    assert sorted(SYSTEMS) == sorted(systems)


@pytest.mark.parametrize(("name", "run"), [
    ("df_erc", lambda: measured("df_erc", epochs=2, share=300)),
    ("dq_former", lambda: measure(["dq_former"], epochs=2, share=300)[0]),  # in a process of its own
])  # fmt: skip
def test_an_epoch_is_scaled_to_the_whole_split_and_stands_beside_its_floor(name, run):
    found = run()
    assert (found.name, found.device) == (name, "cuda:0" if torch.cuda.is_available() else "cpu")
    assert 0 < found.fastest <= found.seconds <= found.slowest
    assert 0 <= found.floor < found.slowest
    assert found.parameters > 100_000
    assert f"| {name} | {found.device} |" in page([found])


def test_drawn_dialogues_have_all_that_a_system_reads():
    split = drawn_split(4, seed=1)
    batch = split.batch(torch.arange(4), 0, sequences=True)
    assert batch.present[batch.utterances].all()
    assert set(batch.inputs) == set(MODALITIES)
    assert int(split.sizes.min()) >= 1
    assert int(split.sizes.max()) < 20


def test_drawn_states_average_over_the_last_positions():
    pairs = drawn_pairs(5, seed=0)
    for pool in (pairs.text, pairs.sound):
        assert int(pool.lengths.sum()) == len(pool.values)
        assert bool(pool.pooled[pool.starts + pool.lengths - 1].all())
    assert not pairs.text.pooled[pairs.text.starts[pairs.text.lengths > 20]].any()


def test_an_unknown_system_is_refused():
    with pytest.raises(UnknownNameError, match="df_er"):
        measured("df_er")
