"""Colours, glyphs and the common look of all figures, in a light and a dark theme."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import plotly.graph_objects as go
import plotly.io as pio

from erc_core.settings import ASSETS
from erc_core.types import Modality

Mode = Literal["light", "dark"]
FONT = "Inter, 'Segoe UI', 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class LabelStyle:
    """How one emotion label looks everywhere: colour, ink that is legible on it, and a glyph."""

    name: str
    title: str
    glyph: str
    color: str
    ink: str

    @property
    def marked(self) -> str:
        """Glyph and title, for axis ticks and legends."""
        return f"{self.glyph} {self.title}"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one theme that are no emotion."""

    text: str
    muted: str
    grid: str
    surface: str
    accent: str
    scale: tuple[tuple[float, str], ...]
    favour: str
    against: str


TOKENS: dict[Mode, Tokens] = {
    "light": Tokens(
        text="#1B2330",
        muted="#5A6473",
        grid="#E3E6E2",
        surface="#F2F3F0",
        accent="#3C4F9F",
        scale=((0.0, "#F4F5F8"), (0.5, "#A3AEDB"), (1.0, "#33448F")),
        favour="#0B7D66",
        against="#C2452A",
    ),
    "dark": Tokens(
        text="#E6E9EF",
        muted="#9CA7B8",
        grid="#2D3441",
        surface="#1B2029",
        accent="#9AABF2",
        scale=((0.0, "#1B2029"), (0.5, "#4A5AA8"), (1.0, "#B4C2FF")),
        favour="#4CC9AC",
        against="#F08A66",
    ),
}


@cache
def _styles() -> dict[str, Any]:
    styles: dict[str, Any] = json.loads((ASSETS / "labels.json").read_text(encoding="utf-8"))
    return styles


def label_style(label: str, mode: Mode = "light") -> LabelStyle:
    """Return how ``label`` is drawn; a label that labels.json does not know is grey with a dot."""
    styles = _styles()
    known = styles["labels"].get(styles["like"].get(label, label))
    found = known or styles["other"]
    title = label[:1].upper() + label[1:]
    return LabelStyle(label, title, found["glyph"], found[mode]["color"], found[mode]["ink"])


def modality_color(modality: Modality, mode: Mode = "light") -> str:
    """Return the colour of a modality's lane and bars."""
    return str(_styles()["modalities"][modality][mode])


def modality_title(modality: Modality) -> str:
    """Return a modality's name as people read it."""
    return str(_styles()["modalities"][modality]["title"])


def signed_color(value: float, mode: Mode = "light") -> str:
    """Return the colour of what speaks for a label (green, zero too) or against it (red); a sign stands beside it."""
    return TOKENS[mode].favour if value >= 0 else TOKENS[mode].against


def faded(color: str, strength: float) -> str:
    """Return a colour of labels.json or of the tokens so that what lies under it shows through."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength:.4f})"  # Plotly reads no exponents


def _template(mode: Mode) -> go.layout.Template:
    """Return the common look: system font, no background of its own, thin grid."""
    tokens = TOKENS[mode]
    axis = {
        "gridcolor": tokens.grid,
        "linecolor": tokens.grid,
        "zeroline": False,
        "automargin": True,
        "title": {"font": {"size": 12, "color": tokens.muted}, "standoff": 6},
        "tickfont": {"color": tokens.text},
    }
    return go.layout.Template(
        layout={
            "margin": {"l": 8, "r": 12, "t": 28, "b": 8},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": FONT, "size": 12, "color": tokens.text},
            "hoverlabel": {"font": {"family": FONT, "size": 12}},
            "hovermode": "closest",
            "dragmode": False,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11}},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": tokens.muted, "activecolor": tokens.accent},
            "colorway": pio.templates["plotly"].layout.colorway,
            "xaxis": axis,
            "yaxis": axis,
        }
    )


# A template is a third of the work that setting the same things on each figure is, and pages draw several at a click.
pio.templates.default = "none"
for _mode in TOKENS:
    pio.templates[f"erc-{_mode}"] = _template(_mode)


def styled(figure: go.Figure, mode: Mode, height: int) -> go.Figure:
    """Give ``figure`` the common look and a height in pixels; what it sets itself stays."""
    figure.update_layout(template=f"erc-{mode}", height=height)
    if figure.layout.annotations:
        figure.update_annotations(font={"size": 12, "color": TOKENS[mode].text})
    return figure


def shortened(text: str, most: int) -> str:
    """Return a text of at most about ``most`` characters, cut between words and with an ellipsis where it is cut.

    >>> shortened("Nora: That is what frightens me, what if", 36)
    'Nora: That is what frightens me…'
    """
    if len(text) <= most:
        return text
    return f"{text[:most].rsplit(' ', 1)[0].rstrip(',.;: ')}…"


def pick_targets(
    x: Sequence[object], y: Sequence[object], utterances: Sequence[str], text: Sequence[str]
) -> go.Scatter:
    """Return unseen marks over a heatmap's cells, which take no clicks themselves; ``customdata`` is the utterance."""
    return go.Scatter(
        x=list(x),
        y=list(y),
        customdata=[[utterance] for utterance in utterances],
        text=list(text),
        mode="markers",
        marker={"size": 14, "opacity": 0},
        showlegend=False,
        name="pick",
        hovertemplate="%{text}<extra></extra>",
    )


def pickable(figure: go.Figure) -> go.Figure:
    """Let the nearest mark take a click wherever it falls, and let no mark fade because another was clicked."""
    figure.update_layout(hoverdistance=-1, clickmode="event+select")
    for trace in figure.data:
        opacity = 0 if trace.name == "pick" else 1
        if trace.type in ("bar", "scatter"):
            trace.update(unselected={"marker": {"opacity": opacity}}, selected={"marker": {"opacity": opacity}})
    return figure


def frame_column(
    figure: go.Figure, utterances: Sequence[str], selected: str, mode: Mode, low: float, high: float
) -> None:
    """Draw a frame around the chosen utterance's column, from ``low`` to ``high``, in every panel."""
    if selected not in utterances:
        return
    place = list(utterances).index(selected)
    panels = {"row": "all", "col": "all"} if len(list(figure.select_xaxes())) > 1 else {}
    figure.add_shape(
        type="rect", x0=place - 0.5, x1=place + 0.5, y0=low, y1=high, name="selected",
        line={"color": TOKENS[mode].accent, "width": 2}, **panels,
    )  # fmt: skip
