"""DialogueRNN: a state of the dialogue, a state of each party and a state of the emotion, utterance by utterance.

Source: Majumder et al., *DialogueRNN: An Attentive RNN for Emotion Detection in Conversations*, AAAI 2019.

Axis letters: B dialogues, T utterances, P parties, M modalities, D width, H width of a state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from erc_core.models._backbone import Backbone, backbone_card
from erc_core.models._fusion import Streams
from erc_core.models.base import MODELS, Batch


class Direction(nn.Module):
    """One pass over the dialogues of a batch, all of them a step at a time.

    Args:
        width: of an utterance's features
        state: of the global, party and emotion states alike
    """

    def __init__(self, width: int, state: int) -> None:
        super().__init__()
        self.state = state
        self.dialogue = nn.GRUCell(width + state, state)
        self.party = nn.GRUCell(width + state, state)
        self.emotion = nn.GRUCell(state, state)
        self.score = nn.Linear(width, state, bias=False)

    def forward(self, utterances: Tensor, speakers: Tensor) -> Tensor:
        """Return the emotion states ``(B, T, H)`` of utterances ``(B, T, D)`` by speakers ``(B, T)``."""
        B, T, _ = utterances.shape
        parties = utterances.new_zeros(B, int(speakers.max()) + 1, self.state)
        state, emotion = utterances.new_zeros(B, self.state), utterances.new_zeros(B, self.state)
        asked = self.score(utterances)  # (B, T, H)
        each, history, emotions = torch.arange(B, device=utterances.device), [state], []
        for t in range(T):
            heard, who = utterances[:, t], speakers[:, t]
            before = parties[each, who]
            past = torch.stack(history, 1)  # (B, t + 1, H); the first is zero
            state = self.dialogue(torch.cat([heard, before], -1), state)  # GRU_G
            shares = (past @ asked[:, t].unsqueeze(-1)).softmax(1)
            context = (shares * past).sum(1)
            updated = self.party(torch.cat([heard, context], -1), before)  # GRU_P
            parties = parties.index_put((each, who), updated)
            emotion = self.emotion(updated, emotion)  # GRU_E
            history.append(state)
            emotions.append(emotion)
        return torch.stack(emotions, 1)


def reversed_order(utterances: Tensor) -> Tensor:
    """Return for each place the place to read from when the real utterances ``(B, T)`` are reversed; padding stays."""
    T = utterances.shape[1]
    places = torch.arange(T, device=utterances.device).expand_as(utterances)
    return torch.where(utterances, utterances.sum(1, keepdim=True) - 1 - places, places)


@MODELS.add("dialogue_rnn")
class DialogueRnn(Backbone):
    """The paper's bidirectional variant with attention over the emotion states (BiDialogueRNN+Att)."""

    card = backbone_card(
        "dialogue_rnn",
        "DialogueRNN",
        "Majumder et al. 2019, DialogueRNN: An Attentive RNN for Emotion Detection in Conversations, AAAI",
        "Listeners' states are kept, not updated: the paper's own default.",
        "All three states have one width; the first global state, zero, takes part in the attention.",
        "Its features of the conversation are one stream: behind them LMAM would match utterances and not modalities; "
        "it stands before them, with a residual.",
    )
    defaults: ClassVar[Mapping[str, Any]] = {"state": 96, "embedding": "early_residual"}
    reported: ClassVar[Mapping[str, str]] = {
        "emotion_attention": "share of each utterance's emotion state in the answer to this one; rows sum to one"
    }

    def build_extraction(self, shape: Streams) -> Streams:
        """Make both directions and the attention over emotion states."""
        state, width = self.config["state"], shape.count * shape.width
        self.forwards, self.backwards = Direction(width, state), Direction(width, state)
        self.score = nn.Linear(2 * state, 2 * state, bias=False)
        return Streams(1, 2 * state)

    def extract(self, streams: Tensor, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return attended emotion states, ``(B, T, 1, 2 H)``."""
        x, order = streams.flatten(2), reversed_order(batch.utterances)
        ahead = self.forwards(x, batch.speakers)
        turned = torch.take_along_dim(x, order.unsqueeze(-1), 1)
        back = self.backwards(turned, batch.speakers.gather(1, order))
        emotions = self.dropout(torch.cat([ahead, torch.take_along_dim(back, order.unsqueeze(-1), 1)], -1))
        scores = self.score(emotions) @ emotions.transpose(1, 2)  # (B, T, T)
        shares = scores.masked_fill(~batch.utterances.unsqueeze(1), torch.finfo(scores.dtype).min).softmax(-1)
        return (shares @ emotions).unsqueeze(2), {"emotion_attention": shares}
