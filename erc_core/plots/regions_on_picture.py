"""Regions of a picture that speak for or against a label, drawn on it with their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from erc_core.explanation import Point
from erc_core.plots.theme import Mode, faded, signed_color, styled


@dataclass(frozen=True, slots=True)
class DrawnRegion:
    """An outline on a picture, in shares of its width and height, with its name and value."""

    name: str
    value: float
    outline: tuple[Point, ...]


def plot_regions_on_picture(
    picture: np.ndarray, regions: Sequence[DrawnRegion], mode: Mode = "light", named: int = 4, width: int = 320
) -> go.Figure:
    """Draw a picture with its regions, as strong as their value; green is for, red against, the strongest are named.

    Args:
        picture: uint8 ``(H, W)`` or ``(H, W, 3)``
        regions: outlines on it
        mode: light or dark theme
        named: how many of the strongest carry their name
        width: of the figure, in pixels
    """
    rgb = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture
    H, W = rgb.shape[:2]
    figure = go.Figure(go.Image(z=rgb, x0=0.5 / W, dx=1 / W, y0=0.5 / H, dy=1 / H, name="picture", hoverinfo="skip"))
    peak = max((abs(region.value) for region in regions), default=0.0) or 1.0
    strongest = {id(r) for r in sorted(regions, key=lambda r: -abs(r.value))[:named]}
    for region in regions:
        color = signed_color(region.value, mode)
        x, y = [p.x for p in region.outline], [p.y for p in region.outline]
        sign = f"{region.value:+.3f}".replace("-", "−")
        figure.add_trace(
            go.Scatter(
                x=[*x, x[0]], y=[*y, y[0]], fill="toself", mode="lines", line={"width": 1.5, "color": color},
                fillcolor=faded(color, 0.55 * abs(region.value) / peak), name=region.name, text=f"{region.name} {sign}",
                hoveron="fills", hoverinfo="text",
            )
        )  # fmt: skip
        if id(region) in strongest:
            figure.add_annotation(
                x=float(np.mean(x)), y=float(np.mean(y)), text=f"{region.name} {sign}", showarrow=False,
                bgcolor="rgba(255,255,255,0.82)", borderpad=1, name="region",
            )  # fmt: skip
    figure.update_xaxes(title_text="share of the width", range=[0, 1], showgrid=False, showticklabels=False)
    figure.update_yaxes(
        title_text="share of the height", range=[1, 0], showgrid=False, showticklabels=False, scaleanchor="x",
        scaleratio=H / W, constrain="domain",
    )  # fmt: skip
    figure = styled(figure, mode, int(width * H / W) + 30)
    for note in figure.layout.annotations:
        note.font.update(size=10, color="#1B2330")
    figure.update_xaxes(title_text="", constrain="domain", title={"text": "picture"})
    figure.update_layout(showlegend=False, margin={"l": 0, "r": 0, "t": 4, "b": 4})
    return figure


def example() -> go.Figure:
    """Return the figure of a grey picture with a mouth that speaks for the label."""
    mouth = tuple(Point(x, y) for x, y in ((0.3, 0.7), (0.7, 0.7), (0.5, 0.85)))
    return plot_regions_on_picture(np.full((48, 48), 120, dtype=np.uint8), (DrawnRegion("mouth", 0.3, mouth),))
