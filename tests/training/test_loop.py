"""The training loop: it learns, it goes on after a kill, it refuses another recipe."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from erc_core.errors import InputError
from erc_core.training.loop import Recipe, Task, Trainer, learning_rate

RECIPE = Recipe(epochs=6, rate=0.05, average=0.9, watch="right")


def line_task(stop_after=None):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(64, 2, generator=generator)
    y = (x[:, 0] > 0).long()

    def batches(epoch):
        if epoch == stop_after:
            raise KeyboardInterrupt
        order = torch.randperm(64, generator=torch.Generator().manual_seed(epoch))
        yield from ((x[i], y[i]) for i in torch.split(order, 16))

    def loss(model, batch):
        return nn.functional.cross_entropy(model(batch[0]), batch[1])

    def evaluate(model):
        return {"right": float((model(x).argmax(1) == y).float().mean())}

    return Task(batches, 4, loss, evaluate, lambda model: [(list(model.parameters()), 1.0)])


def fresh():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.2), nn.Linear(8, 2))


def test_it_learns_and_writes_a_history(tmp_path):
    figures = Trainer(fresh(), line_task(), RECIPE, tmp_path).run()
    history = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert figures["right"] > 0.9
    assert [line["epoch"] for line in history] == [1, 2, 3, 4, 5, 6]
    assert history[-1]["loss"] < history[0]["loss"]


def test_a_stopped_run_ends_with_the_weights_of_an_uninterrupted_one(tmp_path):
    whole, broken = fresh(), fresh()
    Trainer(whole, line_task(), RECIPE, tmp_path / "whole").run()
    with pytest.raises(KeyboardInterrupt):
        Trainer(broken, line_task(stop_after=3), RECIPE, tmp_path / "broken").run()
    again = fresh()
    Trainer(again, line_task(), RECIPE, tmp_path / "broken").run()
    for expected, found in zip(whole.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(found, expected)


def test_a_run_of_another_recipe_is_refused(tmp_path):
    Trainer(fresh(), line_task(), RECIPE, tmp_path).run()
    with pytest.raises(InputError, match="another recipe"):
        Trainer(fresh(), line_task(), replace(RECIPE, rate=0.1), tmp_path).run()


def test_patience_stops_a_run_that_gets_no_better(tmp_path):
    task = replace(line_task(), evaluate=lambda model: {"right": 0.5})
    Trainer(fresh(), task, replace(RECIPE, patience=2), tmp_path).run()
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 3


def test_the_rate_rises_then_falls():
    rates = [learning_rate(step, 100, 0.1) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates.index(max(rates)) in (9, 10)
    assert rates[-1] < 0.01


def test_the_first_of_two_cycles_is_a_run_of_its_own_and_the_second_starts_anew(tmp_path):
    once = replace(RECIPE, epochs=3)
    Trainer(fresh(), line_task(), once, tmp_path / "once").run()
    Trainer(fresh(), line_task(), replace(once, epochs=6, cycles=2), tmp_path / "twice").run()
    read = {
        name: [json.loads(line) for line in (tmp_path / name / "history.jsonl").read_text().splitlines()]
        for name in ("once", "twice")
    }
    assert [line["loss"] for line in read["twice"][:3]] == [line["loss"] for line in read["once"]]
    assert len({line["loss"] for line in read["twice"]}) == 6  # at a rate of zero it would stand still
    assert [replace(once, epochs=6, cycles=2).is_late(epoch, 1) for epoch in range(6)] == [False, False, True] * 2
