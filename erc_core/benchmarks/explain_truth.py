"""Whether explanations name what is known to matter: a modality, a planted word, a moved action unit.

``python -m erc_core bench explain_truth`` puts three questions to every method and to what each model reports of
itself, on the bundled examples, on studio dialogues from seeds that trained nothing, and on the composite corpus:

- *modality*: of utterances that the model gets right and of which one modality alone is informative, while the others
  say nothing, whether that one comes first;
- *words*: of lines of ten words or more whose words carry the emotion, whether a planted key word is among the first
  three;
- *units*: of utterances whose face alone carries the emotion, whether the first action unit is one that was moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from erc_core import pipeline
from erc_core.benchmarks.machine import described
from erc_core.benchmarks.truth_cases import TruthCase, composite_cases, example_cases, features_for, studio_cases
from erc_core.errors import UnsupportedError
from erc_core.explainers._words import WORD
from erc_core.explaining import Request, explain_features
from erc_core.explanation import Explanation
from erc_core.inference import loaded_model, predict
from erc_core.models.checkpoints import Loaded
from erc_core.reported import reported_shares
from erc_core.settings import Settings
from erc_core.training.metrics import bootstrap, weighted_f1
from erc_core.truth_checks import (
    OWN,
    QUESTIONS,
    SOURCES,
    Check,
    CheckedModel,
    CheckSet,
    Hits,
    Question,
    Source,
    SourceScore,
    chance_of_top,
    sums,
)
from erc_core.types import MELD7, MODALITIES, Modality, Prediction, Progress, Trace, silent

TOP = 3
LONG = 10  # words
SETTINGS = {"samples": 300}
MODALITY_METHODS = ("modality_shapley", "modality_ablation")
WORD_METHODS = ("lime_words", "gradients_words")
UNIT_METHODS = ("lime_action_units",)
SLOW = (*WORD_METHODS, *UNIT_METHODS)
COMPOSITE_DIALOGUES = 30
MOST: Mapping[Source, int] = {"examples": 12, "studio": 40, "composite": 12}
AIMS: Mapping[tuple[Question, str], float] = {
    ("modality", "modality_shapley"): 0.85,
    ("words", "lime_words"): 0.80,
    ("units", "lime_action_units"): 0.70,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured on.

    Attributes:
        seed_clips: folder of the built studio dialogues; None to leave them out
        roots: folders of meld, ravdess and fer2013; without them the composite corpus is left out
        models: names; empty for all systems with weights
        dialogues: of the composite corpus
        most: cases of one slow question, words or units, that a method is asked on one model, by source
    """

    seed_clips: Path | None
    roots: Mapping[str, Path]
    models: Sequence[str] = ()
    dialogues: int = COMPOSITE_DIALOGUES
    most: Mapping[Source, int] = field(default_factory=lambda: MOST)


def measure(plan: Plan, settings: Settings, progress: Progress = silent) -> CheckSet:
    """Put all questions to all methods and models.

    Raises:
        MissingResourceError: a model's weights are not there
        InputError: a corpus or a built dialogue cannot be read
    """
    names = [s.name for s in pipeline.models() if s.checkpoint is not None and s.name in (plan.models or [s.name])]
    loaded = {name: loaded_model(name, settings) for name in names}
    checks: list[Check] = []
    answers: dict[tuple[Source, str], list[tuple[int, int]]] = {}
    for number, case in enumerate(_cases(plan, settings)):
        for name in names:
            prediction, trace = predict(
                case.dialogue, features_for(case, loaded[name].model.card.extractors), loaded[name], settings
            )
            pairs = answers.setdefault((case.source, name), [])
            for position, utterance in enumerate(case.dialogue.utterances):
                pairs.append((MELD7.index(utterance.label or ""), MELD7.index(prediction.label_of(position))))
            asked = Counter(c.method for c in checks if (c.source, c.model) == (case.source, name))
            enough = {method for method, count in asked.items() if count >= plan.most[case.source] and method in SLOW}
            checks += _asked(case, prediction, trace, loaded[name], settings, enough)
        progress(f"{case.source} {number + 1}: {len(checks)} cases", 0.0)
    scores = tuple(_score(source, name, pairs) for (source, name), pairs in answers.items())
    return CheckSet(tuple(CheckedModel(name, loaded[name].ref.sha256) for name in names), scores, tuple(checks))


def _cases(plan: Plan, settings: Settings) -> Iterator[TruthCase]:
    parts: list[Iterable[TruthCase]] = [example_cases(settings)]
    if plan.seed_clips is not None:
        parts.append(studio_cases(plan.seed_clips, settings))
    if {"meld", "ravdess", "fer2013"} <= set(plan.roots):
        parts.append(composite_cases(plan.roots, settings, plan.dialogues))
    return chain.from_iterable(parts)


def _score(source: Source, model: str, pairs: Sequence[tuple[int, int]]) -> SourceScore:
    truth, predicted = np.array(pairs).T
    return SourceScore(source, model, len(pairs), bootstrap(truth, predicted, len(MELD7), weighted_f1))


def _asked(
    case: TruthCase,
    prediction: Prediction,
    trace: Trace,
    loaded: Loaded,
    settings: Settings,
    enough: Collection[str],
) -> Iterator[Check]:
    """Yield the cases of one dialogue on one model; methods in ``enough`` have been asked often enough."""
    for position, known in enumerate(case.known):
        utterance = case.dialogue.utterances[position]
        right = prediction.label_of(position) == utterance.label
        reads = loaded.model.card.modalities
        if right and known.alone in reads:
            yield from _modality(case, position, trace, loaded, settings)
        if "t" in reads and len(known.key_words) and len(WORD.findall(utterance.text or "")) >= LONG:
            for method in (one for one in WORD_METHODS if one not in enough):
                yield from _named(case, position, method, "words", known.key_words, loaded, settings)
        if known.alone == "v" and known.units and "v" in reads:
            truth = tuple(f"AU {number}" for number in sorted(known.units))
            for method in (one for one in UNIT_METHODS if one not in enough):
                yield from _named(case, position, method, "units", truth, loaded, settings)


def _modality(case: TruthCase, position: int, trace: Trace, loaded: Loaded, settings: Settings) -> Iterator[Check]:
    """Yield which modality comes first by each method, and by the model's own account."""
    truth = str(case.known[position].alone)
    for method in MODALITY_METHODS:
        found = _explained(case, position, method, loaded, settings)
        values = {a.modality: a.value for a in found.attributions if a.modality} if found else {}
        if len(values) > 1:
            yield _check(case, position, method, "modality", (truth,), (_first(values),), 1 / len(values), loaded)
    own = {share.modality: share.value for share in reported_shares(trace, case.dialogue.utterances[position].id)}
    present = {m: value for m, value in own.items() if np.isfinite(value) and _is_there(case, position, m)}
    if len(present) > 1:
        yield _check(case, position, OWN, "modality", (truth,), (_first(present),), 1 / len(present), loaded)


def _is_there(case: TruthCase, position: int, modality: str) -> bool:
    found = next(features for features in case.features.values() if features.modality == modality)
    return found.rows[position].values is not None


def _first(values: Mapping[Modality, float]) -> str:
    return max((m for m in MODALITIES if m in values), key=lambda m: values[m])


def _named(
    case: TruthCase,
    position: int,
    method: str,
    question: Question,
    truth: tuple[str, ...],
    loaded: Loaded,
    settings: Settings,
) -> Iterator[Check]:
    """Yield whether a method's strongest units for the true label are those that are known to matter."""
    found = _explained(case, position, method, loaded, settings)
    if found is None or not found.attributions:
        return
    names = [_name(a.name, question) for a in sorted(found.attributions, key=lambda a: -a.value)]
    right = sum(name in truth for name in names)
    top = TOP if question == "words" else 1
    if right:
        chance = chance_of_top(len(names), right, top)
        yield _check(case, position, method, question, truth, tuple(names[:top]), chance, loaded)


def _name(name: str, question: Question) -> str:
    return name.lower() if question == "words" else " ".join(name.split()[:2])


def _explained(case: TruthCase, position: int, method: str, loaded: Loaded, settings: Settings) -> Explanation | None:
    utterance = case.dialogue.utterances[position]
    params = SETTINGS if method.startswith("lime") else {}
    request = Request(loaded.ref.name, utterance.id, method, params, utterance.label or "")
    features = features_for(case, loaded.model.card.extractors)
    try:
        return explain_features(case.dialogue, position, features, loaded, request, settings)
    except UnsupportedError:
        return None  # the method does not apply to this model, or the face could not be measured


def _check(
    case: TruthCase,
    position: int,
    method: str,
    question: Question,
    truth: tuple[str, ...],
    named: tuple[str, ...],
    chance: float,
    loaded: Loaded,
) -> Check:
    utterance = case.dialogue.utterances[position]
    return Check(
        case.source,
        case.dialogue.id,
        case.title,
        utterance.id,
        utterance.text or "",
        utterance.label or "",
        loaded.ref.name,
        method,
        question,
        truth,
        named,
        chance,
    )


def page(found: CheckSet) -> str:
    """Return the figures as a Markdown page."""
    lines = [
        "# Do explanations name what is known to matter?",
        "",
        "Written by `python -m erc_core bench explain_truth --root meld=DIR --root ravdess=DIR --root fer2013=DIR "
        f"--runs DIR --write docs/benchmarks/explain_truth.md` {described()}. Chance is what a random order of the "
        "same units would name. *own* is what a model reports of itself. Studio dialogues are synthetic, and their "
        "truth is ours; in the composite corpus nobody said these words in this voice with this face. Words and "
        f"units are asked {MOST['studio']} times on the studio dialogues and {MOST['examples']} times on the examples, "
        "or a dialogue more, on each model: the first ones in the order of the seeds, whatever the model says of them.",
        "",
        *_notes(),
        "## How the systems do on the sources",
        "",
        "| weighted F1 | " + " | ".join(SOURCES.values()) + " |",
        "| --- | --- | --- | --- |",
    ]
    for model in dict.fromkeys(score.model for score in found.scores):
        own = {score.source: score for score in found.scores if score.model == model}
        cells = [_interval(own[s].weighted_f1, own[s].n) if s in own else "not measured" for s in SOURCES]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    order = list(SOURCES)
    rows = sorted(sums(found.checks), key=lambda row: (order.index(row.source), row.model))
    for question, text in QUESTIONS.items():
        if not any(row.question == question for row in rows):
            continue
        lines += ["", f"## {text[0].upper()}{text[1:]}", ""]
        lines += [
            "| on | method | model | cases | named | chance | aimed at |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        lines += [_line(row) for row in rows if row.question == question]
    return "\n".join(lines) + "\n"


def _notes() -> tuple[str, ...]:
    """Return what is to be known about the truth itself."""
    return (
        "Sentences of the studio dialogues are frames that all emotions share, with one planted word that names the "
        "emotion (`erc_core/synthesis/planted_words.py`): what tells emotions apart is that word. Sentences that were "
        'written freely for each emotion do not do for this: of "Stop it *now*, you have lied to me about the garage '
        'for years!" every system named *stop*, *lied*, *you* or *me*, and nothing says that *now* matters more. '
        "What the wording changes is measured by `python -m erc_core.benchmarks.planted_words`. The bundled examples "
        "keep the scripts that were frozen before any model ran on them.",
        "",
        "Action units of speech and blinks (25, 26, 45) are never counted as moved, though they move: all talk moves "
        "them. They are among the units that a random order, and a method, may name. How well the estimator sees each "
        "unit in studio faces stands in [studio_faces.md](studio_faces.md): what it does not see no method can name.",
        "",
    )


def _interval(found: object, n: int) -> str:
    value, low, high = (getattr(found, name) for name in ("value", "low", "high"))
    return f"{value:.3f} [{low:.3f}, {high:.3f}], n = {n}"


def _line(row: Hits) -> str:
    aim = AIMS.get((row.question, row.method))
    return (
        f"| {SOURCES[row.source]} | {row.method} | {row.model} | {row.cases} | {row.share.value:.1%} "
        f"[{row.share.low:.1%}, {row.share.high:.1%}] | {row.chance:.1%} | {f'{aim:.0%}' if aim else ''} |"
    )
