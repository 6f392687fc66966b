"""The compact face encoder: a DenseNet over a grey face of 48 by 48 pixels, 342 numbers out."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from erc_core.errors import ShapeError

SIDE = 48
WIDTH = 342  # of the facial features that the papers of the field share
PLAIN = 4.0  # grey levels; a picture of less contrast is not stretched further


class Convolution(nn.Module):
    """A convolution, its norm and a rectifier."""

    def __init__(self, narrow: int, wide: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(narrow, wide, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(wide)

    def forward(self, x: Tensor) -> Tensor:
        """Transform ``(N, C, H, W)``."""
        out: Tensor = F.relu(self.norm(self.convolution(x)), inplace=True)
        return out


class DenseBlock(nn.Module):
    """Convolutions each of which reads what all before it made.

    Source:
        DenseNet (Huang et al. 2017), section 3. The norm follows the convolution instead of preceding it, so that each
        map is normalised once instead of once for each reader; there are no bottlenecks, as the block is small.
    """

    def __init__(self, narrow: int, growth: int, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Convolution(narrow + number * growth, growth, 3) for number in range(layers)])
        self.wide = narrow + layers * growth

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` ``(N, C, H, W)`` with the layers' maps behind its own."""
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


class FaceEncoder(nn.Module):
    """Grey faces to feature vectors.

    Args:
        stem: channels of the first two convolutions
        growth: channels that each layer adds, for each block
        layers: number of layers, for each block
        narrow: channels between two blocks
        width: of the vector
    """

    def __init__(
        self,
        stem: tuple[int, int] = (32, 64),
        growth: tuple[int, ...] = (32, 48, 64),
        layers: tuple[int, ...] = (3, 6, 6),
        narrow: tuple[int, ...] = (96, 192),
        width: int = WIDTH,
    ) -> None:
        super().__init__()
        self.width = width
        self.stem = nn.Sequential(Convolution(1, stem[0], 3), Convolution(stem[0], stem[1], 3, stride=2))
        blocks, transitions, channels = [], [], stem[1]
        for number, (grown, count) in enumerate(zip(growth, layers, strict=True)):
            block = DenseBlock(channels, grown, count)
            channels = narrow[number] if number < len(narrow) else width
            blocks.append(block)
            transitions.append(Convolution(block.wide, channels, 1))
        self.blocks, self.transitions = nn.ModuleList(blocks), nn.ModuleList(transitions)

    def forward(self, faces: Tensor) -> Tensor:
        """Encode faces.

        Args:
            faces: grey levels from 0 to 255, framed as FER2013 frames them, ``(N, 48, 48)``

        Returns:
            feature vectors, ``(N, 342)``

        Raises:
            ShapeError: the pictures have another size
        """
        if faces.ndim != 3 or faces.shape[1:] != (SIDE, SIDE):
            raise ShapeError("Faces have another size", got=tuple(faces.shape), allowed=f"(N, {SIDE}, {SIDE})")
        x = self.stem(_stretched(faces).unsqueeze(1).contiguous(memory_format=torch.channels_last))
        last = len(self.blocks) - 1
        for number, (block, transition) in enumerate(zip(self.blocks, self.transitions, strict=True)):
            x = transition(block(x))
            if number < last:
                x = F.avg_pool2d(x, 2)
        vectors: Tensor = x.mean((2, 3))
        return vectors


def _stretched(faces: Tensor) -> Tensor:
    """Give each picture a mean of 0 and a deviation of 1: light and contrast say nothing of the emotion."""
    faces = faces.float()
    mean = faces.mean((1, 2), keepdim=True)
    deviation = faces.std((1, 2), keepdim=True)
    return (faces - mean) / deviation.clamp_min(PLAIN)
