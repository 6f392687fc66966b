"""Augmentation of log-mel spectrograms on the device: speed and pitch, noise, babble, room, microphone, masks.

All of it works on power spectra of a whole padded batch, so a step costs about a millisecond on a GPU.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from erc_core.features.acoustic import FLOOR


def augment(mel: Tensor, mask: Tensor, generator: torch.Generator, strength: float = 1.0) -> tuple[Tensor, Tensor]:
    """Distort a batch.

    Args:
        mel: log-mel frames, ``(N, L, 80)``
        mask: real frames, ``(N, L)``
        generator: source of all draws, on the device of ``mel``
        strength: how far the distortions reach; 1 is for training from scratch

    Returns:
        distorted frames of the same shape and their mask
    """
    mel, mask = warp(mel, mask, generator, strength)
    power = mel.exp() * mask.unsqueeze(-1)
    power = babble(power, mask, generator, 0.3 * strength)
    power = room(power, generator, 0.3 * strength)
    power = noise(power, mask, generator, 0.5 * strength)
    mel = power.clamp_min(FLOOR).log()
    mel = microphone(mel, generator, strength)
    return masked_bands(mel, mask, generator, strength), mask


def _uniform(shape: tuple[int, ...], low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device) * (high - low) + low


def _chosen(n: int, probability: float, generator: torch.Generator) -> Tensor:
    return torch.rand(n, generator=generator, device=generator.device) < probability


def warp(mel: Tensor, mask: Tensor, generator: torch.Generator, strength: float) -> tuple[Tensor, Tensor]:
    """Change speed (time axis, up to 20%) and pitch with formants (frequency axis, up to 10%)."""
    N, L, bands = mel.shape
    speed = torch.exp(_uniform((N,), -0.2, 0.2, generator) * strength)
    pitch = torch.exp(_uniform((N,), -0.1, 0.1, generator) * strength)
    time = torch.arange(L, device=mel.device).float()[None, :] * speed[:, None]  # source frame of each frame
    band = torch.arange(bands, device=mel.device).float()[None, :] * pitch[:, None]
    grid = torch.stack(
        [
            (band / (bands - 1) * 2 - 1)[:, None, :].expand(N, L, bands),
            (time / max(1, L - 1) * 2 - 1)[:, :, None].expand(N, L, bands),
        ],
        -1,
    )
    warped = F.grid_sample(mel.unsqueeze(1), grid, padding_mode="border", align_corners=True).squeeze(1)
    lengths = mask.sum(-1)
    kept = (lengths / speed).floor().clamp(min=1, max=L)
    new = torch.arange(L, device=mel.device)[None, :] < kept[:, None]
    return warped, new


def noise(power: Tensor, mask: Tensor, generator: torch.Generator, probability: float) -> Tensor:
    """Add noise with a random tilt at a signal-to-noise ratio of 0 to 30 dB."""
    N, L, bands = power.shape
    tilt = _uniform((N, 1, 1), -3.0, 1.0, generator)
    shape = torch.exp(tilt * torch.linspace(0, 1, bands, device=power.device))
    grain = -torch.log(_uniform((N, L, bands), 1e-4, 1.0, generator))  # power of Gaussian noise
    added = shape * grain * mask.unsqueeze(-1)
    snr_db = _uniform((N, 1, 1), 0.0, 30.0, generator)
    scale = _mean(power, mask) / _mean(added, mask).clamp_min(1e-12) * 10 ** (-snr_db / 10)
    use = _chosen(N, probability, generator)[:, None, None]
    return torch.where(use, power + added * scale, power)


def babble(power: Tensor, mask: Tensor, generator: torch.Generator, probability: float) -> Tensor:
    """Add another utterance of the batch at a signal-to-noise ratio of 5 to 25 dB."""
    N = len(power)
    other = power[torch.randperm(N, generator=generator, device=power.device)]
    snr_db = _uniform((N, 1, 1), 5.0, 25.0, generator)
    scale = _mean(power, mask) / _mean(other, mask).clamp_min(1e-12) * 10 ** (-snr_db / 10)
    use = _chosen(N, probability, generator)[:, None, None]
    return torch.where(use, power + other * scale * mask.unsqueeze(-1), power)


def _mean(power: Tensor, mask: Tensor) -> Tensor:
    return power.sum((1, 2), keepdim=True) / mask.sum(-1)[:, None, None].clamp_min(1)


def room(power: Tensor, generator: torch.Generator, probability: float) -> Tensor:
    """Smear power along time as a room with a reverberation time of 0.1 to 0.7 s does."""
    N, L, bands = power.shape
    taps = 50
    t60_frames = _uniform((N, 1), 10.0, 70.0, generator)
    decay = torch.exp(-math.log(1e6) * torch.arange(taps, device=power.device)[None, :] / t60_frames)
    wet = _uniform((N, 1), 0.05, 0.4, generator)
    kernel = torch.cat([torch.ones(N, 1, device=power.device), wet * decay[:, 1:]], 1)  # (N, taps)
    flat = F.pad(power.transpose(1, 2).reshape(1, N * bands, L), (taps - 1, 0))
    smeared = F.conv1d(flat, kernel.flip(-1).repeat_interleave(bands, 0).unsqueeze(1), groups=N * bands)
    use = _chosen(N, probability, generator)[:, None, None]
    return torch.where(use, smeared.view(N, bands, L).transpose(1, 2), power)


def microphone(mel: Tensor, generator: torch.Generator, strength: float) -> Tensor:
    """Colour the spectrum with a smooth curve of up to 6 dB, shift the level, sometimes cut the upper bands."""
    N, _, bands = mel.shape
    position = torch.linspace(0, 1, bands, device=mel.device)
    orders = torch.arange(1, 4, device=mel.device).float()
    waves = torch.cos(math.pi * orders[:, None] * position)  # (3, bands)
    curve = _uniform((N, 3), -0.5, 0.5, generator) * strength @ waves  # natural logarithm of power
    mel = mel + curve[:, None, :] + _uniform((N, 1, 1), -0.7, 0.7, generator) * strength
    cutoff = _uniform((N, 1, 1), 0.6, 1.0, generator)
    use = _chosen(N, 0.2 * strength, generator)[:, None, None]
    return torch.where(use & (position[None, None, :] > cutoff), torch.full_like(mel, math.log(FLOOR)), mel)


def masked_bands(mel: Tensor, mask: Tensor, generator: torch.Generator, strength: float) -> Tensor:
    """Replace two stripes of bands and two of frames by the utterance's mean.

    Source:
        SpecAugment (Park et al. 2019), sections 2 and 3, without its time warping.
    """
    N, L, bands = mel.shape
    fill = (mel * mask.unsqueeze(-1)).sum((1, 2), keepdim=True) / (mask.sum(-1)[:, None, None] * bands).clamp_min(1)
    lengths = mask.sum(-1).float()
    for _ in range(2):
        width = _uniform((N, 1), 0, 14 * strength, generator)
        start = _uniform((N, 1), 0, float(bands), generator)
        band = torch.arange(bands, device=mel.device)[None, :]
        mel = torch.where(((band >= start) & (band < start + width))[:, None, :], fill, mel)
        length = _uniform((N,), 0, 0.12 * strength, generator) * lengths
        begin = _uniform((N,), 0, 1, generator) * lengths
        frame = torch.arange(L, device=mel.device)[None, :]
        hidden = (frame >= begin[:, None]) & (frame < (begin + length)[:, None])
        mel = torch.where(hidden[:, :, None], fill, mel)
    return mel
