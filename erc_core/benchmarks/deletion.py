"""Whether removing what an explanation names first beats a random order: every method on every system.

``python -m erc_core bench deletion`` takes the explanations of bundled examples, and computes those that are not
bundled. An explanation's gain is by how much the area under its curve is better than that of random orders: under the
deletion curve, which should fall fast, and under the insertion curve, which should rise fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from erc_core import explaining, pipeline
from erc_core.benchmarks.machine import described
from erc_core.bundled_explanations import read_explanations
from erc_core.errors import UnsupportedError
from erc_core.explaining import Request
from erc_core.explanation import Explanation
from erc_core.models.checkpoints import model_ref
from erc_core.pipeline import Example
from erc_core.settings import Settings
from erc_core.types import Interval, Progress, silent

DRAWS = 2000
EXAMPLES = ("the_letter",)
CURVES: tuple[Literal["deletion", "insertion"], ...] = ("deletion", "insertion")
NO_ORDER = "its answer is no order of units"


@dataclass(frozen=True, slots=True)
class Gain:
    """A method on a model.

    Attributes:
        method: name of the explainer
        model: name of the model
        cases: explanations behind the figures
        deletion: mean gain over them with its 95% bootstrap interval, in the target's probability; None without curves
        insertion: the same for the insertion curve
        reason: why there is no figure; empty where there is one
    """

    method: str
    model: str
    cases: int
    deletion: Interval | None
    insertion: Interval | None
    reason: str = ""

    @property
    def beats_random(self) -> bool:
        """Whether the whole interval of the deletion gain is above zero."""
        return self.deletion is not None and self.deletion.low > 0


def measure(
    settings: Settings,
    examples: Sequence[str] = EXAMPLES,
    models: Sequence[str] = (),
    progress: Progress = silent,
) -> tuple[Gain, ...]:
    """Measure every method on every system.

    Args:
        settings: device and precision
        examples: names of the bundled examples whose utterances are explained
        models: names; empty for all systems with weights
        progress: told of the steps
    """
    chosen = [example for example in pipeline.examples() if example.name in examples]
    names = [s.name for s in pipeline.models() if s.checkpoint is not None and (not models or s.name in models)]
    found: list[Gain] = []
    for model in names:
        read = {example.name: read_explanations(example.clip.parent, model) for example in chosen}
        for status in explaining.methods(model):
            progress(f"{model} {status.card.name}", len(found) / max(1, len(names)))
            if status.reason:
                found.append(Gain(status.card.name, model, 0, None, None, status.reason))
                continue
            method = status.card.name
            explained = [one for e in chosen for one in _explanations(e, model, method, read[e.name], settings)]
            found.append(gain_of(method, model, explained))
    return tuple(found)


def _explanations(
    example: Example, model: str, method: str, bundled: Mapping[str, Explanation], settings: Settings
) -> Iterator[Explanation]:
    """Yield the explanations of an example's utterances: bundled ones as they are, others computed now."""
    ref, features = model_ref(model), None
    for utterance in example.dialogue.utterances:
        request = Request(model, utterance.id, method, {})
        kept = bundled.get(explaining.explanation_key(example.dialogue, ref, request))
        if kept is not None:
            yield kept
            continue
        if features is None:
            features = pipeline.extract(example.dialogue, example.clip, model, settings)
        try:
            yield explaining.explain(example.dialogue, example.clip, request, settings, features=features)
        except UnsupportedError:
            continue  # such as an utterance without a face


def gain_of(method: str, model: str, explained: Sequence[Explanation]) -> Gain:
    """Sum up a method's explanations on a model."""
    gains = {kind: [c.gain.value for one in explained for c in one.curves if c.kind == kind] for kind in CURVES}
    if not gains["deletion"]:
        return Gain(method, model, len(explained), None, None, NO_ORDER if explained else "no utterance could be asked")
    return Gain(
        method, model, len(gains["deletion"]), mean_with_interval(gains["deletion"]),
        mean_with_interval(gains["insertion"]),
    )  # fmt: skip


def mean_with_interval(values: Sequence[float], seed: int = 0) -> Interval:
    """Return a mean with its 95% bootstrap interval over resampled values."""
    own = np.asarray(values, dtype=np.float64)
    rng = np.random.default_rng(seed)
    means = own[rng.integers(len(own), size=(DRAWS, len(own)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(own.mean()), float(low), float(high))


def page(found: Sequence[Gain], examples: Sequence[str] = EXAMPLES) -> str:
    """Return the figures as a Markdown page."""
    tested = [gain for gain in found if gain.deletion is not None]
    worse = [f"{gain.method} on {gain.model}" for gain in tested if not gain.beats_random]
    lines = [
        "# Do explanations beat a random order?",
        "",
        f"Written by `python -m erc_core bench deletion --write docs/benchmarks/deletion.md` {described()}. Every "
        f"utterance of {', '.join(f'`{name}`' for name in examples)}, every method at its defaults. *Gain* is by how "
        "much the area under the curve is better than that of random orders of the same units, in the probability of "
        "the emotion asked about: the mean with its 95% bootstrap interval over utterances. Above zero is better.",
        "",
        f"{len(tested) - len(worse)} of {len(tested)} pairs of method and system beat a random order by deletion"
        + (f"; not: {', '.join(worse)}." if worse else "."),
        "",
        "| method | system | cases | gain by deletion | gain by insertion |",
        "| --- | --- | --- | --- | --- |",
    ]
    for gain in sorted(found, key=lambda one: (one.method, one.model)):
        if gain.deletion is None or gain.insertion is None:
            lines.append(f"| {gain.method} | {gain.model} | {gain.cases} | {gain.reason} | |")
        else:
            lines.append(
                f"| {gain.method} | {gain.model} | {gain.cases} | {_shown(gain.deletion)} | {_shown(gain.insertion)} |"
            )
    return "\n".join(lines) + "\n"


def _shown(value: Interval) -> str:
    return f"{value.value:.4f} [{value.low:.4f}, {value.high:.4f}]"
