"""Layer integrated gradients over the word embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from erc_core.errors import UnsupportedError
from erc_core.explainers._curves import check_order
from erc_core.explainers._gradients import STEP, completeness, reaches, target_of_row, told, undisturbed
from erc_core.explainers._settings import Params, setting
from erc_core.explainers._trust import verdict
from erc_core.explainers._words import WordSpace, unread_words
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress

AT_ONCE = 8  # steps in one backward pass, so that memory stays small


@dataclass(frozen=True, slots=True)
class WordGradientParams(Params):
    """What integrated gradients over words can be told."""

    reach: Literal["utterance", "history"] = setting(
        "utterance", "Words of", "The utterance's own words, or also its history.", choices=("utterance", "history")
    )
    steps: int = setting(
        32, "Steps", "Steps from the baseline to the words: more of them leave less remainder.", 4, 300
    )


def token_attributions(
    case: Case, params: WordGradientParams, space: WordSpace, moved: NDArray[np.bool_], progress: Progress
) -> tuple[NDArray[np.float64], float]:
    """Return the attribution to each token, ``(L,)``, and the remainder of their sum.

    Args:
        case: what is explained
        params: scale and steps
        space: the words
        moved: words that begin as mask tokens, ``(U,)``; the others are there all the way
        progress: told between batches
    """
    from captum.attr import LayerIntegratedGradients

    with undisturbed(case.predictor) as model:
        rows = torch.from_numpy(space.row.copy()).unsqueeze(0).to(case.predictor.device)  # (1, L, 2)
        value = target_of_row(case, "t", params.scale)
        layer = _embedding(model, value, rows)
        inside = torch.from_numpy(space.members[moved].any(axis=0)).to(rows.device)
        if not reaches(value, rows, layer):
            return np.zeros(len(space.row)), 0.0
        baseline = rows.clone()
        baseline[0, inside, 0] = space.mask_token
        method = LayerIntegratedGradients(told(value, progress, 3 + params.steps // AT_ONCE), layer)
        found, remainder = method.attribute(
            rows,
            baselines=baseline,
            n_steps=params.steps,
            internal_batch_size=AT_ONCE,
            return_convergence_delta=True,
        )
    return found[0].sum(-1).double().cpu().numpy(), float(remainder[0])


def _embedding(model: nn.Module, value: Any, rows: Tensor) -> nn.Module:
    """Return the layer that looks the explained row's tokens up."""
    seen: list[nn.Module] = []

    def note(module: nn.Module, arguments: tuple[Any, ...]) -> None:
        if torch.equal(arguments[0], rows[..., 0]):
            seen.append(module)

    handles = [m.register_forward_pre_hook(note) for m in model.modules() if isinstance(m, nn.Embedding)]
    try:
        with torch.no_grad():
            value(rows)
    finally:
        for handle in handles:
            handle.remove()
    if not seen:
        raise UnsupportedError("This model has no embedding of its words that gradients could reach")
    return seen[0]


@EXPLAINERS.add("gradients_words")
class WordGradients(Explainer[WordGradientParams]):
    """Which words the gradient holds responsible."""

    card = ExplainerCard(
        name="gradients_words",
        title="Integrated gradients: words",
        paper="Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, ICML; with Captum, at the layer",
        units=("word",),
        modalities=("t",),
        meaning="What a word's embedding adds to the value on the way from the mask token to the word.",
        reading="The words add up to the value less what it is with all words masked, but for the remainder.",
        gradients=True,
    )
    params = WordGradientParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there are no words."""
        return unread_words(features) if "t" in model.modalities else f"{model.title} reads no words."

    def explain(self, case: Case, params: WordGradientParams, progress: Progress) -> Finding:
        """Integrate the gradient along the way to the words' embeddings."""
        space = WordSpace(case, params.reach, "mask")
        tokens, remainder = token_attributions(case, params, space, np.ones(len(space), dtype=bool), progress)
        progress(STEP, 1.0)
        weights = space.members @ tokens
        residual = completeness(float(weights.sum()), remainder, params.steps)
        checked = check_order(case, space, weights, params.scale, progress)
        fidelity = (residual, *checked.fidelity)
        return Finding(space.weighted(weights), fidelity, space.baseline, verdict(fidelity), curves=checked.curves)
