"""The page Check the explanations: how often each method and each model's own weights name what is known to matter."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from erc_core.escape import escape, markdown
from erc_core.explainers.base import EXPLAINERS
from erc_core.models.base import model_class
from erc_core.plots.hit_rates import HitRate, plot_hit_rates
from erc_core.plots.theme import Mode
from erc_core.truth_checks import OWN, QUESTIONS, SOURCES, Check, CheckSet, Question, Source, read_checks, sums
from erc_core.types import MODALITY_NAMES
from erc_core.ui.desk import usable_models
from erc_core.ui.examples import example_cards
from erc_core.ui.notices import heading
from erc_core.ui.panels import draw_figure
from erc_core.ui.places import PAGES
from erc_core.ui.state import View, query_of

COMMAND = "python -m erc_core bench explain_truth --write docs/benchmarks/explain_truth.md"
TITLES: dict[Question, str] = {"modality": "Which modality", "words": "Which words", "units": "Which action units"}
ASKED: dict[Question, str] = {
    "modality": (
        "Utterances that the model gets right and of which one modality alone shows the emotion while the others say "
        "nothing. Does that one come first?"
    ),
    "words": "Lines of ten words or more whose words were planted. Is one of them among a method's first three?",
    "units": "Utterances whose face alone shows the emotion. Is the first action unit one that was moved?",
}
AIMS: dict[Question, float] = {"modality": 0.85, "words": 0.80, "units": 0.70}
MOST_ROWS = 300
STAGE = PAGES / "07_Weigh_evidence.py"


@st.cache_resource(show_spinner=False)
def _kept() -> CheckSet | None:
    return read_checks()


def checks_at_hand() -> CheckSet | None:
    """Return the cases of the weights that are here; where there are none say how they are made."""
    found = _kept()
    current = {status.name: status.checkpoint.sha256 for status in usable_models() if status.checkpoint}
    if found is not None:
        old = [name for name, sha256 in current.items() if found.stale(name, sha256)]
        fresh = {name for name in current if name not in old}
        if old:
            titles = ", ".join(model_class(name).card.title for name in old)
            st.info(f"Not checked with the weights that are here: {titles}. `{COMMAND}` measures them.")
        found = CheckSet(
            found.models,
            tuple(score for score in found.scores if score.model in fresh),
            tuple(check for check in found.checks if check.model in fresh),
        )
    if found is None or not found.checks:
        st.info(f"Nothing was measured with the weights that are here. `{COMMAND}` does it.")
        return None
    return found


def choose(found: CheckSet) -> tuple[Question, Source]:
    """Draw the choice of what is asked and on what."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    asked = [question for question in QUESTIONS if any(check.question == question for check in found.checks)]
    question = left.segmented_control(
        "What is asked", asked, format_func=TITLES.__getitem__, default=asked[0], key="check-question", required=True
    )
    chosen: Question = question
    on = [s for s in SOURCES if any(c.question == chosen and c.source == s for c in found.checks)]
    most = max(on, key=lambda s: sum(c.question == chosen and c.source == s for c in found.checks))
    source = right.selectbox(
        "On what", on, on.index(most), format_func=SOURCES.__getitem__, key=f"check-source-{chosen}"
    )
    return chosen, source


def draw_rates(found: CheckSet, question: Question, source: Source, mode: Mode) -> None:
    """Draw how often each method on each model names the truth."""
    heading(
        QUESTIONS[question][0].upper() + QUESTIONS[question][1:],
        f"{ASKED[question]} The point is how often, with its 95% interval; the upright bar is chance. A hollow point "
        "is not shown to be better than chance.",
        "The truth is known because it was planted or drawn, not because somebody judged it.",
    )
    rows = [row for row in sums(found.checks) if row.question == question and row.source == source]
    order = list(dict.fromkeys(row.method for row in rows))
    rows.sort(key=lambda row: (order.index(row.method), -row.share.value))
    rates = [HitRate(name_of(row.model, row.method), row.cases, row.share, row.chance) for row in rows]
    draw_figure(plot_hit_rates(rates, AIMS[question], mode), f"checks-{question}-{source}")
    worse = [name_of(row.model, row.method) for row in rows if not row.better_than_chance]
    if worse:
        st.html(f'<p class="note">Not shown to be better than chance by these cases: {escape("; ".join(worse))}.</p>')


def name_of(model: str, method: str) -> str:
    """Return a model and a method for people."""
    title = model_class(model).card.title
    return f"{title}: its own weights" if method == OWN else f"{title}: {EXPLAINERS.get(method).card.title}"


def draw_scores(found: CheckSet) -> None:
    """Draw how well each system does on the sources: an explanation of a wrong answer explains a mistake."""
    heading(
        "How the systems do on what is asked",
        "Weighted F1 with its 95% interval. Studio voices are synthetic: a model that knows human voices only hears "
        "less in them.",
    )
    models = dict.fromkeys(score.model for score in found.scores)
    rows = []
    for model in models:
        own = {s.source: s for s in found.scores if s.model == model}
        rows.append(
            {"system": model_class(model).card.title}
            | {
                SOURCES[s.source]: f"{s.weighted_f1.value:.3f} [{s.weighted_f1.low:.3f}, {s.weighted_f1.high:.3f}], "
                f"n = {s.n}"
                for s in own.values()
            }
        )
    st.dataframe(rows, hide_index=True, width="stretch")


def draw_cases(found: CheckSet, question: Question, source: Source) -> None:
    """Draw the cases behind the figures; one of an example opens on the stage."""
    heading("The cases", "Successes and failures, one a row; those of the bundled examples open with their reasons.")
    own = [check for check in found.checks if check.question == question and check.source == source]
    pairs = list(dict.fromkeys((check.model, check.method) for check in own))
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    pair = left.selectbox(
        "Model and method", pairs, format_func=lambda p: name_of(*p), key=f"check-pair-{question}-{source}"
    )
    shown = right.segmented_control(
        "Show", ("all", "successes", "failures"), default="all", key="check-shown", required=True
    )
    rows = [c for c in own if (c.model, c.method) == pair and (shown == "all" or c.hit == (shown == "successes"))]
    st.caption(f"{len(rows):,} cases" + (f", the first {MOST_ROWS} shown" if len(rows) > MOST_ROWS else ""))
    if not rows:
        return
    picked = st.dataframe(
        [_row(check) for check in rows[:MOST_ROWS]],
        hide_index=True,
        width="stretch",
        on_select="rerun",
        selection_mode="single-row",
        key=f"check-rows-{question}-{source}-{shown}",
        column_config={"words": st.column_config.TextColumn(width="large")},
    )
    chosen = picked["selection"]["rows"]
    if chosen:
        _offer(rows[chosen[0]])


def _row(check: Check) -> dict[str, str]:
    return {
        "": "✓" if check.hit else "✗",
        "dialogue": check.title,
        "utterance": check.utterance,
        "emotion": check.label,
        "words": check.text,
        "true": _names(check.truth),
        "named": _names(check.named),
    }


def _names(names: Sequence[str]) -> str:
    return ", ".join(MODALITY_NAMES.get(name, name) for name in names)  # type: ignore[call-overload]


def _offer(check: Check) -> None:
    """Offer to open a case where its clip is here."""
    if check.dialogue not in {card.dialogue for card in example_cards()}:
        st.caption("The clip of this case is not bundled: its words, truth and answer stand in the table.")
        return
    if st.button(
        f"Open {check.utterance} of {markdown(check.title)} with its reasons", type="primary", key="check-open"
    ):
        view = View(dialogue=check.dialogue, utterance=check.utterance, model=check.model, label=check.label)
        st.switch_page(STAGE, query_params=query_of(view))
