"""From utterances to speakers and the whole dialogue: weighted means with intervals, and shifts."""

from __future__ import annotations

import numpy as np

from erc_core.types import Dialogue, FloatArray, Interval, Prediction, Shift, Summary

DRAWS = 1000
LEVEL = 0.95


def weighted_mean(probabilities: FloatArray, durations_s: FloatArray, seed: int = 0) -> tuple[Interval, ...]:
    """Average probabilities over utterances by their length, with a bootstrap interval over utterances.

    Args:
        probabilities: ``(T, C)``, T at least 1
        durations_s: length of each utterance, ``(T,)``
        seed: of the resampling

    Returns:
        an interval per label; with one utterance nothing can be resampled, so its bounds are 0 and 1
    """
    mean = np.average(probabilities, axis=0, weights=durations_s)
    T, C = probabilities.shape
    if T == 1:
        return tuple(Interval(float(mean[c]), 0.0, 1.0, LEVEL) for c in range(C))
    picks = np.random.default_rng(seed).integers(T, size=(DRAWS, T))
    weights = durations_s[picks]  # (draws, T)
    means = (probabilities[picks] * weights[..., None]).sum(1) / weights.sum(1, keepdims=True)  # (draws, C)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return tuple(Interval(float(mean[c]), float(low[c]), float(high[c]), LEVEL) for c in range(C))


def summarise(dialogue: Dialogue, prediction: Prediction) -> tuple[Summary | None, tuple[Summary, ...]]:
    """Return the summary of the whole dialogue and of each speaker; None and nothing without utterances."""
    if not dialogue.utterances:
        return None, ()
    durations_s = np.array([utterance.duration_s for utterance in dialogue.utterances])
    whole = _summary("", np.arange(len(durations_s)), durations_s, prediction)
    speakers = []
    for speaker in dialogue.speakers:
        own = np.array([i for i, utterance in enumerate(dialogue.utterances) if utterance.speaker == speaker])
        speakers.append(_summary(speaker, own, durations_s, prediction))
    return whole, tuple(speakers)


def _summary(who: str, own: np.ndarray, durations_s: FloatArray, prediction: Prediction) -> Summary:
    intervals = weighted_mean(prediction.probabilities[own], durations_s[own])
    return Summary(who, len(own), float(durations_s[own].sum()), intervals)


def shifts(dialogue: Dialogue, prediction: Prediction) -> tuple[Shift, ...]:
    """Return where a speaker's predicted emotion differs from that speaker's utterance before."""
    last: dict[str, str] = {}
    found = []
    for index, utterance in enumerate(dialogue.utterances):
        label = prediction.label_of(index)
        before = last.get(utterance.speaker, label)
        if before != label:
            found.append(Shift(utterance.id, utterance.speaker, before, label))
        last[utterance.speaker] = label
    return tuple(found)
