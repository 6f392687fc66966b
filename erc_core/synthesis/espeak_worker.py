"""A process of its own that speaks through libespeak-ng: requests as JSON on stdin, speech and events on stdout.

The library keeps a state from one sentence to the next, so only a fresh process gives the same speech each time.
"""

from __future__ import annotations

import base64
import ctypes
import json
import sys
from typing import Any

LIBRARY = "libespeak-ng.so.1"
SYNCHRONOUS, PHONEME_EVENTS, DO_NOT_EXIT = 2, 0x0001, 0x8000
UTF8, SSML, END_PAUSE = 0x0001, 0x0010, 0x1000
RATE, VOLUME, PITCH, RANGE, WORD_GAP = 1, 2, 3, 4, 7
LIST_END, WORD, PHONEME = 0, 1, 7
MISSING, BAD_VOICE = 3, 4  # exit states


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def main() -> int:
    """Answer one batch of requests; return the exit state."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return MISSING
    rate_hz = library.espeak_Initialize(SYNCHRONOUS, 0, None, PHONEME_EVENTS | DO_NOT_EXIT)
    if rate_hz <= 0:
        return MISSING
    speech = bytearray()
    events: list[tuple[int, int, int, int, str]] = []

    def receive(samples: Any, count: int, found: Any) -> int:
        if count > 0:
            speech.extend(ctypes.string_at(samples, count * 2))
        index = 0
        while found[index].type != LIST_END:
            event = found[index]
            name = event.id.decode("utf-8", "replace") if event.type == PHONEME else ""
            events.append((event.type, event.text_position, event.length, event.sample, name))
            index += 1
        return 0

    callback = _CALLBACK(receive)
    library.espeak_SetSynthCallback(callback)
    for request in json.load(sys.stdin):
        speech.clear()
        events.clear()
        if library.espeak_SetVoiceByName(request["voice"].encode()) != 0:
            return BAD_VOICE
        for number, key in ((RATE, "rate"), (VOLUME, "volume"), (PITCH, "pitch"), (RANGE, "range"), (WORD_GAP, "gap")):
            library.espeak_SetParameter(number, int(request[key]), 0)
        text = request["ssml"].encode()
        size = ctypes.c_size_t(len(text) + 1)
        library.espeak_Synth(text, size, 0, 1, 0, UTF8 | SSML | END_PAUSE, None, None)
        library.espeak_Synchronize()
        answer = {"rate_hz": rate_hz, "speech": base64.b64encode(bytes(speech)).decode(), "events": events}
        sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
