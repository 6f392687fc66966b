"""Settings from the environment; every one has a default that works on a fresh machine."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field, fields
from pathlib import Path

from erc_core import __version__
from erc_core.errors import InputError

ASSETS = Path(__file__).resolve().parent.parent / "assets"
PREFIX = "ERC_"


def _home() -> Path:
    """Return this user's home, or the folder for temporary files: a container's user may have neither home nor name."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(tempfile.gettempdir())


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set, each by the environment variable ``ERC_<NAME>``.

    Attributes:
        data: folder for uploads, results and fetched model files
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``
        precision: ``auto`` (float32 on CPU, bf16 on GPU), ``float32`` or ``bf16``
        whisper: a Whisper model for automatic transcripts, a local folder or a hub name; empty for none
        voice_model: a folder with a SpeechBrain or pyannote model that tells speakers apart; empty for our own way
        action_units: folder with CSV files of OpenFace or py-feat, one a clip, taken instead of our estimate; empty for
            none
        max_size_mb: largest accepted file, in megabytes
        max_duration_s: longest accepted clip, in seconds
        max_pixels: largest accepted picture, width times height
        max_utterances: most utterances in one dialogue
        keyframes: pictures of the speaker's face that an utterance gets, 1 to 12
        decode_timeout_s: longest run of one decoding step, in seconds
        decode_memory_mb: most memory that a decoding process may take, in megabytes
        max_attempts: how often a job whose worker died is tried
        workers: processes for analyses
        keep_days: uploaded clips are deleted after this many days; 0 keeps them
        checkpoints: folder of own checkpoints, one folder a model, looked at before the bundled ones; empty for none
        runs: folder of trainings: variants below ``checkpoints``, outcomes of comparisons below ``lmam``, ``compare``
        database: SQLAlchemy address of the store; empty for SQLite in ``data``
        corpora: folders of labelled corpora for the corpus page, such as ``meld=/data/MELD;emorynlp=/data/EmoryNLP``
        quota_mb: most megabytes of clips of one owner; 0 for no limit
        cluster: address of a Dask scheduler for jobs and batches, such as ``tcp://host:8786``; empty for this machine
    """

    data: Path = field(default_factory=lambda: _home() / ".local" / "share" / "erc-lens")
    device: str = "auto"
    precision: str = "auto"
    whisper: str = ""
    voice_model: str = ""
    action_units: str = ""
    max_size_mb: int = 500
    max_duration_s: float = 3600.0
    max_pixels: int = 3840 * 2160
    max_utterances: int = 2000
    keyframes: int = 3
    decode_timeout_s: float = 600.0
    decode_memory_mb: int = 2048
    max_attempts: int = 3
    workers: int = 1
    keep_days: float = 30.0
    checkpoints: str = ""
    runs: Path = Path("runs")
    database: str = ""
    corpora: str = ""
    quota_mb: int = 0
    cluster: str = ""

    @property
    def program(self) -> str:
        """The version, and the settings that change what models read: part of the key of every kept result."""
        default = Settings()
        changed = [name for name in ("keyframes", "action_units") if getattr(self, name) != getattr(default, name)]
        return "+".join([__version__, *(f"{name}={getattr(self, name)}" for name in changed)])

    @property
    def database_url(self) -> str:
        """The SQLAlchemy address of the store."""
        return self.database or f"sqlite:///{self.data / 'store.sqlite'}"


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        InputError: a variable cannot be read as its type
    """
    values: dict[str, object] = {}
    for item in fields(Settings):
        raw = os.environ.get(PREFIX + item.name.upper(), "")
        if not raw:  # such as ERC_DATA= in a file of settings: the default, not the folder that the program stands in
            continue
        default = getattr(Settings(), item.name)
        kind = type(default) if not isinstance(default, Path) else Path
        try:
            values[item.name] = Path(raw).expanduser() if kind is Path else kind(raw)
        except ValueError as error:
            raise InputError(
                f"The setting {PREFIX}{item.name.upper()} cannot be read",
                got=raw,
                allowed="a whole number" if kind is int else "a number",
                do="correct it, or leave it out",
            ) from error
    return Settings(**values)  # type: ignore[arg-type]
