"""How good the shipped weights are: all figures of docs/results.md, by one command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from erc_core.benchmarks.machine import described
from erc_core.models.checkpoints import CONFIG, ROOT
from erc_core.settings import Settings
from erc_core.synthesis.composite import WHAT_IT_IS
from erc_core.training.calibration import chance_error
from erc_core.training.compared import keep_compared
from erc_core.training.comparison import compare
from erc_core.training.comparison_tables import comparison_table
from erc_core.training.evaluation import Request, acoustic_share_auroc, answers, evaluate, table
from erc_core.training.metrics import calibration_error
from erc_core.training.system_results import Comparison

COMMAND = (
    "python -m erc_core bench results --root meld=DIR --root ravdess=DIR --root fer2013=DIR --write docs/results.md"
)
SYSTEMS = ("df_erc", "cmath", "amuse", "lmam", "dq_former")


def results(roots: Mapping[str, Path], settings: Settings, runs: Path = Path("runs")) -> str:
    """Measure everything on dev and return the page as Markdown.

    Args:
        roots: corpus folders by name
        settings: device, precision, the face finder's models
        runs: where encoded corpora lie, and variants and further seeds of the systems

    Raises:
        InputError: a corpus folder is missing or cannot be read
        MissingResourceError: weights are not there
    """
    words = Request("meld", roots, "dev", modalities=("t",), baselines=True)
    encoder = Request("meld", roots, "dev", encoder="text")
    voice = Request("ravdess", roots, "dev", encoder="acoustic")
    both = Request("composite", roots, "dev")
    share = acoustic_share_auroc(both)
    rows = (*evaluate(words, settings), *evaluate(encoder, settings))
    parts = [
        "# Results",
        f"Written by `{COMMAND}` {described()}. Intervals are 95% bootstrap intervals over "
        "items. Everything was trained, stopped and calibrated on train; dev only reports.",
        "## Words alone, MELD dev",
        "DQ-Former with sound switched off: its confidences are normalised over what is there, the words.",
        table(words, rows),
        "## Sound alone, RAVDESS actors 17 to 20",
        "Seven classes, calm counts as neutral. Trained on actors 1 to 14, stopped on 15 and 16.",
        table(voice, evaluate(voice, settings)),
        "## Words and sound, composite dev",
        f"{WHAT_IT_IS} The label is the words'; the voice shows it in 60% of the utterances, says nothing in 30% and "
        "shows another emotion in 10%.",
        table(both, evaluate(both, settings)),
        "DQ-Former's acoustic confidence, averaged over the fusion layers, tells an informative from an uninformative "
        f"voice with an AUROC of {share.value:.3f} [{share.low:.3f}, {share.high:.3f}] (0.5 is chance).",
        *_faces(roots, settings),
        "## All systems, composite dev",
        "All on the same words and voices, and, but for DQ-Former, which reads none, faces. "
        "*Missing* leaves modalities out at random; the mechanisms' AUROCs say whether a system's own weight of a "
        "modality tells an informative utterance from another (0.5 is chance).",
        _systems(roots, settings, runs),
        "## Calibration",
        "Expected calibration error over 15 bins, and the 95% range that perfectly calibrated probabilities of the "
        "same confidences would show by chance.",
        "\n".join(["| | error | by chance |", "| --- | --- | --- |", *_calibration(words, both, settings)]),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _faces(roots: Mapping[str, Path], settings: Settings) -> tuple[str, ...]:
    request = Request("fer2013", roots, "validation", encoder="face")
    return ("## Faces alone, FER2013 validation", table(request, evaluate(request, settings)))


def _systems(roots: Mapping[str, Path], settings: Settings, runs: Path) -> str:
    models = tuple(name for name in SYSTEMS if (ROOT / name / CONFIG).is_file())
    request = Comparison(roots, "dev", ROOT, runs, models, ablations=True, subsets=True)
    found = compare(request, settings)
    keep_compared(found, request)
    return comparison_table(found, "dev")


def _calibration(words: Request, both: Request, settings: Settings) -> list[str]:
    lines = []
    for name, request in (("DQ-Former, words alone, MELD dev", words), ("DQ-Former, composite dev", both)):
        truth, probabilities = answers(request, settings)
        low, high = chance_error(np.asarray(probabilities))
        lines.append(f"| {name} | {calibration_error(truth, probabilities):.4f} | {low:.4f} to {high:.4f} |")
    return lines
