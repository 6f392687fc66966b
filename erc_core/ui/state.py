"""What is on screen, kept in the address: a copied link restores it, and the browser's back button works."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import get_args

import streamlit as st

from erc_core.errors import InputError
from erc_core.types import Knob, Modality
from erc_core.whatif.edit_text import edits_text, parse_edits
from erc_core.whatif.edits import Edit

TAU_LOW, TAU_HIGH = 0.0, 0.5
TEXTS = ("dialogue", "utterance", "model", "label", "against", "method", "job", "tour", "share")
MOST_MODELS = 5


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
        against: name of the model that the chosen one is compared with
        method: name of the explainer that is shown
        job: id of the background work that is watched
        tour: step of the guided tour, counted from 1; empty where none is on
        models: names of the models side by side; empty for all
        edits: what is changed on the page What if
        share: secret of a link by which somebody shows a dialogue; it leaves the address when it has been opened
    """

    dialogue: str = ""
    utterance: str = ""
    model: str = ""
    label: str = ""
    tau: float | None = None
    off: tuple[Modality, ...] = ()
    against: str = ""
    method: str = ""
    job: str = ""
    tour: str = ""
    models: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    share: str = ""

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
        InputError: ``tau``, ``off``, ``models`` or ``edits`` in the address cannot be used
    """
    view = View(**{name: params.get(name, "") for name in TEXTS})  # type: ignore[arg-type]
    if "tau" in params:
        view = replace(view, tau=_tau(params["tau"]))
    if params.get("off"):
        view = replace(view, off=_off(params["off"]))
    if params.get("models"):
        view = replace(view, models=_models(params["models"]))
    if params.get("edits"):
        view = replace(view, edits=parse_edits(params["edits"]))
    return view


def _models(raw: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(name for name in raw.split(",") if name))
    if len(found) > MOST_MODELS:
        raise InputError(
            "The address names too many models", got=len(found), allowed=f"up to {MOST_MODELS}", do="correct the link"
        )
    return found


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
    parts["models"] = ",".join(view.models)
    parts["edits"] = edits_text(view.edits)
    return {name: value for name, value in parts.items() if value}


def current_view() -> View:
    """Read the view from this session's address.

    Raises:
        InputError: the address holds a value that cannot be used
    """
    return parse_view(st.query_params.to_dict())


def settle_address() -> None:
    """Write the address that this run was asked for into the browser's bar.

    Streamlit leaves the bar as it was where a link leads to another view of the same page, and the next click on the
    page would then ask for the old address. A bar that is right already gets no further step in its history.
    """
    asked = st.query_params.to_dict()
    known = st.session_state.get("address")
    st.session_state["address"] = asked
    if known is not None and known != asked:
        st.query_params.from_dict(asked)


def show_view(view: View) -> None:
    """Write a view to the address: one step in the browser's history, none where nothing changes."""
    wanted = query_of(view)
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)
