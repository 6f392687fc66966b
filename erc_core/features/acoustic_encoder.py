"""The compact acoustic encoder: a picture of sound becomes 6 layers of width 384, every one exposed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from erc_core.features.acoustic import BANDS
from erc_core.features.window_memory import Remembers

STRIDE = 8  # frames of 10 ms become positions of 80 ms
CHANNELS = (32, 64, 128, 256)


class Stage(nn.Module):
    """Two convolutions over time and frequency, then the larger of two neighbours along frequency, and along time."""

    def __init__(self, narrow: int, wide: int, pool: tuple[int, int]) -> None:
        super().__init__()
        self.pool = pool
        self.convolutions = nn.ModuleList(
            [nn.Conv2d(channels, wide, 3, padding=1, bias=False) for channels in (narrow, wide)]
        )
        self.norms = nn.ModuleList([nn.BatchNorm2d(wide) for _ in range(2)])

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Transform ``x`` ``(N, C, L, H)`` with real frames ``mask`` ``(N, L)``; L and H shrink by the pool."""
        real = mask[:, None, :, None].to(x.dtype)
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = F.relu(norm(convolution(x))) * real  # padding must stay zero for the next convolution
        return F.max_pool2d(x, self.pool, ceil_mode=True)


class SequenceLayer(nn.Module):
    """A convolution over time that is added to what came in.

    Source:
        He et al. 2016 (residual), Chollet 2017 (each channel by itself, then all of them at one position).
    """

    def __init__(self, width: int, kernel: int = 5) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width, bias=False)
        self.norm_depthwise = nn.BatchNorm1d(width)
        self.mix = nn.Conv1d(width, width, 1, bias=False)
        self.norm_mix = nn.BatchNorm1d(width)
        # The branch adds nothing at first: training begins as a plain convolutional network, which learns fast.
        nn.init.zeros_(self.norm_mix.weight)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Encode ``x`` ``(N, D, L)`` with real positions ``mask`` ``(N, L)``; the shape stays."""
        real = mask.unsqueeze(1).to(x.dtype)
        y = F.relu(self.norm_depthwise(self.depthwise(x)))
        return F.relu(x + self.norm_mix(self.mix(y))) * real


class AcousticEncoder(Remembers):
    """Log-mel frames to hidden states of every layer.

    Args:
        width: D
        layers: number of layers
        channels: of the stem and of the picture's three stages
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, width: int = 384, layers: int = 6, channels: Sequence[int] = CHANNELS) -> None:
        super().__init__()
        self.width = width
        self.register_buffer("mean", torch.zeros(BANDS))
        self.register_buffer("scale", torch.ones(BANDS))
        self.stem = nn.Conv2d(1, channels[0], 5, stride=2, padding=2, bias=False)
        self.norm_stem = nn.BatchNorm2d(channels[0])
        pools = ((2, 2), (2, 2), (1, 2))
        sizes = zip(channels[:-1], channels[1:], pools, strict=True)
        self.stages = nn.ModuleList([Stage(narrow, wide, pool) for narrow, wide, pool in sizes])
        self.project = nn.Conv1d(channels[-1], width, 1, bias=False)
        self.norm_project = nn.BatchNorm1d(width)
        self.layers = nn.ModuleList([SequenceLayer(width) for _ in range(layers)])

    def forward(self, mel: Tensor, mask: Tensor) -> tuple[list[Tensor], Tensor]:
        """Encode utterances.

        Args:
            mel: log-mel frames, ``(N, L, 80)``
            mask: real frames, ``(N, L)``; at least one in each row

        Returns:
            the hidden states after each layer, each ``(N, L', D)``, and their mask ``(N, L')``, L' = ceil(L / 8)
        """
        x = (mel - self.mean) / self.scale * mask.unsqueeze(-1)  # (N, L, 80)
        x = self._picture(x, mask) if self.memory is None else self.memory.read(self._picture, x, mask)
        mask = mask[:, ::STRIDE]
        x = F.relu(self.norm_project(self.project(x))) * mask.unsqueeze(1).to(x.dtype)  # (N, D, L')
        states = []
        for layer in self.layers:
            x = layer(x, mask)
            states.append(x.transpose(1, 2))
        return states, mask

    def _picture(self, x: Tensor, mask: Tensor) -> Tensor:
        """Look at frames ``(N, L, 80)``, each with the third of a second around it; returns ``(N, C, L')``."""
        mask = mask[:, ::2]
        x = F.relu(self.norm_stem(self.stem(x.unsqueeze(1).contiguous(memory_format=torch.channels_last))))
        x = x * mask[:, None, :, None].to(x.dtype)
        for stage in self.stages:
            x = stage(x, mask)
            mask = mask[:, :: stage.pool[0]]  # type: ignore[index]
        # The mean over frequency makes a higher voice alike to a deeper one that says it in the same way.
        return x.mean(3)
