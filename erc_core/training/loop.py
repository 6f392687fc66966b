"""The training loop: AdamW, warm-up, averaged weights, early stopping, resume, a JSON-lines history.

With several processes (``torchrun``, ``accelerate launch``) each takes its share of the batches and
gradients are averaged.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from erc_core.errors import InputError

Item = TypeVar("Item")
Figures = dict[str, float]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and how fast to train.

    Attributes:
        epochs: passes over the training data
        rate: learning rate after the warm-up
        warmup: share of a cycle's steps in which the rate rises linearly; it then falls along a half cosine
        decay: weight decay
        clip: largest norm of the gradient
        average: decay of the exponential average of the weights, which is what is evaluated and kept; 0 for none
        patience: evaluations without a better figure after which training stops; 0 for never
        watch: the figure of ``evaluate`` that decides; empty to keep the last weights, whatever the figures
        budget_s: training stops after this many seconds, whatever else; 0 for none
        seed: of everything drawn
        cycles: how often the rate rises and falls; a longer training may start where a shorter one ended

    Source:
        Warm restarts: Loshchilov and Hutter, SGDR, ICLR 2017.
    """

    epochs: int
    rate: float
    warmup: float = 0.1
    decay: float = 0.01
    clip: float = 1.0
    average: float = 0.0
    patience: int = 0
    watch: str = "weighted_f1"
    budget_s: float = 0.0
    seed: int = 0
    cycles: int = 1

    def is_late(self, epoch: int, last: int) -> bool:
        """Tell whether an epoch, from 0, is among the ``last`` of its cycle."""
        cycle = -(-self.epochs // self.cycles)
        return epoch % cycle >= min(cycle, self.epochs) - last


@dataclass(frozen=True, slots=True)
class Task(Generic[Item]):
    """What is trained: batches of an epoch, the loss of a batch, and the figures on the inner split.

    Attributes:
        batches: gives an epoch's batches; must depend on the epoch alone, so that a resumed run sees the same
        steps_per_epoch: how many batches an epoch has
        loss: a batch's scalar loss
        evaluate: figures of the model in evaluation mode
        groups: parameter groups with their learning rate as a factor of the recipe's
    """

    batches: Callable[[int], Iterable[Item]]
    steps_per_epoch: int
    loss: Callable[[nn.Module, Item], Tensor]
    evaluate: Callable[[nn.Module], Figures]
    groups: Callable[[nn.Module], Sequence[tuple[list[nn.Parameter], float]]]


def learning_rate(step: int, steps: int, warmup: float) -> float:
    """Return the factor of the learning rate at a step of a cycle: linear warm-up, then half a cosine down to zero."""
    rise = max(1, int(warmup * steps))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rise) / max(1, steps - rise))))


class Trainer(Generic[Item]):
    """One training run in a folder: ``history.jsonl``, ``last.pt`` to go on from, ``best.pt`` to keep.

    Args:
        model: what is trained, changed in place
        task: data, loss and figures
        recipe: how long and how fast
        folder: where the run lives; a run found there goes on where it stopped
        mixed_precision: ``no`` or ``bf16``
    """

    def __init__(
        self, model: nn.Module, task: Task[Item], recipe: Recipe, folder: Path, mixed_precision: str = "no"
    ) -> None:
        from accelerate import Accelerator

        self.task, self.recipe, self.folder = task, recipe, folder
        self.accelerator = Accelerator(mixed_precision=mixed_precision)
        groups = [
            {"params": parameters, "lr": recipe.rate * factor, "initial_lr": recipe.rate * factor}
            for parameters, factor in task.groups(model)
        ]
        self.bare = model.to(self._where())
        optimiser = torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.decay)
        self.shared = self.accelerator.num_processes > 1
        # Losses may call any method of the model, which a wrapper that averages gradients would not see: several
        # processes average them below, by themselves.
        self.model, self.optimiser = (model, optimiser) if self.shared else self.accelerator.prepare(model, optimiser)  # type: ignore[var-annotated]
        frozen = {name for name, parameter in self.bare.named_parameters() if not parameter.requires_grad}
        self.average = {k: v.detach().clone() for k, v in self.bare.state_dict().items() if k not in frozen}
        self.epoch, self.step, self.best, self.waited, self.spent_s = 0, 0, -math.inf, 0, 0.0
        folder.mkdir(parents=True, exist_ok=True)

    def run(self) -> Figures:
        """Train to the end and load the best weights into the model; returns their figures."""
        self._resume()
        steps = self.recipe.epochs * (self.task.steps_per_epoch // self.accelerator.num_processes)
        while self.epoch < self.recipe.epochs and not self._finished():
            began = time.monotonic()
            loss = self._epoch(steps)
            figures = self._evaluate()
            self.spent_s += time.monotonic() - began
            self._keep(figures, loss)
        self.accelerator.wait_for_everyone()  # the first process writes, all read
        best = torch.load(self.folder / "best.pt", weights_only=True, map_location=self._where())
        self.bare.load_state_dict(best["model"])
        result: Figures = best["figures"]
        return result

    def _where(self) -> torch.device:
        """Return the device that files are read to; a process's processor has a number that files do not know."""
        device: torch.device = self.accelerator.device
        return torch.device("cpu") if device.type == "cpu" else device

    def _finished(self) -> bool:
        over = self.recipe.budget_s and self.spent_s > self.recipe.budget_s
        own = bool(over or (self.recipe.patience and self.waited >= self.recipe.patience))
        # Clocks differ from process to process; all of them stop together.
        return bool(self._mean(torch.tensor(float(own), device=self._where())) > 0)

    def _mean(self, value: Tensor) -> Tensor:
        found: Tensor = self.accelerator.reduce(value, reduction="mean") if self.shared else value
        return found

    def _share(self) -> Iterator[Item]:
        """Give this process every n-th batch of the epoch; what is left over at the end nobody gets."""
        count, own = self.accelerator.num_processes, self.accelerator.process_index
        if count == 1:
            yield from self.task.batches(self.epoch)
            return
        for number, batch in enumerate(self.task.batches(self.epoch)):
            if number % count == own and number < self.task.steps_per_epoch // count * count:
                yield batch

    @torch.no_grad()
    def _average_gradients(self) -> None:
        for parameter in self.bare.parameters():
            if parameter.requires_grad:
                own = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
                parameter.grad = self._mean(own)

    @torch.no_grad()
    def _average_buffers(self) -> None:
        """Make running statistics the same in all processes."""
        for buffer in self.bare.buffers():
            if buffer.dtype.is_floating_point:
                buffer.copy_(self._mean(buffer.clone()))

    def _epoch(self, steps: int) -> float:
        torch.manual_seed(self.recipe.seed * 100_003 + self.epoch + 7919 * self.accelerator.process_index)
        self.model.train()
        cycle = max(1, -(-steps // self.recipe.cycles))
        total, count = 0.0, 0
        for batch in self._share():
            factor = learning_rate(self.step % cycle, cycle, self.recipe.warmup)
            for group in self.optimiser.param_groups:
                group["lr"] = group["initial_lr"] * factor
            with self.accelerator.autocast():
                loss = self.task.loss(self.model, batch)
            self.accelerator.backward(loss)
            if self.shared:
                self._average_gradients()
            if self.recipe.clip:
                self.accelerator.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
            self._blend()
            total, count, self.step = total + float(loss.detach()), count + 1, self.step + 1
        self.epoch += 1
        if self.shared:
            self._average_buffers()
        return total / max(1, count)

    def _blend(self) -> None:
        if not self.recipe.average:
            return
        keep = min(self.recipe.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            state = self.bare.state_dict()
            for name in self.average:
                value = state[name]
                if value.dtype.is_floating_point:
                    self.average[name].lerp_(value.detach(), 1 - keep)
                else:
                    self.average[name].copy_(value)

    def _weights(self) -> dict[str, Tensor]:
        return {**self.bare.state_dict(), **(self.average if self.recipe.average else {})}

    def _evaluate(self) -> Figures:
        own = {k: v.detach().clone() for k, v in self.bare.state_dict().items()}
        self.bare.load_state_dict(self._weights())
        self.bare.eval()
        with torch.no_grad(), self.accelerator.autocast():
            figures = self.task.evaluate(self.bare)
        self.bare.load_state_dict(own)
        return figures

    def _keep(self, figures: Figures, loss: float) -> None:
        figure = figures[self.recipe.watch] if self.recipe.watch else float(self.epoch)
        better = figure > self.best
        self.waited = 0 if better else self.waited + 1
        self.best = max(self.best, figure)
        if not self.accelerator.is_main_process:
            return
        if better:
            kept = {k: v.detach().cpu().clone() for k, v in self._weights().items()}
            _write(self.folder / "best.pt", {"model": kept, "figures": figures, "epoch": self.epoch})
        _write(self.folder / "last.pt", self._state())
        line = {"epoch": self.epoch, "step": self.step, "loss": loss, "seconds": round(self.spent_s, 3), **figures}
        with (self.folder / "history.jsonl").open("a") as history:
            history.write(json.dumps(line) + "\n")
        _log.info("epoch %d of %d: loss %.4f, %.0f s", self.epoch, self.recipe.epochs, loss, self.spent_s)

    def _state(self) -> dict[str, Any]:
        return {
            "model": self.bare.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
            "step": self.step,
            "best": self.best,
            "waited": self.waited,
            "spent_s": self.spent_s,
            "recipe": asdict(self.recipe),
        }

    def _resume(self) -> None:
        path = self.folder / "last.pt"
        if not path.is_file():
            return
        state = torch.load(path, weights_only=True, map_location=self._where())
        if Recipe(**state["recipe"]) != self.recipe:
            raise InputError(
                "The folder holds a run with another recipe",
                got=self.folder.name,
                do="give another folder, or delete this one to begin again",
            )
        self.bare.load_state_dict(state["model"])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.epoch, self.step = state["epoch"], state["step"]
        self.best, self.waited, self.spent_s = state["best"], state["waited"], state["spent_s"]


def _write(path: Path, value: dict[str, Any]) -> None:
    """Write so that a kill at any moment leaves the old or the new file, never a part."""
    draft = path.with_suffix(".draft")
    torch.save(value, draft)
    draft.replace(path)
