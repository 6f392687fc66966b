"""DQ-Former beside the other systems: it reads the encoders' layers, so it is measured on pairs of hidden states."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from erc_core.data.meld import read_meld
from erc_core.data.ravdess import ACTORS, read_ravdess
from erc_core.features.text import load_tokenizer
from erc_core.models.checkpoints import CONFIG, WEIGHTS, load_model, read_config
from erc_core.models.dq_former import PAIR, DQFormer
from erc_core.training.calibration import calibrated, divided
from erc_core.training.dq_former import Pairs, fused_logits, pair, without
from erc_core.training.encoded_corpus import EncodedSplit
from erc_core.training.mechanisms import truthfulness
from erc_core.training.metrics import score
from erc_core.training.roots import root_of
from erc_core.training.system_results import (
    MISSING,
    Comparison,
    Cost,
    NamedScore,
    Spread,
    SystemResult,
    by_length,
    folder_of,
    seeds_of,
    spread_over,
    weighted,
)
from erc_core.types import MELD7, Modality

TYPICAL = 10  # utterances whose forward pass is timed
KEPT: tuple[tuple[tuple[Modality, ...], tuple[int, ...]], ...] = ((("t",), (1,)), (("a",), (0,)), (("t", "a"), ()))


def dq_former_result(
    request: Comparison, split: EncodedSplit, words: NDArray[np.str_], folder: Path
) -> SystemResult | None:
    """Measure DQ-Former on the same utterances as the others; None where it has no weights.

    Args:
        request: what is compared
        split: the encoded split, for its flags and sizes
        words: the words' reliability, ``(N,)``
        folder: of its checkpoint
    """
    if not (folder / CONFIG).is_file():
        return None
    loaded = load_model(folder.name, folder.parent)
    model = loaded.model
    if not isinstance(model, DQFormer):
        return None
    pairs = _pairs(model, request)
    truth = pairs.labels.numpy()
    with torch.inference_mode():
        found = fused_logits(model, pairs)
        forward_ms = _forward_ms(model, _first(pairs, TYPICAL))
        subsets = tuple(
            NamedScore("+".join(kept), weighted(fused_logits(model, pairs, off)["logits_f"], truth), len(truth))
            for kept, off in KEPT
        )
        missing = tuple(_with_missing(model, pairs, share) for share in MISSING)
    logits, confidence = found["logits_f"], found["confidence"].mean(1).numpy()  # (N, M), mean over layers
    there = pairs.rows[0].numpy() >= 0
    weights = np.concatenate([np.where(there, confidence, np.nan), np.full((len(truth), 1), np.nan)], 1)
    flags = {"t": words, "a": split.flags("a"), "v": np.full(len(truth), "")}
    present = torch.from_numpy(np.isfinite(weights))  # DQ-Former reads no picture
    probabilities = divided(logits, present, loaded.temperatures).softmax(-1).numpy()
    own = sum(p.numel() for n, p in model.named_parameters() if n.split(".")[0] not in model.encoders)
    measured = truthfulness("confidence", weights, flags)  # type: ignore[arg-type]
    return SystemResult(
        name=folder.name,
        scores=score(truth, probabilities, model.labels),
        cost=Cost(own, round(forward_ms, 2), 0.0),
        subsets=subsets,
        missing=missing,
        lengths=by_length(logits, split),
        ablations=_ablations(folder.name, request) if request.ablations else (),
        seeds=_spread(folder.name, pairs, request),
        mechanisms=tuple(one for one in measured if one.modality != "v"),
        sigma_tells_error=None,
        calibration=calibrated(truth, logits, probabilities),
    )


def _pairs(model: DQFormer, request: Comparison) -> Pairs:
    """Pair the split's words and voices as the layers that a model fuses see them."""
    dialogues = read_meld(root_of(request.roots, "meld"), request.split)  # type: ignore[arg-type]
    takes = read_ravdess(root_of(request.roots, "ravdess"), ACTORS.get(request.split))
    return pair(model, dialogues, takes, load_tokenizer(request.checkpoints / "text_encoder"), [request.seed])


def _forward_ms(model: DQFormer, pairs: Pairs, rounds: int = 20) -> float:
    """Return the median time of one forward pass, hidden states given, in milliseconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        fused_logits(model, pairs)
        times.append((time.perf_counter() - began) * 1000)
    return float(np.median(times))


def _ablations(name: str, request: Comparison) -> tuple[NamedScore, ...]:
    """Measure the variants that have weights; they may fuse other layers, so each has pairs of its own."""
    found = []
    for variant in DQFormer.variants:
        folder = folder_of(request, f"{name}+{variant}")
        model = load_model(folder.name, folder.parent).model if folder is not None else None
        if isinstance(model, DQFormer):
            pairs = _pairs(model, request)
            with torch.inference_mode():
                logits = fused_logits(model, pairs)["logits_f"]
            found.append(NamedScore(variant, weighted(logits, pairs.labels.numpy()), len(pairs.labels)))
    return tuple(found)


def _spread(name: str, pairs: Pairs, request: Comparison) -> Spread | None:
    def scored(variant: str, seen: Pairs) -> list[float]:
        truth = seen.labels.numpy()
        with torch.inference_mode():
            answers = [fused_logits(_fusion(f), seen)["logits_f"] for f in seeds_of(request, name, variant)]
        return [weighted(logits, truth) for logits in answers]

    return spread_over(
        scored("", pairs), {m: scored(f"only_{m}", without(pairs, other)) for m, other in (PAIR, PAIR[::-1])}
    )


def _fusion(folder: Path) -> DQFormer:
    """Load DQ-Former's fusion alone: the pairs' states stand for its encoders."""
    model = DQFormer(MELD7, read_config(folder)["config"])
    own = {k: v.float() if v.dtype.is_floating_point else v for k, v in load_file(folder / WEIGHTS).items()}
    model.load_state_dict({**model.state_dict(), **own})
    return model.eval()


def _first(pairs: Pairs, count: int) -> Pairs:
    """Return the first utterances of some pairs."""
    text = pairs.text
    cut = type(text)(text.values, text.pooled, text.starts[:count], text.lengths[:count])
    return Pairs(cut, pairs.sound, tuple(rows[:count] for rows in pairs.rows), pairs.labels[:count])


def _with_missing(model: DQFormer, pairs: Pairs, share: float) -> NamedScore:
    generator = torch.Generator().manual_seed(0)
    rows: Tensor = pairs.rows[0].clone()
    rows[torch.rand(rows.shape, generator=generator) < share] = -1
    less = Pairs(pairs.text, pairs.sound, (rows,), pairs.labels)
    logits = fused_logits(model, less)["logits_f"]
    return NamedScore(f"{share:.0%} missing", weighted(logits, pairs.labels.numpy()), len(rows))
