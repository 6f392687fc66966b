"""Which other utterance the gradient points to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from erc_core.explainers._context import ContextSpace
from erc_core.explainers._curves import check_order
from erc_core.explainers._gradients import STEP, completeness, undisturbed
from erc_core.explainers._trust import verdict
from erc_core.explainers._words import WordSpace
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.explainers.context_removal import ContextParams, ContextRemoval
from erc_core.explainers.gradients_words import WordGradientParams, token_attributions
from erc_core.explanation import Fidelity
from erc_core.models.base import Batch, ModalityInput, ModelCard
from erc_core.types import Features, Modality, Progress

STEPS = 32


@dataclass(frozen=True, slots=True)
class ContextGradientParams(ContextParams):
    """What gradients of the context can be told."""


@EXPLAINERS.add("context_gradients")
class ContextGradients(Explainer[ContextGradientParams]):
    """What the other utterances' encodings add to the value."""

    card = ExplainerCard(
        name="context_gradients",
        title="Context: gradients",
        paper="Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, ICML; Shrikumar et al. 2016",
        units=("utterance",),
        modalities=(),
        meaning="What each other utterance adds to the value, followed along the gradient.",
        reading="A quick look beside leaving utterances out, which asks the model itself.",
        gradients=True,
    )
    params = ContextGradientParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there is no context."""
        if not model.whole_dialogue and "t" not in model.modalities:
            return f"{model.title} reads each utterance by itself."
        return ContextRemoval().unsupported(model, features)

    def explain(self, case: Case, params: ContextGradientParams, progress: Progress) -> Finding:
        """Follow the gradient to the other utterances."""
        space = ContextSpace(case, params.whose)
        whole = case.predictor.loaded.model.card.whole_dialogue
        weights, measured = (_by_encodings if whole else _by_history)(case, space, params, progress)
        progress(STEP, 1.0)
        checked = check_order(case, space, weights, params.scale, progress)
        fidelity = (measured, *checked.fidelity)
        note = (
            "What the explained utterance's own words carry of their history is not among these: leaving out shows it."
            if whole
            else "The context is the history of words that the model reads before the utterance."
        )
        return Finding(
            space.weighted(weights),
            fidelity,
            "an utterance's encodings shrink to zero"
            if whole
            else "an utterance's words in the history become mask tokens",
            verdict(fidelity),
            curves=checked.curves,
            notes=(note,),
        )


def _by_history(
    case: Case, space: ContextSpace, params: ContextGradientParams, progress: Progress
) -> tuple[NDArray[np.float64], Fidelity]:
    """Sum the words' attributions over the utterances of the history; the explained one's own words stay."""
    words = WordSpace(case, "history", "mask")
    listed = {unit.utterance for unit in space.units}
    moved = np.array([unit.utterance in listed for unit in words.units])
    asked = WordGradientParams(params.scale, "history", STEPS)
    tokens, remainder = token_attributions(case, asked, words, moved, progress)
    per_word = words.members @ tokens
    of = {unit.utterance: index for index, unit in enumerate(space.units)}
    weights = np.zeros(len(space))
    for unit, weight in zip(words.units, per_word, strict=True):
        if unit.utterance in of:
            weights[of[unit.utterance]] += weight
    return weights, completeness(float(weights.sum()), remainder, STEPS)


def _by_encodings(
    case: Case, space: ContextSpace, params: ContextGradientParams, progress: Progress
) -> tuple[NDArray[np.float64], Fidelity]:
    """Integrate the gradient while the other utterances' encodings grow from nothing."""
    predictor, position = case.predictor, case.position
    base, slot = predictor.encoded, predictor.visible.index(position)
    divisor = predictor.loaded.temperatures.of(case.present()) if params.scale == "probability" else 1.0
    others = torch.ones(len(predictor.visible), dtype=torch.bool, device=predictor.device)
    others[slot] = False
    others = others[None, :, None, None]
    sums: dict[Modality, torch.Tensor] = {}
    values = []
    with undisturbed(predictor) as model:
        for step in range(STEPS + 1):
            share = step / STEPS
            progress(STEP, share)
            inputs = {}
            for m, x in base.inputs.items():
                grown = torch.where(others, model.faded(m, x.values, share), x.values)
                inputs[m] = ModalityInput(grown.requires_grad_(), x.mask)
            with torch.enable_grad():
                output = model.decode(Batch(inputs, base.utterances, base.present, base.speakers, base.labels))
                logits = output.logits[0, slot] / divisor
                value = (logits if params.scale == "logit" else logits.softmax(-1))[case.label]
                leaves = [x.values for x in inputs.values()]
                found = torch.autograd.grad(value, leaves, allow_unused=True)
            weight = 0.5 if step in (0, STEPS) else 1.0  # the trapezoid rule
            for m, gradient in zip(inputs, found, strict=True):
                if gradient is not None:
                    sums[m] = sums.get(m, torch.zeros_like(gradient)) + weight / STEPS * gradient
            values.append(float(value.detach()))
    of = {t: index for index, t in enumerate(space.positions)}
    weights, total = np.zeros(len(space)), 0.0
    for m, gradient in sums.items():
        whole = base.inputs[m].values
        way = whole - predictor.loaded.model.faded(m, whole, 0.0)
        per_utterance = (gradient * way).sum((0, 2, 3)).double().cpu().numpy()
        for index, t in enumerate(predictor.visible):
            total += per_utterance[index] if t != position else 0.0
            if t in of:
                weights[of[t]] += per_utterance[index]
    return weights, completeness(total, total - (values[-1] - values[0]), STEPS)
