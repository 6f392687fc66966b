"""Training DQ-Former's fusion on the composite corpus, over encoders that are fine-tuned and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from erc_core.data.base import Take
from erc_core.features.acoustic import log_mel
from erc_core.features.text import TARGET, text_input
from erc_core.features.text_encoder import TextEncoder
from erc_core.models.dq_former import PAIR, DQFormer, States
from erc_core.synthesis.composite import CompositeDialogue, build_composite, render_take
from erc_core.training.acoustic import trimmed_takes
from erc_core.training.crossed_states import crossed_pool
from erc_core.training.folds import fold_of
from erc_core.training.loop import Figures, Recipe, Task, Trainer
from erc_core.training.metrics import confusion_matrix, weighted_f1
from erc_core.training.spectral_augment import augment
from erc_core.training.state_pool import Encode, StatePool, pool
from erc_core.training.text import buckets, class_weights
from erc_core.types import MELD7, Dialogue, Modality

RECIPE = Recipe(epochs=8, rate=3e-4, warmup=0.1, decay=0.01, average=0.99, watch="watched", budget_s=10_800)
BATCH = 64
WITHOUT_TEXT = 0.1  # how often an utterance is trained with its words left out
WITHOUT_SOUND = 0.2
STRENGTH = 0.8  # of the sound's augmentation, as in training the other systems
DRAWS = 3  # pairings of words and voices that training alternates between
FoldEncoder = Callable[[int | None], TextEncoder]  # the text encoder without a fold, the final one for None


@dataclass(frozen=True, slots=True)
class Pairs:
    """Utterances with their words and voices as hidden states.

    Attributes:
        text: states of the words
        sound: states of the voices
        rows: indices into the two pools, -1 where one is missing, a tensor ``(N, 2)`` for each draw
        labels: label indices, ``(N,)``
    """

    text: StatePool
    sound: StatePool
    rows: tuple[Tensor, ...]
    labels: Tensor


def pair(
    model: DQFormer,
    dialogues: Sequence[Dialogue],
    takes: Sequence[Take],
    tokenizer: Tokenizer,
    seeds: Sequence[int],
    strength: float = 0.0,
    readers: FoldEncoder | None = None,
) -> Pairs:
    """Build the composite corpus once for each seed and encode its words and voices.

    Args:
        model: gives the encoders
        dialogues: labelled dialogues
        takes: recordings of this split's actors
        tokenizer: the text encoder's
        seeds: of the pairings
        strength: of the sound's augmentation; 0 for measuring
        readers: text encoders of the folds, where the model's own has been trained on these dialogues
    """
    device = model.query.device
    composites = [build_composite(dialogues, takes, None, seed) for seed in seeds]
    words, labels = _words(dialogues, tokenizer)
    sounds: list[Tensor] = []
    rows = []
    read = torch.tensor([i if len(tokens) else -1 for i, tokens in enumerate(words)])
    for seed, composite in zip(seeds, composites, strict=True):
        heard = torch.full((len(words),), -1)
        for i, mel in enumerate(_voices(composite, strength, seed)):
            if mel is not None:
                heard[i] = len(sounds)
                sounds.append(mel)
        rows.append(torch.stack([read, heard], 1))
    model.eval()
    if readers is None:
        text = pool(words, _text_encoder(model.text, model), device)
    else:
        folds = torch.tensor([fold_of(dialogue.id) for dialogue in dialogues for _ in dialogue.utterances])
        text = crossed_pool(words, folds, lambda fold: _text_encoder(readers(fold), model), device)
    return Pairs(text, pool(sounds, _sound_encoder(model), device), tuple(rows), labels)


def _words(dialogues: Sequence[Dialogue], tokenizer: Tokenizer) -> tuple[list[Tensor], Tensor]:
    words: list[Tensor] = []
    labels = []
    for dialogue in dialogues:
        for position, utterance in enumerate(dialogue.utterances):
            found = text_input(dialogue, position, tokenizer)
            values = found.values if found is not None else np.zeros((0, 2), dtype=np.int64)
            words.append(torch.from_numpy(values))
            labels.append(MELD7.index(utterance.label or ""))
    return words, torch.tensor(labels)


def _voices(composite: Sequence[CompositeDialogue], strength: float, seed: int) -> list[Tensor | None]:
    read = trimmed_takes()
    recipes = [utterance.voice for dialogue in composite for utterance in dialogue.utterances]
    mels = [None if recipe is None else torch.from_numpy(log_mel(render_take(recipe, read))) for recipe in recipes]
    return mels if not strength else _augmented(mels, strength, seed)


def _augmented(mels: list[Tensor | None], strength: float, seed: int) -> list[Tensor | None]:
    generator = torch.Generator().manual_seed(seed)
    real = [i for i, mel in enumerate(mels) if mel is not None]
    for start in range(0, len(real), 64):
        chosen = [(i, mel) for i in real[start : start + 64] if (mel := mels[i]) is not None]
        length = max(len(mel) for _, mel in chosen)
        padded = torch.zeros(len(chosen), length, chosen[0][1].shape[1])
        mask = torch.zeros(len(chosen), length, dtype=torch.bool)
        for row, (_, mel) in enumerate(chosen):
            padded[row, : len(mel)], mask[row, : len(mel)] = mel, True
        distorted, kept = augment(padded, mask, generator, strength)
        for row, (i, _) in enumerate(chosen):
            mels[i] = distorted[row][kept[row]]
    return mels


def _text_encoder(encoder: TextEncoder, model: DQFormer) -> Encode:
    def encode(tokens: Tensor, mask: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        with torch.autocast(tokens.device.type, dtype=torch.bfloat16):
            states = encoder(tokens, mask)[-len(model.fusion) :]
        return states, mask, mask & (tokens[..., 1] == TARGET)

    return encode


def _sound_encoder(model: DQFormer) -> Encode:
    def encode(mel: Tensor, mask: Tensor) -> tuple[list[Tensor], Tensor, Tensor]:
        with torch.autocast(mel.device.type, dtype=torch.bfloat16):
            states, kept = model.acoustic(mel, mask)
        return states[-len(model.fusion) :], kept, kept

    return encode


def fused_logits(model: DQFormer, pairs: Pairs, without: Sequence[int] = (), draw: int = 0) -> dict[str, Tensor]:
    """Return the logits of all pairs ``(N, C)`` by name; ``without`` names columns of t, a to leave out."""
    device = model.query.device
    rows = pairs.rows[draw].clone()
    rows[:, list(without)] = -1
    parts: dict[str, list[Tensor]] = {}
    order = pairs.text.lengths.argsort()
    for index in torch.split(order, 128):
        found = model.fuse(*_inputs(pairs, rows[index], device))
        for name in ("logits_f", "logits_t", "logits_a", "confidence"):
            parts.setdefault(name, []).append(found[name].float().cpu())
    back = order.argsort()
    return {name: torch.cat(values)[back] for name, values in parts.items()}


def _inputs(pairs: Pairs, rows: Tensor, device: torch.device) -> tuple[dict[Modality, States], Tensor]:
    states: dict[Modality, States] = {
        "t": pairs.text.take(rows[:, 0], device),
        "a": pairs.sound.take(rows[:, 1], device),
    }
    present = torch.stack([states[m].mask.any(-1) for m in PAIR], -1)
    return states, present


def without(pairs: Pairs, modality: Modality) -> Pairs:
    """Leave a modality out of all pairs."""
    rows = [draw.clone() for draw in pairs.rows]
    for draw in rows:
        draw[:, PAIR.index(modality)] = -1
    return replace(pairs, rows=tuple(rows))


def train_fusion(
    model: DQFormer,
    train: Pairs,
    inner: Pairs,
    folder: Path,
    recipe: Recipe = RECIPE,
    mixed_precision: str = "no",
    alone: bool = False,
) -> Figures:
    """Train all but the encoders; the best weights by the inner split are in ``model`` at the end.

    What is watched is the mean of the fused weighted F1 with both modalities and with the words alone: many of a
    user's recordings come with one of them only.

    Args:
        model: what is trained, changed in place
        train: what it is trained on
        inner: what stops it
        folder: where the run lives
        recipe: how long and how fast
        mixed_precision: ``no`` or ``bf16``
        alone: whether the pairs have one modality only: none is left out at random then, and its answer is watched
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    for encoder in model.encoders:
        model.get_submodule(encoder).requires_grad_(False)
    model.class_weights.copy_(class_weights(train.labels, len(MELD7), 0.5))

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        rng = np.random.default_rng(recipe.seed * 1009 + epoch)
        rows = train.rows[epoch % len(train.rows)].clone()
        draw = torch.from_numpy(rng.random(len(rows)))
        if not alone:
            rows[draw < WITHOUT_TEXT, 0] = -1
            rows[draw > 1 - WITHOUT_SOUND, 1] = -1
        for index in buckets(train.text.lengths, BATCH, recipe.seed * 1009 + epoch):
            yield rows[index], train.labels[index].to(device)

    def loss(bare: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
        states, present = _inputs(train, batch[0], device)
        return model.objective(model.fuse(states, present), batch[1], present)

    def evaluate(bare: nn.Module) -> Figures:
        both = _f1(fused_logits(model, inner)["logits_f"], inner.labels)
        words = _f1(fused_logits(model, inner, without=[1])["logits_f"], inner.labels)
        voice = _f1(fused_logits(model, inner, without=[0])["logits_f"], inner.labels)
        watched = both if alone else (both + words) / 2
        return {"weighted_f1": both, "text_only": words, "sound_only": voice, "watched": watched}

    def groups(bare: nn.Module) -> list[tuple[list[nn.Parameter], float]]:
        return [([p for p in bare.parameters() if p.requires_grad], 1.0)]

    steps = -(-len(train.labels) // BATCH)
    return Trainer(model, Task(batches, steps, loss, evaluate, groups), recipe, folder, mixed_precision).run()


def _f1(logits: Tensor, labels: Tensor) -> float:
    return weighted_f1(confusion_matrix(labels.numpy(), logits.argmax(-1).numpy(), len(MELD7)))
