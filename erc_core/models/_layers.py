"""Blocks that several models share. Masks are True where a position is real."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Average over the real positions.

    Args:
        values: ``(..., L, D)``
        mask: ``(..., L)``

    Returns:
        ``(..., D)``; zero where no position is real
    """
    weights = mask.to(values.dtype).unsqueeze(-1)
    return (values * weights).sum(-2) / weights.sum(-2).clamp_min(1.0)


def sinusoids(length: int, width: int, device: torch.device) -> Tensor:
    """Return sinusoidal position codes, ``(length, width)``.

    Source:
        Vaswani et al. 2017, section 3.5.
    """
    position = torch.arange(length, device=device, dtype=torch.float32).unsqueeze(1)
    rate = torch.exp(torch.arange(0, width, 2, device=device, dtype=torch.float32) * (-math.log(10_000.0) / width))
    codes = torch.zeros(length, width, device=device)
    codes[:, 0::2] = torch.sin(position * rate)
    codes[:, 1::2] = torch.cos(position * rate)
    return codes


class Attention(nn.Module):
    """Multi-head attention that always gives its weights.

    Args:
        width: D, a multiple of ``heads``
        heads: number of heads
        dropout: dropout of the attention weights
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.dropout = dropout

    def forward(self, query: Tensor, memory: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Attend from ``query`` to ``memory``.

        Args:
            query: ``(N, Q, D)``
            memory: ``(N, L, D)``
            mask: real positions of ``memory``, ``(N, L)``; a row without any attends to nothing and gives zero

        Returns:
            the attended values ``(N, Q, D)`` and the weights averaged over heads ``(N, Q, L)``
        """
        N, Q, D = query.shape
        q = self.query(query).view(N, Q, self.heads, -1).transpose(1, 2)  # (N, H, Q, D/H)
        k = self.key(memory).view(N, memory.shape[1], self.heads, -1).transpose(1, 2)
        v = self.value(memory).view(N, memory.shape[1], self.heads, -1).transpose(1, 2)
        scores = (q @ k.transpose(-1, -2)).float() / math.sqrt(q.shape[-1])  # (N, H, Q, L)
        if mask is not None:
            scores = scores.masked_fill(~mask[:, None, None, :], torch.finfo(torch.float32).min)
        weights = scores.softmax(-1)
        if mask is not None:
            weights = weights * mask[:, None, None, :]
        mixed = F.dropout(weights, self.dropout, self.training).to(v.dtype) @ v  # (N, H, Q, D/H)
        return self.out(mixed.transpose(1, 2).reshape(N, Q, D)), weights.mean(1)


def feed_forward(width: int, inner: int, dropout: float) -> nn.Sequential:
    """Return the position-wise network ``D -> inner -> D``."""
    return nn.Sequential(
        nn.Linear(width, inner), nn.GELU(), nn.Dropout(dropout), nn.Linear(inner, width), nn.Dropout(dropout)
    )


class EncoderLayer(nn.Module):
    """A vanilla Transformer encoder layer (post-norm).

    Source:
        Vaswani et al. 2017, section 3.1.
    """

    def __init__(self, width: int, heads: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width, heads, dropout)
        self.norm_attention = nn.LayerNorm(width)
        self.inner = feed_forward(width, inner, dropout)
        self.norm_inner = nn.LayerNorm(width)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Encode ``x`` ``(N, L, D)`` with real positions ``mask`` ``(N, L)``; the shape stays."""
        x = self.norm_attention(x + self.attention(x, x, mask)[0])
        out: Tensor = self.norm_inner(x + self.inner(x))
        return out


def run_lstm(lstm: nn.LSTM, x: Tensor, mask: Tensor) -> Tensor:
    """Run a batch-first LSTM over the real positions, which come first in each row.

    Args:
        lstm: may be bidirectional
        x: ``(N, L, D)``
        mask: real positions, ``(N, L)``

    Returns:
        states ``(N, L, H)`` with both directions side by side; zero where no position is real
    """
    lengths = mask.sum(-1).clamp_min(1).cpu()
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    states, _ = nn.utils.rnn.pad_packed_sequence(lstm(packed)[0], batch_first=True, total_length=x.shape[1])
    return states * mask.unsqueeze(-1)


def run_by_speaker(lstm: nn.LSTM, x: Tensor, speakers: Tensor, mask: Tensor) -> Tensor:
    """Run a batch-first LSTM over each speaker's utterances by themselves.

    Args:
        lstm: may be bidirectional
        x: ``(B, T, D)``
        speakers: who speaks, ``(B, T)``
        mask: real utterances, ``(B, T)``

    Returns:
        states ``(B, T, H)``; zero where no utterance is real
    """
    rows = [
        (b, places)
        for b, (names, real) in enumerate(zip(speakers, mask, strict=True))
        for name in names[real].unique()
        for places in [(real & (names == name)).nonzero()[:, 0]]
    ]
    padded = nn.utils.rnn.pad_sequence([x[b, places] for b, places in rows], batch_first=True)
    lengths = torch.tensor([len(places) for _, places in rows], device=x.device)
    real = torch.arange(padded.shape[1], device=x.device) < lengths.unsqueeze(1)
    states = run_lstm(lstm, padded, real)
    at = torch.cat([torch.full_like(places, b) for b, places in rows]), torch.cat([places for _, places in rows])
    return states.new_zeros(*mask.shape, states.shape[-1]).index_put(at, states[real])


def join_padded(parts: list[Tensor]) -> Tensor:
    """Concatenate along the first axis; the last is padded with zeros to the longest part's."""
    longest = max(part.shape[-1] for part in parts)
    return torch.cat([F.pad(part, (0, longest - part.shape[-1])) for part in parts])


def join_positions(parts: list[Tensor]) -> Tensor:
    """Concatenate along the first axis; the second is padded with zeros to the longest part's."""
    longest = max(part.shape[1] for part in parts)
    padded = [part.new_zeros(len(part), longest, *part.shape[2:]) for part in parts]
    for whole, part in zip(padded, parts, strict=True):
        whole[:, : part.shape[1]] = part
    return torch.cat(padded)
