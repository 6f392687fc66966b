"""Augmentation keeps shapes, depends on its generator alone, and leaves silence where it is."""

import torch

from erc_core.training.spectral_augment import augment, noise, room, warp


def batch():
    generator = torch.Generator().manual_seed(3)
    mel = torch.randn(6, 90, 80, generator=generator)
    mask = torch.arange(90)[None, :] < torch.tensor([90, 80, 70, 60, 50, 40])[:, None]
    return mel, mask


def test_shapes_stay_and_values_are_finite():
    mel, mask = batch()
    found, kept = augment(mel, mask, torch.Generator().manual_seed(0))
    assert found.shape == mel.shape
    assert kept.shape == mask.shape
    assert torch.isfinite(found).all()
    assert kept.any(-1).all()


def test_the_same_seed_gives_the_same_distortion():
    mel, mask = batch()
    one, other = (augment(mel, mask, torch.Generator().manual_seed(5))[0] for _ in range(2))
    assert torch.equal(one, other)


def test_without_strength_time_and_pitch_stay():
    mel, mask = batch()
    found, kept = warp(mel, mask, torch.Generator().manual_seed(0), 0.0)
    torch.testing.assert_close(found, mel, atol=1e-4, rtol=1e-4)
    assert torch.equal(kept, mask)


def test_noise_adds_power_and_a_room_smears_it_forward():
    mel, mask = batch()
    power = mel.exp() * mask.unsqueeze(-1)
    assert (noise(power, mask, torch.Generator().manual_seed(0), 1.0) >= power).all()
    click = torch.zeros(1, 60, 80)
    click[0, 20] = 1.0
    smeared = room(click, torch.Generator().manual_seed(0), 1.0)
    assert smeared[0, :20].abs().max() < 1e-6
    assert (smeared[0, 21:40] > 0).all()
