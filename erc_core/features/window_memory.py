"""Convolving each stretch of sound once, however many versions of a clip hold it.

Versions of an utterance that differ in which moments are muted share most short stretches: a stretch of a third of a
second sees four or five moments, so it comes in a few dozen forms, while the versions are a thousand.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

BLOCK = 32  # frames that a window gives the result of; a multiple of the stages' stride
HALO = 32  # frames on either side that the result may depend on
MOST = 8192  # windows that are remembered, about 4 kB each
AT_ONCE = 256

Local = Callable[[Tensor, Tensor], Tensor]


class WindowMemory:
    """What a network with a small view makes of windows, by their content; the longest unused leave first.

    Args:
        stride: frames that become one position
        most: windows that are remembered
    """

    def __init__(self, stride: int, most: int = MOST) -> None:
        self.stride, self.most = stride, most
        self.made = self.asked = 0
        self._kept: OrderedDict[bytes, Tensor] = OrderedDict()

    def read(self, local: Local, x: Tensor, mask: Tensor) -> Tensor:
        """Return ``local(x, mask)``, put together from windows.

        Args:
            local: the network, ``(N, L, H)`` and ``(N, L)`` to ``(N, C, L / stride)``; a position depends on the frames
                that it stands for and on ``HALO - stride`` around them, and frames outside the mask count as zeros
            x: frames, ``(N, L, H)``, zero outside the mask
            mask: real frames, ``(N, L)``
        """
        N, L, H = x.shape
        blocks = -(-L // BLOCK)
        around = (HALO, blocks * BLOCK - L + HALO)
        width = BLOCK + 2 * HALO
        windows = nn.functional.pad(x, (0, 0, *around)).unfold(1, width, BLOCK).transpose(2, 3)  # (N, blocks, width, H)
        masks = nn.functional.pad(mask, around).unfold(1, width, BLOCK)  # (N, blocks, width)
        flat, real = windows.reshape(-1, width, H), masks.reshape(-1, width)
        keys = [_key(one, there) for one, there in zip(flat.cpu(), real.cpu(), strict=True)]
        self.asked += len(keys)
        found = self._found(local, flat, real, keys)
        joined = torch.stack([found[key] for key in keys]).view(N, blocks, -1, BLOCK // self.stride)
        return joined.transpose(1, 2).flatten(2)[:, :, : -(-L // self.stride)]

    def _found(self, local: Local, flat: Tensor, real: Tensor, keys: list[bytes]) -> dict[bytes, Tensor]:
        found = {key: self._kept[key] for key in keys if key in self._kept}
        places: dict[bytes, int] = {}
        for index, key in enumerate(keys):
            if key not in found:
                places.setdefault(key, index)
        first, last = HALO // self.stride, (HALO + BLOCK) // self.stride
        new, at = list(places), list(places.values())
        for start in range(0, len(at), AT_ONCE):
            part = at[start : start + AT_ONCE]
            found |= zip(new[start : start + AT_ONCE], local(flat[part], real[part])[:, :, first:last], strict=True)
        self.made += len(new)
        for key in keys:
            self._kept[key] = found[key]
            self._kept.move_to_end(key)
        while len(self._kept) > self.most:
            self._kept.popitem(last=False)
        return found


def _key(window: Tensor, mask: Tensor) -> bytes:
    digest = hashlib.blake2b(window.contiguous().numpy().tobytes(), digest_size=16)
    digest.update(mask.contiguous().numpy().tobytes())
    return digest.digest()


class Remembers(nn.Module):
    """A network that may be given a memory for its local part; it has none in training."""

    memory: WindowMemory | None = None


@contextmanager
def remembering(model: nn.Module, memories: dict[str, WindowMemory], stride: int) -> Iterator[None]:
    """Give every part of a model that remembers its memory, by its name, and take them away again."""
    parts = {name: part for name, part in model.named_modules() if isinstance(part, Remembers)}
    try:
        for name, part in parts.items():
            part.memory = memories.setdefault(name, WindowMemory(stride))
        yield
    finally:
        for part in parts.values():
            part.memory = None
