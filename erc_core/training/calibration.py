"""Temperature scaling: one number that makes probabilities honest without changing any prediction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from erc_core.models.checkpoints import Temperatures
from erc_core.training.metrics import calibration_error
from erc_core.types import MODALITIES


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the temperature with the lowest negative log-likelihood.

    Args:
        logits: of a split that trained nothing, ``(N, C)``
        labels: label indices, ``(N,)``

    Source:
        Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2.
    """
    log_temperature = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")
    values, targets = logits.double().cpu(), labels.cpu()

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = cross_entropy(values / log_temperature.exp(), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    return float(log_temperature.detach().exp())


@dataclass(frozen=True, slots=True)
class Calibrated:
    """How honest probabilities are, as expected calibration errors.

    Attributes:
        n: items
        before: of the logits as they are
        after: of the logits divided by the temperature that was fitted on train's inner part
        chance: what perfectly calibrated probabilities would show, as after, lowest and highest
        refitted: on one half of these items, with the temperature that suits the other half
        refitted_chance: what perfectly calibrated ones would show on that half
    """

    n: int
    before: float
    after: float
    chance: tuple[float, float]
    refitted: float
    refitted_chance: tuple[float, float]


def calibrated(truth: NDArray[np.integer], logits: Tensor, probabilities: NDArray[np.floating]) -> Calibrated:
    """Measure a calibration on items that it was not fitted to.

    Where it fails, the last two figures tell whether any temperature would do on this split, or none.

    Args:
        truth: label indices, ``(N,)``
        logits: before calibration, ``(N, C)``; a constant for each row may be missing
        probabilities: after it, ``(N, C)``
    """
    order = np.random.default_rng(0).permutation(len(truth))
    one, other = order[: len(order) // 2], order[len(order) // 2 :]
    heat = fit_temperature(logits[torch.from_numpy(one)], torch.from_numpy(truth[one].astype(np.int64)))
    again = (logits[torch.from_numpy(other)] / heat).softmax(-1).numpy()
    return Calibrated(
        n=len(truth),
        before=calibration_error(truth, logits.softmax(-1).numpy()),
        after=calibration_error(truth, probabilities),
        chance=chance_error(probabilities),
        refitted=calibration_error(truth[other], again),
        refitted_chance=chance_error(again),
    )


def divided(logits: Tensor, present: Tensor, temperatures: Temperatures) -> Tensor:
    """Return logits ``(N, C)`` divided by the temperature of what each utterance has.

    Args:
        logits: of a system's answer, ``(N, C)``
        present: which modalities there are, in the order of ``MODALITIES``, ``(N, M)``
        temperatures: of the system
    """
    divisors = [
        temperatures.of([m for m, there in zip(MODALITIES, row, strict=True) if there]) for row in present.tolist()
    ]
    return logits / logits.new_tensor(divisors)[:, None]


def chance_error(probabilities: NDArray[np.floating], draws: int = 500, seed: int = 0) -> tuple[float, float]:
    """Return the 95% range of the calibration error that perfectly calibrated probabilities would show.

    Args:
        probabilities: ``(N, C)``; labels are drawn from them
        draws: how often
        seed: of the draws
    """
    rng = np.random.default_rng(seed)
    cumulative = probabilities.cumsum(1)
    found = []
    for _ in range(draws):
        labels = (rng.random((len(probabilities), 1)) < cumulative).argmax(1)
        found.append(calibration_error(labels, probabilities))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
