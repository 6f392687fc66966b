"""Hidden states of the training words by encoders that never saw them, at every fusion layer.

What :mod:`erc_core.training.encoded_corpus` does for one vector and one sequence of an item is done here for each
layer's sequence: a fold's encoder reads the fold, and a ridge regression for each layer turns what it gives into the
final encoder's coordinates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from erc_core.training.encoded_corpus import REFERENCES, LinearMap, Rows, ridge_map
from erc_core.training.state_pool import Encode, StatePool, pool


def crossed_pool(
    items: Sequence[Tensor],
    folds: Tensor,
    encoder: Callable[[int | None], Encode],
    device: torch.device,
    seed: int = 0,
) -> StatePool:
    """Encode sequences once, each by the encoder that was trained without its fold.

    Args:
        items: sequences, each ``(L, K)``
        folds: fold of each, ``(N,)``
        encoder: gives the encoding of a fold's encoder, or of the final one for None
        device: where it runs
        seed: of the choice of items on which the maps are fitted
    """
    generator = torch.Generator().manual_seed(seed)
    parts, places = [], []
    for fold in sorted(set(folds.tolist())):
        own, others = (folds == fold).nonzero()[:, 0], (folds != fold).nonzero()[:, 0]
        chosen = [items[i] for i in others[torch.randperm(len(others), generator=generator)[:REFERENCES]].tolist()]
        maps = _maps(pool(chosen, encoder(fold), device), pool(chosen, encoder(None), device))
        found = pool([items[i] for i in own.tolist()], encoder(fold), device)
        for layer, mapping in enumerate(maps):
            for rows in torch.split(torch.arange(len(found.values)), 1 << 16):
                found.values[rows, layer] = mapping(found.values[rows, layer]).to(found.values.dtype)
        parts.append(found)
        places.append(own)
    return _in_order(parts, torch.cat(places))


def _maps(source: StatePool, target: StatePool) -> list[LinearMap]:
    """Fit one map for each layer."""
    return [ridge_map(_layer(source, i), _layer(target, i)) for i in range(source.values.shape[1])]


def _layer(states: StatePool, layer: int) -> Rows:
    """Return one layer's sequences and their means over what is pooled."""
    values = states.values[:, layer].float()
    weights = states.pooled.float().unsqueeze(-1)
    item = torch.repeat_interleave(torch.arange(len(states.lengths)), states.lengths)
    sums = torch.zeros(len(states.lengths), values.shape[-1]).index_add_(0, item, values * weights)
    counts = torch.zeros(len(states.lengths), 1).index_add_(0, item, weights)
    return Rows(sums / counts.clamp_min(1), values, states.lengths)


def _in_order(parts: Sequence[StatePool], places: Tensor) -> StatePool:
    """Put pools behind each other and name the sequences in the order of ``places``."""
    offsets = torch.tensor([0, *(len(part.values) for part in parts[:-1])]).cumsum(0)
    starts = torch.cat([part.starts + offset for part, offset in zip(parts, offsets, strict=True)])
    lengths = torch.cat([part.lengths for part in parts])
    back = places.argsort()
    return StatePool(
        torch.cat([part.values for part in parts]),
        torch.cat([part.pooled for part in parts]),
        starts[back],
        lengths[back],
    )
