"""The asking side of the page What if: the form whose every move is an edit in the address, and the answers."""

from __future__ import annotations

import io
import wave
from dataclasses import replace

import streamlit as st

from erc_core import pipeline
from erc_core.escape import markdown
from erc_core.plots.theme import shortened
from erc_core.settings import Settings
from erc_core.types import Analysis, Dialogue, Features, Utterance
from erc_core.ui.clips import clip_of
from erc_core.ui.desk import Opened, settings
from erc_core.ui.notices import heading
from erc_core.ui.state import current_view, show_view
from erc_core.whatif.edits import (
    BlankFace,
    DropUtterance,
    Edit,
    MuteSound,
    NeutralFace,
    NoiseSound,
    SpeakerEdit,
    WordsEdit,
    edit_of,
    with_edit,
    without_edit,
)

SOUNDS = {"as": "as recorded", "mute": "silent", "noise": "noisy"}
FACES = {"as": "as filmed", "noface": "hidden", "calm": "calm"}
SNR_DB = 5.0
SNR_SHOWN = (-10.0, 30.0)
STEP_S = 0.05
HEARD_HZ = 16_000


@st.cache_resource(show_spinner=False, max_entries=12)
def _features(dialogue: Dialogue, extractors: tuple[str, ...], model: str) -> tuple[Features, ...]:
    """Extract the features of the unedited dialogue once; ``extractors`` keeps other ones apart."""
    return pipeline.extract(dialogue, clip_of(dialogue), model, settings())


@st.cache_resource(show_spinner=False, max_entries=64)
def _asked(
    dialogue: Dialogue, model: str, weights: str, edits: tuple[Edit, ...], extractors: tuple[str, ...]
) -> Analysis:
    """Predict the edited dialogue; ``weights`` keeps answers of other weights apart."""
    features = _features(dialogue, extractors, model)
    return pipeline.ask_what_if(dialogue, clip_of(dialogue), model, settings(), edits, features=features)


def features_of(opened: Opened) -> tuple[Features, ...]:
    """Return what the chosen model reads of the open dialogue."""
    return _features(opened.dialogue, opened.model.card.extractors, opened.model.name)


def asked(opened: Opened) -> Analysis:
    """Return the analysis with the address's edits; the plain one where there are none."""
    if not opened.view.edits or opened.model.checkpoint is None:
        return opened.plain
    card = opened.model.card
    with st.spinner(
        "Asking the model anew; the first time, sound and faces of the whole clip are read", show_time=True
    ):
        return _asked(opened.dialogue, card.name, opened.model.checkpoint.sha256, opened.view.edits, card.extractors)


def chosen_utterance(opened: Opened) -> Utterance:
    """Return the chosen utterance as it is."""
    return opened.dialogue.utterances[opened.dialogue.position(opened.selected)]


def put(edit: Edit) -> None:
    """Add an edit to the address, in place of one of the same aspect."""
    view = current_view()
    show_view(replace(view, edits=with_edit(view.edits, edit)))


def take_back(edit: Edit) -> None:
    """Remove an edit from the address."""
    view = current_view()
    show_view(replace(view, edits=without_edit(view.edits, edit.utterance, edit.aspect)))


def take_all_back() -> None:
    """Remove all edits from the address."""
    show_view(replace(current_view(), edits=()))


def forget(utterances: tuple[str, ...]) -> None:
    """Leave utterances out."""
    view = current_view()
    edits = view.edits
    for utterance in utterances:
        edits = with_edit(edits, DropUtterance(utterance))
    show_view(replace(view, edits=edits))


def _words_typed(utterance: Utterance) -> None:
    text = str(st.session_state["edit-words"]).strip()
    edit = WordsEdit(utterance.id, text)
    take_back(edit) if text == (utterance.text or "") else put(edit)


def _speaker_chosen(utterance: Utterance) -> None:
    edit = SpeakerEdit(utterance.id, str(st.session_state["edit-speaker"] or utterance.speaker))
    take_back(edit) if edit.speaker == utterance.speaker else put(edit)


def _sound_chosen(utterance: Utterance) -> None:
    kind = st.session_state["edit-sound"] or "as"
    if kind == "as":
        take_back(MuteSound(utterance.id))
        return
    low, high = st.session_state.get("edit-stretch", (utterance.start_s, utterance.end_s))
    whole = low <= utterance.start_s and high >= utterance.end_s
    start_s, end_s = (None, None) if whole or low >= high else (low, high)
    if kind == "mute":
        put(MuteSound(utterance.id, start_s, end_s))
    else:
        put(NoiseSound(utterance.id, float(st.session_state.get("edit-snr", SNR_DB)), start_s, end_s))


def _face_chosen(utterance: Utterance) -> None:
    kind = st.session_state["edit-face"] or "as"
    if kind == "as":
        take_back(BlankFace(utterance.id))
    else:
        put(BlankFace(utterance.id) if kind == "noface" else NeutralFace(utterance.id))


def _dropped() -> None:
    view = current_view()
    kept = tuple(edit for edit in view.edits if not isinstance(edit, DropUtterance))
    show_view(replace(view, edits=kept))
    forget(tuple(st.session_state["edit-drop"]))


def draw_form(opened: Opened) -> None:
    """Draw what can be changed about the chosen utterance, and which utterances were never said."""
    utterance = chosen_utterance(opened)
    heading(
        f"Change {utterance.id}, said by {markdown(utterance.speaker)}",
        "Each move is answered at once. Another utterance is chosen on the stage; what you changed before stays.",
    )
    _draw_words(opened, utterance)
    _draw_sound(opened, utterance)
    _draw_face(opened, utterance)
    _draw_presence(opened, utterance)


def _draw_words(opened: Opened, utterance: Utterance) -> None:
    words, speaker = (edit_of(opened.view.edits, utterance.id, aspect) for aspect in ("words", "speaker"))
    st.session_state["edit-words"] = words.text if isinstance(words, WordsEdit) else utterance.text or ""
    st.text_area(
        "Words (empty: not known)", key="edit-words", on_change=_words_typed, args=(utterance,), height=84,
        disabled="t" not in opened.model.card.modalities,
    )  # fmt: skip
    now = speaker.speaker if isinstance(speaker, SpeakerEdit) else utterance.speaker
    st.session_state["edit-speaker"] = now
    st.selectbox(
        "Said by", list(dict.fromkeys((*opened.dialogue.speakers, now))), key="edit-speaker", accept_new_options=True,
        on_change=_speaker_chosen, args=(utterance,), help="Choose somebody, or type the name of a newcomer.",
    )  # fmt: skip


def _why_no(opened: Opened, modality: str, word: str) -> str:
    """Return why a modality cannot be edited; empty where it can."""
    if modality not in opened.model.card.modalities:
        return f"{opened.model.card.title} takes no {word}."
    reason = next(
        (m.reason for m in opened.plain.prediction.missing if (m.utterance, m.modality) == (opened.selected, modality)),
        "",
    )
    return f"There is no {word} here: {reason}." if reason else ""


def _draw_sound(opened: Opened, utterance: Utterance) -> None:
    why = _why_no(opened, "a", "sound")
    edit = edit_of(opened.view.edits, utterance.id, "sound")
    kind = "as" if not isinstance(edit, MuteSound | NoiseSound) else edit.kind
    st.session_state["edit-sound"] = kind
    st.segmented_control(
        "Its sound is", list(SOUNDS), key="edit-sound", format_func=SOUNDS.__getitem__, disabled=bool(why),
        on_change=_sound_chosen, args=(utterance,), required=True,
    )  # fmt: skip
    if why:
        st.caption(why)
    if not isinstance(edit, MuteSound | NoiseSound):
        return
    left, right = st.columns(2, gap="medium")
    whole = (utterance.start_s, utterance.end_s)
    st.session_state["edit-stretch"] = (
        whole if edit.start_s is None or edit.end_s is None else (edit.start_s, edit.end_s)
    )
    left.slider(
        "From, to (s)", *whole, key="edit-stretch", step=STEP_S, format="%.2f", on_change=_sound_chosen,
        args=(utterance,),
    )  # fmt: skip
    if isinstance(edit, NoiseSound):
        st.session_state["edit-snr"] = min(max(edit.snr_db, SNR_SHOWN[0]), SNR_SHOWN[1])
        right.slider(
            "Speech over noise (dB)", *SNR_SHOWN, key="edit-snr", step=1.0, format="%.0f", on_change=_sound_chosen,
            args=(utterance,),
        )  # fmt: skip
    _draw_player(opened, utterance, edit)


@st.cache_data(show_spinner=False, max_entries=16)
def _heard(utterance: Utterance, sha256: str, edit: MuteSound | NoiseSound, limits: Settings) -> bytes:
    """Return the edited sound as a WAV file of 16-bit samples; ``sha256`` keeps clips apart."""
    import numpy as np

    from erc_core.ui.desk import store
    from erc_core.whatif.sound import edited_sound

    audio = edited_sound(utterance, edit, store().media_path(sha256), limits)
    peak = max(1.0, float(np.abs(audio).max(initial=0.0)))
    content = io.BytesIO()
    with wave.open(content, "wb") as file:  # of an array Streamlit would make silence 0 divided by 0
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(HEARD_HZ)
        file.writeframes((audio / peak * 32767).astype("<i2").tobytes())
    return content.getvalue()


def _draw_player(opened: Opened, utterance: Utterance, edit: MuteSound | NoiseSound) -> None:
    """Let the edited sound be heard."""
    media = opened.dialogue.media
    if media is None or not media.has_audio:
        return
    st.audio(_heard(utterance, media.sha256, edit, settings()), format="audio/wav")


def _draw_face(opened: Opened, utterance: Utterance) -> None:
    why = _why_no(opened, "v", "face")
    edit = edit_of(opened.view.edits, utterance.id, "face")
    st.session_state["edit-face"] = "as" if edit is None else edit.kind
    st.segmented_control(
        "The face is", list(FACES), key="edit-face", format_func=FACES.__getitem__, disabled=bool(why),
        on_change=_face_chosen, args=(utterance,), required=True,
        help="Calm: the calmest face that the clip shows of this speaker takes its place. No face is ever drawn.",
    )  # fmt: skip
    if why:
        st.caption(why)


def _draw_presence(opened: Opened, utterance: Utterance) -> None:
    lines = {u.id: f"{u.id} {u.speaker}: {shortened(u.text or 'no words', 40)}" for u in opened.dialogue.utterances}
    st.session_state["edit-drop"] = [edit.utterance for edit in opened.view.edits if isinstance(edit, DropUtterance)]
    st.multiselect(
        "Never said", list(lines), key="edit-drop", format_func=lines.__getitem__, on_change=_dropped,
        placeholder="utterances to leave out", wrap=True,
    )  # fmt: skip
