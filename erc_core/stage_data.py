"""What the stage element is told: one JSON value made of an analysis."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from erc_core.plots.theme import Mode, label_style, modality_color, modality_title
from erc_core.types import Analysis, FloatArray, LabelSet, Modality, Utterance, Word

ENVELOPE_POINTS = 1200


@dataclass(frozen=True, slots=True)
class StageMedia:
    """The clip that the stage plays; ``kind`` is ``none`` where a dialogue has no clip."""

    kind: Literal["video", "audio", "none"] = "none"
    url: str = ""
    sha256: str = ""
    fps: float = 0.0


@dataclass(frozen=True, slots=True)
class FaceBox:
    """One face in a frame; place and size are fractions of the picture."""

    name: str
    color: str
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class FaceFrame:
    """The faces at one time of the clip."""

    time_s: float
    boxes: tuple[FaceBox, ...]


@dataclass(frozen=True, slots=True)
class ModalityWeight:
    """How much a modality weighed for one utterance; ``masked`` counts the layers that set it to zero."""

    share: float
    masked: int


def words_of(utterance: Utterance) -> tuple[Word, ...]:
    """Return an utterance's words; where no times are known they are spread by length and marked as estimated."""
    if utterance.words or not (utterance.text or "").strip():
        return utterance.words
    parts = (utterance.text or "").split()
    ends = np.cumsum([len(part) + 1 for part in parts]) / sum(len(part) + 1 for part in parts)
    starts = np.concatenate([[0.0], ends[:-1]])
    return tuple(
        Word(
            part,
            utterance.start_s + float(a) * utterance.duration_s,
            utterance.start_s + float(b) * utterance.duration_s,
        )
        for part, a, b in zip(parts, starts, ends, strict=True)
    )


def modality_weights(analysis: Analysis) -> dict[Modality, list[ModalityWeight]]:
    """Return per modality the mean share over the fusion layers, an entry an utterance; empty without shares."""
    if not analysis.trace.has("confidence"):
        return {}
    confidence, masked = analysis.trace.array("confidence"), analysis.trace.array("masked")
    modalities: Sequence[Modality] = confidence.ticks[2]  # type: ignore[assignment]
    return {
        modality: [
            ModalityWeight(float(share), int(count))
            for share, count in zip(
                confidence.values[:, :, column].mean(axis=1), masked.values[:, :, column].sum(axis=1), strict=True
            )
        ]
        for column, modality in enumerate(modalities)
    }


def missing_reasons(analysis: Analysis) -> dict[str, dict[str, str]]:
    """Return by utterance the reason for each modality that it does not have or that was switched off."""
    off: dict[str, str] = dict.fromkeys(analysis.prediction.switched_off, "switched off")
    found: dict[str, dict[str, str]] = {utterance: {} for utterance in analysis.prediction.utterances}
    for item in analysis.prediction.missing:
        found[item.utterance][item.modality] = item.reason
    return {utterance: reasons | off for utterance, reasons in found.items()}


def _rows(values: FloatArray, row: int) -> list[float] | None:
    numbers = values[row]
    return None if np.isnan(numbers).any() else [round(float(number), 4) for number in numbers]


def _utterances(analysis: Analysis) -> list[dict[str, Any]]:
    prediction, weights, gaps = analysis.prediction, modality_weights(analysis), missing_reasons(analysis)
    shifts = {shift.utterance: shift for shift in analysis.shifts}
    last_end: dict[str, float] = {}
    rows = []
    for i, u in enumerate(analysis.dialogue.utterances):
        shift = shifts.get(u.id)
        missing = gaps[u.id]
        rows.append(
            {
                "id": u.id,
                "speaker": u.speaker,
                "text": u.text,
                "start_s": u.start_s,
                "end_s": u.end_s,
                "words": [asdict(word) for word in words_of(u)],
                "truth": u.label,
                "predicted": prediction.label_of(i),
                "probabilities": _rows(prediction.probabilities, i),
                "alone": {x.modality: _rows(x.probabilities, i) for x in prediction.unimodal},
                "weights": {m: round(w[i].share, 4) for m, w in weights.items() if m not in missing},
                "masked": {m: w[i].masked for m, w in weights.items()},
                "missing": missing,
                "shift": shift
                and {"before": shift.before, "after": shift.after, "from_s": last_end.get(u.speaker, u.start_s)},
            }
        )
        last_end[u.speaker] = u.end_s
    return rows


def _styles(labels: LabelSet, utterances: tuple[Utterance, ...], mode: Mode) -> dict[str, Any]:
    names = dict.fromkeys((*labels, *(u.label for u in utterances if u.label)))
    return {name: asdict(label_style(name, mode)) for name in names}


def _modalities(analysis: Analysis, mode: Mode) -> list[dict[str, Any]]:
    weights = modality_weights(analysis)
    meaning = "mean share over the fusion layers, before masking" if weights else "what this modality says alone"
    shown: list[Modality] = list(weights) or [x.modality for x in analysis.prediction.unimodal]
    return [{"key": m, "title": modality_title(m), "color": modality_color(m, mode), "meaning": meaning} for m in shown]


def stage_data(
    analysis: Analysis,
    media: StageMedia,
    envelope: FloatArray,
    selected: str,
    mode: Mode,
    faces: tuple[FaceFrame, ...] = (),
) -> dict[str, Any]:
    """Build the stage's value.

    Args:
        analysis: dialogue, prediction and trace
        media: the clip and where the browser finds it
        envelope: lowest and highest sample of each stretch of the clip, ``(points, 2)``; no rows without sound
        selected: id of the chosen utterance
        mode: theme whose colours are sent
        faces: boxes for the overlay, by time

    Returns:
        a JSON value; ``version`` changes when anything but the selection and the link changes
    """
    dialogue = analysis.dialogue
    last_s = max((u.end_s for u in dialogue.utterances), default=1.0)
    layers = len(analysis.trace.array("confidence").ticks[1]) if analysis.trace.has("confidence") else 0
    body: dict[str, Any] = {
        "label_order": list(analysis.prediction.model.labels),
        "labels": _styles(analysis.prediction.model.labels, dialogue.utterances, mode),
        "duration_s": max(last_s, dialogue.media.duration_s if dialogue.media else 0.0),
        "envelope": np.round(envelope, 3).tolist(),
        "speakers": list(dialogue.speakers),
        "utterances": _utterances(analysis),
        "has_truth": any(u.label for u in dialogue.utterances),
        "modalities": _modalities(analysis, mode),
        "layers": layers,
        "weight_name": "share" if layers else "",
        "weight_meaning": "mean share over the fusion layers, before masking",
        "faces": [asdict(face) for face in faces],
        "empty_reason": " ".join((*dialogue.notes, *analysis.notes)),
    }
    fixed = json.dumps([body, asdict(replace(media, url=""))], sort_keys=True)
    body["version"] = hashlib.sha256(fixed.encode()).hexdigest()[:16]
    return body | {"media": asdict(media), "selected": selected}
