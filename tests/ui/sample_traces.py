"""What each system reports of itself, made of the types alone, by the names and axes that the models promise."""

from __future__ import annotations

import numpy as np

from erc_core.types import MELD7, FloatArray, ModelRef, Trace, TraceArray, frozen_array

MODALITIES = ("t", "a", "v")
PAIRS = ("t-a", "t-v", "a-v")
LAYERS = ("1", "2")
WIDTH = 6
NEGATIVE = 1  # the utterance whose psi is below zero


def _array(name: str, axes: tuple[str, ...], ticks: tuple[tuple[str, ...], ...], values: FloatArray) -> TraceArray:
    return TraceArray(name, axes, ticks, frozen_array(values), f"what {name} means")


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(str(i) for i in range(count))


def _rows(rng: np.random.Generator, ids: tuple[str, ...]) -> FloatArray:
    return rng.dirichlet(np.ones(len(ids)), size=len(ids))


def df_erc(ids: tuple[str, ...]) -> tuple[TraceArray, ...]:
    rng = np.random.default_rng(2)
    similarity = rng.uniform(0.1, 0.9, (len(ids), 3))
    similarity[NEGATIVE] = (-0.6, -0.2, 0.1)
    psi = similarity.mean(axis=1, keepdims=True)
    weights = rng.uniform(0.1, 0.9, (len(ids), 3))
    return (
        _array("contribution", ("utterance", "modality"), (ids, MODALITIES), weights),
        _array("similarity", ("utterance", "pair"), (ids, PAIRS), similarity),
        _array("psi", ("utterance", "value"), (ids, ("psi",)), psi),
        _array("context_weight", ("utterance", "value"), (ids, ("1 - psi",)), 1 - psi),
        _array("prototype_similarity", ("utterance", "label"), (ids, MELD7.labels), rng.uniform(-1, 1, (len(ids), 7))),
        _array(
            "features_utterance", ("utterance", "modality", "dimension"), (ids, MODALITIES, _numbers(WIDTH)),
            rng.normal(size=(len(ids), 3, WIDTH)),
        ),
    )  # fmt: skip


def cmath(ids: tuple[str, ...]) -> tuple[TraceArray, ...]:
    rng = np.random.default_rng(3)
    wide = (ids, MODALITIES, _numbers(WIDTH))
    return (
        _array("gate", ("utterance", "central", "source"), (ids, MODALITIES, MODALITIES),
               rng.dirichlet(np.ones(3), size=(len(ids), 3))),
        *(_array(f"attention/{c}-{s}", ("utterance", "attended"), (ids, ids), _rows(rng, ids))
          for c in MODALITIES for s in MODALITIES),
        _array("mu", ("utterance", "modality", "dimension"), wide, rng.normal(size=(len(ids), 3, WIDTH))),
        _array("sigma", ("utterance", "modality", "dimension"), wide, rng.uniform(0.1, 2, (len(ids), 3, WIDTH))),
        _array("teacher_kl", ("utterance", "modality"), (ids, MODALITIES), rng.uniform(0, 2, (len(ids), 3))),
    )  # fmt: skip


def lmam(ids: tuple[str, ...]) -> tuple[TraceArray, ...]:
    rng = np.random.default_rng(4)
    return (
        *(_array(f"attention/{q}-{k}", ("utterance", "attended"), (ids, ids), _rows(rng, ids))
          for q in MODALITIES for k in MODALITIES),
        *(_array(f"singular_values/{m}", ("index",), (_numbers(8),), np.array([4.0, 2, 1, 0.5, 0.2, 1e-3, 0, 0]))
          for m in MODALITIES),
    )  # fmt: skip


def amuse(ids: tuple[str, ...]) -> tuple[TraceArray, ...]:
    rng = np.random.default_rng(5)
    vector = rng.dirichlet(np.ones(3), size=(len(ids), WIDTH)).transpose(0, 2, 1)  # (T, M, D)
    parts = {"t": 18, "a": 8, "v": 6}  # tokens, stretches of sound, faces and backgrounds: of different number
    return (
        _array("alpha", ("utterance", "modality"), (ids, MODALITIES), vector.mean(axis=2)),
        _array("alpha_vector", ("utterance", "modality", "dimension"), (ids, MODALITIES, _numbers(WIDTH)), vector),
        *(_array(f"man_attention/{c}-{s}", ("layer", "utterance", "attended"), (LAYERS, ids, _numbers(parts[s])),
                 rng.dirichlet(np.ones(parts[s]), size=(len(LAYERS), len(ids))))
          for c in MODALITIES for s in MODALITIES if c != s),
    )  # fmt: skip


SYSTEMS = {"df_erc": df_erc, "cmath": cmath, "lmam": lmam, "amuse": amuse}


def sample_trace(system: str, ids: tuple[str, ...], dialogue: str = "d") -> Trace:
    """Return what a system reports for a dialogue of these utterances."""
    return Trace(dialogue, ModelRef(system, "cd" * 32, MELD7), SYSTEMS[system](ids))
