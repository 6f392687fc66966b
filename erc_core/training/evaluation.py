"""Measuring models and encoders on labelled splits, beside baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from erc_core.data.base import CORPORA
from erc_core.data.meld import read_meld
from erc_core.data.ravdess import ACTORS, read_ravdess
from erc_core.errors import InputError
from erc_core.features.base import EXTRACTORS
from erc_core.features.text import load_tokenizer
from erc_core.features.text_encoder import TextEncoder
from erc_core.inference import loaded_model, predict
from erc_core.models.base import model_class
from erc_core.models.checkpoints import ROOT
from erc_core.models.dq_former import DQFormer
from erc_core.settings import Settings
from erc_core.synthesis.composite import CompositeDialogue, build_composite
from erc_core.training.dq_former import Pairs, fused_logits, pair
from erc_core.training.encoder_evaluation import encoder_answers
from erc_core.training.encoder_runs import minilm_folder
from erc_core.training.mechanisms import auroc
from erc_core.training.metrics import Scores, score
from erc_core.training.roots import root_of
from erc_core.types import MELD7, MODALITIES, Dialogue, Interval, Modality, silent

INVERSE_PENALTY = 10.0  # of the logistic regression over embeddings of length one
Answers = tuple[NDArray[np.integer], NDArray[np.floating]]


@dataclass(frozen=True, slots=True)
class Request:
    """What to measure; ``modalities`` are those that are kept, empty for all."""

    corpus: str
    roots: Mapping[str, Path]
    split: str
    model: str = "dq_former"
    encoder: str = ""
    modalities: tuple[Modality, ...] = ()
    baselines: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    scores: Scores


def evaluate(request: Request, settings: Settings) -> tuple[Row, ...]:
    """Measure what is asked for.

    Raises:
        InputError: the corpus cannot be read, or does not fit the model or encoder
        UnknownNameError: there is no such corpus, or it has no such split
        MissingResourceError: weights are not there
    """
    if request.encoder:
        found = encoder_answers(request.encoder, request.corpus, request.roots, request.split)
        rows = [Row(f"{request.encoder} encoder", score(*found, MELD7))]
    elif request.corpus == "composite":
        rows = _composite(request)
    elif CORPORA.get(request.corpus).card.kind == "dialogue":
        name = f"{model_class(request.model).card.title} ({_kept(request)})"
        rows = [Row(name, score(*answers(request, settings), MELD7))]
    else:
        kind = "face" if CORPORA.get(request.corpus).card.kind == "faces" else "acoustic"
        raise InputError(
            "A corpus without dialogues measures an encoder",
            got=request.corpus,
            allowed="a corpus of dialogues, or composite",
            do=f"add --encoder {kind}",
        )
    if request.baselines:
        rows = [*_baselines(request), *rows]
    return tuple(rows)


def answers(request: Request, settings: Settings) -> Answers:
    """Return the truth ``(N,)`` and a model's calibrated probabilities ``(N, C)`` on dialogues or the composite corpus.

    Of a corpus of dialogues the words are read, and the utterances that have a label are counted.

    Raises:
        InputError: the corpora cannot be read, or name other emotions than the model
        MissingResourceError: weights are not there
    """
    if request.corpus != "composite":
        return _model_on_words(_dialogues(request), request, settings)
    model, pairs, _ = _paired(request)
    with torch.inference_mode():
        logits = fused_logits(model, pairs)["logits_f"] / loaded_model(request.model, settings).temperatures.fused
    return pairs.labels.numpy(), logits.softmax(-1).numpy()


def _kept(request: Request) -> str:
    return "+".join(request.modalities) if request.modalities else "all that is there"


def _dialogues(request: Request) -> tuple[Dialogue, ...]:
    reader = CORPORA.get(request.corpus)()
    if reader.card.labels.labels != MELD7.labels:
        raise InputError(
            "The corpus names other emotions than the models here",
            got=", ".join(reader.card.labels),
            allowed=", ".join(MELD7),
            do="measure on the page Corpus, which says what is taken for what, or train on the corpus's features",
        )
    found: tuple[Dialogue, ...] = reader.read(root_of(request.roots, request.corpus), request.split)
    return found


def _truth(dialogues: tuple[Dialogue, ...]) -> NDArray[np.integer]:
    return np.array([MELD7.index(u.label or "") for dialogue in dialogues for u in dialogue.utterances])


def _model_on_words(dialogues: tuple[Dialogue, ...], request: Request, settings: Settings) -> Answers:
    loaded = loaded_model(request.model, settings)
    off = tuple(m for m in MODALITIES if request.modalities and m not in request.modalities)
    found = []
    for dialogue in dialogues:
        features = [EXTRACTORS.get(name)(dialogue, None, settings, silent) for name in loaded.model.card.extractors]
        found.append(predict(dialogue, features, loaded, settings, off)[0].probabilities)
    labels = [u.label for dialogue in dialogues for u in dialogue.utterances]
    known = [i for i, label in enumerate(labels) if label]
    truth = np.array([MELD7.index(label) for label in labels if label])
    return truth, np.concatenate(found)[known]


def _composite(request: Request) -> list[Row]:
    """Measure the fused answer, each modality switched off, and each unimodal head on the composite corpus."""
    model, pairs, _ = _paired(request)
    loaded = loaded_model(request.model, Settings())
    truth, heat = pairs.labels.numpy(), loaded.temperatures
    rows = []
    with torch.inference_mode():
        for name, without, divide in (("t+a", [], heat.fused), ("t", [1], heat.only_t), ("a", [0], heat.only_a)):
            logits = fused_logits(model, pairs, without)["logits_f"] / divide
            rows.append(Row(f"DQ-Former ({name})", score(truth, logits.softmax(-1).numpy(), MELD7)))
    return rows


def acoustic_share_auroc(request: Request, draws: int = 1000) -> Interval:
    """Return how well DQ-Former's acoustic confidence tells an informative from an uninformative voice.

    Measured over the utterances of the composite corpus whose voice is one of the two; the score is the normalised
    acoustic confidence, averaged over the fusion layers. 0.5 is chance.

    Raises:
        InputError: the corpora cannot be read
        MissingResourceError: weights are not there
    """
    model, pairs, composite = _paired(request)
    with torch.inference_mode():
        share = fused_logits(model, pairs)["confidence"][..., 1].mean(1).numpy()
    flags = [u.voice.reliability if u.voice else "" for dialogue in composite for u in dialogue.utterances]
    chosen = np.array([flag in {"informative", "uninformative"} for flag in flags])
    return auroc(np.array(flags)[chosen] == "informative", share[chosen], draws)


def _paired(request: Request) -> tuple[DQFormer, Pairs, tuple[CompositeDialogue, ...]]:
    model = loaded_model(request.model, Settings()).model
    if not isinstance(model, DQFormer):
        raise InputError(
            "This model is not measured on the composite corpus",
            got=request.model,
            allowed="dq_former, or a system over the shared encoders",
            do="choose one of them",
        )
    dialogues = read_meld(root_of(request.roots, "meld"), request.split)  # type: ignore[arg-type]
    takes = read_ravdess(root_of(request.roots, "ravdess"), ACTORS[request.split])
    pairs = pair(model, dialogues, takes, load_tokenizer(ROOT / "text_encoder"), [request.seed])
    return model, pairs, build_composite(dialogues, takes, None, request.seed)


def _baselines(request: Request) -> list[Row]:
    """Return the majority class of train, and logistic regression on frozen MiniLM embeddings of the utterance."""
    from sklearn.linear_model import LogisticRegression

    root = root_of(request.roots, "meld")
    train, test = read_meld(root, "train"), read_meld(root, request.split)  # type: ignore[arg-type]
    labels, truth = _truth(train), _truth(test)
    majority = np.zeros((len(truth), len(MELD7)))
    majority[:, np.bincount(labels).argmax()] = 1
    embedded = _embeddings((*train, *test))
    seen, unseen = embedded[: len(labels)], embedded[len(labels) :]
    found = LogisticRegression(C=INVERSE_PENALTY, max_iter=3000).fit(seen, labels).predict_proba(unseen)
    return [
        Row("Majority class", score(truth, majority, MELD7)),
        Row("Logistic regression on frozen MiniLM", score(truth, found, MELD7)),
    ]


@torch.inference_mode()
def _embeddings(dialogues: tuple[Dialogue, ...]) -> NDArray[np.floating]:
    """Embed each utterance without its history: mean of MiniLM's last layer, of length one."""
    source = minilm_folder()
    encoder, tokenizer = TextEncoder.pretrained(source).eval(), load_tokenizer(source)
    texts = [u.text or "" for dialogue in dialogues for u in dialogue.utterances]
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    out = np.zeros((len(texts), encoder.width), dtype=np.float32)
    for start in range(0, len(order), 64):
        chosen = order[start : start + 64]
        ids = [tokenizer.encode(texts[i]).ids[:512] for i in chosen]
        mask = torch.zeros(len(ids), max(map(len, ids)), dtype=torch.bool)
        tokens = torch.zeros(len(ids), mask.shape[1], 2, dtype=torch.long)
        for row, found in enumerate(ids):
            tokens[row, : len(found), 0], mask[row, : len(found)] = torch.tensor(found), True
        last = encoder(tokens, mask)[-1] * mask.unsqueeze(-1)
        out[chosen] = torch.nn.functional.normalize(last.sum(1) / mask.sum(1, keepdim=True), dim=-1).numpy()
    return out


def table(request: Request, rows: tuple[Row, ...]) -> str:
    """Return the rows as a Markdown table with 95% bootstrap intervals."""
    head = f"{request.corpus} {request.split}, n = {rows[0].scores.n:,}"
    lines = [f"| {head} | weighted F1 | UAR | accuracy | macro F1 | ECE |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        s = row.scores
        figures = [
            f"{i.value:.4f} [{i.low:.4f}, {i.high:.4f}]"
            for i in (s.weighted_f1_interval, s.uar_interval, s.accuracy_interval)
        ]
        lines.append(f"| {row.name} | {' | '.join(figures)} | {s.macro_f1:.4f} | {s.ece:.4f} |")
    return "\n".join(lines) + "\n"
