"""The page Papers' figures: what the five papers draw, drawn from the chosen corpus and the weights that are here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st

from erc_core.corpus_run import EXAMPLES, TRACES, Source, table_key
from erc_core.corpus_table import slices
from erc_core.models.dq_former import TAU
from erc_core.pipeline import ModelStatus
from erc_core.plots.confusion import plot_confusion
from erc_core.plots.embedding import label_looks, plot_embedding
from erc_core.plots.error_bins import ErrorShare, plot_error_bins
from erc_core.plots.group_curves import plot_group_curves
from erc_core.plots.group_density import plot_group_density
from erc_core.plots.layer_spread import plot_layer_spread
from erc_core.plots.slice_scores import SliceScore, plot_slice_scores
from erc_core.plots.theme import Mode, modality_color, modality_title
from erc_core.trace_pool import (
    TracePool,
    contribution_errors,
    cross_entropy,
    dominated,
    embedded,
    group_f1,
    ranked_groups,
    trace_pool,
)
from erc_core.training.metrics import bootstrap, confusion_matrix, weighted_f1
from erc_core.types import MODALITIES, Modality
from erc_core.ui.corpus import kept_of_examples
from erc_core.ui.desk import settings, store, usable_models
from erc_core.ui.notices import heading
from erc_core.ui.panels import draw_figure

Draw = Callable[[TracePool, Mode], None]
EDGES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 1.01)
QUINTILES, QUARTILES = 5, 4
ROOTS = "--root meld=DIR --root ravdess=DIR --root fer2013=DIR"
TRAIN = "python -m erc_core train"
COMPARE = f"python -m erc_core compare --corpus composite {ROOTS}"
COMMANDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "dq_former": (
        (
            "Fig. 3 over all layers, of the *early* variant. Table 4, modalities missing, is on the page Corpus.",
            f"{TRAIN} dq_former --variant early --root meld=DIR --root ravdess=DIR",
        ),
    ),
    "df_erc": (
        (
            "Tables 2 and 3, and Fig. 6 to 8 with and without each part: train the variants, then compare them",
            f"{TRAIN} df_erc --variant no_utterance_ddm {ROOTS}\n{COMPARE} --models df_erc --ablations",
        ),
    ),
    "cmath": (("Table 5, all subsets of modalities", f"{COMPARE} --models cmath --modalities all"),),
    "lmam": (
        ("Fig. 5 and Tables V, VI, IX to XII: trains each entry several times", f"{COMPARE} --lmam all --seeds 3"),
    ),
    "amuse": (
        (
            "Tables III to V: adaptive fusion, gamma, number of attention layers, each trained as a variant",
            f"{COMPARE} --models amuse --ablations",
        ),
    ),
}


def choose_system() -> ModelStatus | None:
    """Draw the choice of the paper; None where no system has weights."""
    there = {status.name: status for status in usable_models()}
    usable = {name: there[name] for name in COMMANDS if name in there}
    if not usable:
        st.info("No system has weights here. Restore assets/checkpoints, or train one.")
        return None
    picked = st.segmented_control(
        "Paper", list(usable), format_func=lambda name: usable[name].card.title, key="papers-system", required=True,
        default=next(iter(usable)),
    )  # fmt: skip
    st.caption(usable[picked].card.paper)
    return usable[picked]


def pool_of(source: Source, model: ModelStatus) -> TracePool | None:
    """Return what was kept of a run over a source, or for the examples what comes with them; None where neither is."""
    if model.checkpoint is None:
        return None
    key = table_key(source, model.checkpoint, (), settings())
    held: dict[str, TracePool] = st.session_state.setdefault("trace-pools", {})
    if key in held:
        return held[key]
    found = store().result(TRACES, key, TracePool)
    if found is None and source.corpus == EXAMPLES and (kept := kept_of_examples(model)):
        found = trace_pool(source.title, kept)
    if found is not None:
        held.clear()
        held[key] = found
    return found


def draw_pictures(pool: TracePool, model: ModelStatus, mode: Mode) -> None:
    """Draw a paper's figures, and the commands of those that need other weights."""
    st.caption(f"{len(pool.table.rows):,} utterances of {pool.table.name}, weights {pool.table.model.sha256[:8]}.")
    for draw in FIGURES[model.name]:
        draw(pool, mode)
    heading("What needs trainings of its own", "These figures compare variants; each command trains what is missing.")
    for text, command in COMMANDS[model.name]:
        st.markdown(text)
        st.code(command, language="bash")


def _spread(pool: TracePool, mode: Mode) -> None:
    heading(
        "Fig. 3: confidence over the layers",
        "A violin is the spread of a modality's confidence in a layer; under the dashed line it is masked.",
        "Eq. 7. The paper draws its early variant on IEMOCAP, over all layers; here the fusion layers of the weights.",
    )
    array = pool.array("confidence")
    pair: tuple[Modality, ...] = ("t", "a")
    draw_figure(plot_layer_spread(array.values, array.ticks[1], pair, TAU, mode), "papers-spread")


def _dominated(pool: TracePool, mode: Mode) -> None:
    heading(
        "Fig. 4: acoustic confidence where one modality leads",
        "Utterances that the model gets right and only one of the two heads alone does too. If the confidence told "
        "which modality to trust, audio-dominated ones would lie further to the right.",
        "Penultimate fusion layer, as in the paper; density by a Gaussian kernel.",
    )
    array = pool.array("confidence")
    layer, sound = max(0, len(array.ticks[1]) - 2), array.ticks[2].index("a")
    values = array.values[:, layer, sound]
    colors: dict[str, Modality] = {"text-dominated": "t", "audio-dominated": "a"}
    groups = {
        f"{name} ({int(which.sum())})": (colors[name], values[which]) for name, which in dominated(pool.table).items()
    }
    draw_figure(plot_group_density(groups, "acoustic confidence", TAU, mode), "papers-dominated")


def _by_similarity(pool: TracePool, mode: Mode) -> None:
    heading(
        "Fig. 6 and 8: similarity of the modalities, and F1",
        "Utterances in five equal groups by ψ, the mean cosine between their modalities. The line is the mean ψ, the "
        "bars are the weighted F1 of the group.",
        "Eq. 20. The paper adds models without utterance-level disentanglement, and with full and zero context: see "
        "the command below.",
    )
    psi = pool.array("psi").values[:, 0]
    groups = ranked_groups(psi, QUINTILES)
    names = [f"{100 * k // QUINTILES} to {100 * (k + 1) // QUINTILES}%" for k in range(QUINTILES)]
    draw_figure(
        plot_group_curves(
            names,
            {"mean ψ": [float(psi[index].mean()) if len(index) else float("nan") for index in groups]},
            {"DF-ERC": [group_f1(pool.table, index) for index in groups]},
            ("utterances by ψ, lowest first", "ψ", "weighted F1"),
            mode=mode,
        ),
        "papers-similarity",
    )


def _by_entropy(pool: TracePool, mode: Mode) -> None:
    heading(
        "Fig. 7: contributions by how hard an utterance is",
        "Utterances in four equal groups by the cross-entropy of the answer, the easiest first. Lines are each "
        "modality's mean contribution, bars the weighted F1.",
        "Eq. 12. The paper adds a model without modality-level disentanglement.",
    )
    array = pool.array("contribution")
    groups = ranked_groups(cross_entropy(pool.table), QUARTILES)
    lines, colors = {}, {}
    for modality in (m for m in MODALITIES if m in array.ticks[1]):
        values = array.values[:, array.ticks[1].index(modality)]
        title = modality_title(modality)
        lines[title] = [_mean(values[index]) for index in groups]
        colors[title] = modality_color(modality, mode)
    names = [f"{25 * k} to {25 * (k + 1)}%" for k in range(QUARTILES)]
    f1 = {"DF-ERC": [group_f1(pool.table, index) for index in groups]}
    axis = ("utterances by cross-entropy, easiest first", "mean contribution", "weighted F1")
    draw_figure(plot_group_curves(names, lines, f1, axis, colors, mode), "papers-entropy")


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _disentangled(pool: TracePool, mode: Mode) -> None:
    heading(
        "Fig. 10: features after each level of disentanglement",
        "A point is one modality of one utterance. After the modality level the three should lie apart, after the "
        "utterance level the points of one utterance should lie together.",
        "t-SNE of the features of eq. 2 and eq. 4; the layout is one of many, and only near neighbours mean anything.",
    )
    looks = {str(m): (modality_title(m), modality_color(m, mode)) for m in MODALITIES}
    for column, (name, title) in zip(
        st.columns(2), (("features_modality", "modality level"), ("features_utterance", "utterance level")), strict=True
    ):
        array = pool.array(name)
        N, M, D = array.values.shape
        places, rows = _embedded(array.values.reshape(N * M, D), f"{pool.table.model.sha256}{pool.table.name}{name}{N}")
        groups = [array.ticks[1][row % M] for row in rows]
        names = [_name(pool, row // M) for row in rows]
        with column:
            st.caption(f"After the {title}")
            draw_figure(plot_embedding(places, groups, names, looks, mode), f"papers-{name}")


@st.cache_data(show_spinner="Laying the features out", max_entries=16)
def _embedded(_values: np.ndarray, key: str) -> tuple[np.ndarray, np.ndarray]:
    return embedded(_values)


def _name(pool: TracePool, row: int) -> str:
    return f"{pool.table.rows[row].title}, {pool.table.rows[row].utterance}"


def _errors(pool: TracePool, mode: Mode) -> None:
    heading(
        "Fig. 11: how well contributions foresee the truth",
        "Above, the share of utterances whose contribution misses the true class probability by so much; below, how "
        "often that modality alone is right there.",
        "Eq. 14, the squared difference for each modality; TCP needs the true label: only labelled utterances count.",
    )
    there: list[Modality] = [m for m in MODALITIES if m in pool.array("contribution").ticks[1]]
    bins = {
        m: [ErrorShare(b.low, b.high, b.share, b.accuracy) for b in contribution_errors(pool, m, EDGES)] for m in there
    }
    draw_figure(plot_error_bins(bins, mode), "papers-errors")


def _fused(pool: TracePool, mode: Mode) -> None:
    heading(
        "The fused features, by emotion",
        "A point is an utterance, coloured by its true emotion. Emotions that lie apart are told apart.",
        "t-SNE of the fused feature; CMATH draws this in its Fig. 3. Only near neighbours mean anything.",
    )
    array = pool.array("features_fused")
    places, rows = _embedded(array.values, f"{pool.table.model.sha256}{pool.table.name}fused{len(array.values)}")
    labels = pool.table.labels.labels
    groups = [labels[int(pool.table.truth[row])] for row in rows]
    names = [_name(pool, row) for row in rows]
    draw_figure(plot_embedding(places, groups, names, label_looks(labels, mode), mode), "papers-fused")


def _by_length(pool: TracePool, mode: Mode) -> None:
    heading(
        "F1 by the length of the conversation",
        "Weighted F1 of utterances by how many their dialogue has, with its 95% interval.",
        "CMATH draws this in its Fig. 5.",
    )
    parts = [(name, pool.table.pick(which)) for name, which in slices(pool.table, "dialogue length")]
    scores = [
        SliceScore(
            name, len(part.rows), bootstrap(part.truth, part.predicted, len(part.labels), weighted_f1, draws=300)
        )
        for name, part in parts
    ]
    draw_figure(plot_slice_scores([(pool.table.model.name, scores)], "weighted F1", mode), "papers-length")


def _confusion(pool: TracePool, mode: Mode) -> None:
    heading(
        "What is taken for what", "A row is a true emotion; its cells say what the model made of it.",
        "CMATH draws this in its Fig. 7.",
    )  # fmt: skip
    table = pool.table
    counts = confusion_matrix(table.truth, table.predicted, len(table.labels))
    draw_figure(plot_confusion(tuple(map(tuple, counts.tolist())), table.labels, mode), "papers-confusion")


FIGURES: Mapping[str, tuple[Draw, ...]] = {
    "dq_former": (_spread, _dominated),
    "df_erc": (_by_similarity, _by_entropy, _disentangled, _errors),
    "cmath": (_fused, _by_length, _confusion),
    "lmam": (_fused,),
    "amuse": (_by_length,),
}
