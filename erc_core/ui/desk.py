"""What pages ask of the core: the store, the session, the models, and the open dialogue with its analysis."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from erc_core import pipeline
from erc_core.errors import MissingResourceError, UnknownNameError
from erc_core.pipeline import ModelStatus
from erc_core.settings import Settings, load_settings
from erc_core.store.store import Store
from erc_core.types import Analysis, Dialogue
from erc_core.ui.media_route import session_of, viewer_of
from erc_core.ui.people import person
from erc_core.ui.state import View

PREFERRED = "df_erc"  # reads words, sound and face, and is most often right (docs/results.md)
QUICKEST = "dq_former"  # waits for no face: answers an own clip first

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Opened:
    """What is on screen.

    Attributes:
        view: the address
        dialogue: the open dialogue
        model: the chosen model
        plain: its analysis as the model is
        analysis: its analysis with the address's knobs and switches; ``plain`` where there are none
        selected: id of the chosen utterance; empty where the dialogue has none
    """

    view: View
    dialogue: Dialogue
    model: ModelStatus
    plain: Analysis
    analysis: Analysis
    selected: str


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """Return this server's settings."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Return this server's store."""
    return Store(settings())


def owner() -> str:
    """Return who owns what is loaded here: the person who is signed in, else this browser's session."""
    found = person()
    return session() if found is None else found.owner


def session() -> str:
    """Return this browser's session, which owns what is loaded here while nobody is signed in.

    A browser that refuses cookies gets a session that ends with its tab; clips cannot be played to it.
    """
    found = session_of(st.context.cookies)
    return found if found is not None else str(st.session_state.setdefault("tab_session", secrets.token_hex(16)))


def viewer() -> str:
    """Return for whom links to clips are signed: this browser's session, and who is signed in there."""
    return viewer_of(st.context.cookies) or session()


def keeps_cookies() -> bool:
    """Tell whether this browser has our cookie, so that links to own clips work."""
    return session_of(st.context.cookies) is not None


def while_shown(dialogue: str, make: Callable[[], Made]) -> Callable[[], Made]:
    """Return what makes a file of a dialogue only while that is still shown here: a page may stay open for long.

    A file is made outside the page's run, where the session cannot be asked for; so it is asked for now.

    Args:
        dialogue: id
        make: makes the file
    """
    kept, visitor = store(), owner()

    def made() -> Made:
        kept.dialogue(dialogue, visitor)
        return make()

    return made


@st.cache_resource(show_spinner=False, ttl=60)
def models() -> tuple[ModelStatus, ...]:
    """Return all models; looked up anew each minute, so that a new checkpoint is seen."""
    return pipeline.models()


def usable_models() -> tuple[ModelStatus, ...]:
    """Return the models that have a checkpoint, the preferred one first."""
    usable = [status for status in models() if status.checkpoint is not None]
    return tuple(sorted(usable, key=lambda status: status.name != PREFERRED))


def chosen_model(view: View) -> ModelStatus:
    """Return the model that the address names, or the preferred one of those that have the knobs in it.

    Raises:
        MissingResourceError: no model, or not the named one, has a checkpoint
        UnknownNameError: there is no model of that name
    """
    usable = usable_models()
    if not view.model and usable:
        turned = {knob.name for knob in view.knobs}
        return next((status for status in usable if turned <= {knob.name for knob in status.card.knobs}), usable[0])
    found = next((status for status in models() if status.name == view.model), None)
    if view.model and found is None:
        names = ", ".join(status.name for status in usable)
        raise UnknownNameError("The address names a model that is not there", got=view.model, allowed=names)
    if found is None:
        reasons = " ".join(status.reason for status in models())
        raise MissingResourceError(
            "No model can be used here", got=reasons or "no model", do="restore assets/checkpoints"
        )
    if found.checkpoint is None:
        raise MissingResourceError(
            f"{found.card.title} cannot be used here", got=found.reason, do="choose another model"
        )
    return found


def selected_utterance(view: View, dialogue: Dialogue) -> str:
    """Return the id of the utterance in the address, else the first one; empty where the dialogue has none.

    Raises:
        UnknownNameError: the address names an utterance that the dialogue does not have
    """
    if not dialogue.utterances:
        return ""
    return dialogue.utterances[dialogue.position(view.utterance)].id if view.utterance else dialogue.utterances[0].id
