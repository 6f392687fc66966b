"""From a script to a clip with known truth."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from erc_core.synthesis.action_units import ACTION_UNITS
from erc_core.synthesis.arrays import Bytes, Floats
from erc_core.synthesis.film import Drawn, Production, SeenFace, shoot
from erc_core.synthesis.landmarks import LANDMARK_NAMES
from erc_core.synthesis.performance import act
from erc_core.synthesis.script import Script, read_script
from erc_core.synthesis.sound import mix
from erc_core.synthesis.staging import HEIGHT, WIDTH
from erc_core.synthesis.timeline import FPS, Cue, Timeline, lay_out
from erc_core.synthesis.truth import FaceTrack, Truth, UtteranceTruth, write_truth
from erc_core.synthesis.voice import RATE_HZ, TimedText, speak
from erc_core.types import Progress, silent

WORKERS = 2
CRF = {"good": "23", "poor": "36"}


def build_clip(script_path: Path, out_dir: Path, progress: Progress = silent) -> Truth:
    """Re-enact a script.

    Writes ``clip.mp4`` (``clip.m4a`` for a script without a picture), ``transcript.csv``, ``truth.json`` and
    ``about.json`` into ``out_dir``. The same script gives the same frames, sound and truth.

    Args:
        script_path: the script
        out_dir: where the files go
        progress: told of the frames

    Raises:
        InputError: the script has an error
        MissingResourceError: espeak-ng is not installed
    """
    script = read_script(script_path)
    production = rehearse(script)
    out_dir.mkdir(parents=True, exist_ok=True)
    sound = mix(script, production.timeline) if script.audio else None
    seen: list[tuple[SeenFace, ...]] = []
    if script.picture:
        frames = _told(shoot(production, WORKERS), production.timeline.frames, progress)
        _write_film(frames, production, sound, out_dir / "clip.mp4", seen)
    elif sound is not None:
        _write_sound(sound, out_dir / "clip.m4a")
    truth = _tell(production, seen)
    write_truth(truth, out_dir / "truth.json")
    _write_transcript(truth, out_dir / "transcript.csv")
    about = {"title": script.title, "look_for": script.look_for, "clip": "clip.mp4" if script.picture else "clip.m4a"}
    (out_dir / "about.json").write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return truth


def rehearse(script: Script) -> Production:
    """Speak the lines, lay them out in time, and let everyone play their part."""
    timeline = lay_out(script, speak(script))
    acting = tuple(act(script, timeline, seat) for seat in range(len(script.speakers)))
    return Production(script, timeline, acting)


def _told(frames: Iterator[Drawn], count: int, progress: Progress) -> Iterator[Drawn]:
    for number, frame in enumerate(frames):
        progress("frames", number / count)
        yield frame


class _FrameSource:
    """Hands frames to moviepy, which asks for them by time, in order and sometimes twice."""

    def __init__(self, frames: Iterator[Drawn], seen: list[tuple[SeenFace, ...]]) -> None:
        self._frames = frames
        self._seen = seen
        self._last = np.zeros((HEIGHT, WIDTH, 3), np.uint8)

    def __call__(self, time_s: float) -> Bytes:
        while len(self._seen) <= round(time_s * FPS):
            drawn = next(self._frames)
            self._seen.append(drawn.faces)
            self._last = drawn.image
        return self._last


def _write_film(
    frames: Iterator[Drawn],
    production: Production,
    sound: Floats | None,
    path: Path,
    seen: list[tuple[SeenFace, ...]],
) -> None:
    from moviepy import AudioArrayClip, VideoClip

    clip = VideoClip(_FrameSource(frames, seen), duration=production.timeline.seconds + 0.01 / FPS)
    if sound is not None:
        clip = clip.with_audio(AudioArrayClip(sound, fps=RATE_HZ))
    with tempfile.TemporaryDirectory() as folder:
        clip.write_videofile(
            str(path),
            fps=FPS,
            codec="libx264",
            audio_codec="aac",
            audio_bitrate="96k",
            preset="medium",
            temp_audiofile=str(Path(folder) / "sound.m4a"),
            ffmpeg_params=["-crf", CRF[production.script.quality], "-pix_fmt", "yuv420p", "-movflags", "+faststart"],
            threads=WORKERS,
            logger=None,
        )


def _write_sound(sound: Floats, path: Path) -> None:
    from moviepy import AudioArrayClip

    clip = AudioArrayClip(sound, fps=RATE_HZ)
    clip.write_audiofile(str(path), fps=RATE_HZ, codec="aac", bitrate="96k", logger=None)


def _tell(production: Production, seen: list[tuple[SeenFace, ...]]) -> Truth:
    script, timeline = production.script, production.timeline
    return Truth(
        name=script.name,
        title=script.title,
        script_sha256=script.sha256,
        fps=FPS,
        frames=timeline.frames,
        width=WIDTH,
        height=HEIGHT,
        audio=script.audio,
        picture=script.picture,
        speakers=tuple(speaker.name for speaker in script.speakers),
        unit_names=tuple(f"AU{unit:02d}" for unit in ACTION_UNITS),
        landmark_names=LANDMARK_NAMES,
        utterances=tuple(_utterance(cue, script, timeline) for cue in timeline.cues),
        faces=tuple(_tracks(production, seen)),
    )


def _utterance(cue: Cue, script: Script, timeline: Timeline) -> UtteranceTruth:
    line = cue.line
    seat = script.speaker_index(line.speaker)
    frames = np.arange(round(cue.start_s * FPS), round(cue.end_s * FPS))
    shown = sum(
        ((frames >= take.first_frame) & (frames < take.last_frame)).sum()
        for take in timeline.takes
        if seat in take.seats
    )
    return UtteranceTruth(
        number=cue.number,
        speaker=line.speaker,
        text=line.text,
        start_s=cue.start_s,
        end_s=cue.end_s,
        emotion=line.emotion,
        intensity=line.intensity,
        text_emotion=line.text_emotion,
        acoustic_emotion=line.acoustic_emotion,
        face_emotion=line.face_emotion,
        informative=line.informative(),
        key_words=line.key_words,
        words=tuple(TimedText(w.text, cue.start_s + w.start_s, cue.start_s + w.end_s) for w in cue.speech.words),
        seen=float(shown / max(len(frames), 1)) if script.picture else 0.0,
    )


def _tracks(production: Production, seen: list[tuple[SeenFace, ...]]) -> Iterator[FaceTrack]:
    """Join the faces of single frames to one track per person and shot."""
    for take in production.timeline.takes if seen else ():
        for seat in take.seats:
            span = range(take.first_frame, take.last_frame)
            faces = [next(face for face in seen[number] if face.seat == seat) for number in span]
            yield FaceTrack(
                speaker=production.script.speakers[seat].name,
                first_frame=take.first_frame,
                boxes=np.stack([face.box for face in faces]),
                landmarks=np.stack([face.landmarks for face in faces]),
                units=production.acting[seat].units[take.first_frame : take.last_frame].astype(np.float32),
                turn=np.stack([face.turn for face in faces]),
            )


def _write_transcript(truth: Truth, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["start_s", "end_s", "speaker", "text", "emotion"])
        for said in truth.utterances:
            writer.writerow([f"{said.start_s:.2f}", f"{said.end_s:.2f}", said.speaker, said.text, said.emotion])
