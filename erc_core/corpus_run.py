"""Analysing a whole corpus: bundled examples, or a labelled corpus that lies on this machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from erc_core import pipeline
from erc_core.corpus_table import CorpusTable
from erc_core.data.base import CORPORA, DialogueCorpus
from erc_core.errors import InputError, UnknownNameError
from erc_core.jobs.context import JobContext
from erc_core.models.checkpoints import model_ref
from erc_core.settings import Settings, load_settings
from erc_core.store.keys import result_key
from erc_core.trace_pool import TracePool, trace_pool
from erc_core.types import Analysis, Dialogue, Modality, ModelRef

KIND = "corpus"
TRACES = "corpus_traces"
EXAMPLES = "examples"
EXAMPLES_TITLE = "Bundled examples"


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


def table_key(source: Source, model: ModelRef, off: tuple[Modality, ...], settings: Settings) -> str:
    """Return under which key a source's table is kept; it changes with the folder's files and with the weights."""
    state = ""
    if source.corpus != EXAMPLES:
        root = corpus_roots(settings).get(source.corpus, Path())
        files = sorted(path for path in root.rglob("*") if path.suffix in {".csv", ".txt", ".json", ".pkl"})
        state = ";".join(f"{path.name}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in files[:5000])
    else:
        state = ";".join(example.dialogue.id for example in pipeline.examples())
    digest = hashlib.sha256(state.encode()).hexdigest()
    return result_key(
        corpus=source.corpus,
        split=source.split,
        state=digest,
        model=model.sha256,
        off="".join(off),
        code=load_settings().program,
    )


def corpus_job(context: JobContext, corpus: str, split: str, model: str, off: str = "") -> str:
    """Analyse every dialogue of a source by one model; keep the table and what the model tells; returns their key.

    Args:
        context: the job
        corpus: ``examples`` or a corpus that the settings name
        split: the split; empty for the examples
        model: the model
        off: letters of the modalities to leave out
    """
    source, settings = Source(corpus, split), context.settings
    without: tuple[Modality, ...] = tuple(m for m in ("t", "a", "v") if m in off)
    key = table_key(source, model_ref(model), without, settings)
    kept = context.store.result(KIND, key, CorpusTable), context.store.result(TRACES, key, TracePool)
    if all(one is not None for one in kept):
        return key
    dialogues = read_source(source, settings)
    found: list[Analysis] = []
    for number, (dialogue, clip) in enumerate(dialogues):
        found.append(pipeline.analyse(dialogue, clip, model, settings, switched_off=without))
        context.progress("dialogues", (number + 1) / len(dialogues))
    pool = trace_pool(source.title, found)
    context.store.put_result(KIND, key, pool.table, model=model)
    context.store.put_result(TRACES, key, pool, model=model)
    return key
