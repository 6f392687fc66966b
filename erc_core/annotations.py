"""What a person adds to an utterance: a note, a bookmark, a corrected label."""

from __future__ import annotations

from dataclasses import dataclass

from erc_core.errors import InputError

MAX_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Note:
    """What a person says of one utterance.

    Attributes:
        utterance: id of the utterance
        text: words of the person; empty for none
        label: the emotion that the person hears; empty where the person does not say
        bookmarked: whether the person wants to find it again
    """

    utterance: str
    text: str = ""
    label: str = ""
    bookmarked: bool = False

    def __post_init__(self) -> None:
        if len(self.text) > MAX_CHARACTERS:
            raise InputError(
                "The note is too long",
                got=f"{len(self.text):,} characters",
                allowed=f"up to {MAX_CHARACTERS:,}",
                do="shorten it",
            )

    @property
    def empty(self) -> bool:
        """Tell whether nothing is said, so that nothing has to be kept."""
        return not (self.text or self.label or self.bookmarked)
