"""Analysing a whole corpus: bundled examples, or a labelled corpus that lies on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from erc_core import pipeline
from erc_core.corpus_clips import clip_features, clip_keys
from erc_core.corpus_table import CorpusTable
from erc_core.data.base import CORPORA, DialogueCorpus, MediaFile
from erc_core.errors import InputError, StoreError, UnknownNameError
from erc_core.features.zeroed import zeroed
from erc_core.jobs.context import JobContext
from erc_core.models.checkpoints import model_ref
from erc_core.settings import Settings, load_settings
from erc_core.store.keys import result_key
from erc_core.trace_pool import TracePool, pooled, trace_pool
from erc_core.types import MODALITIES, Analysis, Dialogue, Features, Modality, ModelRef

KIND = "corpus"
TRACES = "corpus_traces"
EXAMPLES = "examples"
EXAMPLES_TITLE = "Bundled examples"
TABLES = (".csv", ".txt", ".json", ".pkl")


@dataclass(frozen=True, slots=True)
class Source:
    """Where labelled dialogues come from: the bundled examples, or a split of a corpus on this machine."""

    corpus: str
    split: str = ""

    @property
    def title(self) -> str:
        """What people read."""
        if self.corpus == EXAMPLES:
            return EXAMPLES_TITLE
        return f"{CORPORA.get(self.corpus).card.title}, {self.split}"


def corpus_roots(settings: Settings) -> dict[str, Path]:
    """Return the folders of the corpora that the settings name.

    Raises:
        InputError: the setting cannot be read
        UnknownNameError: it names a corpus that this program does not know
    """
    found: dict[str, Path] = {}
    for part in filter(None, (text.strip() for text in settings.corpora.split(";"))):
        name, equals, folder = part.partition("=")
        if not equals or not folder.strip():
            raise InputError("The setting ERC_CORPORA cannot be read", got=part, allowed="NAME=DIR;NAME=DIR")
        CORPORA.get(name.strip())
        found[name.strip()] = Path(folder.strip()).expanduser()
    return found


def sources(settings: Settings) -> tuple[Source, ...]:
    """Return what can be measured: the examples, then every split of dialogues that lies in a folder.

    Raises:
        InputError: the setting cannot be read
        UnknownNameError: it names a corpus that this program does not know
    """
    found = [Source(EXAMPLES)]
    for name, root in corpus_roots(settings).items():
        corpus = CORPORA.get(name)()
        if isinstance(corpus, DialogueCorpus):
            found += [Source(name, split) for split in corpus.found(root)]
    return tuple(found)


def read_source(source: Source, settings: Settings) -> tuple[tuple[Dialogue, Path | None], ...]:
    """Return a source's dialogues, each with its clip where there is one.

    Raises:
        InputError: the folder cannot be read
        UnknownNameError: the source is none of those that the settings name
    """
    if source.corpus == EXAMPLES:
        return tuple((example.dialogue, example.clip) for example in pipeline.examples())
    roots = corpus_roots(settings)
    if source.corpus not in roots:
        raise UnknownNameError(
            "This server knows no such corpus", got=source.corpus, allowed=", ".join(roots) or "none"
        )
    return tuple((dialogue, None) for dialogue in CORPORA.get(source.corpus)().read(roots[source.corpus], source.split))


@dataclass(frozen=True, slots=True)
class Ask:
    """One run over a source.

    Attributes:
        model: a name, or a variant's such as ``df_erc+no_cfm``
        off: modalities that are left out
        zeroed: whether those are set to zero, as DQ-Former's paper does, instead of being absent
    """

    model: str
    off: tuple[Modality, ...] = ()
    zeroed: bool = False

    @property
    def without(self) -> str:
        """What is left out and how, as text: a part of the key."""
        return "0" * self.zeroed + "".join(self.off)

    @property
    def text(self) -> str:
        """The run as text, as a job takes it."""
        return f"{self.model}|{self.without}"

    @classmethod
    def of(cls, text: str) -> Ask:
        """Read a run from its text."""
        model, _, without = text.partition("|")
        return cls(model, tuple(m for m in MODALITIES if m in without), without.startswith("0"))


def table_key(source: Source, state: str, model: ModelRef, ask: Ask) -> str:
    """Return under which key a source's table is kept; it changes with the folder's files and with the weights.

    Args:
        source: what is measured
        state: of the source, from :func:`source_state`
        model: the weights
        ask: what is left out; its model is the one that ``model`` identifies
    """
    return result_key(
        corpus=source.corpus,
        split=source.split,
        state=state,
        model=model.sha256,
        off=ask.without,
        code=load_settings().program,
    )


def recordings(source: Source, settings: Settings) -> dict[str, tuple[MediaFile, ...]]:
    """Return the recordings that lie in a corpus's folder, by dialogue; the examples' clips are not among them.

    Raises:
        InputError: the folder cannot be read
    """
    found: dict[str, tuple[MediaFile, ...]] = {}
    root = corpus_roots(settings).get(source.corpus)
    if source.corpus != EXAMPLES and root is not None:
        for file in CORPORA.get(source.corpus)().files(root, source.split):
            found[file.dialogue] = (*found.get(file.dialogue, ()), file)
    return found


def source_state(source: Source, settings: Settings) -> str:
    """Return a hash of what a source holds: the examples' dialogues, or its tables and how large its recordings are."""
    if source.corpus == EXAMPLES:
        state = ";".join(example.dialogue.id for example in pipeline.examples())
    else:
        root = corpus_roots(settings).get(source.corpus, Path())
        files = sorted(path for path in root.rglob("*") if path.suffix in TABLES)
        state = ";".join(f"{path.name}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in files[:5000])
        sizes = [file.path.stat().st_size for own in recordings(source, settings).values() for file in own]
        state += f";{len(sizes)}:{sum(sizes)}" if sizes else ""
    return hashlib.sha256(state.encode()).hexdigest()


def corpus_job(context: JobContext, corpus: str, split: str, runs: str) -> str:
    """Analyse every dialogue of a source, run by run; keep the tables and what the models tell.

    Args:
        context: the job
        corpus: ``examples`` or a corpus that the settings name
        split: of the corpus
        runs: texts of :class:`Ask`, joined by ``;``; those that are kept already are passed over

    Returns:
        the keys of the tables, joined by ``;``

    Raises:
        InputError: the folder cannot be read, or nothing in it is labelled
        MissingResourceError: a model's weights are not there
        UnknownNameError: there is no such corpus or model
        UnsupportedError: what a model reads cannot be set to zero
    """
    source, asks = Source(corpus, split), [Ask.of(text) for text in runs.split(";")]
    dialogues, files = read_source(source, context.settings), recordings(source, context.settings)
    state, keys = source_state(source, context.settings), []
    for ask in asks:
        key = table_key(source, state, model_ref(ask.model), ask)
        kept = context.store.result(KIND, key, CorpusTable), context.store.result(TRACES, key, TracePool)
        if any(one is None for one in kept):
            pool = trace_pool(source.title, _analyses(context, dialogues, files, ask))
            context.store.put_result(KIND, key, pool.table, model=ask.model)
            context.store.put_result(TRACES, key, pool, model=ask.model)
        keys.append(key)
    return ";".join(keys)


def _analyses(
    context: JobContext,
    dialogues: Sequence[tuple[Dialogue, Path | None]],
    files: Mapping[str, tuple[MediaFile, ...]],
    ask: Ask,
) -> list[Analysis]:
    """Analyse dialogues; of what the model tells only that is held which the figures pool."""
    found = []
    step = f"dialogues by {ask.text.strip('|')}"
    off = () if ask.zeroed else ask.off
    for number, (dialogue, clip) in enumerate(dialogues):
        features = features_of(context, dialogue, clip, ask, files.get(dialogue.id, ()))
        analysis = pipeline.analyse(dialogue, clip, ask.model, context.settings, switched_off=off, features=features)
        found.append(replace(analysis, trace=pooled(analysis.trace)))
        context.progress(step, (number + 1) / len(dialogues))
    return found


def features_of(
    context: JobContext, dialogue: Dialogue, clip: Path | None, ask: Ask, files: Sequence[MediaFile] = ()
) -> tuple[Features, ...]:
    """Return what a run's model reads of a dialogue; what is read of a recording is read once for all runs."""
    if files:
        found = _from_recordings(context, dialogue, ask.model, files)
    elif clip is not None and _is_filed(context, dialogue):
        found = pipeline.kept_features(context, dialogue, clip, ask.model)
    else:
        found = pipeline.extract(dialogue, clip, ask.model, context.settings)
    return zeroed(found, ask.off) if ask.zeroed else found


def _is_filed(context: JobContext, dialogue: Dialogue) -> bool:
    """Tell whether the store holds a dialogue, so that what is read of it can be kept with it."""
    try:
        context.store.dialogue(dialogue.id, context.owner)
    except StoreError:
        return False
    return True


def _from_recordings(
    context: JobContext, dialogue: Dialogue, model: str, files: Sequence[MediaFile]
) -> tuple[Features, ...]:
    found = []
    for extractor, key in clip_keys(dialogue, files, model, context.settings).items():
        features = context.store.result(pipeline.FEATURES, key, Features)
        if features is None:
            features = clip_features(dialogue, files, extractor, context.settings)
            context.store.put_result(pipeline.FEATURES, key, features)
        found.append(features)
    return tuple(found)
