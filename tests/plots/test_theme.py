"""Label colours can be told apart by colour-blind people, and are never the only sign."""

from __future__ import annotations

import itertools
import json

import numpy as np
import plotly.graph_objects as go
import pytest
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from erc_core.plots.theme import TOKENS, Mode, faded, label_style, modality_color
from erc_core.settings import ASSETS
from erc_core.types import IEMOCAP6, MELD7, MODALITIES, LabelSet

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
SIGHT = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
GROUND = {"light": "#FCFCFB", "dark": "#12151B"}
MODES: tuple[Mode, ...] = ("light", "dark")


def linear(color: str) -> NDArray[np.float64]:
    srgb = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def seen(color: str, sight: str) -> NDArray[np.float64]:
    light = np.clip(np.array(SIGHT[sight]) @ linear(color), 0, 1)
    srgb = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    lab: NDArray[np.float64] = rgb2lab(srgb[None, None])[0, 0]
    return lab


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("labels", [MELD7, IEMOCAP6], ids=lambda labels: labels.name)
@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("mode", MODES)
def test_two_emotions_never_look_alike_whatever_colours_a_person_sees(mode: Mode, sight: str, labels: LabelSet) -> None:
    colors = [seen(label_style(label, mode).color, sight) for label in labels]
    assert min(deltaE_ciede2000(a, b) for a, b in itertools.combinations(colors, 2)) > 13


@pytest.mark.parametrize("mode", MODES)
def test_the_ink_on_a_label_is_legible(mode: Mode) -> None:
    for label in (*MELD7, *IEMOCAP6, "something else"):
        style = label_style(label, mode)
        assert contrast(style.color, style.ink) >= 4.5, label


@pytest.mark.parametrize("mode", MODES)
def test_text_and_quiet_text_are_legible_on_the_ground(mode: Mode) -> None:
    for color in (TOKENS[mode].text, TOKENS[mode].muted, TOKENS[mode].accent):
        assert contrast(color, GROUND[mode]) >= 4.5
    for modality in MODALITIES:
        assert contrast(modality_color(modality, mode), GROUND[mode]) >= 3


@pytest.mark.parametrize("labels", [MELD7, IEMOCAP6], ids=lambda labels: labels.name)
def test_each_emotion_of_a_set_has_a_glyph_of_its_own(labels: LabelSet) -> None:
    assert len({label_style(label).glyph for label in labels}) == len(labels)


def test_an_unknown_label_is_drawn_grey_and_named_as_it_is() -> None:
    style = label_style("boredom")
    assert style.marked == "• Boredom"
    assert style.color == json.loads((ASSETS / "labels.json").read_text())["other"]["light"]["color"]


@pytest.mark.parametrize("strength", [0.0, 7.5e-05, 0.55, 1.0])
def test_a_faded_colour_is_one_that_a_figure_takes_however_faint(strength: float) -> None:
    assert go.Scatter(fillcolor=faded("#c2452a", strength)).fillcolor.startswith("rgba(194")
