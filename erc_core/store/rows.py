"""What lists of the store show, and what its checks report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DialogueRow:
    """One line of the list of dialogues; ``owner`` is empty for bundled examples, ``models`` are those with results."""

    id: str
    owner: str
    title: str
    source: str
    created_s: float
    utterances: int
    duration_s: float
    speakers: tuple[str, ...]
    media: str | None
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnalysisRow:
    """A stored analysis: the key it is read by, the model's name, and when it was made (seconds since 1970)."""

    key: str
    model: str
    created_s: float


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One upload, link or deletion: seconds since 1970, the owner's identifier, what was done, the content's hash."""

    at_s: float
    owner: str
    action: str
    what: str


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A link: its identity (not its secret), its dialogue, when it was made, and how many others have opened it."""

    id: str
    dialogue: str
    created_s: float
    visitors: int


@dataclass(frozen=True, slots=True)
class PlayableCopy:
    """The file that browsers play in place of a clip; ``sha256`` is empty where none could be made, for ``reason``."""

    sha256: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StoreReport:
    """What a check of the store found.

    Attributes:
        dialogues: how many there are
        results: how many there are
        missing_media: content hashes of clips that a dialogue names and that are not in the folder
        missing_results: keys of results whose file is gone
        damaged: names of files whose content is not what their name says, or keys of results that cannot be read
        strays: files that nothing refers to, also those that a killed process left half written
        stale_results: keys of results whose dialogue was deleted
        database: "ok", or what the database says about itself
        repaired: whether strays, stale, missing and damaged results were removed, so that they are computed again
    """

    dialogues: int
    results: int
    missing_media: tuple[str, ...] = ()
    missing_results: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    stale_results: tuple[str, ...] = ()
    database: str = "ok"
    repaired: bool = False

    @property
    def sound(self) -> bool:
        """Whether nothing that was finished is lost or damaged. Strays cost space, not results."""
        return not (self.missing_media or self.missing_results or self.damaged) and self.database == "ok"


@dataclass(frozen=True, slots=True)
class SweepReport:
    """How many dialogues, unclaimed clips, half-written files and old jobs a sweep removed."""

    dialogues: int
    media: int
    incoming: int
    jobs: int
