"""The page Papers' figures: what the five papers draw, drawn from the chosen corpus and the weights that are here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from erc_core.corpus_run import Ask, Source
from erc_core.paper_figures import FIGURES, PaperFigure, compare_command, figures_of, train_command
from erc_core.paper_needs import outcomes_text
from erc_core.pipeline import ModelStatus
from erc_core.plots.theme import Mode
from erc_core.ui.corpus_runs import draw_runs, kept_pool, kept_table, status_of
from erc_core.ui.desk import settings, usable_models
from erc_core.ui.figure_files import note_about
from erc_core.ui.notices import heading
from erc_core.ui.paper_parts import Drawing
from erc_core.ui.papers_df_erc import draw_by_entropy, draw_by_similarity, draw_context, draw_disentangled, draw_errors
from erc_core.ui.papers_dq_former import draw_cases, draw_dominated, draw_spread
from erc_core.ui.papers_lmam import draw_ranks, draw_trained
from erc_core.ui.papers_shared import draw_by_length, draw_confusion, draw_fused
from erc_core.ui.papers_tables import draw_missing_modalities, draw_subsets, draw_variants

Draw = Callable[[Drawing], None]
DRAWN: Mapping[tuple[str, str], Draw] = {
    ("dq_former", "Fig. 3"): draw_spread,
    ("dq_former", "Fig. 4"): draw_dominated,
    ("dq_former", "Fig. 5"): draw_cases,
    ("dq_former", "Table 4"): draw_missing_modalities,
    ("dq_former", "Table 3"): draw_variants,
    ("df_erc", "Fig. 6"): draw_by_similarity,
    ("df_erc", "Fig. 7"): draw_by_entropy,
    ("df_erc", "Fig. 8"): draw_context,
    ("df_erc", "Fig. 10"): draw_disentangled,
    ("df_erc", "Fig. 11"): draw_errors,
    ("df_erc", "Table 2"): draw_variants,
    ("df_erc", "Table 3"): draw_subsets,
    ("cmath", "Fig. 3"): draw_fused,
    ("cmath", "Fig. 5"): draw_by_length,
    ("cmath", "Fig. 7"): draw_confusion,
    ("cmath", "Table 5"): draw_subsets,
    ("cmath", "Table 4"): draw_variants,
    ("lmam", "Fig. 5"): draw_ranks,
    **{("lmam", f"Table {number}"): draw_trained for number in ("V", "VI", "IX", "X", "XI", "XII")},
    ("lmam", "Features"): draw_fused,
    **{("amuse", f"Table {number}"): draw_variants for number in ("III", "IV", "V")},
    ("amuse", "Length"): draw_by_length,
}


def choose_system() -> ModelStatus | None:
    """Draw the choice of the paper; None where no system has weights."""
    there = {status.name: status for status in usable_models()}
    usable = {name: there[name] for name in FIGURES if name in there}
    if not usable:
        st.info("No system has weights here. Restore assets/checkpoints, or train one.")
        return None
    picked = st.segmented_control(
        "Paper", list(usable), format_func=lambda name: usable[name].card.title, key="papers-system", required=True,
        default=next(iter(usable)),
    )  # fmt: skip
    st.caption(usable[picked].card.paper)
    return usable[picked]


def draw_pictures(source: Source, model: ModelStatus, mode: Mode) -> None:
    """Draw a paper's figures one below the other, each with what it is drawn from and what it still needs."""
    pool = kept_pool(source, Ask(model.name))
    if pool is None:
        draw_runs(source, [Ask(model.name)])
    else:
        table = pool.table
        st.caption(f"{len(table.rows):,} utterances of {table.name}, weights {table.model.sha256[:8]}.")
        note_about(corpus=table.name, model=table.model.name, weights=table.model.sha256)
    _draw_what_is_here(model)
    offered: set[tuple[Ask, ...]] = set()
    for figure in figures_of(model.name):
        if pool is None and not (figure.tables or figure.compare):
            continue
        heading(f"{figure.number}: {figure.title}", figure.reading)
        st.caption(f"*{figure.drawn_from}*")
        DRAWN[figure.system, figure.number](Drawing(source, model, pool, figure, mode))
        _draw_needs(source, figure, offered)


def _draw_what_is_here(model: ModelStatus) -> None:
    """Say which weights of variants are on this machine, and where they were looked for."""
    trained = dict.fromkeys(name for figure in figures_of(model.name) for name in figure.trained)
    if not trained:
        return
    there = [name.partition("+")[2] for name in trained if status_of(name).checkpoint is not None]
    found = ", ".join(f"`{name}`" for name in there) or "none"
    st.caption(
        f"Trained variants found here: {found}; {len(there)} of {len(trained)}. They are looked for in the folder "
        f"`ERC_CHECKPOINTS`, among the bundled weights, and in `{settings().runs}/checkpoints` (`ERC_RUNS`)."
    )


def _draw_needs(source: Source, figure: PaperFigure, offered: set[tuple[Ask, ...]]) -> None:
    """Offer the runs that a figure lacks, and name the commands that train or measure what is not there."""
    there = [ask for ask in figure.asks if status_of(ask.model).checkpoint is not None]
    missing = tuple(ask for ask in there if kept_table(source, ask) is None)
    if missing and missing not in offered:
        offered.add(missing)
        draw_runs(source, missing, f"{figure.system}-{figure.number}")
    commands = [train_command(name) for name in figure.trained if status_of(name).checkpoint is None]
    if not outcomes_text(figure, settings()) and (command := compare_command(figure)):
        commands.append(command)
    if commands:
        with st.expander(f"What {figure.number} still lacks, and the commands that make it ({len(commands)})"):
            st.code("\n".join(commands), language="bash")
