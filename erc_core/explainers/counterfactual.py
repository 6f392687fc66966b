"""The smallest change that changes the predicted emotion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import UnsupportedError
from erc_core.explainers._picture import ActionUnitSpace, FaceSpace
from erc_core.explainers._predict import Answers
from erc_core.explainers._settings import Params, setting
from erc_core.explainers._sound import SoundSpace
from erc_core.explainers._space import Mask, Space
from erc_core.explainers._words import WordSpace
from erc_core.explainers.base import EXPLAINERS, Case, Explainer, ExplainerCard, Finding
from erc_core.explainers.lime_joint import JointSpace
from erc_core.explanation import Change, Fidelity
from erc_core.models.base import ModelCard
from erc_core.types import Features, Modality, Progress

SHOWN = 3  # changes of one size that are shown
STEP = "look for a change"


@dataclass(frozen=True, slots=True)
class ChangeParams(Params):
    """What the search for a change can be told."""

    units: Literal["words", "sound", "face", "everything"] = setting(
        "everything",
        "Change",
        "Words, spans of sound, the face (action units where the model reads them, else regions), or any of these.",
        choices=("words", "sound", "face", "everything"),
    )
    most: int = setting(4, "At most", "How many units may be removed together.", 1, 8)
    beam: int = setting(6, "Beam", "How many unfinished changes are followed at each size; 1 is greedy.", 1, 30)
    width_s: float = setting(0.5, "Span (s)", "Length of a span of sound in seconds.", 0.1, 1.0)


@dataclass(frozen=True, slots=True)
class Searched:
    """What the search came to.

    Attributes:
        masks: sets of kept units that change the label, each ``(U,)``; none where no change was found
        size: how many units each of them removes, or how many at most were removed where no change was found
        tried: how many sets were tried
        every: whether all sets that should be smaller were tried, and not only the most promising
    """

    masks: tuple[NDArray[np.bool_], ...]
    size: int
    tried: int
    every: bool

    def certainty(self) -> str:
        """Return whether there may be a smaller change than those that were found, or any."""
        if self.masks:
            return (
                "No smaller change exists among these units."
                if self.every
                else "Of smaller sets of units only the most promising were tried: a smaller change may exist."
            )
        sets = "one unit" if self.size == 1 else f"up to {self.size} units"
        return f"All sets of {sets} were tried." if self.every else f"Of sets of {sets} not all were tried."


@EXPLAINERS.add("counterfactual")
class Counterfactual(Explainer[ChangeParams]):
    """The fewest units whose removal changes the predicted label."""

    card = ExplainerCard(
        name="counterfactual",
        title="Smallest change",
        paper="Wachter et al. 2018, Counterfactual Explanations, Harvard JOLT 31; search by removal: Martens and "
        "Provost 2014, MIS Quarterly 38",
        units=("word", "audio_span", "face_region", "action_unit"),
        modalities=("t", "a", "v"),
        meaning="The fewest words, spans or parts of the face without which the model predicts another emotion.",
        reading="The model itself answered without them. The bars are the fall of the value without each unit alone.",
    )
    params = ChangeParams

    def unsupported(self, model: ModelCard, features: Sequence[Features]) -> str | None:
        """Return None: what can be removed depends on the utterance."""
        return None

    def explain(self, case: Case, params: ChangeParams, progress: Progress) -> Finding:
        """Remove ever more units, the most promising first."""
        space = _space(case, params)
        whole = np.ones((1, len(space)), dtype=bool)
        before = int(_ask(case, space, whole).logits[0].argmax())
        singles = _ask(case, space, ~np.eye(len(space), dtype=bool), progress)
        values = (singles.logits if params.scale == "logit" else singles.probabilities)[:, case.label]
        start = space.values(case, whole, params.scale)[0]
        found = _search(case, space, params, before, singles, progress)
        changes = tuple(_change(case, space, mask, before, params) for mask in found.masks[:SHOWN])
        checked = Fidelity.none(
            f"A counterfactual needs no estimate: the model was asked without these units. {found.certainty()}"
        )
        return Finding(
            space.weighted(start - values),
            (checked,),
            space.baseline,
            _sentence(changes, found.size),
            changes=changes,
            notes=(f"{found.tried:,} changes were tried.",),
        )


def _space(case: Case, params: ChangeParams) -> Space:
    reads_units = "action_units" in case.predictor.loaded.model.card.picture
    makers: dict[str, tuple[Modality, Callable[[], Space]]] = {
        "words": ("t", lambda: WordSpace(case)),
        "sound": ("a", lambda: SoundSpace(case, params.width_s)),
        "face": ("v", lambda: ActionUnitSpace(case) if reads_units else FaceSpace(case)),
    }
    if params.units != "everything":
        return makers[params.units][1]()
    spaces = []
    for modality, make in makers.values():
        if modality in case.present():
            try:
                spaces.append(make())
            except UnsupportedError:
                continue  # such as a picture without a face: there is nothing of it to remove
    if not spaces:
        raise UnsupportedError("Nothing of this utterance can be removed in parts", do="see the modalities instead")
    return JointSpace(spaces)


def _ask(case: Case, space: Space, masks: Mask, progress: Progress | None = None) -> Answers:
    variants = (space.variant(mask) for mask in masks)
    if progress is None:
        return case.predictor.answers(variants)
    return case.predictor.answers(variants, progress, STEP, len(masks))


def _search(
    case: Case, space: Space, params: ChangeParams, before: int, singles: Answers, progress: Progress
) -> Searched:
    """Return the smallest sets of kept units that change the label."""
    masks: Mask = ~np.eye(len(space), dtype=bool)
    answers, tried = singles, len(masks)
    most = min(params.most, len(space))
    smaller = here = True  # whether all sets of fewer units, and of as many, were tried
    for size in range(1, most + 1):
        margin = _margins(answers, before)
        order = np.argsort(margin, kind="stable")
        if margin[order[0]] < 0:
            return Searched(tuple(masks[i] for i in order if margin[i] < 0), size, tried, smaller)
        if size == most:
            break
        # All pairs are tried where they are few: then a change of two is the smallest for certain.
        beam = order if size == 1 and len(space) <= 24 else order[: params.beam]
        smaller, here = here, here and len(beam) == len(masks)
        masks = _without_one_more(masks[beam])
        answers = _ask(case, space, masks, progress)
        tried += len(masks)
    return Searched((), most, tried, here)


def _margins(answers: Answers, before: int) -> NDArray[np.float64]:
    """Return by how much the label before still leads, ``(S,)``: below zero another has taken its place."""
    others = np.delete(answers.logits, before, axis=1).max(axis=1)
    lead: NDArray[np.float64] = answers.logits[:, before] - others
    return lead


def _without_one_more(masks: Mask) -> Mask:
    grown = {
        tuple(np.where(np.arange(len(mask)) == unit, False, mask).tolist())
        for mask in masks
        for unit in np.flatnonzero(mask)
    }
    return np.array(sorted(grown), dtype=bool)


def _change(case: Case, space: Space, kept: NDArray[np.bool_], before: int, params: ChangeParams) -> Change:
    answers = _ask(case, space, kept[None])
    found = answers.logits if params.scale == "logit" else answers.probabilities
    removed = tuple(unit.name for unit, stays in zip(space.units, kept, strict=True) if not stays)
    after = case.labels.labels[int(answers.logits[0].argmax())]
    return Change(removed, case.labels.labels[before], after, float(found[0, case.label]))


def _sentence(changes: Sequence[Change], most: int) -> str:
    if not changes:
        units = "one unit" if most == 1 else f"up to {most} units"
        return f"No change of {units} was found that changes the prediction: it does not hang on a few."
    first = changes[0]
    return f"Without {', '.join(first.removed)} the model says {first.after} instead of {first.before}."
