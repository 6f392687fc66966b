"""The contract of a cross-modal fusion module, which any backbone takes by the name in its configuration.

Axis letters: B dialogues, T utterances, M modalities or other streams of features, D width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor, nn

from erc_core.registry import Registry


@dataclass(frozen=True, slots=True)
class Streams:
    """How many streams of which width a part of a model gives, ``(B, T, count, width)``."""

    count: int
    width: int


@dataclass(frozen=True, slots=True)
class Fused:
    """What a fusion module gives.

    Attributes:
        values: the streams after fusion, ``(B, T, M', D')`` as the module's ``out`` says
        attention: who looks at whom, ``(B, T, M, M, T)`` as (utterance, query stream, key stream, attended utterance);
            None where the module does not attend from stream to stream
    """

    values: Tensor
    attention: Tensor | None = None


class Fusion(nn.Module, ABC):
    """Mix the streams of a dialogue's utterances.

    Args:
        shape: what comes in
        settings: the backbone's configuration, from which the module takes its own settings
    """

    title: ClassVar[str] = ""
    # Each stream goes out as a stream of the width that it came in with: such a module can stand before a backbone.
    keeps_streams: ClassVar[bool] = True

    def __init__(self, shape: Streams, settings: dict[str, Any]) -> None:
        super().__init__()
        self.shape = shape
        self.out = shape

    @abstractmethod
    def forward(self, streams: Tensor, present: Tensor) -> Fused:
        """Fuse.

        Args:
            streams: ``(B, T, M, D)``, zero where absent
            present: which streams each real utterance has, ``(B, T, M)``

        Returns:
            the fused streams; a stream that was absent stays zero if streams are kept
        """

    def singular_values(self) -> dict[int, Tensor]:
        """Return the singular values of low-rank weights by stream, largest first; none where nothing is factorised."""
        return {}


FUSIONS: Registry[type[Fusion]] = Registry("fusion module", "erc_core.models")
