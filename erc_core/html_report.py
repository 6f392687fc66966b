"""A conversation as one HTML file that plays without a server and asks nobody for anything."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from erc_core import __version__
from erc_core.annotations import Note
from erc_core.escape import escape
from erc_core.media.playback import playable
from erc_core.media.sound import read_audio
from erc_core.media.waveform import envelope as waveform_envelope
from erc_core.plots.theme import FONT, TOKENS, label_style, modality_title
from erc_core.report import analysis_json
from erc_core.settings import Settings
from erc_core.stage_assets import stage_css, stage_html, stage_script
from erc_core.stage_data import ENVELOPE_POINTS, StageMedia, stage_data
from erc_core.types import Analysis, FloatArray, Media

MAX_CLIP_MB = 200
TYPES = {
    "mp4": "video/mp4", "webm": "video/webm", "m4a": "audio/mp4", "wav": "audio/wav", "mp3": "audio/mpeg",
    "ogg": "audio/ogg", "flac": "audio/flac", "aac": "audio/aac",
}  # fmt: skip
PERCEIVED = (
    "Emotions here are perceived ones, as annotators name them: they say how an utterance comes across, not what a "
    "person feels. Not for decisions about people; the EU's AI Act forbids emotion recognition in workplaces and "
    "education."
)
_STYLE = """
*{box-sizing:border-box}body{margin:0;padding:24px 32px 48px;background:var(--st-background-color);
color:var(--st-text-color);font:15px/1.5 var(--st-font);max-width:1500px;margin-inline:auto}
h1{font-size:1.7rem;margin:0 0 2px}h2{font-size:1.15rem;margin:30px 0 8px}p{margin:4px 0 10px}
.quietly{color:color-mix(in srgb,var(--st-text-color) 68%,var(--st-background-color));font-size:.9rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.88rem;width:100%}
th,td{text-align:left;padding:5px 9px;border-bottom:1px solid var(--st-border-color);vertical-align:top}
td{font-variant-numeric:tabular-nums}
.tag{border-radius:5px;padding:1px 8px;font-weight:600;white-space:nowrap}
.stage{margin-top:14px}pre{font-size:.78rem;overflow-x:auto}
"""


@dataclass(frozen=True, slots=True)
class ReportClip:
    """The clip that a report plays.

    Attributes:
        path: its file, in a form that browsers play
        type: its media type, such as ``video/mp4``
    """

    path: Path
    type: str


def html_report(
    analysis: Analysis,
    clip: ReportClip | None,
    envelope: FloatArray,
    model_title: str,
    notes: Sequence[Note] = (),
    selected: str = "",
) -> str:
    """Return an analysis as a self-contained page: the stage with its clip, tables, notes, parameters.

    Args:
        analysis: dialogue, prediction and trace
        clip: what is played; None for words alone. One over 200 MB is left out, and the page says so
        envelope: outline of the clip's sound, ``(points, 2)``
        model_title: what the model is called
        notes: what a person noted
        selected: id of the utterance that the page opens on; empty for the first
    """
    left_out = clip is not None and clip.path.stat().st_size > MAX_CLIP_MB * 1_000_000
    media = _media(analysis, None if left_out else clip)
    first = analysis.dialogue.utterances[0].id if analysis.dialogue.utterances else ""
    value = stage_data(analysis, media, envelope, selected or first, "light", notes=notes)
    title = escape(analysis.dialogue.title)
    remarks = [*dict.fromkeys((*analysis.dialogue.notes, *analysis.notes))]
    if left_out:
        remarks.append(f"The clip is over {MAX_CLIP_MB} MB and was left out of this report.")
    parts = [
        f"<h1>{title}</h1>",
        f'<p class="quietly">{_facts(analysis, model_title)}</p>',
        *(f'<p class="quietly">{escape(remark)}</p>' for remark in remarks),
        f'<div id="stage">{stage_html()}</div>',
        "<h2>Every utterance</h2>",
        "<p>The predicted emotion with its calibrated probability, what each modality says alone, and the truth where "
        "it is known.</p>",
        _table(analysis, notes),
        "<h2>Everything as data</h2>",
        "<details><summary>Predictions, confidences and all parameters as JSON</summary>"
        f"<pre>{escape(json.dumps(analysis_json(analysis, notes), indent=1, ensure_ascii=False))}</pre></details>",
        f'<p class="quietly">{escape(PERCEIVED)}</p>',
    ]
    return _page(title, "\n".join(parts), _script(value))


def report_clip(
    analysis: Analysis,
    clip: Path | None,
    settings: Settings,
    model_title: str,
    notes: Sequence[Note] = (),
    selected: str = "",
) -> str:
    """Return :func:`html_report` of an analysis with its clip; one that browsers cannot play is copied to one they can.

    Raises:
        InputError: the clip cannot be decoded
    """
    media = analysis.dialogue.media
    silence: FloatArray = np.zeros((0, 2), dtype=np.float32)
    if clip is None or media is None:
        return html_report(analysis, None, silence, model_title, notes, selected)
    outline = waveform_envelope(read_audio(clip, settings), ENVELOPE_POINTS) if media.has_audio else silence
    with TemporaryDirectory() as folder:
        shown = _played(clip, media, Path(folder), settings)
        return html_report(analysis, shown, outline, model_title, notes, selected)


def _played(clip: Path, media: Media, folder: Path, settings: Settings) -> ReportClip:
    target = folder / ("clip.mp4" if media.has_video else "clip.m4a")
    path = playable(clip, media, target, settings)
    copied = "video/mp4" if media.has_video else "audio/mp4"
    return ReportClip(path, copied if path == target else TYPES.get(media.container, copied))


def _media(analysis: Analysis, clip: ReportClip | None) -> StageMedia:
    media = analysis.dialogue.media
    if clip is None or media is None:
        return StageMedia()
    data = base64.b64encode(clip.path.read_bytes()).decode()
    kind = "video" if media.has_video else "audio"
    return StageMedia(kind, f"data:{clip.type};base64,{data}", media.sha256, media.fps)  # type: ignore[arg-type]


def _facts(analysis: Analysis, model_title: str) -> str:
    prediction = analysis.prediction
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    knobs = [f"{knob.name} = {knob.value:g}" for knob in prediction.knobs]
    off = [f"without {modality_title(m).lower()}" for m in prediction.switched_off]
    facts = [
        f"{len(analysis.dialogue.utterances)} utterances",
        f"{len(analysis.dialogue.speakers)} speakers",
        f"{model_title} {prediction.model.sha256[:8]}",
        *knobs,
        *off,
        f"ERC Lens {__version__}, {made}",
    ]
    return " · ".join(escape(fact) for fact in facts)


def _tag(label: str | None) -> str:
    if not label:
        return "–"
    style = label_style(label, "light")
    title = escape(style.title)
    return f'<span class="tag" style="background:{style.color};color:{style.ink}">{style.glyph} {title}</span>'


def _table(analysis: Analysis, notes: Sequence[Note]) -> str:
    prediction, of = analysis.prediction, {note.utterance: note for note in notes}
    alone = {found.modality: found.probabilities for found in prediction.unimodal}
    heads = ["id", "start (s)", "speaker", "words", "predicted", "probability"]
    heads += [f"{modality_title(m).lower()} alone" for m in alone] + ["truth", "note"]
    rows = []
    for i, utterance in enumerate(analysis.dialogue.utterances):
        note = of.get(utterance.id, Note(utterance.id))
        cells = [
            escape(utterance.id),
            f"{utterance.start_s:.2f}",
            escape(utterance.speaker),
            escape(utterance.text or "(not known)"),
            _tag(prediction.label_of(i)),
            f"{float(prediction.probabilities[i].max()):.2f}",
            *(_tag(_alone(analysis, values, i)) for values in alone.values()),
            _tag(utterance.label),
            _note(note),
        ]
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _alone(analysis: Analysis, values: FloatArray, row: int) -> str | None:
    numbers = values[row]
    return None if np.isnan(numbers).any() else analysis.prediction.model.labels.labels[int(numbers.argmax())]


def _note(note: Note) -> str:
    parts = ["★" if note.bookmarked else "", _tag(note.label) if note.label else "", escape(note.text)]
    return " ".join(part for part in parts if part) or "–"


def _script(value: dict[str, object]) -> str:
    # Nothing in the data may end the element that holds it.
    data = json.dumps(value).replace("<", "\\u003c")
    run = stage_script().replace("export default function stage", "function stage")
    call = (
        'const data = JSON.parse(document.getElementById("data").textContent);\n'
        'stage({ data, parentElement: document.getElementById("stage"), setTriggerValue: () => {} });'
    )
    return (
        f'<script type="application/json" id="data">{data}</script>\n<script type="module">\n{run}\n{call}\n</script>'
    )


def _page(title: str, body: str, script: str) -> str:
    tokens = TOKENS["light"]
    theme = (
        f":root{{--st-text-color:{tokens.text};--st-background-color:#fff;--st-border-color:{tokens.grid};"
        f"--st-secondary-background-color:{tokens.surface};--st-primary-color:{tokens.accent};--st-font:{FONT}}}"
    )
    # The policy lets the page load what it holds itself, and nothing else.
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; media-src data:; img-src data:"
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{theme}{_STYLE}{stage_css()}</style>\n</head>\n<body>\n<main>{body}</main>\n{script}\n</body>\n</html>\n"
    )
