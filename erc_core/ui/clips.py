"""What the stage needs of a clip: its link, its waveform, a still."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from erc_core.bundled_openings import still_of
from erc_core.media.sound import read_audio
from erc_core.media.waveform import envelope
from erc_core.stage_data import ENVELOPE_POINTS, StageMedia
from erc_core.types import Dialogue, FloatArray, Span
from erc_core.ui.desk import owner, settings, store, viewer
from erc_core.ui.examples import bundled_ids
from erc_core.ui.media_route import PUBLIC, sign_media

NO_SOUND: FloatArray = np.zeros((0, 2), dtype=np.float32)
PIECE_S = 120.0  # so long a stretch of sound is held in memory at once
SPAN_POINTS = 400


def clip_of(dialogue: Dialogue) -> Path | None:
    """Return the file of a dialogue's clip, or None where it has none.

    Raises:
        StoreError: the clip is not in the store
    """
    return store().media_path(dialogue.media.sha256) if dialogue.media else None


def stage_media(dialogue: Dialogue) -> StageMedia:
    """Return the clip as the stage plays it; the clips of bundled examples are for everybody."""
    media = dialogue.media
    if media is None:
        return StageMedia()
    copy = store().playable(media.sha256)
    if copy is not None and not copy.sha256:
        return StageMedia()
    sha256 = copy.sha256 if copy else media.sha256
    if dialogue.id in bundled_ids():
        url = sign_media(settings(), PUBLIC, sha256)
    else:
        url = sign_media(settings(), viewer(), sha256, share=store().seen_through(dialogue.id, owner()))
    return StageMedia("video" if media.has_video else "audio", url, media.sha256, media.fps)


def why_not_played(dialogue: Dialogue) -> str:
    """Return why a clip cannot be played here, empty where it can."""
    copy = store().playable(dialogue.media.sha256) if dialogue.media else None
    return copy.reason if copy is not None and not copy.sha256 else ""


@st.cache_resource(show_spinner=False, max_entries=64)
def _envelope(sha256: str, start_s: float, end_s: float, points: int) -> FloatArray:
    path, edges = store().media_path(sha256), np.arange(start_s, end_s, PIECE_S)
    pieces = []
    for low in edges:
        high = min(float(low) + PIECE_S, end_s)
        audio = read_audio(path, settings(), float(low), high)
        if len(audio):
            pieces.append(envelope(audio, max(2, round(points * (high - float(low)) / (end_s - start_s)))))
    return np.concatenate(pieces) if pieces else NO_SOUND


def envelope_of(dialogue: Dialogue, span: Span | None = None) -> FloatArray:
    """Return the waveform of a clip, or of a stretch of it, as lowest and highest samples ``(points, 2)``."""
    media = dialogue.media
    if media is None or not media.has_audio:
        return NO_SOUND
    if span is None:
        return _envelope(media.sha256, 0.0, media.duration_s, ENVELOPE_POINTS)
    return _envelope(media.sha256, span.start_s, min(span.end_s, media.duration_s), SPAN_POINTS)


@st.cache_resource(show_spinner=False, max_entries=128)
def still(sha256: str, at_s: float) -> bytes | None:
    """Return the picture that a clip shows at a time, as JPEG; None where it has no picture."""
    return still_of(store().media_path(sha256), at_s, settings())
