"""Which modality fails on studio dialogues: ``python -m erc_core.benchmarks.studio_modalities SEED_CLIPS --write``.

Every system answers the built dialogues of :mod:`erc_core.benchmarks.seed_clips` from all that it reads and from one
modality alone; its answers are then counted by what carries the emotion, which is known because the studio acted it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from erc_core import pipeline
from erc_core.benchmarks.machine import described
from erc_core.benchmarks.truth_cases import Known, TruthCase, features_for, studio_cases
from erc_core.inference import loaded_model, predict
from erc_core.models.checkpoints import Loaded
from erc_core.settings import ASSETS, Settings, load_settings
from erc_core.training.metrics import bootstrap, weighted_f1
from erc_core.truth_checks import wilson
from erc_core.types import MELD7, MODALITIES, Modality

PAGE = ASSETS.parent / "docs" / "benchmarks" / "studio_modalities.md"
CARRIERS = {"t": "words alone", "a": "voice alone", "v": "face alone", "more": "several", "none": "nothing (neutral)"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one system predicts of one utterance.

    Attributes:
        model: name of the system
        given: modalities that it got
        truth: index of the acted emotion
        predicted: index of the predicted one
        carrier: what carries the emotion, a key of ``CARRIERS``
    """

    model: str
    given: tuple[Modality, ...]
    truth: int
    predicted: int
    carrier: str


def carrier_of(known: Known) -> str:
    """Return what carries the emotion of an utterance, a key of ``CARRIERS``."""
    if not known.informative:
        return "none"
    return known.alone or "more"


def measure(cases: Iterable[TruthCase], systems: Sequence[Loaded], settings: Settings) -> list[Answer]:
    """Let every system answer every dialogue, from all that it reads and from each modality alone."""
    found = []
    for case in cases:
        for system in systems:
            reads = system.model.card.modalities
            for given in (reads, *((one,) for one in reads)):
                found += _answers(case, system, given, settings)
        sys.stderr.write(f"{case.title}: {len(found)} answers\n")
    return found


def _answers(case: TruthCase, system: Loaded, given: tuple[Modality, ...], settings: Settings) -> list[Answer]:
    card = system.model.card
    off = [one for one in card.modalities if one not in given]
    prediction, _ = predict(case.dialogue, features_for(case, card.extractors), system, settings, off)
    return [
        Answer(
            system.ref.name,
            given,
            MELD7.index(utterance.label or ""),
            MELD7.index(prediction.label_of(position)),
            carrier_of(known),
        )
        for position, (utterance, known) in enumerate(zip(case.dialogue.utterances, case.known, strict=True))
    ]


def page(found: Sequence[Answer]) -> str:
    """Return the figures as a Markdown page."""
    models = list(dict.fromkeys(one.model for one in found))
    whole = [one for one in found if len(one.given) > 1]
    lines = [
        "# Which modality fails on studio dialogues",
        "",
        f"Written by `python -m erc_core.benchmarks.studio_modalities SEED_CLIPS --write` {described()}. Dialogues of "
        "seeds that trained nothing, with synthetic voices and drawn faces. The systems learned from human voices and "
        "photographed faces, and from studio ones through their encoders only. Intervals are bootstraps over "
        "utterances.",
        "",
        "## What each system makes of one modality",
        "",
        "| weighted F1 | all that it reads | words alone | voice alone | face alone |",
        "| --- | --- | --- | --- | --- |",
    ]
    for model in models:
        cells = [_f1([one for one in whole if one.model == model])]
        cells += [_f1([one for one in found if (one.model, one.given) == (model, (m,))]) for m in MODALITIES]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    lines += ["", "## How often it is right, by what carries the emotion", ""]
    lines += ["| system | " + " | ".join(CARRIERS.values()) + " |", "| --- |" + " --- |" * len(CARRIERS)]
    for model in models:
        cells = [_right([one for one in whole if (one.model, one.carrier) == (model, key)]) for key in CARRIERS]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _f1(own: Sequence[Answer]) -> str:
    if not own:
        return "not read"
    truth, predicted = np.array([(one.truth, one.predicted) for one in own]).T
    value = bootstrap(truth, predicted, len(MELD7), weighted_f1)
    return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}]"


def _right(own: Sequence[Answer]) -> str:
    if not own:
        return "none"
    share = wilson(sum(one.truth == one.predicted for one in own), len(own))
    return f"{share.value:.0%} [{share.low:.0%}, {share.high:.0%}], n = {len(own)}"


def main() -> None:
    """Measure, print the page, and write it where asked."""
    parser = argparse.ArgumentParser(description="Measure every system on studio dialogues, modality by modality.")
    parser.add_argument("folder", type=Path, help="of what erc_core.benchmarks.seed_clips has built")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    settings = load_settings()
    names = [s.name for s in pipeline.models() if s.checkpoint is not None and s.card.role == "system"]
    systems = [loaded_model(name, settings) for name in names]
    text = page(measure(studio_cases(options.folder, settings), systems, settings))
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
