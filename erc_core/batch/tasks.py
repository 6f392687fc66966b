"""What a batch computes: one clip in, one file out. All ways of running a batch call ``run_task``."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from erc_core import explaining, explanation_report, pipeline
from erc_core.data.transcript import read_transcript
from erc_core.errors import ErcError, InputError
from erc_core.media.distance import word_notices
from erc_core.models.checkpoints import model_ref
from erc_core.report import analysis_json
from erc_core.settings import Settings, load_settings
from erc_core.store.keys import result_key
from erc_core.types import Dialogue, Progress, silent

CLIPS = (
    *(".mp4", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ts", ".wmv", ".flv"),
    *(".wav", ".mp3", ".flac", ".m4a", ".aac", ".ogg", ".aiff", ".amr"),
)
TRANSCRIPTS = (".csv", ".srt", ".vtt", ".eaf")
PART = ".part-"  # begins the name of a result that is being written
Status = Literal["done", "failed"]


@dataclass(frozen=True, slots=True)
class Task:
    """One clip and what is asked of it; plain values, so that it goes to other machines.

    Attributes:
        name: the clip's path below the batch's folder, with ``/``
        clip: its file; empty where there are words alone
        transcript: the file of its words, or empty
        result: the file that its result goes to
        models: names of the models that analyse it
        method: the explainer for every utterance, or empty
        samples: most versions that the explainer asks for; 0 for the method's own number
    """

    name: str
    clip: str
    transcript: str
    result: str
    models: tuple[str, ...]
    method: str = ""
    samples: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """How a clip ended: ``status`` is ``failed`` where it cannot be used, and ``message`` then says why."""

    name: str
    status: Status
    seconds: float
    message: str = ""


def find_tasks(
    folder: Path, out: Path, models: tuple[str, ...], method: str = "", samples: int = 0, words_alone: bool = False
) -> tuple[Task, ...]:
    """Return a task for each clip below a folder, in the order of their names.

    A transcript is the file beside a clip with the same name but for its ending, or ``transcript.csv`` where the clip
    has the folder for itself.

    Args:
        words_alone: take transcripts in place of clips; sound and faces are missing then

    Raises:
        InputError: the folder is not there, or holds no clip
    """
    if not folder.is_dir():
        raise InputError("The folder of clips is not there", got=folder, do="give a folder that exists")
    inside, endings = out.resolve(), TRANSCRIPTS if words_alone else CLIPS
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in endings and path.is_file()]
    paths = [path for path in paths if inside not in path.resolve().parents]
    if not paths:
        what = "transcript" if words_alone else "clip"
        raise InputError(
            f"The folder holds no {what}", got=folder, allowed=", ".join(endings), do="choose another folder"
        )
    return tuple(_task(path, folder, out, models, method, samples) for path in paths)


def _task(path: Path, folder: Path, out: Path, models: tuple[str, ...], method: str, samples: int) -> Task:
    name = path.relative_to(folder).as_posix()
    target = out.resolve() / f"{name}.json"
    if path.suffix.lower() in TRANSCRIPTS:
        return Task(name, "", str(path.resolve()), str(target), models, method, samples)
    beside = [path.with_suffix(ending) for ending in TRANSCRIPTS]
    if sum(other.suffix.lower() in CLIPS for other in path.parent.iterdir()) == 1:
        beside.append(path.parent / "transcript.csv")
    words = next((str(found.resolve()) for found in beside if found.is_file()), "")
    return Task(name, str(path.resolve()), words, str(target), models, method, samples)


def task_key(task: Task) -> str:
    """Return the content key of a task's result: clip, words, weights, method and the program's version.

    Raises:
        InputError: a file of the task cannot be read
        MissingResourceError: a model's weights are not there
    """
    return result_key(
        clip=_sha256(task.clip) if task.clip else "",
        words=_sha256(task.transcript) if task.transcript else "",
        models=[model_ref(name).sha256 for name in task.models],
        method=task.method,
        samples=task.samples,
        code=load_settings().program,
    )


def _sha256(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError("A clip or its transcript cannot be read", got=error, do="check the file") from error


def known_result(task: Task, failed_too: bool = True) -> Result | None:
    """Return the result that is there already for exactly this task, or None.

    Args:
        failed_too: whether a failure counts; not where it shall be tried again
    """
    try:
        body = json.loads(Path(task.result).read_text(encoding="utf-8"))
        found = Result(task.name, body["status"], float(body["seconds"]), body["message"])
        fits = body["key"] == task_key(task)
    except (OSError, ValueError, KeyError, TypeError, ErcError):
        return None
    return found if fits and (failed_too or found.status == "done") else None


def run_task(task: Task, settings: Settings, progress: Progress = silent) -> Result:
    """Analyse a clip, explain its utterances where that is asked, and write its result; one that is there is taken.

    A clip that cannot be used has a result too, which says why.

    Raises:
        InputError: the result cannot be written
        CancelledError: ``progress`` asked to stop
    """
    known = known_result(task)
    if known is not None:
        return known
    begun_s = time.monotonic()
    try:
        key, body = task_key(task), _compute(task, settings, progress)
        status: Status = "done"
        message = ""
    except InputError as error:
        key, body, status, message = _key_or_empty(task), {}, "failed", error.sentence()
    result = Result(task.name, status, round(time.monotonic() - begun_s, 3), message)
    write_result(task, key, result, body)
    return result


def _key_or_empty(task: Task) -> str:
    try:
        return task_key(task)
    except ErcError:
        return ""


def _compute(task: Task, settings: Settings, progress: Progress) -> dict[str, Any]:
    clip = Path(task.clip) if task.clip else None
    dialogue = _opened(task, clip, settings, progress)
    analyses: list[dict[str, Any]] = []
    explanations: list[dict[str, Any]] = []
    for model in task.models:
        features = pipeline.extract(dialogue, clip, model, settings, progress)
        found = pipeline.analyse(dialogue, clip, model, settings, features=features, progress=progress)
        analyses.append(analysis_json(found))
        explanations += _explanations(task, dialogue, clip, model, features, settings, progress)
    return {"analyses": analyses, "explanations": explanations}


def _opened(task: Task, clip: Path | None, settings: Settings, progress: Progress) -> Dialogue:
    words = Path(task.transcript)
    content = words.read_bytes() if task.transcript else None
    if clip is not None:
        return pipeline.open_clip(
            clip, settings, name=clip.name, transcript=content, transcript_name=words.name, progress=progress
        )
    read = read_transcript(content or b"", words.name, settings)
    notes = (*read.notes, "There is no clip: sound and faces are missing.", *word_notices(read.utterances))
    return Dialogue.of(words.name, "transcript", read.utterances, None, notes)


def _explanations(
    task: Task, dialogue: Dialogue, clip: Path | None, model: str, features: Any, settings: Settings, progress: Progress
) -> Iterable[dict[str, Any]]:
    if not task.method:
        return []
    pairs = [f"samples={task.samples}"] if task.samples else []
    params = explaining.read_params(task.method, pairs)
    found = []
    for utterance in dialogue.utterances:
        request = explaining.Request(model, utterance.id, task.method, params)
        explanation = explaining.explain(dialogue, clip, request, settings, features=features, progress=progress)
        found.append(explanation_report.explanation_json(explanation))
    return found


def write_result(task: Task, key: str, result: Result, body: dict[str, Any]) -> None:
    """Put a result in its place in one step, so that there is a whole one or none, whoever else writes the same.

    Raises:
        InputError: the disk refuses it
    """
    value = {"key": key, **asdict(result), "clip": task.name, "models": task.models, "method": task.method, **body}
    target = Path(task.result)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=PART)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(value, file, indent=1, ensure_ascii=False, default=str)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)  # what a full disk took of it
    except OSError as error:
        raise InputError("A result cannot be written", got=error, do="free space, or choose another --out") from error
