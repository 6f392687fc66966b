"""An analysis as plain data and as text, for the command line and for exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from erc_core.annotations import Note
from erc_core.types import Analysis, FloatArray, LabelSet, Summary


def by_label(labels: LabelSet, values: FloatArray) -> dict[str, float] | None:
    """Return probabilities ``(C,)`` by label, rounded to six digits; None where they are not known."""
    if np.isnan(values).any():
        return None
    return {label: round(float(value), 6) for label, value in zip(labels, values, strict=True)}


def summary_json(summary: Summary, labels: LabelSet) -> dict[str, Any]:
    """Return a speaker's or the dialogue's emotion as plain data."""
    means = np.array([interval.value for interval in summary.intervals])
    return {
        "utterances": summary.utterances,
        "speech_s": round(summary.speech_s, 3),
        "probabilities": by_label(labels, means),
        "prediction": labels.labels[int(means.argmax())],
        "intervals": {
            label: [round(interval.low, 6), round(interval.high, 6)]
            for label, interval in zip(labels, summary.intervals, strict=True)
        },
    }


def analysis_json(analysis: Analysis, annotations: Sequence[Note] = ()) -> dict[str, Any]:
    """Return everything of an analysis but its attention maps as plain data.

    Args:
        analysis: what a model says of a dialogue
        annotations: what people have noted at its utterances
    """
    dialogue, prediction = analysis.dialogue, analysis.prediction
    labels = prediction.model.labels
    media = dialogue.media
    return {
        "clip": {
            "name": dialogue.title,
            "duration_s": round(media.duration_s, 3) if media else None,
            "has_video": bool(media and media.has_video),
            "has_audio": bool(media and media.has_audio),
        },
        "utterances": [_utterance(analysis, index) for index in range(len(dialogue.utterances))],
        "speakers": {summary.who: summary_json(summary, labels) for summary in analysis.speakers},
        "dialogue": summary_json(analysis.whole, labels) if analysis.whole else None,
        "shifts": [
            {"utterance": s.utterance, "speaker": s.speaker, "before": s.before, "after": s.after}
            for s in analysis.shifts
        ],
        "model": {
            "name": prediction.model.name,
            "sha256": prediction.model.sha256,
            "labels": list(labels),
            "calibrated": prediction.calibrated,
            "knobs": {knob.name: knob.value for knob in prediction.knobs},
            "switched_off": list(prediction.switched_off),
            "device": prediction.device,
            "precision": prediction.precision,
        },
        "notes": list(analysis.notes),
        "annotations": [asdict(note) for note in annotations],
    }


def _utterance(analysis: Analysis, index: int) -> dict[str, Any]:
    prediction = analysis.prediction
    utterance, labels = analysis.dialogue.utterances[index], prediction.model.labels
    return {
        "id": utterance.id,
        "start_s": round(utterance.start_s, 3),
        "end_s": round(utterance.end_s, 3),
        "speaker": utterance.speaker,
        "text": utterance.text,
        "missing": {m.modality: m.reason for m in prediction.missing if m.utterance == utterance.id},
        "probabilities": by_label(labels, prediction.probabilities[index]),
        "prediction": prediction.label_of(index),
        "unimodal": {u.modality: by_label(labels, u.probabilities[index]) for u in prediction.unimodal},
        "confidences": _confidences(analysis, index),
    }


def _confidences(analysis: Analysis, index: int) -> dict[str, Any]:
    """Return the layerwise confidences where the model has them, by layer and modality."""
    if not analysis.trace.has("confidence"):
        return {}
    shares, masked = analysis.trace.array("confidence"), analysis.trace.array("masked")
    layers, modalities = shares.ticks[1], shares.ticks[2]
    return {
        layer: {
            modality: {
                "share": round(float(shares.values[index, i, m]), 6),
                "masked": bool(masked.values[index, i, m]),
            }
            for m, modality in enumerate(modalities)
        }
        for i, layer in enumerate(layers)
    }


def analysis_text(analysis: Analysis) -> str:
    """Return an analysis as a table for a terminal."""
    lines = [f"{analysis.dialogue.title}: {len(analysis.dialogue.utterances)} utterances"]
    for index, utterance in enumerate(analysis.dialogue.utterances):
        top = float(analysis.prediction.probabilities[index].max())
        label = analysis.prediction.label_of(index)
        words = utterance.text or "(no words)"
        lines.append(f"{utterance.start_s:7.2f}  {utterance.speaker:12.12}  {label:9} {top:4.2f}  {words}")
    lines += [f"note: {note}" for note in analysis.notes]
    return "\n".join(lines)
