"""Gradients from the explained label back to one row of the explained utterance, leaving the model as it was.

Axis letters: S rows, L positions of a row, W its width, T utterances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from erc_core.explainers._predict import Predictor
from erc_core.explainers.base import Case
from erc_core.explanation import Fidelity, Scale
from erc_core.inference import turned
from erc_core.models.base import Batch, ErcModel, ModalityInput
from erc_core.types import MODALITIES, Modality, Progress

STEP = "gradients"
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@contextmanager
def undisturbed(predictor: Predictor) -> Iterator[ErcModel]:
    """Have the model for oneself; afterwards its hooks, modes and what learns are as before, whatever happened."""
    model = predictor.loaded.model
    with turned(model, predictor.knobs):
        modules = list(model.modules())
        hooks = [{name: dict(getattr(module, name)) for name in HOOKS} for module in modules]
        modes = [module.training for module in modules]
        learning = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
        try:
            for parameter, _ in learning:
                parameter.requires_grad_(False)  # gradients go to the input alone
            yield model
        finally:
            for module, kept, mode in zip(modules, hooks, modes, strict=True):
                for name, table in kept.items():
                    now = getattr(module, name)
                    for key in [key for key in now if key not in table]:
                        del now[key]
                module.training = mode
            for parameter, learns in learning:
                parameter.requires_grad_(learns)


def target_of_row(case: Case, modality: Modality, scale: Scale) -> Callable[[Tensor], Tensor]:
    """Return the function from the explained utterance's row to the target's value, with gradients.

    Args:
        case: what is explained
        modality: of the row; the other rows stay as they are, already encoded
        scale: of the value

    Returns:
        rows ``(S, L, W)``, all positions real, to values ``(S,)``
    """
    predictor = case.predictor
    model, column = predictor.loaded.model, MODALITIES.index(modality)
    base, slot = predictor.encoded, predictor.visible.index(case.position)
    divisor = predictor.loaded.temperatures.of(case.present()) if scale == "probability" else 1.0

    def value(rows: Tensor) -> Tensor:
        S, L = rows.shape[:2]
        device = predictor.device
        ones = torch.ones(S, 1, dtype=torch.bool, device=device)
        present = torch.zeros(S, 1, len(MODALITIES), dtype=torch.bool, device=device)
        present[..., column] = True
        zeros = torch.zeros(S, 1, dtype=torch.long, device=device)
        mask = torch.ones(S, 1, L, dtype=torch.bool, device=device)
        alone = Batch({modality: ModalityInput(rows.unsqueeze(1), mask)}, ones, present, zeros, zeros - 1)
        encoded = model.encode(alone)
        whole = _placed(base, encoded, modality, slot, S)
        logits = model.decode(whole).logits[:, slot] / divisor
        chosen = (logits if scale == "logit" else logits.softmax(-1))[:, case.label]
        # A model that leaves the row unread still has a gradient: zero.
        return chosen + 0.0 * rows.flatten(1).sum(1) if rows.is_floating_point() else chosen

    return value


def told(value: Callable[[Tensor], Tensor], progress: Progress, batches: int) -> Callable[[Tensor], Tensor]:
    """Return the same function, which tells of each batch before it and so may be stopped between two.

    Args:
        value: rows to values
        progress: told of the step "gradients"
        batches: about how often the function is called
    """
    called = 0

    def watched(rows: Tensor) -> Tensor:
        nonlocal called
        progress(STEP, min(1.0, called / batches))
        called += 1
        return value(rows)

    return watched


def reaches(value: Callable[[Tensor], Tensor], rows: Tensor, layer: nn.Module) -> bool:
    """Tell whether the value depends on what a layer makes of the rows."""

    def mark(module: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> Tensor:
        return output.detach().requires_grad_()

    handle = layer.register_forward_hook(mark)
    try:
        with torch.enable_grad():
            return bool(value(rows.detach()).requires_grad)
    finally:
        handle.remove()


def _placed(base: Batch, encoded: Batch, modality: Modality, slot: int, S: int) -> Batch:
    """Put encoded rows ``(S, 1, L, D)`` at ``slot`` of S copies of the encoded dialogue, differentiably."""
    inputs = {m: ModalityInput(_copies(x.values, S), _copies(x.mask, S)) for m, x in base.inputs.items()}
    present = _copies(base.present, S).clone()
    column = MODALITIES.index(modality)
    found = encoded.inputs.get(modality)
    if found is None:
        present[:, slot, column] = False
    else:
        present[:, slot, column] = encoded.present[:, 0, column]
        before = inputs.get(modality)
        T = base.utterances.shape[1]
        if before is None:
            before = ModalityInput(
                found.values.new_zeros(S, T, 1, found.values.shape[-1]), found.mask.new_zeros(S, T, 1)
            )
        L = max(before.values.shape[2], found.values.shape[2])
        values, row = (_longer(x, L, 2) for x in (before.values, found.values.to(before.values.dtype)))
        mask, real = (_longer(x, L, 2) for x in (before.mask, found.mask))
        inputs[modality] = ModalityInput(
            torch.cat([values[:, :slot], row, values[:, slot + 1 :]], 1),
            torch.cat([mask[:, :slot], real, mask[:, slot + 1 :]], 1),
        )
    content = torch.arange(present.shape[1], device=present.device).repeat(S, 1)
    content[:, slot] = len(content[0]) + torch.arange(S, device=present.device)
    utterances, speakers, labels = (_copies(x, S) for x in (base.utterances, base.speakers, base.labels))
    return Batch(inputs, utterances, present, speakers, labels, content)


def _copies(values: Tensor, S: int) -> Tensor:
    return values.expand(S, *values.shape[1:])


def _longer(values: Tensor, length: int, axis: int) -> Tensor:
    short = length - values.shape[axis]
    if short <= 0:
        return values
    shape = list(values.shape)
    shape[axis] = short
    return torch.cat([values, values.new_zeros(shape)], axis)


def completeness(total: float, residual: float, steps: int) -> Fidelity:
    """Return how far integrated gradients are from adding up to the whole difference.

    Args:
        total: sum of the attributions
        residual: that sum less the difference of the values at the input and at the baseline
        steps: of the integral

    Source:
        Sundararajan et al. 2017, section 3: with enough steps the sum is the difference between input and baseline.
    """
    difference = total - residual
    tolerance = max(0.01, 0.05 * abs(difference))
    meaning = (
        f"What the attributions miss of the difference between input and baseline ({difference:+.3f}), with {steps} "
        "steps; near zero they add up, a large remainder asks for more steps."
    )
    return Fidelity("completeness", abs(residual), meaning, tolerance=tolerance)
