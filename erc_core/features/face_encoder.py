"""The face encoder: a compact DenseNet over grey 48 x 48 faces with a 342-dimensional output."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EXTRACTOR = "face_densenet-1"
SIDE = 48
WIDTH = 342  # the visual width of the papers' features (DenseNet on FER+)


class DenseLayer(nn.Module):
    """Bottleneck layer that appends ``growth`` channels to its input.

    Source:
        DenseNet-BC (Huang et al. 2017), section 3.
    """

    def __init__(self, channels: int, growth: int, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, 4 * growth, 1, bias=False),
            nn.BatchNorm2d(4 * growth),
            nn.ReLU(),
            nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
            nn.Dropout2d(dropout),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, K, H, W)`` to ``(N, K + growth, H, W)``."""
        return torch.cat([x, self.layers(x)], 1)


class FaceEncoder(nn.Module):
    """Grey faces to features.

    Args:
        blocks: layers in each dense block; the picture is halved between blocks
        growth: channels that a layer adds
        dropout: dropout of a layer's channels
    """

    def __init__(self, blocks: Sequence[int] = (6, 8, 8, 6), growth: int = 24, dropout: float = 0.05) -> None:
        super().__init__()
        channels = 2 * growth
        parts: list[nn.Module] = [nn.Conv2d(1, channels, 3, padding=1, bias=False)]
        for number, depth in enumerate(blocks):
            for _ in range(depth):
                parts.append(DenseLayer(channels, growth, dropout))
                channels += growth
            if number < len(blocks) - 1:
                parts += [nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, channels // 2, 1, bias=False)]
                parts.append(nn.AvgPool2d(2))
                channels //= 2
        self.body = nn.Sequential(*parts, nn.BatchNorm2d(channels), nn.ReLU())
        self.out = nn.Conv2d(channels, WIDTH, 1, bias=False)
        self.norm = nn.BatchNorm2d(WIDTH)

    def forward(self, faces: Tensor) -> Tensor:
        """Encode faces.

        Args:
            faces: grey values from 0 to 255, ``(N, 48, 48)``; each picture is standardised on its own, so that
                light and contrast do not matter

        Returns:
            features, ``(N, 342)``
        """
        x = faces.float()
        mean, scale = x.mean((1, 2), keepdim=True), x.std((1, 2), keepdim=True).clamp_min(1.0)
        x = self.norm(self.out(self.body(((x - mean) / scale).unsqueeze(1))))
        return F.relu(x).mean((2, 3))
