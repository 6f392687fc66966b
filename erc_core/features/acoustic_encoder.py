"""The compact acoustic encoder: 6 layers of width 384 over a log-mel spectrogram, every layer exposed."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from erc_core.features.acoustic import BANDS

STRIDE = 8  # frames of 10 ms become positions of 80 ms


class ConvolutionLayer(nn.Module):
    """A Transformer layer with a depthwise convolution between attention and feed-forward network (pre-norm).

    Few hours of speech train it: the convolution gives it locality that plain attention would have to learn.

    Source:
        Conformer (Gulati et al. 2020), section 2.4, with one feed-forward network instead of two halves.
    """

    def __init__(self, width: int, heads: int, inner: int, dropout: float, kernel: int = 15) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm_convolution = nn.LayerNorm(width)
        self.gate = nn.Linear(width, 2 * width)
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm_depthwise = nn.LayerNorm(width)
        self.mix = nn.Linear(width, width)
        self.norm_inner = nn.LayerNorm(width)
        narrow = nn.Linear(inner, width)
        self.inner = nn.Sequential(nn.Linear(width, inner), nn.SiLU(), narrow)
        self.dropout = nn.Dropout(dropout)
        # Each branch adds nothing at first: training begins as a plain convolutional network, which learns fast.
        for last in (self.attention.out_proj, self.mix, narrow):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Encode ``x`` ``(N, L, D)`` with real positions ``mask`` ``(N, L)``; the shape stays."""
        y = self.norm_attention(x)
        x = x + self.attention(y, y, y, key_padding_mask=~mask, need_weights=False)[0]
        y = nn.functional.glu(self.gate(self.norm_convolution(x)), dim=-1) * mask.unsqueeze(-1)
        y = self.depthwise(y.transpose(1, 2)).transpose(1, 2)  # (N, D, L) inside
        x = x + self.mix(nn.functional.silu(self.norm_depthwise(y)))
        out: Tensor = x + self.dropout(self.inner(self.norm_inner(x)))
        return out


class AcousticEncoder(nn.Module):
    """Log-mel frames to hidden states of every layer.

    Args:
        width: D
        layers: number of layers
        heads: attention heads
        inner: width of the feed-forward network
        dropout: dropout probability
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self, width: int = 384, layers: int = 6, heads: int = 6, inner: int = 768, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("mean", torch.zeros(BANDS))
        self.register_buffer("scale", torch.ones(BANDS))
        sizes = [(1, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 96, 2), (96, 96, 1)]
        self.stem = nn.ModuleList([nn.Conv2d(i, o, 3, stride=s, padding=1, bias=False) for i, o, s in sizes])
        self.stem_norms = nn.ModuleList([nn.BatchNorm2d(o) for _, o, _ in sizes])
        self.project = nn.Linear(96 * BANDS // 8, width)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList([ConvolutionLayer(width, heads, inner, dropout) for _ in range(layers)])
        # Only the last layer's norm learns: the states below are read by others, not by this encoder's own head.
        self.norms = nn.ModuleList(
            [nn.LayerNorm(width, elementwise_affine=number == layers - 1) for number in range(layers)]
        )

    def forward(self, mel: Tensor, mask: Tensor) -> tuple[list[Tensor], Tensor]:
        """Encode utterances.

        Args:
            mel: log-mel frames, ``(N, L, 80)``
            mask: real frames, ``(N, L)``; at least one in each row

        Returns:
            the hidden states after each layer, each ``(N, L', D)``, and their mask ``(N, L')``, L' = ceil(L / 8)
        """
        x = ((mel - self.mean) / self.scale * mask.unsqueeze(-1)).unsqueeze(1)  # (N, 1, L, 80)
        for convolution, norm in zip(self.stem, self.stem_norms, strict=True):
            x = nn.functional.silu(norm(convolution(x)))
            if x.shape[2] < mask.shape[1]:
                mask = mask[:, ::2]
            x = x * mask[:, None, :, None]  # padding must stay zero for the next convolution
        x = self.project(x.permute(0, 2, 1, 3).flatten(2))  # (N, L', 96 * 10) -> (N, L', D)
        x = self.dropout(x)
        states = []
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = layer(x, mask)
            states.append(norm(x))
        return states, mask
