"""Augmentation of grey faces, a whole batch at once: place, light, blur, noise and what covers a face."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

TURN = 15 / 180 * math.pi
ZOOM = 0.15
SHIFT = 0.1  # of the picture's side
STRETCH = 0.08


def augment(faces: Tensor, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Distort faces.

    Args:
        faces: grey levels 0 to 255, ``(N, H, W)``
        generator: source of all draws
        strength: how far the distortions reach and how often the rarer ones come; 1 is for training from scratch

    Returns:
        distorted faces of the same shape
    """
    faces = placed(faces, generator, strength)
    faces = blurred(faces, generator, 0.2 * strength)
    faces = lit(faces, generator, strength)
    faces = grained(faces, generator, 0.3 * strength)
    return covered(faces, generator, 0.35 * strength)


def placed(faces: Tensor, generator: torch.Generator, strength: float) -> Tensor:
    """Mirror half of the faces; turn, zoom, stretch and shift all."""
    N = len(faces)
    angle = _between(N, -TURN, TURN, generator) * strength
    zoom = torch.exp(_between(N, -ZOOM, ZOOM, generator) * strength)
    stretch = torch.exp(_between(N, -STRETCH, STRETCH, generator) * strength)
    mirror = torch.where(torch.rand(N, generator=generator) < 0.5, -1.0, 1.0)
    shift = (torch.rand(N, 2, generator=generator) * 2 - 1) * 2 * SHIFT * strength
    cos, sin = angle.cos() / zoom, angle.sin() / zoom
    rows = [torch.stack([cos * stretch * mirror, -sin, shift[:, 0]], 1)]
    rows.append(torch.stack([sin * stretch * mirror, cos / stretch, shift[:, 1]], 1))
    grid = F.affine_grid(torch.stack(rows, 1), [N, 1, *faces.shape[1:]], align_corners=False)
    return F.grid_sample(faces.unsqueeze(1), grid, padding_mode="border", align_corners=False).squeeze(1)


def blurred(faces: Tensor, generator: torch.Generator, probability: float) -> Tensor:
    """Make some faces as coarse as those of a small or far picture."""
    side = int(torch.randint(12, 32, (1,), generator=generator))
    small = F.interpolate(faces.unsqueeze(1), size=(side, side), mode="area")
    coarse = F.interpolate(small, size=faces.shape[1:], mode="bilinear", align_corners=False).squeeze(1)
    return torch.where(_chosen(len(faces), probability, generator), coarse, faces)


def lit(faces: Tensor, generator: torch.Generator, strength: float) -> Tensor:
    """Bend the grey scale and let light fall from a side."""
    N, H, W = faces.shape
    gamma = torch.exp(_between(N, -0.4, 0.4, generator) * strength)[:, None, None]
    across, down = (_between(N, -0.5, 0.5, generator)[:, None, None] * strength for _ in range(2))
    light = 1 + across * torch.linspace(-1, 1, W)[None, None, :] + down * torch.linspace(-1, 1, H)[None, :, None]
    return 255 * (faces / 255).clamp(0, 1) ** gamma * light.clamp_min(0.1)


def grained(faces: Tensor, generator: torch.Generator, probability: float) -> Tensor:
    """Add a poor camera's noise to some faces."""
    depth = _between(len(faces), 2, 20, generator)[:, None, None]
    noisy = faces + depth * torch.randn(faces.shape, generator=generator)
    return torch.where(_chosen(len(faces), probability, generator), noisy, faces)


def covered(faces: Tensor, generator: torch.Generator, probability: float) -> Tensor:
    """Cover a part of some faces with a plain patch: a hand, a cup, another head."""
    N, H, W = faces.shape
    grey = _between(N, 0, 255, generator)[:, None, None]
    size = _between(2 * N, 0.15, 0.45, generator).view(2, N)
    middle = torch.rand(2, N, generator=generator)
    hidden_rows = ((torch.arange(H)[None, :] / H - middle[0][:, None]).abs() < size[0][:, None] / 2)[:, :, None]
    hidden_columns = ((torch.arange(W)[None, :] / W - middle[1][:, None]).abs() < size[1][:, None] / 2)[:, None, :]
    hidden = hidden_rows & hidden_columns & _chosen(N, probability, generator)
    return torch.where(hidden, grey, faces)


def _between(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(count, generator=generator) * (high - low) + low


def _chosen(count: int, probability: float, generator: torch.Generator) -> Tensor:
    return (torch.rand(count, generator=generator) < probability)[:, None, None]
