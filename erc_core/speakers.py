"""Who says what, changed by hand: each function returns another dialogue, and features and predictions follow it.

The words' history reads the speakers, and the visual rows the face of each utterance's speaker.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from erc_core.errors import InputError, UnknownNameError
from erc_core.types import Dialogue, Utterance

NO_FACE = 0  # a face track that is nobody's: the speaker is not in the picture
SHORTEST_S = 0.1


def rename_speaker(dialogue: Dialogue, old: str, new: str) -> Dialogue:
    """Return the dialogue with a speaker called ``new``.

    Raises:
        UnknownNameError: nobody is called ``old``
        InputError: somebody else is called ``new``, or the name is empty
    """
    _known(dialogue, old)
    if new in dialogue.speakers and new != old:
        raise InputError("Somebody else has this name", got=new, do="merge the two speakers instead")
    return _called(dialogue, {old}, new)


def merge_speakers(dialogue: Dialogue, kept: str, others: Collection[str]) -> Dialogue:
    """Return the dialogue in which ``others`` are ``kept``: one voice that was taken for several.

    Raises:
        UnknownNameError: nobody is called so
    """
    for name in (kept, *others):
        _known(dialogue, name)
    return _called(dialogue, set(others), kept)


def split_speaker(dialogue: Dialogue, utterances: Collection[str], new: str) -> Dialogue:
    """Return the dialogue in which these utterances are said by ``new``: several voices that were taken for one.

    Raises:
        UnknownNameError: the dialogue has no such utterance
        InputError: the name is empty
    """
    _in_dialogue(dialogue, utterances)
    name = _name(new)
    changed = (replace(u, speaker=name) if u.id in utterances else u for u in dialogue.utterances)
    return dialogue.with_utterances(tuple(changed))


def relink_face(dialogue: Dialogue, utterances: Collection[str], track: int | None) -> Dialogue:
    """Return the dialogue in which these utterances are said by the face of a track.

    Args:
        dialogue: the conversation
        utterances: ids of the utterances
        track: number of the face's track; ``NO_FACE`` for a speaker out of the picture, None to let lips tell

    Raises:
        UnknownNameError: the dialogue has no such utterance
        InputError: the number is negative
    """
    _in_dialogue(dialogue, utterances)
    if track is not None and track < NO_FACE:
        raise InputError("There is no such face", got=track, allowed="1 and more, or 0 for none")
    changed = (replace(u, face_track=track) if u.id in utterances else u for u in dialogue.utterances)
    return dialogue.with_utterances(tuple(changed))


def split_utterance(dialogue: Dialogue, utterance: str, time_s: float) -> Dialogue:
    """Return the dialogue with an utterance cut in two; its words go by their times.

    Raises:
        UnknownNameError: the dialogue has no such utterance
        InputError: the time is not inside it
    """
    old = dialogue.utterances[dialogue.position(utterance)]
    if not old.start_s + SHORTEST_S <= time_s <= old.end_s - SHORTEST_S:
        raise InputError(
            "An utterance cannot be cut there",
            got=f"{time_s:g} s",
            allowed=f"{old.start_s + SHORTEST_S:g} to {old.end_s - SHORTEST_S:g} s",
        )
    before = tuple(word for word in old.words if (word.start_s + word.end_s) / 2 < time_s)
    after = old.words[len(before) :]
    share = (time_s - old.start_s) / old.duration_s
    plain = (old.text or "").split()
    count = len(before) if old.words else round(len(plain) * share)
    first = replace(old, end_s=time_s, text=" ".join(plain[:count]) or None, words=before)
    second = replace(
        old, id=_free_id(dialogue, old.id), start_s=time_s, text=" ".join(plain[count:]) or None, words=after
    )
    parts = [part for one in dialogue.utterances for part in ((first, second) if one is old else (one,))]
    return dialogue.with_utterances(tuple(parts))


def merge_utterances(dialogue: Dialogue, first: str, second: str) -> Dialogue:
    """Return the dialogue with two utterances that follow each other as one; it keeps the first one's id.

    Raises:
        UnknownNameError: the dialogue has no such utterance
        InputError: they do not follow each other, or have two speakers
    """
    place = dialogue.position(first)
    if dialogue.position(second) != place + 1:
        raise InputError("Only utterances that follow each other can be merged", got=f"{first} and {second}")
    one, other = dialogue.utterances[place : place + 2]
    if one.speaker != other.speaker:
        raise InputError(
            "The two utterances have two speakers", got=f"{one.speaker} and {other.speaker}", do="merge these first"
        )
    text = " ".join(filter(None, (one.text, other.text))) or None
    label = one.label if one.label == other.label else None
    joined = replace(one, end_s=max(one.end_s, other.end_s), text=text, words=(*one.words, *other.words), label=label)
    return dialogue.with_utterances((*dialogue.utterances[:place], joined, *dialogue.utterances[place + 2 :]))


def overlapping(dialogue: Dialogue) -> tuple[str, ...]:
    """Return the ids of utterances during which somebody else speaks too, in the dialogue's order."""
    return tuple(
        u.id
        for u in dialogue.utterances
        if any(o.speaker != u.speaker and o.start_s < u.end_s and u.start_s < o.end_s for o in dialogue.utterances)
    )


def _called(dialogue: Dialogue, old: Collection[str], new: str) -> Dialogue:
    name = _name(new)
    changed: tuple[Utterance, ...] = tuple(
        replace(u, speaker=name) if u.speaker in old else u for u in dialogue.utterances
    )
    return dialogue.with_utterances(changed)


def _name(name: str) -> str:
    if not name.strip():
        raise InputError("A speaker needs a name", got="an empty one")
    return name.strip()


def _known(dialogue: Dialogue, name: str) -> None:
    if name not in dialogue.speakers:
        raise UnknownNameError("Nobody in the dialogue is called so", got=name, allowed=", ".join(dialogue.speakers))


def _in_dialogue(dialogue: Dialogue, utterances: Collection[str]) -> None:
    for utterance in utterances:
        dialogue.position(utterance)


def _free_id(dialogue: Dialogue, old: str) -> str:
    taken = {utterance.id for utterance in dialogue.utterances}
    return next(name for name in (f"{old}.{number}" for number in range(2, len(taken) + 3)) if name not in taken)
