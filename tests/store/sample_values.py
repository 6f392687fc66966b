"""Dialogues and analyses for the tests of the store."""

from __future__ import annotations

import io

import numpy as np

from erc_core.store.store import Store
from erc_core.types import (
    MELD7,
    Analysis,
    Dialogue,
    Interval,
    Knob,
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
    Word,
    frozen_array,
)


def utterances(count: int = 3) -> tuple[Utterance, ...]:
    return tuple(
        Utterance(
            f"u{index}",
            ("Ana", "Bö ♪", "\ud800odd")[index % 3],
            None if index == 1 else f"words {index}",
            float(index),
            index + 0.9,
            words=(Word("words", float(index), index + 0.4, "given"),),
            face_track=index if index else None,
        )
        for index in range(count)
    )


def dialogue(title: str = "A quarrel", media: Media | None = None, count: int = 3) -> Dialogue:
    return Dialogue.of(title, "upload", utterances(count), media, ("the clip was cut",))


def with_clip(store: Store, content: bytes = b"clip", title: str = "A quarrel", owner: str = "ana") -> Dialogue:
    """Keep a clip and return a dialogue of it, not yet filed."""
    sha256 = store.put_media(io.BytesIO(content), owner=owner)
    return dialogue(title, Media(sha256, f"{title}.mp4", "mp4", 3.0, True, True, 640, 360, 25.0, len(content)))


def analysis(of: Dialogue, model: str = "dq_former", seed: int = 0) -> Analysis:
    random = np.random.default_rng(seed)
    count = len(of.utterances)
    ids = tuple(utterance.id for utterance in of.utterances)
    ref = ModelRef(model, "ab" * 32, MELD7)
    probabilities = frozen_array(random.dirichlet(np.ones(len(MELD7)), size=count))
    alone = np.array(probabilities)
    alone[0] = np.nan
    prediction = Prediction(
        of.id,
        ref,
        ids,
        probabilities,
        True,
        (UnimodalPrediction("a", frozen_array(alone)),),
        (Missing("u1", "v", "no face was found"),),
        ("v",),
        (Knob("tau", 1.0),),
    )
    weights = TraceArray(
        "weight", ("utterance", "modality"), (ids, ("t", "a", "v")), random.normal(size=(count, 3)), "w"
    )
    intervals = tuple(Interval(0.5, 0.1, float("inf")) for _ in MELD7)
    whole = Summary("", count, 2.7, intervals)
    return Analysis(
        of, prediction, Trace(of.id, ref, (weights,)), whole, (whole,), (Shift("u2", "Ana", "joy", "fear"),), ("note",)
    )
