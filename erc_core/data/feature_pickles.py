"""The community's feature pickles of IEMOCAP, MELD and EmoryNLP: dialogues with features that others extracted.

The files have no version and no names inside, only an order; which one it is shows in the kind of each entry.

Source:
    The loaders of DialogueRNN, DialogueGCN and COSMIC (github.com/declare-lab/conv-emotion), MMGCN, MM-DFN and SDT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from erc_core.data._safe_pickle import read_safe_pickle
from erc_core.data._times import estimated_spans
from erc_core.data.base import CORPORA, Corpus, CorpusCard, Published, refuse_shared
from erc_core.data.emorynlp import EMORYNLP7
from erc_core.data.text_repair import repaired_text
from erc_core.errors import InputError
from erc_core.types import IEMOCAP6, MELD7, Dialogue, FeatureRow, Features, LabelSet, Modality, Utterance, frozen_array

_AUDIO_VISUAL = ("ids", "speakers", "labels", "text", "audio", "visual", "sentences", "train", "test")
_ROBERTA = ("text1", "text2", "text3", "text4", "sentences", "train", "test", "dev")
_ALL_FOUR = ("ids", "speakers", "labels", "text1", "text2", "text3", "text4", "audio", "visual", "sentences")
LAYOUTS: dict[str, tuple[str, ...]] = {
    "DialogueGCN": _AUDIO_VISUAL,
    "DialogueRNN for MELD": ("ids", "speakers", "labels", "text", "audio", "sentences", "train", "test", "other"),
    "MMGCN for MELD": (*_AUDIO_VISUAL, "other"),
    "COSMIC": ("speakers", "labels", *_ROBERTA),
    "COSMIC for MELD": ("speakers", "labels", "other", *_ROBERTA),
    "SDT": (*_ALL_FOUR, "train", "test"),
    "SDT for MELD": (*_ALL_FOUR, "train", "test", "other"),
}
_MODALITIES: dict[str, Modality] = {"text": "t", "audio": "a", "visual": "v"}
SPLITS = ("train", "dev", "test")
NOTE = "Features come from a file that others made; times are estimated from the number of words."


@dataclass(frozen=True, slots=True)
class FeatureDialogue:
    """A dialogue with its features; there may be several of one modality, told apart by their extractor."""

    dialogue: Dialogue
    features: tuple[Features, ...]


class FeaturePickle(Corpus[tuple[FeatureDialogue, ...]]):
    """What the three corpora's feature pickles have in common."""

    names: ClassVar[tuple[str, ...]]

    def found(self, root: Path) -> tuple[str, ...]:
        """Return the splits in the file; ``root`` is the file or a folder that holds one."""
        path = self._file(root)
        if path is None:
            return ()
        fields = read_fields(path)
        return tuple(split for split in SPLITS if len(fields.get(split, ())))

    def read(self, root: Path, split: str) -> tuple[FeatureDialogue, ...]:
        """Read one split.

        Raises:
            InputError: the file is not there, is no plain pickle, or its parts do not fit together
            UnknownNameError: the corpus has no such split
        """
        self.check_split(split)
        path = self._file(root)
        if path is None:
            raise self.wrong_folder(root, f"the split {split}")
        fields = read_fields(path)
        if not len(fields.get(split, ())):
            raise self.wrong_folder(root, f"the split {split}")
        return tuple(_dialogue(path, self.card, split, fields, key) for key in sorted(fields[split]))

    def joined(self, parts: Sequence[tuple[FeatureDialogue, ...]]) -> tuple[FeatureDialogue, ...]:
        """Return all dialogues; see :meth:`Corpus.joined`."""
        refuse_shared(((item.dialogue.id for item in part) for part in parts), "dialogue")
        return tuple(item for part in parts for item in part)

    def _file(self, root: Path) -> Path | None:
        if root.is_file():
            return root
        present = [path for name in self.names if (path := root / name).is_file()]
        if len(present) > 1:
            raise InputError(
                f"The folder {root} holds several feature files",
                got=", ".join(path.name for path in present),
                do="name the file instead of the folder",
            )
        return present[0] if present else None


def _card(name: str, title: str, labels: LabelSet, files: tuple[str, ...], *published: Published) -> CorpusCard:
    return CorpusCard(
        name=name,
        title=title,
        kind="features",
        labels=labels,
        splits=SPLITS,
        layout=f"one of {', '.join(files)}, or the path of such a file",
        paper="see the corpus itself; features by the authors of DialogueRNN, DialogueGCN, MMGCN, COSMIC and SDT",
        terms="as the corpus itself",
        published=published,
    )


@CORPORA.add("iemocap-features")
class IemocapFeatures(FeaturePickle):
    """IEMOCAP's features, six emotions, session 5 for test."""

    names = (
        "IEMOCAP_features.pkl",
        "IEMOCAP_features_raw.pkl",
        "iemocap_features_roberta.pkl",
        "iemocap_multimodal_features.pkl",
    )
    card = _card("iemocap-features", "IEMOCAP's feature files", IEMOCAP6, names, Published("test", 1623, 31))


@CORPORA.add("meld-features")
class MeldFeatures(FeaturePickle):
    """MELD's features; in all files but COSMIC's, dev is a part of train."""

    names = (
        "MELD_features_raw1.pkl",
        "MELD_features_raw.pkl",
        "meld_features_roberta.pkl",
        "meld_multimodal_features.pkl",
    )
    card = _card("meld-features", "MELD's feature files", MELD7, names, Published("test", 2610, 280))


@CORPORA.add("emorynlp-features")
class EmoryNlpFeatures(FeaturePickle):
    """EmoryNLP's features."""

    names = ("emorynlp_features_roberta.pkl",)
    card = _card("emorynlp-features", "EmoryNLP's feature file", EMORYNLP7, names, Published("test", 984, 79))


def read_fields(path: Path) -> dict[str, Any]:
    """Read a feature pickle into its named entries, by the first layout that fits.

    Raises:
        InputError: the file is no plain pickle, or of no known layout
    """
    content = read_safe_pickle(path)
    if isinstance(content, (list, tuple)):
        for names in LAYOUTS.values():
            if len(names) == len(content) and all(
                _FITS[name.rstrip("1234")](entry) for name, entry in zip(names, content, strict=True)
            ):
                return dict(zip(names, content, strict=True))
    entries = f"{len(content)} entries" if isinstance(content, (list, tuple)) else f"a {type(content).__name__}"
    raise InputError(
        f"{path.name} has no layout that is known here",
        got=entries,
        allowed="; ".join(f"{name}: {', '.join(names)}" for name, names in LAYOUTS.items()),
    )


def _first(entry: Any) -> Any:
    """Return the first item of the first dialogue in an entry, None where the entry is something else."""
    if not isinstance(entry, dict) or not entry:
        return None
    items = next(iter(entry.values()))
    return items[0] if isinstance(items, (list, tuple, np.ndarray)) and len(items) else None


def _holds_vectors(entry: Any) -> bool:
    return np.ndim(_first(entry)) == 1 and np.size(_first(entry)) > 1


_FITS: dict[str, Callable[[Any], bool]] = {
    "ids": lambda entry: isinstance(_first(entry), (str, int, np.integer)),
    "speakers": lambda entry: _first(entry) is not None,
    "labels": lambda entry: isinstance(_first(entry), (int, np.integer)),
    "sentences": lambda entry: isinstance(_first(entry), str),
    "text": _holds_vectors,
    "audio": _holds_vectors,
    "visual": _holds_vectors,
    "train": lambda entry: isinstance(entry, (list, tuple, set, np.ndarray)),
    "test": lambda entry: isinstance(entry, (list, tuple, set, np.ndarray)),
    "dev": lambda entry: isinstance(entry, (list, tuple, set, np.ndarray)),
    "other": lambda entry: True,
}


def _dialogue(path: Path, card: CorpusCard, split: str, fields: dict[str, Any], key: Any) -> FeatureDialogue:
    where = f"dialogue {key} of {path.name}"
    labels = _entry(fields, "labels", key, where)
    sentences = [repaired_text(str(sentence)).strip() for sentence in _entry(fields, "sentences", key, where)]
    speakers = [_speaker(speaker, str(key)) for speaker in _entry(fields, "speakers", key, where)]
    names = [str(name) for name in fields["ids"][key]] if "ids" in fields else [str(i) for i in range(len(labels))]
    names = [name if name.startswith(f"{key}_") else f"{key}_{name}" for name in names]
    if not len(labels) == len(sentences) == len(speakers) == len(names):
        raise InputError(
            f"The parts of {where} differ in length",
            got=f"{len(labels)} labels, {len(sentences)} sentences, {len(speakers)} speakers, {len(names)} names",
        )
    utterances = tuple(
        Utterance(name, speaker, sentence, span.start_s, span.end_s, _label(card.labels, label, where))
        for name, speaker, sentence, span, label in zip(
            names, speakers, sentences, estimated_spans(sentences), labels, strict=True
        )
    )
    dialogue = Dialogue.of(f"{card.title} {split} {key}", f"{card.name}/{split}", utterances, notes=(NOTE,))
    return FeatureDialogue(dialogue, tuple(_features(path, dialogue, fields, key, where)))


def _entry(fields: dict[str, Any], name: str, key: Any, where: str) -> Any:
    if key not in fields[name]:
        raise InputError(f"The entry {name} lacks {where}", do="fetch the file again")
    return fields[name][key]


def _speaker(code: Any, dialogue: str) -> str:
    """Return a name for ``M`` and ``F`` of IEMOCAP, for a position in a one-hot list, and for any other code."""
    if isinstance(code, str):
        return f"{dialogue[:5]}_{code}" if code in ("M", "F") and dialogue.startswith("Ses") else code
    if np.ndim(code) == 1:
        return f"speaker {int(np.argmax(code)) + 1}"
    return f"speaker {code}"


def _label(labels: LabelSet, number: Any, where: str) -> str:
    if not 0 <= int(number) < len(labels):
        raise InputError(f"A label in {where} is out of range", got=number, allowed=f"0 to {len(labels) - 1}")
    return labels.labels[int(number)]


def _features(path: Path, dialogue: Dialogue, fields: dict[str, Any], key: Any, where: str) -> Iterator[Features]:
    for name in fields:
        kind = name.rstrip("1234")
        if kind not in _MODALITIES:
            continue
        vectors = _entry(fields, name, key, where)
        if len(vectors) != len(dialogue.utterances):
            raise InputError(
                f"The {kind} features of {where} do not fit its utterances",
                got=len(vectors),
                allowed=len(dialogue.utterances),
            )
        rows = tuple(
            _row(utterance.id, np.asarray(vector, dtype=np.float32), kind)
            for utterance, vector in zip(dialogue.utterances, vectors, strict=True)
        )
        yield Features(dialogue.id, _MODALITIES[kind], f"{path.stem}:{name}", rows)


def _row(utterance: str, vector: NDArray[np.float32], kind: str) -> FeatureRow:
    """Return one utterance's features; zeros alone are how these files say that there is nothing."""
    if not np.isfinite(vector).all():
        raise InputError(f"The {kind} features of utterance {utterance} are not finite numbers")
    if not vector.any():
        return FeatureRow(utterance, None, f"the file's {kind} features are all zero")
    return FeatureRow(utterance, frozen_array(vector))
