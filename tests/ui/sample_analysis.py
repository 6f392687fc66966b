"""An analysis made of the types alone: three speakers, every state that a page can meet."""

from __future__ import annotations

import numpy as np

from erc_core.types import (
    MELD7,
    Analysis,
    Dialogue,
    Interval,
    Media,
    Missing,
    ModelRef,
    Prediction,
    Shift,
    Summary,
    Trace,
    TraceArray,
    UnimodalPrediction,
    Utterance,
    frozen_array,
)

MODEL = ModelRef("dq_former", "ab" * 32, MELD7)
LINES = (
    ("Mara", "You got the job? You really got it?", "surprise"),
    ("Jonas", "They called an hour ago. I still cannot believe it.", "joy"),
    ("Mara", "I knew it! I told you so!", "joy"),
    ("Jonas", "There is one thing, though. It is in Lisbon.", "fear"),
    ("Mara", "Oh.", "sadness"),
    ("Ida", "<b>Lisbon</b> & not here?", None),
    ("Jonas", "I was going to tell you.", "sadness"),
    ("Mara", "When? At the airport?", "anger"),
)


def sample_dialogue(media: Media | None = None, title: str = "The call") -> Dialogue:
    utterances = tuple(
        Utterance(f"u{i + 1}", speaker, text, 0.5 + 3.0 * i, 3.1 + 3.0 * i, label)
        for i, (speaker, text, label) in enumerate(LINES)
    )
    return Dialogue.of(title, "test", utterances, media)


def _confidences(count: int) -> tuple[TraceArray, ...]:
    text = np.linspace(0.04, 0.96, count * 3).reshape(count, 3)
    shares = np.stack([text, 1 - text], axis=-1)
    shares[0] = 0.5
    masked = (shares < 0.1).astype(float)
    masked[0] = 1.0
    ticks = (tuple(f"u{i + 1}" for i in range(count)), ("4", "5", "6"), ("t", "a"))
    named = {"confidence": shares, "raw_confidence": shares * 0.8, "masked": masked}
    return tuple(
        TraceArray(name, ("utterance", "layer", "modality"), ticks, frozen_array(values), name)
        for name, values in named.items()
    )


def _attention(dialogue: Dialogue, lengths: tuple[int, ...]) -> tuple[TraceArray, ...]:
    rng = np.random.default_rng(1)
    arrays = []
    for utterance, length in zip(dialogue.utterances, lengths, strict=True):
        tokens = tuple(str(i) for i in range(length))
        frames = tuple(f"{i * 0.04:.2f}" for i in range(60))
        for name, axis, ticks in (("attention_t", "token", tokens), ("attention_a", "start_s", frames)):
            weights = rng.dirichlet(np.ones(len(ticks)), size=(3, 16))
            axes = (("4", "5", "6"), tuple(str(i + 1) for i in range(16)), tuple(ticks))
            arrays.append(
                TraceArray(f"{name}/{utterance.id}", ("layer", "query", axis), axes, frozen_array(weights), "attention")
            )
    return tuple(arrays)


def sample_analysis(dialogue: Dialogue | None = None, tokens: tuple[int, ...] = (9,) * len(LINES)) -> Analysis:
    """Build the analysis; ``tokens`` is how many the text encoder reads for each utterance."""
    dialogue = dialogue or sample_dialogue()
    count = len(dialogue.utterances)
    rng = np.random.default_rng(0)
    rows = rng.dirichlet(np.full(7, 0.5), size=count)
    text, sound = rng.dirichlet(np.ones(7), size=count), rng.dirichlet(np.ones(7), size=count)
    sound[5] = np.nan
    prediction = Prediction(
        dialogue.id,
        MODEL,
        tuple(u.id for u in dialogue.utterances),
        frozen_array(rows),
        True,
        (UnimodalPrediction("t", frozen_array(text)), UnimodalPrediction("a", frozen_array(sound))),
        (Missing("u6", "a", "shorter than 0.1 s"),),
    )
    shifts, last = [], dict[str, str]()
    for i, utterance in enumerate(dialogue.utterances):
        label = prediction.label_of(i)
        if last.get(utterance.speaker, label) != label:
            shifts.append(Shift(utterance.id, utterance.speaker, last[utterance.speaker], label))
        last[utterance.speaker] = label
    intervals = tuple(Interval(float(v), float(v) * 0.6, min(1.0, float(v) * 1.4)) for v in rows.mean(axis=0))
    trace = Trace(dialogue.id, MODEL, (*_confidences(count), *_attention(dialogue, tokens)))
    speakers = tuple(Summary(name, 2, 5.0, intervals) for name in dialogue.speakers)
    return Analysis(dialogue, prediction, trace, Summary("", count, 20.8, intervals), speakers, tuple(shifts))
