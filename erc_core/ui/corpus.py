"""The page Corpus: how well a model does on many dialogues, where it fails, and beside another model."""

from __future__ import annotations

import numpy as np
import streamlit as st

from erc_core.corpus_run import EXAMPLES, Ask, Source, corpus_roots, read_source, sources
from erc_core.corpus_table import SLICINGS, CorpusRow, CorpusTable, Paired, paired, reliability, slices, statistics
from erc_core.errors import InputError
from erc_core.escape import markdown
from erc_core.pipeline import ModelStatus
from erc_core.plots.confusion import plot_confusion
from erc_core.plots.label_counts import plot_label_counts
from erc_core.plots.reliability import plot_reliability
from erc_core.plots.slice_scores import SliceScore, plot_slice_scores
from erc_core.plots.theme import Mode, label_style, modality_title
from erc_core.settings import ASSETS
from erc_core.training.metrics import Scores, bootstrap, score, weighted_f1
from erc_core.types import MODALITIES, Interval, Modality
from erc_core.ui.corpus_runs import draw_runs, kept_table
from erc_core.ui.desk import owner, settings, store, usable_models
from erc_core.ui.notices import heading
from erc_core.ui.panels import draw_figure
from erc_core.ui.pick import draw_clickable
from erc_core.ui.state import View, current_view, query_of

NONE = ""
STAGE = ASSETS.parent / "pages" / "01_Browse_conversations.py"
MOST_ROWS = 200
DRAWS = 300  # of the bootstrap of each part
SUBSETS: tuple[tuple[Modality, ...], ...] = ((), ("t",), ("a",), ("v",), ("a", "v"), ("t", "v"), ("t", "a"))
HOW_TO_ADD = (
    "Corpora of your own appear here when the server is started with `ERC_CORPORA`, such as "
    "`ERC_CORPORA='meld=/data/MELD' streamlit run app.py`. Their published folder layouts are read as they are."
)


def choose_source() -> Source:
    """Draw the choice of the corpus."""
    found = {source.title: source for source in sources(settings())}
    chosen = found[st.selectbox("Corpus", list(found), key="corpus-source")]
    if not corpus_roots(settings()):
        st.caption(HOW_TO_ADD)
    return chosen


def choose_models() -> tuple[ModelStatus, ModelStatus | None]:
    """Draw the choice of a model and, if wanted, of a second one to compare with.

    Raises:
        InputError: no model has weights
    """
    usable = {status.name: status for status in usable_models()}
    if not usable:
        raise InputError("No model can be used here", do="restore assets/checkpoints, or train one")
    left, right = st.columns(2)
    asked = current_view().model
    first = left.selectbox(
        "Model", list(usable), list(usable).index(asked) if asked in usable else 0, key="corpus-model",
        format_func=lambda name: usable[name].card.title,
    )  # fmt: skip
    others = [NONE, *(name for name in usable if name != first)]
    second = right.selectbox(
        "Beside", others, format_func=lambda name: usable[name].card.title if name else "(no other)", key="corpus-other"
    )
    return usable[first], usable.get(second)


@st.cache_data(show_spinner=False, max_entries=64)
def _scores(_table: CorpusTable, key: str) -> Scores:
    return score(_table.truth, _table.probabilities, _table.labels)


def scores_of(table: CorpusTable) -> Scores:
    """Return a table's figures of merit; computed once."""
    return _scores(table, table.digest)


def _interval(value: Interval) -> str:
    return f"{value.low:.3f} to {value.high:.3f}"


def draw_scores(table: CorpusTable, title: str) -> None:
    """Draw the figures of merit with their intervals."""
    found = scores_of(table)
    heading(
        f"{title} on {table.name}",
        "Weighted F1 weighs each emotion by how often it occurs; UAR, the mean recall, counts all alike. ECE is how "
        "far probabilities are from the share of right answers; 0 is best. Below a figure: its 95 % interval, by "
        "bootstrap over utterances.",
        "Computed from the calibrated predictions of every utterance whose emotion is known.",
    )
    columns = st.columns(5)
    dialogues = len({row.dialogue for row in table.rows})
    columns[0].metric("Utterances", f"{found.n:,}", f"{dialogues} dialogues", delta_color="off", delta_arrow="off")
    for column, name, interval in (
        (columns[1], "Weighted F1", found.weighted_f1_interval),
        (columns[2], "UAR", found.uar_interval),
        (columns[3], "Accuracy", found.accuracy_interval),
    ):
        column.metric(name, f"{interval.value:.3f}", _interval(interval), delta_color="off", delta_arrow="off")
    columns[4].metric("ECE", f"{found.ece:.3f}")


def draw_statistics(table: CorpusTable, mode: Mode) -> None:
    """Draw what the corpus holds, and how often each emotion is there and is predicted."""
    heading(
        "What is in it",
        "The plain bar is how often an emotion is the truth, the hatched one how often the model names it: a model "
        "that is unsure of rare emotions names them too seldom.",
        "Utterances whose emotion is known.",
    )
    found = statistics(table)
    read = ", ".join(f"{modality_title(m)} of {share:.0%}" for m, share in found.read if share)
    st.caption(
        f"{found.utterances:,} utterances, {found.dialogues:,} dialogues of {found.mean_length:.1f} utterances in the "
        f"mean and {found.longest} at most, {found.speakers:,} names of speakers, {found.mean_words:.1f} words an "
        f"utterance. Read: {read or 'nothing'}."
    )
    truth, predicted = (np.bincount(which, minlength=len(table.labels)) for which in (table.truth, table.predicted))
    draw_figure(plot_label_counts(truth.tolist(), predicted.tolist(), table.labels, mode), "corpus-counts")


def draw_pictures(table: CorpusTable, mode: Mode) -> None:
    """Draw confusion and reliability side by side; a click on a cell chooses its utterances below."""
    found = scores_of(table)
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        heading(
            "What is taken for what",
            "A row is a true emotion; its cells say what the model made of it. Click on a cell for its utterances.",
        )
        figure = plot_confusion(found.confusion, table.labels, mode, pick=True)
        draw_clickable(figure, "corpus-confusion", cell_clicked)
    with right:
        heading(
            "Is it as sure as it should be?", "On the dotted line probabilities mean what they say; below it, too sure."
        )
        bins = reliability(table)
        values = ([b.confidence for b in bins], [b.accuracy for b in bins], [b.count for b in bins])
        draw_figure(plot_reliability(*values, mode), "corpus-reliability")


def cell_clicked() -> None:
    """Choose the clicked cell below; a second click on it, which unselects it, changes nothing."""
    points = st.session_state["corpus-confusion"]["selection"]["points"]
    if points:
        truth, predicted = points[-1]["customdata"]
        st.session_state["cell-truth"], st.session_state["cell-predicted"] = truth, predicted
        st.session_state["cell-wrong"] = truth != predicted


def draw_slices(tables: list[tuple[str, CorpusTable]], mode: Mode) -> None:
    """Draw weighted F1 over the parts of the corpus."""
    heading(
        "Where it does well and where it fails",
        "Weighted F1 on each part; by emotion it is the share of that emotion that is recognised. Parts with few "
        "utterances have long intervals: read those, not the bars.",
    )
    by = st.segmented_control("Part the corpus by", SLICINGS, default=SLICINGS[0], key="corpus-slicing") or SLICINGS[0]
    drawn = []
    for title, table in tables:
        parts = [(name, table.pick(which)) for name, which in slices(table, by)]
        drawn.append((title, [SliceScore(name, len(part.rows), f1_of(part, by == "emotion")) for name, part in parts]))
    draw_figure(plot_slice_scores(drawn, "recall" if by == "emotion" else "weighted F1", mode), "corpus-slices")


def _right(confusion: np.ndarray) -> float:
    return float(np.trace(confusion) / max(1, confusion.sum()))


@st.cache_data(show_spinner=False, max_entries=512)
def _interval_of(_table: CorpusTable, key: str, recall: bool) -> Interval:
    truth, predicted, classes = _table.truth, _table.predicted, len(_table.labels)
    return bootstrap(truth, predicted, classes, _right if recall else weighted_f1, draws=DRAWS)


def f1_of(table: CorpusTable, recall: bool = False) -> Interval:
    """Return a table's weighted F1, or the share that is right, with its 95% interval; computed once."""
    return _interval_of(table, table.digest, recall)


@st.cache_data(show_spinner=False, max_entries=64)
def _paired(_first: CorpusTable, _second: CorpusTable, keys: tuple[str, str]) -> Paired:
    return paired(_first, _second)


def paired_of(first: CorpusTable, second: CorpusTable) -> Paired:
    """Return the comparison of two tables; computed once."""
    return _paired(first, second, (first.digest, second.digest))


def draw_cell(source: Source, table: CorpusTable) -> None:
    """Draw the utterances of one cell of the confusion; a press opens one on the stage."""
    heading(
        "The utterances behind a cell",
        "Click on a cell above, or choose a true and a predicted emotion; then choose a row to see and hear it.",
    )
    every = ("any", *table.labels)
    one, two, three = st.columns([1, 1, 2])
    names = {"any": "any", **{label: label_style(label).marked for label in table.labels}}
    truth = one.selectbox("True emotion", every, format_func=names.__getitem__, key="cell-truth")
    predicted = two.selectbox("Predicted emotion", every, format_func=names.__getitem__, key="cell-predicted")
    st.session_state.setdefault("cell-wrong", True)
    wrong = three.checkbox("Only where the model is wrong", key="cell-wrong")
    which = np.ones(len(table.rows), dtype=bool)
    if truth != "any":
        which &= table.truth == table.labels.index(truth)
    if predicted != "any":
        which &= table.predicted == table.labels.index(predicted)
    if wrong:
        which &= table.truth != table.predicted
    part = table.pick(which)
    rows = [
        {
            "dialogue": row.title,
            "utterance": row.utterance,
            "speaker": row.speaker,
            "words": row.text,
            "truth": part.labels.labels[int(part.truth[i])],
            "predicted": part.labels.labels[int(part.predicted[i])],
            "probability": float(part.probabilities[i].max()),
        }
        for i, row in enumerate(part.rows[:MOST_ROWS])
    ]
    st.caption(
        f"{len(part.rows):,} utterances" + (f", the first {MOST_ROWS} shown" if len(part.rows) > MOST_ROWS else "")
    )
    if not rows:
        return
    picked = st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        on_select="rerun",
        selection_mode="single-row",
        key="cell-rows",
        column_config={
            "probability": st.column_config.NumberColumn(format="%.2f"),
            "words": st.column_config.TextColumn(width="large"),
        },
    )
    chosen = picked["selection"]["rows"]
    if chosen:
        row = part.rows[chosen[0]]
        if st.button(f"Open {row.utterance} of {markdown(row.title)} on the stage", type="primary", key="cell-open"):
            open_on_stage(source, row, table.model.name)


def open_on_stage(source: Source, row: CorpusRow, model: str) -> None:
    """Show an utterance on the stage; a dialogue of a corpus is kept among the own conversations for that."""
    if source.corpus != EXAMPLES:
        found = next(dialogue for dialogue, _ in read_source(source, settings()) if dialogue.id == row.dialogue)
        store().put_dialogue(found, owner())
    st.switch_page(STAGE, query_params=query_of(View(dialogue=row.dialogue, utterance=row.utterance, model=model)))


def draw_paired(first: tuple[str, CorpusTable], second: tuple[str, CorpusTable]) -> None:
    """Say whether one model is better than the other, and how sure that is."""
    found = paired_of(first[1], second[1])
    heading(
        f"{first[0]} against {second[0]}",
        "On the same utterances. McNemar's exact test asks whether those that only one of them gets right fall on "
        "both sides alike; the interval is of the difference in weighted F1, by a paired bootstrap.",
    )
    columns = st.columns(4)
    columns[0].metric(
        "Difference in weighted F1",
        f"{found.difference.value:+.3f}",
        _interval(found.difference),
        delta_color="off",
        delta_arrow="off",
    )
    columns[1].metric("McNemar p", f"{found.p_value:.3g}")
    columns[2].metric("Only one is right", f"{found.only_first} : {found.only_second}")
    columns[3].metric("Agreement (Cohen's kappa)", f"{found.kappa:.2f}")
    surely = found.difference.low > 0 or found.difference.high < 0
    better = first[0] if found.difference.value > 0 else second[0]
    st.markdown(
        f"**{better}** is better here, and the interval does not contain zero."
        if surely
        else "The interval contains zero: on this corpus the two cannot be told apart."
    )


def draw_robustness(source: Source, model: ModelStatus, mode: Mode) -> None:
    """Draw what is left when modalities are missing; the subsets are runs of their own, started on request."""
    heading(
        "When modalities are missing",
        "The same utterances with modalities switched off: how much the model leans on each, and how it copes without.",
    )
    own = set(model.card.modalities)
    scores, missing = [], []
    for off in (off for off in SUBSETS if set(off) < own):
        table = kept_table(source, Ask(model.name, off))
        if table is None:
            missing.append(Ask(model.name, off))
            continue
        kept = " and ".join(modality_title(m).lower() for m in MODALITIES if m in own and m not in off)
        scores.append(SliceScore(kept, len(table.rows), f1_of(table)))
    if scores:
        draw_figure(plot_slice_scores([(model.card.title, scores)], "weighted F1", mode), "corpus-robustness")
    if missing:
        draw_runs(source, missing)
