"""The page Corpus: how well a model does on many dialogues, where it fails, and beside another model."""

from __future__ import annotations

import numpy as np
import streamlit as st

from erc_core.corpus_run import EXAMPLES, KIND, Source, corpus_roots, sources, table_key
from erc_core.corpus_table import SLICINGS, CorpusTable, corpus_table, paired, reliability, slices
from erc_core.errors import InputError
from erc_core.jobs import queue
from erc_core.pipeline import ModelStatus
from erc_core.plots.confusion import plot_confusion
from erc_core.plots.reliability import plot_reliability
from erc_core.plots.slice_scores import SliceScore, plot_slice_scores
from erc_core.plots.theme import Mode, label_style, modality_title
from erc_core.settings import ASSETS
from erc_core.training.metrics import Scores, bootstrap, score, weighted_f1
from erc_core.types import MODALITIES, Analysis, Interval, Modality
from erc_core.ui.desk import owner, settings, store, usable_models
from erc_core.ui.examples import example_cards
from erc_core.ui.notices import heading
from erc_core.ui.panels import PLOT_CONFIG, draw_figure
from erc_core.ui.results import stored_analysis
from erc_core.ui.state import View, current_view, query_of
from erc_core.ui.work import draw_end, draw_work, finished

RUN = "erc_core.corpus_run:corpus_job"
RUN_STEPS = 1
NONE = ""
STAGE = ASSETS.parent / "pages" / "01_Browse_conversations.py"
MOST_ROWS = 200
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


def table_of(source: Source, model: ModelStatus, off: tuple[Modality, ...] = ()) -> CorpusTable | None:
    """Return a kept table, or for the examples the one that their kept analyses give; None where it must be made."""
    if model.checkpoint is None:
        return None
    key = table_key(source, model.checkpoint, off, settings())
    held: dict[str, CorpusTable] = st.session_state.setdefault("corpus-tables", {})
    if key in held:
        return held[key]
    found = store().result(KIND, key, CorpusTable)
    if found is None and source.corpus == EXAMPLES and not off and (kept := kept_of_examples(model)):
        found = corpus_table(source.title, kept)
    if found is not None:
        held[key] = found
    return found


def kept_of_examples(model: ModelStatus) -> list[Analysis]:
    """Return the kept analyses of all bundled examples by a model; nothing where one of them is missing."""
    dialogues = [store().dialogue(card.dialogue, owner()) for card in example_cards()]
    kept = [one for dialogue in dialogues if (one := stored_analysis(dialogue, model)) is not None]
    return kept if len(kept) == len(dialogues) else []


def draw_run(source: Source, model: ModelStatus, off: tuple[Modality, ...] = ()) -> None:
    """Offer to analyse the corpus, or show how far that is."""
    asked = f"corpus-job-{source.corpus}-{source.split}-{model.name}-{''.join(off)}"
    without = f" without {' and '.join(modality_title(m).lower() for m in off)}" if off else ""
    if asked not in st.session_state:
        st.info(f"{model.card.title} has not been run on {source.title}{without} yet.")
        if st.button(f"Run {model.card.title} on {source.title}{without}", key=f"go-{asked}"):
            params = {"corpus": source.corpus, "split": source.split, "model": model.name, "off": "".join(off)}
            label = f"{source.title} by {model.card.title}"
            st.session_state[asked] = queue.submit(store(), RUN, params, owner(), label)
            st.rerun()
        return
    state = finished(st.session_state[asked])
    if state is None:
        draw_work(st.session_state[asked], RUN_STEPS)
    elif state.state == "done":
        del st.session_state[asked]
        st.rerun()
    else:
        draw_end(state)
        st.button("Try again", key=f"again-{asked}", on_click=st.session_state.pop, args=(asked,))


@st.cache_data(show_spinner=False, max_entries=64)
def _scores(_table: CorpusTable, key: str) -> Scores:
    return score(_table.truth, _table.probabilities, _table.labels)


def _interval(value: Interval) -> str:
    return f"{value.low:.3f} to {value.high:.3f}"


def draw_scores(table: CorpusTable, title: str) -> None:
    """Draw the figures of merit with their intervals."""
    found = _scores(table, f"{table.model.sha256}-{table.name}-{len(table.rows)}")
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


def draw_pictures(table: CorpusTable, mode: Mode) -> None:
    """Draw confusion and reliability side by side."""
    found = _scores(table, f"{table.model.sha256}-{table.name}-{len(table.rows)}")
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        heading(
            "What is taken for what",
            "A row is a true emotion; its cells say what the model made of it. A click on a cell lists its utterances "
            "below, from where each opens on the stage.",
        )
        st.plotly_chart(
            plot_confusion(found.confusion, table.labels, mode), width="stretch", theme=None, key="corpus-confusion",
            config=PLOT_CONFIG, selection_mode="points", on_select=_cell_chosen,
        )  # fmt: skip
    with right:
        heading(
            "Is it as sure as it should be?", "On the dotted line probabilities mean what they say; below it, too sure."
        )
        bins = reliability(table)
        values = ([b.confidence for b in bins], [b.accuracy for b in bins], [b.count for b in bins])
        draw_figure(plot_reliability(*values, mode), "corpus-reliability")


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
        drawn.append(
            (title, [SliceScore(name, len(part.rows), _figure(part, by == "emotion")) for name, part in parts])
        )
    draw_figure(plot_slice_scores(drawn, "recall" if by == "emotion" else "weighted F1", mode), "corpus-slices")


def _figure(part: CorpusTable, recall: bool) -> Interval:
    def right(confusion: np.ndarray) -> float:
        return float(np.trace(confusion) / max(1, confusion.sum()))

    return bootstrap(part.truth, part.predicted, len(part.labels), right if recall else weighted_f1, draws=300)


def _cell_chosen() -> None:
    """Take the clicked cell of the confusion into the choice below it."""
    points = st.session_state["corpus-confusion"]["selection"]["points"]
    if points:
        truth, predicted, *_ = points[-1]["customdata"]
        st.session_state.update({"cell-truth": truth, "cell-predicted": predicted, "cell-wrong": truth != predicted})


def draw_cell(table: CorpusTable) -> None:
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
    wrong = three.checkbox("Only where the model is wrong", value=True, key="cell-wrong")
    which = np.ones(len(table.rows), dtype=bool)
    if truth != "any":
        which &= table.truth == table.labels.index(truth)
    if predicted != "any":
        which &= table.predicted == table.labels.index(predicted)
    if wrong:
        which &= table.truth != table.predicted
    part = table.pick(which)
    on_stage = {card.dialogue for card in example_cards()}
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
    if chosen and part.rows[chosen[0]].dialogue not in on_stage:
        st.caption("Only bundled conversations open on the stage from here: of this corpus there are words, no clips.")
    elif chosen:
        row = part.rows[chosen[0]]
        if st.button(f"Open {row.utterance} of {row.title} on the stage", type="primary", key="cell-open"):
            view = View(dialogue=row.dialogue, utterance=row.utterance, model=table.model.name)
            st.switch_page(STAGE, query_params=query_of(view))


def draw_paired(first: tuple[str, CorpusTable], second: tuple[str, CorpusTable]) -> None:
    """Say whether one model is better than the other, and how sure that is."""
    found = paired(first[1], second[1])
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
    """Draw what is left when modalities are missing; each subset is a run of its own, started on request."""
    heading(
        "When modalities are missing",
        "The same utterances with modalities switched off: how much the model leans on each, and how it copes without.",
    )
    own = set(model.card.modalities)
    wanted = [off for off in SUBSETS if set(off) < own]
    scores, missing = [], []
    for off in wanted:
        table = table_of(source, model, off)
        if table is None:
            missing.append(off)
            continue
        kept = " and ".join(modality_title(m).lower() for m in MODALITIES if m in own and m not in off)
        value = bootstrap(table.truth, table.predicted, len(table.labels), weighted_f1, draws=300)
        scores.append(SliceScore(kept, len(table.rows), value))
    if scores:
        draw_figure(plot_slice_scores([(model.card.title, scores)], "weighted F1", mode), "corpus-robustness")
    if missing:
        draw_run(source, model, missing[0])
