"""How good the shipped weights are: all figures of docs/results.md, by one command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from erc_core.benchmarks.machine import described
from erc_core.inference import loaded_model
from erc_core.models.checkpoints import CONFIG, ROOT, read_config
from erc_core.settings import Settings
from erc_core.synthesis.composite import WHAT_IT_IS
from erc_core.training.calibration import Calibrated, calibrated
from erc_core.training.compared import keep_compared
from erc_core.training.comparison import compare
from erc_core.training.comparison_tables import comparison_table
from erc_core.training.encoder_evaluation import encoder_answers
from erc_core.training.evaluation import Request, acoustic_share_auroc, answers, evaluate, table
from erc_core.training.system_results import Comparison, SystemResult

COMMAND = (
    "python -m erc_core bench results --root meld=DIR --root ravdess=DIR --root fer2013=DIR --write docs/results.md"
)
ENCODERS = (("text", "meld", "dev"), ("acoustic", "ravdess", "dev"), ("face", "fer2013", "validation"))
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
    systems = _systems(roots, settings, runs)
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
        comparison_table(systems, "dev"),
        "## Calibration",
        "Expected calibration error over 15 bins, before and after division by the temperature that was fitted on the "
        "inner part of train, and the 95% range that perfectly calibrated probabilities of the same confidences would "
        "show by chance. The last two columns fit a temperature on one half of the split and measure on the other: "
        "they tell whether any temperature would do here.",
        _calibration(roots, systems, settings),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _faces(roots: Mapping[str, Path], settings: Settings) -> tuple[str, ...]:
    request = Request("fer2013", roots, "validation", encoder="face")
    return ("## Faces alone, FER2013 validation", table(request, evaluate(request, settings)))


def _systems(roots: Mapping[str, Path], settings: Settings, runs: Path) -> tuple[SystemResult, ...]:
    models = tuple(name for name in SYSTEMS if (ROOT / name / CONFIG).is_file())
    request = Comparison(roots, "dev", ROOT, runs, models, ablations=True, subsets=True)
    found = compare(request, settings)
    keep_compared(found, request)
    return found


def _calibration(roots: Mapping[str, Path], systems: Sequence[SystemResult], settings: Settings) -> str:
    lines = [
        "| | n | before | after | by chance | other half's temperature | by chance |",
        "|" + " --- |" * 7,
    ]
    for encoder, corpus, split in ENCODERS:
        truth, probabilities = encoder_answers(encoder, corpus, roots, split)
        heat = float(read_config(ROOT / f"{encoder}_encoder")["temperature"])
        lines.append(_row(f"{encoder} encoder, {corpus} {split}", truth, probabilities, heat))
    truth, probabilities = answers(Request("meld", roots, "dev", modalities=("t",)), settings)
    heat = loaded_model("dq_former", settings).temperatures.only_t
    lines.append(_row("dq_former on words alone, meld dev", truth, probabilities, heat))
    lines += [_cells(f"{one.name}, composite dev", one.calibration) for one in systems if one.calibration is not None]
    return "\n".join(lines)


def _row(name: str, truth: NDArray[np.integer], probabilities: NDArray[np.floating], heat: float) -> str:
    """Return the row of probabilities that one temperature made; their logarithms times it are the logits again."""
    logits = torch.from_numpy(np.log(np.clip(probabilities, 1e-12, None)) * heat)
    return _cells(name, calibrated(truth, logits, probabilities))


def _cells(name: str, found: Calibrated) -> str:
    def within(value: float, span: tuple[float, float]) -> str:
        return f"{value:.4f}{' (above)' if value > span[1] else ''} | {span[0]:.4f} to {span[1]:.4f}"

    after, refitted = within(found.after, found.chance), within(found.refitted, found.refitted_chance)
    return f"| {name} | {found.n:,} | {found.before:.4f} | {after} | {refitted} |"
