"""Hidden states of frozen encoders, computed once: sequences of many lengths in one flat array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from erc_core.models.dq_former import States

Encode = Callable[[Tensor, Tensor], tuple[list[Tensor], Tensor, Tensor]]


@dataclass(frozen=True, slots=True)
class StatePool:
    """Sequences one after the other.

    Attributes:
        values: hidden states of I layers at P positions, bf16, ``(P, I, D)``
        pooled: which positions are averaged, ``(P,)``
        starts: first position of each sequence, ``(N,)``
        lengths: positions of each sequence, ``(N,)``
    """

    values: Tensor
    pooled: Tensor
    starts: Tensor
    lengths: Tensor

    def take(self, index: Tensor, device: torch.device) -> States:
        """Return padded states of the sequences at ``index`` ``(N,)``; a negative index gives an empty one."""
        there = index >= 0
        safe = index.clamp_min(0)
        lengths = torch.where(there, self.lengths[safe], 0)
        L = max(1, int(lengths.max()))
        mask = torch.arange(L)[None, :] < lengths[:, None]  # (N, L)
        at = (self.starts[safe][:, None] + torch.arange(L)[None, :]).clamp_max(len(self.values) - 1)
        values = (self.values[at] * mask[:, :, None, None]).to(device).float()  # (N, L, I, D)
        pooled = (self.pooled[at] & mask).to(device)
        return States(list(values.unbind(2)), mask.to(device), pooled)


@torch.no_grad()
def pool(items: Sequence[Tensor], encode: Encode, device: torch.device, batch: int = 64) -> StatePool:
    """Encode sequences once.

    Args:
        items: sequences, each ``(L, K)``; an empty one stays empty
        encode: gives the layers' states ``(N, L', D)``, their mask and what is pooled, of a padded batch
        device: where ``encode`` runs
        batch: sequences at once, of alike lengths
    """
    order = sorted((i for i in range(len(items)) if len(items[i])), key=lambda i: len(items[i]))
    found: dict[int, tuple[Tensor, Tensor]] = {}
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        length, first = max(len(items[i]) for i in chosen), items[chosen[0]]
        padded = torch.zeros(len(chosen), length, first.shape[-1], dtype=first.dtype)
        mask = torch.zeros(len(chosen), length, dtype=torch.bool)
        for row, i in enumerate(chosen):
            padded[row, : len(items[i])], mask[row, : len(items[i])] = items[i], True
        states, kept, pooled = encode(padded.to(device), mask.to(device))
        stacked = torch.stack(states, 2).bfloat16().cpu()  # (N, L', I, D)
        for row, i in enumerate(chosen):
            real = kept[row].cpu()
            found[i] = (stacked[row][real], pooled[row].cpu()[real])
    lengths = torch.tensor([len(found[i][0]) if i in found else 0 for i in range(len(items))])
    starts = lengths.cumsum(0) - lengths
    like = next(iter(found.values()))[0]
    values = torch.empty(int(lengths.sum()), *like.shape[1:], dtype=like.dtype)
    pooled_all = torch.empty(len(values), dtype=torch.bool)
    for i in list(found):  # each is let go as it is copied: the states of a corpus take gigabytes
        span = slice(int(starts[i]), int(starts[i] + lengths[i]))
        values[span], pooled_all[span] = found.pop(i)
    return StatePool(values, pooled_all, starts, lengths)
