"""A program that several processes run: trains a line and writes its weights."""

import sys
from pathlib import Path

import torch
from torch import nn

from erc_core.training.loop import Recipe, Task, Trainer

ITEMS, BATCH = 64, 8


def main(folder: Path, batch: int = BATCH) -> None:
    x = torch.randn(ITEMS, 2, generator=torch.Generator().manual_seed(0))
    y = (x[:, 0] > 0).long()
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))

    def batches(epoch):
        order = torch.randperm(ITEMS, generator=torch.Generator().manual_seed(epoch))
        yield from ((x[i], y[i]) for i in torch.split(order, batch))

    def loss(prepared, batch):
        return nn.functional.cross_entropy(model(batch[0]), batch[1])

    def evaluate(model):
        return {"right": float((model(x).argmax(1) == y).float().mean())}

    task = Task(batches, ITEMS // batch, loss, evaluate, lambda model: [(list(model.parameters()), 1.0)])
    trainer = Trainer(model, task, Recipe(epochs=4, rate=0.05, average=0.5, watch="right"), folder)
    trainer.run()
    if trainer.accelerator.is_main_process:
        torch.save({"model": model.state_dict(), "processes": trainer.accelerator.num_processes}, folder / "end.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
