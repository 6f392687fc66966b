"""The parts of the page Models: what each model is, where its weights are, and how to bring own ones."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from erc_core import pipeline
from erc_core.errors import MissingResourceError
from erc_core.escape import escape
from erc_core.models.base import ROLES, ModelCard, Role
from erc_core.models.checkpoint_facts import CheckpointFacts, checkpoint_facts
from erc_core.pipeline import ModelStatus
from erc_core.plots.theme import modality_title
from erc_core.training.system_runs import is_system
from erc_core.types import MODALITIES
from erc_core.ui.card_text import card_html
from erc_core.ui.desk import settings
from erc_core.ui.guard import message_html
from erc_core.ui.notices import PERCEIVED, heading
from erc_core.ui.panels import finding_html
from erc_core.ui.places import link_to
from erc_core.ui.state import View

ENCODERS = ("text_encoder", "acoustic_encoder", "face_encoder")
GROUPS: dict[Role, tuple[str, str]] = {
    "system": ("Systems", "The systems that the pages explain. Weights are loaded when they are first used."),
    "backbone": (
        "Backbones and presets",
        "Models of the literature that LMAM is put into, with and without it, and a larger preset of DQ-Former.",
    ),
    "baseline": ("Baselines", "Plain fusions, to tell what a system adds."),
    "example": ("Example", "How a model is added: one file."),
}
FORMAT = (
    "`config.json` (`model`, `labels`, `config`, `temperatures`, `encoders`), `model.safetensors`, and `CARD.md` if "
    "you like. `python -m erc_core train` writes such a folder."
)


@st.cache_resource(show_spinner=False, ttl=60)
def _facts(name: str) -> CheckpointFacts | str:
    """Return a checkpoint's facts, or why there are none."""
    try:
        return checkpoint_facts(name)
    except MissingResourceError as error:
        return error.sentence()


@st.cache_resource(show_spinner=False, ttl=60)
def _all_models() -> tuple[ModelStatus, ...]:
    return pipeline.models(ROLES, variants=True)


def millions(count: int) -> str:
    """Return a number of parameters as people say it."""
    return f"{count / 1e6:.1f} M" if count >= 1e5 else f"{count:,}"


def facts_of(card: ModelCard) -> tuple[str, ...]:
    """Return what a card says of how a model works, one sentence each."""
    reads = ", ".join(modality_title(m).lower() for m in card.modalities)
    future = "sees later utterances too" if card.sees_future else "sees nothing that comes later"
    span = "reads the whole dialogue at once" if card.whole_dialogue else "reads an utterance with its history"
    return (f"reads {reads}", span, future, f"licence of our code: {card.licence}")


def temperature_text(facts: CheckpointFacts) -> str:
    """Return what the logits are divided by, for the fused answer and for each modality alone."""
    at = facts.temperatures
    if at is None:
        return ""
    alone = ", ".join(f"{modality_title(m).lower()} {getattr(at, m):.2f}" for m in MODALITIES if getattr(at, m) != 1)
    fused = f"temperature {at.fused:.2f}" if at.fused != 1 else "not calibrated"
    return f"{fused} (heads: {alone})" if alone else fused


def _weights_html(facts: CheckpointFacts) -> str:
    whose = "bundled" if facts.bundled else "own (ERC_CHECKPOINTS)"
    items = [
        f"<b>{millions(facts.parameters)}</b> parameters" + (" besides its encoders" if facts.encoders else ""),
        f"{facts.size_bytes / 1e6:.1f} MB",
        f"{whose}, <code>{facts.sha256[:12]}</code>",
        escape(temperature_text(facts)),
        f"encoders: {escape(', '.join(facts.encoders))}" if facts.encoders else "",
    ]
    return f'<p class="facts">{"".join(f"<span>{item}</span>" for item in items if item)}</p>'


def _draw_card_file(facts: CheckpointFacts) -> None:
    with st.expander("Training data, terms, figures and limits", key=f"card-{facts.name}"):
        st.html(card_html(facts.card) if facts.card else "<p>This checkpoint has no CARD.md.</p>")


def _not_shipped(name: str) -> str:
    """Say how a model that comes without weights gets some: that is no fault, so it is no alert."""
    if not is_system(name.partition("+")[0]):
        return '<p class="note">Comes without weights: what differs below says what it needs.</p>'
    command = f"python -m erc_core train {escape(name.partition('+')[0])} --root meld=DIR --root ravdess=DIR"
    return f'<p class="note">Comes without weights. Trains with <code>{command} --root fer2013=DIR</code>.</p>'


def _draw_model(status: ModelStatus, view: View) -> None:
    card, facts = status.card, _facts(status.name)
    with st.container(border=True, key=f"model-{status.name.replace('+', '-')}"):
        left, right = st.columns([5, 1.2], vertical_alignment="center")
        with left:
            st.subheader(card.title, anchor=False)
            st.html(f'<p class="paper">{escape(card.paper)}</p>')
        with right:
            if status.checkpoint is not None and card.role == "system":
                link_to("", "See its answers", replace(view, model=status.name, tau=None, off=()))
        st.html(f'<p class="facts">{"".join(f"<span>{escape(item)}</span>" for item in facts_of(card))}</p>')
        if status.checkpoint is None:
            st.html(message_html(status.reason) if card.role == "system" else _not_shipped(status.name))
        if isinstance(facts, CheckpointFacts):
            st.html(_weights_html(facts))
        if card.finding:
            st.html(finding_html(card))
        if card.deviations:
            with st.expander(f"Where it differs from the paper ({len(card.deviations)})", key=f"differs-{status.name}"):
                st.html("<ul>" + "".join(f"<li>{escape(item)}</li>" for item in card.deviations) + "</ul>")
        for knob in card.knobs:
            st.caption(
                f"Can be turned: {knob.name}, {knob.low:g} to {knob.high:g}, own {knob.default:g}. {knob.meaning}"
            )
        if isinstance(facts, CheckpointFacts):
            _draw_card_file(facts)


def draw_models(view: View) -> None:
    """Draw a card for every model, those that can be used first."""
    st.title("Models", anchor=False)
    st.markdown(f"What each model is, where its weights come from, and what it may not be used for. {PERCEIVED}")
    for role, (title, about) in GROUPS.items():
        found = [status for status in _all_models() if status.card.role == role]
        if found:
            heading(title, about)
        for status in sorted(found, key=lambda status: (status.checkpoint is None, status.card.title)):
            _draw_model(status, view)


def draw_encoders() -> None:
    """Draw the encoders that the models share."""
    heading("Encoders", "They turn words, sound and faces into vectors. All systems share one copy of each.")
    for name in ENCODERS:
        facts = _facts(name)
        with st.container(border=True, key=f"model-{name}"):
            st.subheader(name.replace("_", " ").capitalize(), anchor=False)
            if isinstance(facts, str):
                st.html(message_html(facts))
            else:
                st.html(_weights_html(facts))
                _draw_card_file(facts)


def draw_own() -> None:
    """Say how own checkpoints are brought in, and where they are looked for now."""
    heading("Your own checkpoints", "A checkpoint of your training stands beside ours, or in its place.")
    own = settings().checkpoints
    where = f"Looked for in `{own}`." if own else "No folder is set now."
    st.markdown(
        f"Set `ERC_CHECKPOINTS` to a folder and start the server anew. {where} A subfolder named as a model, such as "
        "`df_erc`, takes the place of the bundled checkpoint; one named `df_erc+mine` is offered beside it as a model "
        f"of its own. Each holds {FORMAT} Encoders that are not in your folder are taken from the bundled ones; "
        "a model is refused if it was trained with other encoder weights."
    )
