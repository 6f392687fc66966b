"""The parts of the page Contributions: whatever a system reports of itself, picture by picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from erc_core.escape import escape
from erc_core.models.checkpoints import Temperatures, checkpoint_folder, read_config
from erc_core.plots.alpha_spread import plot_alpha_spread
from erc_core.plots.attention_map import MOST, plot_attention_map
from erc_core.plots.attention_pairs import pair_title, plot_attention_pairs
from erc_core.plots.attention_parts import plot_attention_parts
from erc_core.plots.context_weight import plot_context_weight
from erc_core.plots.gate_shares import plot_gate_shares
from erc_core.plots.modality_lines import plot_modality_lines
from erc_core.plots.prototype_map import plot_prototype_map
from erc_core.plots.singular_values import effective_rank, plot_singular_values
from erc_core.plots.theme import Mode, modality_title
from erc_core.plots.weights_along import plot_weights_along
from erc_core.types import Analysis, FloatArray, Trace, TraceArray, frozen_array
from erc_core.ui.desk import Opened, usable_models
from erc_core.ui.notices import ATTENTION, heading
from erc_core.ui.panels import chip_html, draw_figure, finding_html
from erc_core.ui.pick import draw_pickable, draw_tables
from erc_core.ui.places import link_to
from erc_core.ui.state import current_view, show_view

SAME_PASS = "From the same forward pass as the prediction."
CLICK = "A click on a bar or cell chooses that utterance."


@dataclass(frozen=True, slots=True)
class Part:
    """A picture of the page: the trace array that it needs (``/`` at its end: any of that family) and what draws it."""

    needs: str
    draw: Callable[[Opened, Mode, Temperatures], None]

    def fits(self, trace: Trace) -> bool:
        """Tell whether a trace holds what the picture needs."""
        return bool(family(trace, self.needs)) if self.needs.endswith("/") else trace.has(self.needs)


def family(trace: Trace, prefix: str) -> tuple[TraceArray, ...]:
    """Return the arrays whose name begins with ``prefix``."""
    return tuple(array for array in trace.arrays if array.name.startswith(prefix))


def true_class_probability(analysis: Analysis, modalities: tuple[str, ...], at: Temperatures) -> FloatArray | None:
    """Return the probability that each modality alone gives to the truth, ``(T, M)``; None where no truth is known.

    The model was trained to its probabilities before calibration, so the heads' temperatures are taken back.

    Source:
        DF-ERC (Li et al. 2023), true class probability, Section 3.3.
    """
    labels = [u.label for u in analysis.dialogue.utterances]
    known = analysis.prediction.model.labels.labels
    alone = {x.modality: x.probabilities for x in analysis.prediction.unimodal}
    if not alone or not any(label in known for label in labels):
        return None
    found = np.full((len(labels), len(modalities)), np.nan)
    for column, modality in enumerate(modalities):
        values = alone.get(modality)  # type: ignore[call-overload]
        if values is None:
            continue
        sharp = np.power(np.clip(values.astype(float), 1e-12, 1), getattr(at, modality))
        raw = sharp / sharp.sum(axis=1, keepdims=True)
        for row, label in enumerate(labels):
            if label in known:
                found[row, column] = raw[row, known.index(label)]
    return frozen_array(found)


def wrong_utterances(analysis: Analysis) -> tuple[str, ...]:
    """Return the ids of utterances whose prediction differs from their truth, where the model knows that label."""
    known = set(analysis.prediction.model.labels)
    return tuple(
        u.id
        for i, u in enumerate(analysis.dialogue.utterances)
        if u.label in known and u.label != analysis.prediction.label_of(i)
    )


def mean_over_dimensions(array: TraceArray) -> TraceArray:
    """Return ``(utterance, modality)`` of an array ``(utterance, modality, dimension)``."""
    mean = frozen_array(array.values.mean(axis=2))
    return TraceArray(array.name, array.axes[:2], array.ticks[:2], mean, f"{array.meaning}; mean over the dimensions")


def _contribution(opened: Opened, mode: Mode, at: Temperatures) -> None:
    array = opened.analysis.trace.array("contribution")
    wanted = true_class_probability(opened.analysis, array.ticks[1], at)
    error = "" if wanted is None else (
        " The diamond is the true class probability (TCP) to which the weight is trained, the line the error."
    )  # fmt: skip
    heading(
        "What each modality is trusted with",
        "A bar is the predicted contribution w of a modality, from 0 to 1; the three need not sum to one." + error,
        f"w: eq. 13 to 16, {SAME_PASS.lower()} TCP: the modality's own head, before calibration. {CLICK}",
    )
    draw_pickable(plot_weights_along(array, opened.selected, "w", wanted, mode), "contribution")
    if wanted is not None:
        draw_error_line(array, wanted)
        tcp = replace(array, name="tcp", values=wanted, meaning="true class probability of each modality alone")
        draw_tables((array, tcp), "contribution")
    else:
        st.caption("No true labels are known here, so there is no true class probability to compare with.")
        draw_tables((array,), "contribution")


def draw_error_line(weights: TraceArray, wanted: FloatArray) -> None:
    """Say by how much the predicted weights miss the true class probabilities of this dialogue."""
    parts = []
    for column, modality in enumerate(weights.ticks[1]):
        off = np.abs(weights.values[:, column] - wanted[:, column])
        if not np.isnan(off).all():
            parts.append(f"{modality_title(modality).lower()} <b>{np.nanmean(off):.2f}</b>")  # type: ignore[arg-type]
    if parts:
        st.html(f'<p class="facts"><span>Mean error |w - TCP| in this dialogue: {", ".join(parts)}</span></p>')


def _context(opened: Opened, mode: Mode, _: Temperatures) -> None:
    trace = opened.analysis.trace
    psi, similarity = trace.array("psi"), trace.array("similarity")
    heading(
        "Does it need its context?",
        "Above: how alike the utterance's modalities are, and their mean ψ. Below: the context counts with 1 - ψ, so "
        "much where the modalities disagree. An open diamond is a negative ψ: the context counts more than once.",
        f"Cosines and ψ: eq. 20 to 22. {SAME_PASS} {CLICK}",
    )
    draw_pickable(plot_context_weight(similarity, psi, opened.selected, mode), "context")
    value = float(psi.values[psi.ticks[0].index(opened.selected), 0])
    st.html(
        f'<p class="facts"><span><b>{escape(opened.selected)}</b>: ψ {value:+.2f}, the context counts with '
        f"<b>{1 - value:.2f}</b></span></p>"
    )
    draw_tables((similarity, psi), "context")


def _prototypes(opened: Opened, mode: Mode, _: Temperatures) -> None:
    array = opened.analysis.trace.array("prototype_similarity")
    heading(
        "The nearest prototype",
        "A row is an emotion, a column an utterance: the darker, the nearer to the mean feature of that emotion in "
        "training. The ring is the nearest one.",
        f"Prototypes: eq. 18 and 19. {SAME_PASS} {CLICK}",
    )
    draw_pickable(plot_prototype_map(array, opened.selected, mode), "prototypes")
    row = array.values[array.ticks[0].index(opened.selected)]
    nearest, said = array.ticks[1][int(row.argmax())], opened.analysis.prediction.label_of(_place(opened))
    same = "as predicted" if nearest == said else f"but predicted is {chip_html(said, mode)}"
    st.html(f"<p>{escape(opened.selected)} lies nearest to {chip_html(nearest, mode)}, {same}.</p>")
    draw_tables((array,), "prototypes")


def _place(opened: Opened) -> int:
    return opened.analysis.dialogue.position(opened.selected)


def _gates(opened: Opened, mode: Mode, _: Temperatures) -> None:
    array = opened.analysis.trace.array("gate")
    heading(
        "What each gate lets in",
        "Each modality takes its turn at the centre and looks at all three; a column shows what share its gate gives "
        "to each source. Shares of a gate sum to one.",
        f"Gate: eq. 12, mean over the feature dimensions. {SAME_PASS} {CLICK}",
    )
    draw_pickable(plot_gate_shares(array, opened.selected, mode), "gates")
    draw_tables((array,), "gates")


def _sigma(opened: Opened, mode: Mode, _: Temperatures) -> None:
    array, wrong = mean_over_dimensions(opened.analysis.trace.array("sigma")), wrong_utterances(opened.analysis)
    heading(
        "The spread σ of each modality",
        "High: the variational layer keeps this modality's feature vague. Nothing in training ties σ to errors, so "
        "read it as uncertainty only if the crosses (wrong predictions) stand where it is high.",
        f"σ: eq. 15 to 17, mean over the dimensions. {SAME_PASS} {CLICK}",
    )
    draw_pickable(plot_modality_lines(array, opened.selected, "mean σ", wrong, mode), "sigma")
    draw_tables((array,), "sigma")


def _teacher(opened: Opened, mode: Mode, _: Temperatures) -> None:
    array = opened.analysis.trace.array("teacher_kl")
    heading(
        "Students against their teacher",
        "How far the answer of each modality's branch (student) is from the answer of all together (teacher). Zero: "
        "the modality alone says the same; high: the fusion decided otherwise.",
        f"KL divergence: eq. 23. {SAME_PASS} {CLICK}",
    )
    wrong = wrong_utterances(opened.analysis)
    draw_pickable(plot_modality_lines(array, opened.selected, "KL (nats)", wrong, mode), "teacher")
    draw_tables((array,), "teacher")


def _alpha(opened: Opened, mode: Mode, _: Temperatures) -> None:
    trace = opened.analysis.trace
    array = trace.array("alpha")
    heading(
        "How much of each mode is mixed in",
        "A bar is the mean interpolation coefficient α of a mode in the adaptive fusion, from 0 to 1.",
        f"α: eq. 2 and 6; at inference the label is the network's own answer. {SAME_PASS} {CLICK}",
    )
    draw_pickable(plot_weights_along(array, opened.selected, "α", None, mode), "alpha")
    draw_tables((array,), "alpha")
    if trace.has("alpha_vector"):
        heading(
            f"The coefficients of {opened.selected}",
            "α is a number for each feature dimension: a curve counts how many dimensions have which coefficient, "
            "the dotted line is the mean. Two humps: the modes share the dimensions out between them.",
        )
        draw_figure(plot_alpha_spread(trace.array("alpha_vector"), opened.selected, mode), "alpha-spread")


def _draw_maps(opened: Opened, arrays: tuple[TraceArray, ...], mode: Mode, key: str, how: str, source: str) -> None:
    """Draw the chosen utterance's attention for all pairs, and all utterances' for one pair."""
    heading(
        f"Where {opened.selected} looks",
        f"A row is a pair: {how}. A column is an utterance of the dialogue; the darker, the more it is looked at. "
        f"{ATTENTION}",
        f"{source} {CLICK}",
    )
    draw_pickable(plot_attention_pairs(arrays, opened.selected, mode), f"{key}-pairs")
    heading("All utterances", "A row looks at the columns. The frame is the chosen utterance's row.")
    names = [array.name for array in arrays]
    picked = st.pills("Pair", names, default=names[0], format_func=pair_title, key=f"{key}-pair")
    shown = next((array for array in arrays if array.name == picked), arrays[0])
    draw_pickable(plot_attention_map(shown, opened.selected, mode), f"{key}-map")
    if len(shown.ticks[0]) > MOST:
        st.caption(f"The {MOST} utterances around {opened.selected} are drawn; the table has all.")
    draw_tables((shown,), key)


def _attention(opened: Opened, mode: Mode, _: Temperatures) -> None:
    arrays = family(opened.analysis.trace, "attention/")
    if all(array.axes == ("utterance", "attended") for array in arrays):
        how = "with which modality it looks, at which modality of the other utterances"
        _draw_maps(opened, arrays, mode, "attention", how, f"Cross-attention, mean over its heads. {SAME_PASS}")


def _man(opened: Opened, mode: Mode, _: Temperatures) -> None:
    arrays = family(opened.analysis.trace, "man_attention/")
    layers = arrays[0].ticks[0]
    layer = st.segmented_control("Layer of the attention network", layers, default=layers[-1], key="man-layer")
    number = layers.index(layer) if layer in layers else len(layers) - 1
    flat = tuple(
        TraceArray(array.name, array.axes[1:], array.ticks[1:], array.values[number], array.meaning) for array in arrays
    )
    heading(
        f"Where {opened.selected} looks",
        "A panel is a peripheral mode that is looked at, part by part; a row is the mode at the centre that looks. 1 "
        f"is what attention spread evenly would give each part. {ATTENTION}",
        f"Multimodal attention network, eq. 1, layer {layers[number]}, mean over the queries and heads. {SAME_PASS}",
    )
    draw_figure(plot_attention_parts(flat, opened.selected, mode), "man-parts")
    draw_tables(flat, "man")


def _rank(opened: Opened, mode: Mode, _: Temperatures) -> None:
    arrays = family(opened.analysis.trace, "singular_values/")
    heading(
        "How low the rank is",
        "The singular values of the learned query weights. The line ends where the rank ends; the diamond shows how "
        "many values carry 99 % of the energy (their squares): fewer than the rank means that a smaller one would do.",
        "Computed from the weights (eq. 8 and 9), the same for every utterance.",
    )
    draw_figure(plot_singular_values(arrays, mode), "rank")
    facts = [
        f"<span>{escape(array.name.rsplit('/', 1)[-1])}: rank <b>{int((array.values > 1e-6).sum())}</b>, "
        f"<b>{effective_rank(array.values)}</b> carry 99 %</span>"
        for array in arrays
    ]
    st.html(f'<p class="facts">{"".join(facts)}</p>')
    draw_tables(arrays, "rank")


PARTS = (
    Part("contribution", _contribution),
    Part("psi", _context),
    Part("prototype_similarity", _prototypes),
    Part("gate", _gates),
    Part("alpha", _alpha),
    Part("teacher_kl", _teacher),
    Part("sigma", _sigma),
    Part("attention/", _attention),
    Part("man_attention/", _man),
    Part("singular_values/", _rank),
)


def temperatures_of(opened: Opened) -> Temperatures:
    """Return by what the chosen model's logits are divided."""
    return Temperatures(**read_config(checkpoint_folder(opened.model.name))["temperatures"])


def draw_layers_pointer(opened: Opened, mode: Mode) -> None:
    """Show DQ-Former's shares in short, and the way to the page that shows them layer by layer."""
    trace = opened.analysis.trace
    if not trace.has("confidence"):
        return
    array = trace.array("confidence")
    mean = frozen_array(array.values.mean(axis=1))
    shares = TraceArray("confidence", array.axes[::2], array.ticks[::2], mean, "mean share over the fusion layers")
    heading(
        "How far each modality is trusted",
        "A bar is a modality's share of the confidence, mean over the fusion layers; the shares of an utterance sum to "
        "one.",
        f"Confidence: eq. 5 to 8. {SAME_PASS} {CLICK}",
    )
    draw_pickable(plot_weights_along(shares, opened.selected, "share", None, mode), "shares")
    link_to("layers", f"See {opened.model.card.title} layer by layer, with its threshold and attention", opened.view)
    draw_tables((shares,), "shares")


def draw_others(opened: Opened) -> None:
    """Offer the other systems that can be used: each reports something else."""
    others = [status for status in usable_models() if status.name != opened.model.name]
    if not others:
        return
    heading("Other systems on this conversation", "Each system reports its own working in its own terms.")
    with st.container(horizontal=True):
        for status in others:
            st.button(status.card.title, key=f"system-{status.name}", on_click=_choose, args=(status.name,))


def _choose(model: str) -> None:
    show_view(replace(current_view(), model=model, tau=None, off=()))


def draw_contributions(opened: Opened, mode: Mode, at: Temperatures) -> None:
    """Draw a picture of everything that the chosen system reports of itself."""
    fitting = [part for part in PARTS if part.fits(opened.analysis.trace)]
    if opened.model.card.finding:
        st.html(finding_html(opened.model.card))
    for part in fitting:
        part.draw(opened, mode, at)
    if not fitting and not opened.analysis.trace.has("confidence"):
        st.info(f"{opened.model.card.title} reports nothing of its own working. *Evidence* explains it from outside.")
