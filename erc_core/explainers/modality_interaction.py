"""What each modality gives alone, and what only their interaction gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import UnsupportedError
from erc_core.explainers._modalities import unread
from erc_core.explainers._predict import Variant
from erc_core.explainers._settings import Params, setting
from erc_core.explainers._space import ModalitySpace, every_mask
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.explanation import Attribution, Fidelity
from erc_core.models.base import ModelCard
from erc_core.types import MODALITY_NAMES, Features, Modality, Progress

TOLERANCE = 1e-6
NO_ORDER = Fidelity.none(
    "The parts are shares of one value, not units in an order of strength, so no curve can be drawn over them."
)


@dataclass(frozen=True, slots=True)
class InteractionParams(Params):
    """What the separation can be told."""

    against: Literal["absence", "other utterances"] = setting(
        "absence",
        "Compare with",
        "The utterance without the other modalities, or with those of other utterances of the dialogue (as DIME).",
        choices=("absence", "other utterances"),
    )
    others: int = setting(5, "Utterances", "How many other utterances stand in, where they do.", 2, 8)


@EXPLAINERS.add("modality_interaction")
class ModalityInteraction(Explainer[InteractionParams]):
    """The value as a sum of what modalities give alone, in pairs, and all together."""

    card = ExplainerCard(
        name="modality_interaction",
        title="Alone and together",
        paper="Lyu et al. 2022, DIME: Fine-grained Interpretations of Multimodal Models via Disentangled Local "
        "Explanations, AIES; additive projection: Hessel and Lee 2020, EMNLP; dividends: Harsanyi 1963",
        units=("modality", "interaction"),
        modalities=(),
        meaning="What each modality gives by itself, and what only their joint presence gives.",
        reading="A large interaction means that no modality by itself explains the answer: sarcasm looks like this.",
    )
    params = InteractionParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None, or why there is nothing to separate."""
        if len(model.modalities) < 2:
            return f"{model.title} reads one modality only, so there is no interaction."
        return unread(features)

    def explain(self, case: Case, params: InteractionParams, progress: Progress) -> Finding:
        """Separate the value."""
        if len(case.present()) < 2:
            raise UnsupportedError("This utterance has one modality only", do="choose another utterance")
        if params.against == "absence":
            return _dividends(case, params, progress)
        return _projection(case, params, progress)


def _dividends(case: Case, params: InteractionParams, progress: Progress) -> Finding:
    """Split the value over all subsets: what a subset gives beyond its own subsets."""
    space = ModalitySpace(case)
    masks = every_mask(len(space))
    values = space.values(case, masks, params.scale, progress)
    shares = values.copy()
    for unit in range(len(space)):
        has = masks[:, unit]
        shares[has] -= shares[np.flatnonzero(has) - 2**unit]
    units = tuple(
        _unit(case, tuple(m for m, kept in zip(space.modalities, mask, strict=True) if kept), float(share))
        for mask, share in sorted(zip(masks[1:], shares[1:], strict=True), key=lambda pair: int(pair[0].sum()))
    )
    residual = abs(float(shares[1:].sum() - (values[-1] - values[0])))
    exact = Fidelity("completeness", residual, "The parts add up to the whole difference exactly.", tolerance=TOLERANCE)
    return Finding(units, (exact, NO_ORDER), space.baseline, _sentence(units), empty_value=float(values[0]))


def _unit(case: Case, modalities: tuple[Modality, ...], value: float) -> Attribution:
    names = [MODALITY_NAMES[m] for m in modalities]
    if len(names) == 1:
        return Attribution("modality", f"{names[0]} alone", value, case.utterance.id, modalities[0])
    return Attribution("interaction", " with ".join(names), value, case.utterance.id)


def _projection(case: Case, params: InteractionParams, progress: Progress) -> Finding:
    """Split the value into the best sum of single modalities over swapped utterances, and the rest."""
    modalities = case.present()
    donors = _donors(case, modalities, params.others)
    combinations = list(product(range(len(donors)), repeat=len(modalities)))
    variants = [
        Variant({(case.position, m): _row(case, m, donors[i]) for m, i in zip(modalities, chosen, strict=True)})
        for chosen in combinations
    ]
    values = case.values(variants, params.scale, progress, total=len(variants))
    table = values.reshape((len(donors),) * len(modalities))  # axis m: which utterance lends modality m; 0 is its own
    mean = float(table.mean())
    alone = np.array([float(np.moveaxis(table, axis, 0)[0].mean()) - mean for axis in range(len(modalities))])
    rest = float(table[(0,) * len(modalities)]) - mean - float(alone.sum())
    units = (
        *(_unit(case, (m,), float(value)) for m, value in zip(modalities, alone, strict=True)),
        Attribution("interaction", "interaction of all", rest, case.utterance.id),
    )
    exact = Fidelity(
        "completeness",
        abs(sum(unit.value for unit in units) - (float(values[0]) - mean)),
        f"The parts add up to the value less its mean over {len(variants)} exchanges of modalities ({mean:.3f}).",
        tolerance=TOLERANCE,
    )
    baseline = f"modalities are exchanged with those of {len(donors) - 1} other utterances of the dialogue"
    return Finding(units, (exact, NO_ORDER), baseline, _sentence(units), empty_value=mean)


def _donors(case: Case, modalities: tuple[Modality, ...], count: int) -> list[int]:
    """Return the utterance itself and others that have all of its modalities."""
    complete = [
        t
        for t in range(len(case.dialogue.utterances))
        if t != case.position and all(_row(case, m, t) is not None for m in modalities)
    ]
    if len(complete) < 2:
        raise UnsupportedError(
            "Too few other utterances have the same modalities",
            got=len(complete),
            allowed="two or more",
            do="use absence",
        )
    rng = np.random.default_rng([case.seed, 4])
    return [case.position, *sorted(rng.choice(complete, min(count, len(complete)), replace=False).tolist())]


def _row(case: Case, modality: Modality, position: int) -> NDArray[np.generic] | None:
    found = case.of(modality)
    return None if found is None else found.rows[position].values


def _sentence(units: Sequence[Attribution]) -> str:
    alone = sum(abs(unit.value) for unit in units if unit.unit == "modality")
    together = sum(abs(unit.value) for unit in units if unit.unit == "interaction")
    share = together / (alone + together) if alone + together > 0 else 0.0
    return f"These values are exact; interaction makes up {share:.0%} of all that moves the value."
