"""What is on screen, kept in the address: a copied link restores it, and the browser's back button works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

import streamlit as st

from erc_core.errors import InputError
from erc_core.types import Knob, Modality

TAU_LOW, TAU_HIGH = 0.0, 0.5
TEXTS = ("dialogue", "utterance", "model", "label", "job")


@dataclass(frozen=True, slots=True)
class View:
    """The state that all pages share; empty parts mean the default.

    Attributes:
        dialogue: id of the open dialogue
        utterance: id of the chosen utterance
        model: name of the chosen model
        label: the emotion that is asked about; empty for the predicted one
        tau: DQ-Former's masking threshold; None for the model's own
        off: modalities that are switched off
        job: id of the background work that is watched
    """

    dialogue: str = ""
    utterance: str = ""
    model: str = ""
    label: str = ""
    tau: float | None = None
    off: tuple[Modality, ...] = ()
    job: str = ""

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The knobs that differ from the model's own."""
        return () if self.tau is None else (Knob("tau", self.tau),)

    @property
    def what_if(self) -> bool:
        """Whether something is asked of the model that is not its normal way."""
        return self.tau is not None or bool(self.off)


def parse_view(params: dict[str, str]) -> View:
    """Read a view from an address.

    Raises:
        InputError: ``tau`` or ``off`` in the address cannot be used
    """
    dialogue, utterance, model, label, job = (params.get(name, "") for name in TEXTS)
    view = View(dialogue, utterance, model, label, job=job)
    if "tau" in params:
        view = replace(view, tau=_tau(params["tau"]))
    if params.get("off"):
        view = replace(view, off=_off(params["off"]))
    return view


def _tau(raw: str) -> float:
    try:
        value = float(raw)
    except ValueError:
        value = float("nan")
    if not TAU_LOW <= value <= TAU_HIGH:
        raise InputError(
            "The address holds a tau that cannot be used",
            got=raw,
            allowed=f"{TAU_LOW} to {TAU_HIGH}",
            do="correct the link",
        )
    return round(value, 2)


def _off(raw: str) -> tuple[Modality, ...]:
    allowed: tuple[Modality, ...] = get_args(Modality)
    found = tuple(modality for modality in allowed if modality in raw)
    if set(raw) - set(allowed):
        raise InputError(
            "The address switches off what is no modality", got=raw, allowed="letters of t, a, v", do="correct the link"
        )
    return found


def query_of(view: View) -> dict[str, str]:
    """Return the address of a view: only what differs from the default."""
    parts = {name: getattr(view, name) for name in TEXTS}
    parts["tau"] = "" if view.tau is None else f"{view.tau:.2f}"
    parts["off"] = "".join(view.off)
    return {name: value for name, value in parts.items() if value}


def current_view() -> View:
    """Read the view from this session's address.

    Raises:
        InputError: the address holds a value that cannot be used
    """
    return parse_view(st.query_params.to_dict())


def show_view(view: View) -> None:
    """Write a view to the address: one step in the browser's history, none where nothing changes."""
    wanted = query_of(view)
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)
