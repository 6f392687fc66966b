"""What methods say of each modality beside what the model says of itself, so that both can disagree in plain sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from erc_core.plots.theme import TOKENS, Mode, modality_color, modality_title, styled
from erc_core.types import MODALITIES, Modality


@dataclass(frozen=True, slots=True)
class ModalityBar:
    """One bar: a modality or an interaction (no modality), its name and its value."""

    name: str
    modality: Modality | None
    value: float


@dataclass(frozen=True, slots=True)
class ModalityPanel:
    """One source: its bars; ``own`` is true for the model's own weights, which are on a scale of their own, 0 to 1."""

    title: str
    bars: tuple[ModalityBar, ...]
    own: bool = False


def plot_modality_evidence(panels: Sequence[ModalityPanel], unit: str, mode: Mode = "light") -> go.Figure:
    """Draw a panel a source; those of methods share one scale, that of the model itself goes from 0 to 1.

    Args:
        panels: at least one
        unit: what the methods' values are in, for the axis
        mode: light or dark theme
    """
    tokens = TOKENS[mode]
    shared = [abs(bar.value) for panel in panels if not panel.own for bar in panel.bars]
    end = 1.4 * (max(shared, default=0.0) or 0.01)
    figure = make_subplots(
        rows=1, cols=len(panels), horizontal_spacing=0.09, subplot_titles=[panel.title for panel in panels]
    )
    rows = 1
    for column, panel in enumerate(panels, start=1):
        rows = max(rows, len(panel.bars))
        figure.add_trace(
            go.Bar(
                x=[bar.value for bar in panel.bars],
                y=[bar.name for bar in panel.bars],
                orientation="h",
                marker={
                    "color": [modality_color(b.modality, mode) if b.modality else tokens.muted for b in panel.bars]
                },
                text=[f"{b.value:.2f}" if panel.own else f"{b.value:+.2f}".replace("-", "−") for b in panel.bars],
                textposition="outside",
                cliponaxis=False,
                name=panel.title,
                hovertemplate="%{y}: %{x:.4f}<extra>" + panel.title + "</extra>",
            ),
            row=1,
            col=column,
        )
        own = {"range": [0, 1.15], "title_text": "own weight", "tickvals": [0, 0.5, 1]}
        figure.update_xaxes(
            **(own if panel.own else {"range": [-end, end], "title_text": unit, "nticks": 5}), col=column
        )
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    figure.update_yaxes(title_text="modality", col=1)
    figure = styled(figure, mode, 110 + 30 * max(rows, 3))
    figure.update_layout(showlegend=False)
    return figure


def example() -> go.Figure:
    """Return the figure of a model that trusts text while sound decides."""

    def bars(*values: float) -> tuple[ModalityBar, ...]:
        return tuple(ModalityBar(modality_title(m), m, v) for m, v in zip(MODALITIES, values, strict=False))

    return plot_modality_evidence(
        (ModalityPanel("Shapley values", bars(0.05, 0.4)), ModalityPanel("The model itself", bars(0.7, 0.3), own=True)),
        "probability",
    )
