"""How fast explanations are, and whether they say the same: ours, the lime package's and Captum's, side by side.

Words: LIME with 1,000 versions of an utterance with five before it, on the shipped DQ-Former. Against us stand the
package with the whole model asked for every version; the package with the sound's encoding kept by hand, so that only
words are encoded; and Captum's Lime as it comes, one version at a time. Face: regions of the face with the same
segmentation on both sides, against the package's image explainer at its defaults, on a face model of full size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from erc_core import pipeline
from erc_core.benchmarks.explain_faces import FaceFigures, measure_face
from erc_core.benchmarks.machine import described
from erc_core.benchmarks.rounds import spread, timed
from erc_core.encodings import CACHE, autocast
from erc_core.explainers._lime import LimeParams, Sampling, fit
from erc_core.explainers._predict import Predictor, Variant
from erc_core.explainers._trust import rank_correlation
from erc_core.explainers._words import WORD, WordSpace
from erc_core.explainers.base import Case
from erc_core.features.base import EXTRACTORS, TEXT_ENCODER
from erc_core.features.text import load_tokenizer, text_input
from erc_core.inference import loaded_model, sampling_precision
from erc_core.models.base import Batch, Sample, collate
from erc_core.settings import Settings
from erc_core.types import Dialogue, FeatureRow, Features, silent

SAMPLES = 1000
REFERENCE = 10_000
WORDS = 10  # the utterance has about so many
CONTEXT = 5
AT_ONCE = 64
# The package's own settings, so that both fit the same surrogate.
PACKAGE = LimeParams(samples=SAMPLES, until_stable=False, ridge=1.0)


@dataclass(frozen=True, slots=True)
class WordFigures:
    """LIME over words, beside others.

    Attributes:
        naive_ratio: seconds of the package with the whole model, over ours
        cached_ratio: seconds of the package with the sound's encoding kept by hand, over ours
        captum_ratio: seconds of Captum's Lime, one version at a time, over ours
        spearman: rank correlation of the weights from identical versions, ours against the package's
        reference_spearman: of ours with a reference of 10,000 versions
        package_reference_spearman: of the package's with that reference
        naive_s: seconds of the package with the whole model
        cached_s: of the package with the sound's encoding kept by hand
        captum_s: of Captum's Lime
        ours_s: of ours
        floor_s: of the encoder's pass alone over as many versions as ours has distinct ones
        words: units
        distinct: different versions that ours asked the model for
        precision: in which ours asked
    """

    naive_ratio: float
    cached_ratio: float
    captum_ratio: float
    spearman: float
    reference_spearman: float
    package_reference_spearman: float
    naive_s: float
    cached_s: float
    captum_s: float
    ours_s: float
    floor_s: float
    words: int
    distinct: int
    precision: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Both parts, once for each round."""

    words: tuple[WordFigures, ...]
    face: tuple[FaceFigures, ...]


class _Words:
    """One utterance of a bundled example with its context, and ways to answer its versions."""

    def __init__(self, settings: Settings) -> None:
        self.loaded = loaded_model("dq_former", settings)
        self.device = self.loaded.device
        self.dialogue, self.position, clip = _utterance()
        self.features = tuple(
            EXTRACTORS.get(name)(self.dialogue, clip, settings, silent) for name in self.loaded.model.card.extractors
        )
        self.tokenizer = load_tokenizer(TEXT_ENCODER)
        self.sound = self.features[1].rows[self.position].values
        precision = sampling_precision(settings, self.device)
        self.predictor = Predictor(self.dialogue, self.features, self.loaded, self.position, precision)
        logits = self.predictor.answers([Variant()]).logits[0]
        self.label = int(logits.argmax())
        self.text = self.dialogue.utterances[self.position].text or ""

    def case(self, seed: int) -> Case:
        predictor = Predictor(self.dialogue, self.features, self.loaded, self.position, self.predictor.precision)
        return Case(self.dialogue, self.position, self.features, self.label, predictor, seed)

    def row(self, text: str) -> NDArray[np.int64]:
        """Return what the model reads where the utterance has another text."""
        utterances = list(self.dialogue.utterances)
        # An utterance without any word is still said: a space keeps it in the dialogue, as deleted words leave it.
        utterances[self.position] = replace(utterances[self.position], text=text, words=())
        read = text_input(replace(self.dialogue, utterances=tuple(utterances)), self.position, self.tokenizer)
        if read is None:
            space = WordSpace(self.case(0))
            return np.asarray(space.variant(np.zeros(len(space), dtype=bool)).rows[self.position, "t"])
        return read.values

    def sample(self, text: str) -> Sample:
        rows = {"t": self.row(text), "a": self.sound}
        made = [Features("", f.modality, f.extractor, (FeatureRow("", rows[f.modality]),)) for f in self.features]
        return Sample(tuple(made), (0,), (-1,))

    @torch.inference_mode()
    def naive(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Answer texts through the whole model."""
        found = []
        for start in range(0, len(texts), AT_ONCE):
            batch = collate([self.sample(text) for text in texts[start : start + AT_ONCE]]).to(self.device)
            found.append(self.loaded.model(batch).logits[:, 0])
        return self._probabilities(found)

    @torch.inference_mode()
    def cached(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Answer texts with the sound's encoding kept by hand."""
        model, found = self.loaded.model, []
        sound = model.encode(collate([self.sample(self.text)]).to(self.device).without(["t"])).inputs["a"]
        for start in range(0, len(texts), AT_ONCE):
            batch = collate([self.sample(text) for text in texts[start : start + AT_ONCE]]).to(self.device)
            words = model.encode(batch.without(["a"])).inputs["t"]
            n = len(batch.utterances)
            kept = replace(sound, values=sound.values.expand(n, -1, -1, -1), mask=sound.mask.expand(n, -1, -1))
            found.append(model.decode(batch.with_inputs({"t": words, "a": kept})).logits[:, 0])
        return self._probabilities(found)

    @torch.inference_mode()
    def read(self, texts: Sequence[str], precision: str) -> None:
        """Encode texts and do nothing with them, texts of alike lengths together."""
        ordered = sorted(texts, key=len)
        with autocast(self.device, precision):
            for start in range(0, len(ordered), AT_ONCE):
                batch = collate([self.sample(text) for text in ordered[start : start + AT_ONCE]]).to(self.device)
                self.loaded.model.encode(batch.without(["a"]))

    def _probabilities(self, logits: list[torch.Tensor]) -> NDArray[np.float64]:
        joined = torch.cat(logits).double() / self.loaded.temperatures.fused
        shares: NDArray[np.float64] = joined.softmax(-1).cpu().numpy()
        return shares


def _utterance() -> tuple[Dialogue, int, Any]:
    """Return the bundled utterance with enough context whose number of words is nearest to the one wanted."""
    found = [
        (abs(len(WORD.findall(u.text or "")) - WORDS), example.name, position, example)
        for example in pipeline.examples()
        for position, u in enumerate(example.dialogue.utterances)
        if position >= CONTEXT and example.dialogue.media and example.dialogue.media.has_audio
    ]
    _, _, position, example = min(found, key=lambda entry: entry[:3])
    return example.dialogue, position, example.clip


def measure_words(settings: Settings) -> WordFigures:
    """Measure LIME over words."""
    from lime.lime_text import LimeTextExplainer

    words = _Words(settings)
    words.naive([words.text] * 8)  # the first call of a process is slower than all others
    units = len(WordSpace(words.case(0)))

    def package(answer: Callable[[Sequence[str]], NDArray[np.float64]], samples: int = SAMPLES) -> NDArray[np.float64]:
        # Each word by its place, removed with nothing in its stead: the same versions as ours.
        explainer = LimeTextExplainer(
            bow=False, mask_string="", split_expression=_pieces, feature_selection="none", random_state=0
        )
        found = explainer.explain_instance(
            words.text, answer, labels=(words.label,), num_features=units, num_samples=samples
        )
        weights = np.zeros(units)
        for index, weight in found.as_map()[words.label]:
            weights[index] = weight
        return weights

    seen: list[NDArray[np.bool_]] = []
    different: dict[str, None] = {}

    def noted(texts: Sequence[str]) -> NDArray[np.float64]:
        different.update(dict.fromkeys(texts))
        seen.append(np.array([_kept(words.text, text) for text in texts]))
        return words.naive(texts)

    naive_s, theirs = timed(lambda: package(noted))
    cached_s, _ = timed(lambda: package(words.cached))
    captum_s, _ = timed(lambda: _captum(words, units))
    case = words.case(0)
    ours_s, ours = timed(lambda: _ours(case, PACKAGE))
    asked = list(different)[: case.predictor.distinct]
    floor_s, _ = timed(lambda: words.read(asked, case.predictor.precision))
    same_case = words.case(0)
    same = fit(seen[0], WordSpace(same_case).values(same_case, seen[0], "probability"), PACKAGE).weights
    reference = _ours(words.case(1), replace(PACKAGE, samples=REFERENCE))
    return WordFigures(
        naive_s / ours_s,
        cached_s / ours_s,
        captum_s / ours_s,
        rank_correlation(same, theirs),
        rank_correlation(ours, reference),
        rank_correlation(theirs, reference),
        naive_s,
        cached_s,
        captum_s,
        ours_s,
        floor_s,
        units,
        case.predictor.distinct,
        case.predictor.precision,
    )


def _pieces(text: str) -> list[str]:
    return WORD.findall(text)


def _kept(whole: str, text: str) -> list[bool]:
    """Return which words of a text are left in a version, whose other characters are all there."""
    found, at = [], 0
    for piece in _parts(whole):
        there = text.startswith(piece, at)
        if WORD.fullmatch(piece):
            found.append(there)
        at += len(piece) if there else 0
    return found


def _parts(text: str) -> list[str]:
    """Cut a text into words and what is between them."""
    places = [0, *(edge for match in WORD.finditer(text) for edge in match.span()), len(text)]
    return [text[a:b] for a, b in pairwise(places) if b > a]


def _ours(case: Case, params: LimeParams) -> NDArray[np.float64]:
    sampling = Sampling(case, WordSpace(case), params)
    sampling.grow((params.samples - sampling.count) // len(sampling.rngs), silent)
    return sampling.whole().weights


def _captum(words: _Words, units: int) -> NDArray[np.float64]:
    from captum.attr import Lime

    space = WordSpace(words.case(0))

    def answer(kept: torch.Tensor) -> torch.Tensor:
        row = space.variant(kept[0].numpy() > 0.5).rows[words.position, "t"]
        rows = {"t": row, "a": words.sound}
        made = [Features("", f.modality, f.extractor, (FeatureRow("", rows[f.modality]),)) for f in words.features]
        with torch.inference_mode():
            batch: Batch = collate([Sample(tuple(made), (0,), (-1,))]).to(words.device)
            logits = words.loaded.model(batch).logits[:, 0]
        value: torch.Tensor = logits.softmax(-1)[:, words.label]
        return value

    torch.manual_seed(0)
    found = Lime(answer).attribute(torch.ones(1, units), n_samples=SAMPLES)
    weights: NDArray[np.float64] = found[0].double().numpy()
    return weights


def measure(settings: Settings, rounds: int = 1) -> Figures:
    """Measure both parts, all in one process.

    Args:
        settings: device and precision
        rounds: how often
    """
    words, faces = [], []
    for _ in range(rounds):
        CACHE.clear()  # nothing may be left of the round before
        words.append(measure_words(settings))
        faces.append(measure_face(settings, PACKAGE))
    return Figures(tuple(words), tuple(faces))


def page(figures: Figures) -> str:
    """Return the figures as a Markdown page."""
    w, f = figures.words[0], figures.face[0]  # what does not depend on the round

    def row(what: str, part: Sequence[WordFigures | FaceFigures], name: str) -> str:
        seconds = [getattr(one, f"{name}_s") for one in part]
        ratios = [taken / one.ours_s for taken, one in zip(seconds, part, strict=True)]
        times = "1" if name == "ours" else spread(ratios, ".1f")
        return f"| {what} | {spread(seconds, '.2f')} | {times} |"

    return "\n".join(
        [
            "# How fast explanations are",
            "",
            "Written by `python -m erc_core bench explain --rounds 2 --write docs/benchmarks/explain.md` "
            f"{described(timed=True)}. One utterance of a bundled example with five before it, all methods in one "
            f"process, one after the other; {len(figures.words)} rounds: the median, lowest and highest in brackets. "
            "*Floor*: the text encoder's pass alone over as many versions as ours has distinct ones.",
            "",
            f"| LIME, {SAMPLES:,} versions | seconds | times ours |",
            "| --- | --- | --- |",
            row("words: lime, whole model every time", figures.words, "naive"),
            row("words: lime, sound encoded once by hand", figures.words, "cached"),
            row("words: Captum's Lime as it comes", figures.words, "captum"),
            row(f"words: ours ({w.words} words, {w.distinct} distinct versions, {w.precision})", figures.words, "ours"),
            row("words: floor", figures.words, "floor"),
            row("face regions: lime_image", figures.face, "package"),
            row(f"face regions: ours ({f.distinct} distinct versions; {f.model}, {f.weights})", figures.face, "ours"),
            "",
            f"Rank correlation of the words' weights: {w.spearman:.4f} on identical versions; with {REFERENCE:,} "
            f"versions {w.reference_spearman:.4f} (ours) and {w.package_reference_spearman:.4f} (lime).",
            "",
        ]
    )
