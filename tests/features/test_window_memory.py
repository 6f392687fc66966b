"""Windows of sound put together give what the network gives of the whole, with far fewer of them convolved."""

import numpy as np
import pytest
import torch

from erc_core.errors import CancelledError
from erc_core.features.acoustic_encoder import STRIDE, AcousticEncoder
from erc_core.features.window_memory import WindowMemory, remembering


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    network = AcousticEncoder(width=16, layers=2, channels=(4, 6, 8, 10)).eval()
    for module in network.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            torch.nn.init.normal_(module.weight, 1.0, 0.2)
            torch.nn.init.normal_(module.bias, 0.3, 0.2)  # zeros outside would show
    return network


def states_of(encoder, mel, mask, memory=None):
    encoder.memory = memory
    with torch.inference_mode():
        found, kept = encoder(mel, mask)
    encoder.memory = None
    return found, kept


@pytest.mark.parametrize("length", [1, 7, 8, 31, 32, 33, 64, 95, 150, 333])
def test_windows_give_what_the_whole_gives(encoder, length):
    mel = torch.randn(3, length, 80)
    mask = torch.arange(length) < torch.tensor([[length], [max(1, length - 5)], [max(1, length // 2)]])
    whole, kept = states_of(encoder, mel, mask)
    pieces, same = states_of(encoder, mel, mask, WindowMemory(STRIDE))
    assert torch.equal(kept, same)
    for one, other in zip(whole, pieces, strict=True):
        torch.testing.assert_close(other, one, atol=1e-5, rtol=1e-4)


def test_a_position_depends_on_no_more_than_its_window(encoder):
    mel = torch.randn(1, 320, 80, requires_grad=True)
    mask = torch.ones(1, 320, dtype=torch.bool)
    x = encoder._picture(mel, mask)
    x[0, :, 20].sum().backward()
    touched = mel.grad[0].abs().sum(-1).nonzero()[:, 0]
    assert touched.min() >= 20 * STRIDE - 32
    assert touched.max() < 21 * STRIDE + 32


def test_what_versions_share_is_convolved_once(encoder):
    rng = np.random.default_rng(0)
    base, memory = rng.normal(size=(320, 80)).astype(np.float32), WindowMemory(STRIDE)
    for _ in range(4):
        versions = np.stack([base] * 64)
        for version in versions:
            for span in np.flatnonzero(rng.random(8) < 0.5):
                version[40 * span : 40 * span + 40] = -5.0
        mel, mask = torch.from_numpy(versions), torch.ones(64, 320, dtype=torch.bool)
        whole, _ = states_of(encoder, mel, mask)
        pieces, _ = states_of(encoder, mel, mask, memory)
        torch.testing.assert_close(pieces[-1], whole[-1], atol=1e-5, rtol=1e-4)
    assert memory.asked == 4 * 64 * 10
    assert memory.made < 100


def test_the_longest_unused_windows_leave_first(encoder):
    memory = WindowMemory(STRIDE, most=5)
    mask = torch.ones(1, 320, dtype=torch.bool)
    first = torch.randn(1, 320, 80)
    for mel in (first, torch.randn(1, 320, 80), first):
        whole, _ = states_of(encoder, mel, mask)
        pieces, _ = states_of(encoder, mel, mask, memory)
        torch.testing.assert_close(pieces[-1], whole[-1], atol=1e-5, rtol=1e-4)
    assert memory.made == 30


def test_a_model_is_left_without_a_memory(encoder):
    memories = {}

    def stopped():
        with remembering(encoder, memories, STRIDE):
            assert encoder.memory is memories[""]
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        stopped()
    assert encoder.memory is None
    with remembering(encoder, memories, STRIDE):
        assert encoder.memory is memories[""]
