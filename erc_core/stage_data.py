"""What the stage element is told: one JSON value made of an analysis."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from erc_core.annotations import Note
from erc_core.modality_weights import ModalityLane, Weights, weights_of
from erc_core.plots.theme import Mode, label_style, modality_color, modality_title
from erc_core.types import Analysis, FloatArray, LabelSet, Utterance, Word

ENVELOPE_POINTS = 1200
MOST_FACE_TIMES, MOST_MESHES = 6000, 4000
ALONE = "what this modality says alone: its emotion, as high as it is probable"


@dataclass(frozen=True, slots=True)
class StageMedia:
    """The clip that the stage plays; ``kind`` is ``none`` where a dialogue has no clip."""

    kind: Literal["video", "audio", "none"] = "none"
    url: str = ""
    sha256: str = ""
    fps: float = 0.0


@dataclass(frozen=True, slots=True)
class StageFaces:
    """The faces that are drawn over the picture.

    Attributes:
        times_s: when each of N faces is seen, in order
        tracks: whose track it is on
        boxes: left, upper edge, width and height as fractions of the picture, ``(N, 4)``
        points: landmarks in the square of ``span`` box widths around the box, uint8 ``(N, P, 2)``
        meshed: whether the face has landmarks, ``(N,)``
        names: speaker of each track that has one
        parts: how many of the P points each part of the face has, by its name
        span: side of the square in box widths
    """

    times_s: FloatArray
    tracks: NDArray[np.integer]
    boxes: FloatArray
    points: NDArray[np.uint8]
    meshed: NDArray[np.bool_]
    names: Mapping[int, str]
    parts: Mapping[str, int]
    span: float


@dataclass(frozen=True, slots=True)
class FaceRegion:
    """A part of the speaker's face that spoke for (positive) or against the explained emotion of an utterance."""

    utterance: str
    part: str
    name: str
    weight: float


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


def _share(lane: ModalityLane, row: int) -> float | None:
    share = lane.weights[row].share
    return None if np.isnan(share) else round(share, 4)


def _utterances(analysis: Analysis, notes: Sequence[Note]) -> list[dict[str, Any]]:
    prediction, weights, gaps = analysis.prediction, weights_of(analysis.trace), missing_reasons(analysis)
    lanes = weights.lanes if weights else ()
    shifts = {shift.utterance: shift for shift in analysis.shifts}
    noted = {note.utterance: {"text": note.text, "label": note.label, "bookmarked": note.bookmarked} for note in notes}
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
                "weights": {lane.modality: _share(lane, i) for lane in lanes if lane.modality not in missing},
                "masked": {lane.modality: lane.weights[i].masked for lane in lanes},
                "missing": missing,
                "note": noted.get(u.id),
                "shift": shift
                and {"before": shift.before, "after": shift.after, "from_s": last_end.get(u.speaker, u.start_s)},
            }
        )
        last_end[u.speaker] = u.end_s
    return rows


def _styles(labels: LabelSet, utterances: Sequence[Utterance], notes: Sequence[Note], mode: Mode) -> dict[str, Any]:
    said = (*(u.label for u in utterances), *(note.label for note in notes))
    names = dict.fromkeys((*labels, *(label for label in said if label)))
    return {name: asdict(label_style(name, mode)) for name in names}


def _modalities(analysis: Analysis, weights: Weights | None, mode: Mode) -> list[dict[str, Any]]:
    """Return the modality lanes: the system's own weights, else what its modalities say alone."""
    shown = [lane.modality for lane in weights.lanes] if weights else [x.modality for x in analysis.prediction.unimodal]
    meaning = weights.meaning if weights else ALONE
    return [{"key": m, "title": modality_title(m), "color": modality_color(m, mode), "meaning": meaning} for m in shown]


def _faces(faces: StageFaces) -> dict[str, Any]:
    """Return the faces as JSON; of very many every n-th time is left out, and then their landmarks are too."""
    times = np.unique(faces.times_s)
    kept = set(times[:: int(np.ceil(len(times) / MOST_FACE_TIMES)) or 1].tolist())
    meshed = len(faces.times_s) <= MOST_MESHES
    looks: dict[float, list[list[Any]]] = {}
    for i, time_s in enumerate(faces.times_s.tolist()):
        if time_s in kept:
            mesh = b64encode(faces.points[i].tobytes()).decode() if meshed and faces.meshed[i] else ""
            looks.setdefault(time_s, []).append([int(faces.tracks[i]), *np.round(faces.boxes[i], 4).tolist(), mesh])
    return {
        "looks": [[round(time_s, 3), found] for time_s, found in looks.items()],
        "names": {str(track): name for track, name in faces.names.items()},
        "parts": [[name, count] for name, count in faces.parts.items()],
        "span": faces.span,
    }


def stage_data(
    analysis: Analysis,
    media: StageMedia,
    envelope: FloatArray,
    selected: str,
    mode: Mode,
    faces: StageFaces | None = None,
    regions: tuple[FaceRegion, ...] = (),
    notes: Sequence[Note] = (),
) -> dict[str, Any]:
    """Build the stage's value.

    Args:
        analysis: dialogue, prediction and trace
        media: the clip and where the browser finds it
        envelope: lowest and highest sample of each stretch of the clip, ``(points, 2)``; no rows without sound
        selected: id of the chosen utterance
        mode: theme whose colours are sent
        faces: faces for the overlay; None where none were looked for
        regions: parts of the speaker's face that are filled green (for) or red (against)
        notes: what a person noted, marked at the utterances

    Returns:
        a JSON value; ``version`` changes when anything but the selection and the link changes
    """
    dialogue = analysis.dialogue
    last_s = max((u.end_s for u in dialogue.utterances), default=1.0)
    weights = weights_of(analysis.trace)
    body: dict[str, Any] = {
        "label_order": list(analysis.prediction.model.labels),
        "labels": _styles(analysis.prediction.model.labels, dialogue.utterances, notes, mode),
        "duration_s": max(last_s, dialogue.media.duration_s if dialogue.media else 0.0),
        "envelope": np.round(envelope, 3).tolist(),
        "speakers": list(dialogue.speakers),
        "utterances": _utterances(analysis, notes),
        "has_truth": any(u.label for u in dialogue.utterances),
        "modalities": _modalities(analysis, weights, mode),
        "layers": weights.layers if weights else 0,
        "weight_name": weights.name if weights else "",
        "weight_meaning": weights.meaning if weights else "",
        "faces": _faces(faces) if faces else None,
        "regions": [asdict(region) for region in regions],
        "empty_reason": " ".join((*dialogue.notes, *analysis.notes)),
    }
    fixed = json.dumps([body, asdict(replace(media, url=""))], sort_keys=True)
    body["version"] = hashlib.sha256(fixed.encode()).hexdigest()[:16]
    return body | {"media": asdict(media), "selected": selected}
