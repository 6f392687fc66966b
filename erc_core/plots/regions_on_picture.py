"""Regions of a picture that speak for or against a label, drawn on it; lines lead to their names at its edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from erc_core.explanation import Point
from erc_core.plots.theme import Mode, faded, signed_color, styled

LABEL_PX = 17
INK, PAPER = "#1B2330", "rgba(255,255,255,0.82)"  # on a picture, in both themes


@dataclass(frozen=True, slots=True)
class DrawnRegion:
    """An outline on a picture, in shares of its width and height, with its name and value."""

    name: str
    value: float
    outline: tuple[Point, ...]

    @property
    def middle(self) -> Point:
        """The mean of the outline's points."""
        return Point(float(np.mean([p.x for p in self.outline])), float(np.mean([p.y for p in self.outline])))

    @property
    def label(self) -> str:
        """Its name with its value."""
        return f"{self.name} {self.value:+.3f}".replace("-", "−")


def plot_regions_on_picture(
    picture: np.ndarray, regions: Sequence[DrawnRegion], mode: Mode = "light", named: int = 4, width: int = 320
) -> go.Figure:
    """Draw a picture with its regions, as strong as their value; green is for, red against, the strongest are named.

    A name stands once, at the picture's edge, with a line to its region: on a face the regions lie too close for names.

    Args:
        picture: uint8 ``(H, W)`` or ``(H, W, 3)``
        regions: outlines on it
        mode: light or dark theme
        named: how many of the strongest names stand at the edges
        width: of the figure, in pixels
    """
    rgb = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture
    H, W = rgb.shape[:2]
    figure = go.Figure(go.Image(z=rgb, x0=0.5 / W, dx=1 / W, y0=0.5 / H, dy=1 / H, name="picture", hoverinfo="skip"))
    peak = max((abs(region.value) for region in regions), default=0.0) or 1.0
    for region in regions:
        color = signed_color(region.value, mode)
        x, y = [p.x for p in region.outline], [p.y for p in region.outline]
        figure.add_trace(
            go.Scatter(
                x=[*x, x[0]], y=[*y, y[0]], fill="toself", mode="lines", line={"width": 1.5, "color": color},
                fillcolor=faded(color, 0.55 * abs(region.value) / peak), name=region.name, text=region.label,
                hoveron="fills", hoverinfo="text",
            )
        )  # fmt: skip
    _name_at_the_edges(figure, _strongest(regions, named), LABEL_PX * W / (width * H))
    figure.update_xaxes(title_text="share of the width", range=[0, 1], showgrid=False, showticklabels=False)
    figure.update_yaxes(
        title_text="share of the height", range=[1, 0], showgrid=False, showticklabels=False, scaleanchor="x",
        scaleratio=H / W, constrain="domain",
    )  # fmt: skip
    figure = styled(figure, mode, int(width * H / W) + 30)
    for note in figure.layout.annotations:
        note.font.update(size=10, color=INK)
    figure.update_xaxes(title_text="", constrain="domain", title={"text": "picture"})
    figure.update_layout(showlegend=False, margin={"l": 0, "r": 0, "t": 4, "b": 4})
    return figure


def _strongest(regions: Sequence[DrawnRegion], named: int) -> tuple[DrawnRegion, ...]:
    """Return the strongest regions, one a name."""
    first: dict[str, DrawnRegion] = {}
    for region in sorted(regions, key=lambda region: -abs(region.value)):
        first.setdefault(region.name, region)
    return tuple(first.values())[:named]


def _name_at_the_edges(figure: go.Figure, regions: Sequence[DrawnRegion], apart: float) -> None:
    """Write names at the edge that is nearer, as many at the left as at the right, with a line to each region."""
    across = sorted(regions, key=lambda region: region.middle.x)
    half = (len(across) + 1) // 2
    for edge, anchor, own in ((0.0, "left", across[:half]), (1.0, "right", across[half:])):
        own = sorted(own, key=lambda region: region.middle.y)
        for region, height in zip(own, spread([region.middle.y for region in own], apart), strict=True):
            figure.add_trace(
                go.Scatter(
                    x=[edge, region.middle.x], y=[height, region.middle.y], mode="lines", name=f"to {region.name}",
                    line={"width": 1, "color": PAPER}, hoverinfo="skip",
                )
            )  # fmt: skip
            figure.add_annotation(
                x=edge, y=height, text=region.label, showarrow=False, xanchor=anchor, bgcolor=PAPER, borderpad=1,
                name="region",
            )  # fmt: skip


def spread(wanted: Sequence[float], apart: float) -> list[float]:
    """Return heights near the wanted ones, in their order, that far apart and within [0, 1] where they fit.

    Args:
        wanted: shares of the height, from the smallest to the largest
        apart: the least distance between two
    """
    placed: list[float] = []
    for height in wanted:
        placed.append(max(height, placed[-1] + apart if placed else apart / 2))
    highest = 1 - apart / 2
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], highest)
        highest = placed[i] - apart
    return placed


def example() -> go.Figure:
    """Return the figure of a grey picture with a mouth that speaks for the label."""
    mouth = tuple(Point(x, y) for x, y in ((0.3, 0.7), (0.7, 0.7), (0.5, 0.85)))
    return plot_regions_on_picture(np.full((48, 48), 120, dtype=np.uint8), (DrawnRegion("mouth", 0.3, mouth),))
