"""Integrated gradients over the spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from erc_core.explainers._curves import check_order
from erc_core.explainers._gradients import STEP, completeness, target_of_row, told, undisturbed
from erc_core.explainers._settings import Params, setting
from erc_core.explainers._sound import SoundSpace, unread_sound
from erc_core.explainers._trust import verdict
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.explanation import Map
from erc_core.models.base import ModelCard
from erc_core.types import Features, Progress, frozen_array

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class SoundGradientParams(Params):
    """What integrated gradients over sound can be told."""

    width_s: float = setting(0.25, "Span (s)", "Length of the spans that the map is summed over, in seconds.", 0.1, 1.0)
    fill: Literal["room", "noise", "silence"] = setting(
        "room",
        "Baseline",
        "Where the way begins: the utterance's own quietest sound, noise like it, or digital silence.",
        choices=("room", "noise", "silence"),
    )
    steps: int = setting(
        24, "Steps", "Steps from the baseline to the sound: more of them leave less remainder.", 4, 300
    )


@EXPLAINERS.add("gradients_sound")
class SoundGradients(Explainer[SoundGradientParams]):
    """Which moments and bands the gradient holds responsible."""

    card = ExplainerCard(
        name="gradients_sound",
        title="Integrated gradients: sound",
        paper="Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, ICML; with Captum",
        units=("audio_span",),
        modalities=("a",),
        meaning="What each point of the spectrogram adds to the value on the way from the baseline to the sound.",
        reading="The map shows when and how high; the spans are its sums over time.",
        gradients=True,
    )
    params = SoundGradientParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there is no spectrogram."""
        return unread_sound(features) if "a" in model.modalities else f"{model.title} reads no sound."

    def explain(self, case: Case, params: SoundGradientParams, progress: Progress) -> Finding:
        """Integrate the gradient along the way to the spectrogram."""
        from captum.attr import IntegratedGradients

        space = SoundSpace(case, params.width_s, "equal", params.fill)
        with undisturbed(case.predictor):
            device = case.predictor.device
            rows, baseline = (torch.from_numpy(x.copy()).unsqueeze(0).to(device) for x in (space.mel, space.filled))
            value = told(target_of_row(case, "a", params.scale), progress, 2 + params.steps // AT_ONCE)
            found, remainder = IntegratedGradients(value).attribute(
                rows,
                baselines=baseline,
                n_steps=params.steps,
                internal_batch_size=AT_ONCE,
                return_convergence_delta=True,
            )
        progress(STEP, 1.0)
        points = found[0].double().cpu().numpy()  # (frames, 80)
        weights = space.members @ points.sum(axis=1)
        residual = completeness(float(points.sum()), float(remainder[0]), params.steps)
        checked = check_order(case, space, weights, params.scale, progress)
        fidelity = (residual, *checked.fidelity)
        spectrogram = Map(
            "spectrogram", frozen_array(points.T), "mel band, 0 to 79", "frame of 10 ms", case.utterance.id, "a"
        )
        return Finding(
            space.weighted(weights),
            fidelity,
            space.baseline,
            verdict(fidelity),
            curves=checked.curves,
            maps=(spectrogram,),
        )
