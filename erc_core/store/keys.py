"""Names of contents: what a result was made of, as one hash."""

from __future__ import annotations

import hashlib
import json
import re

from erc_core.errors import StoreError

_SHA256 = re.compile(r"[0-9a-f]{64}")


def result_key(**parts: object) -> str:
    """Return the sha256 of ``parts`` as canonical JSON: equal parts, equal key, whatever their order.

    A result's parts are all that its value depends on: media, words, the model's sha256, method, parameters, seed,
    version of the code.

    Raises:
        StoreError: a part is not plain JSON data
    """
    return hashlib.sha256(canonical_json(parts).encode("ascii")).hexdigest()


def canonical_json(value: object) -> str:
    """Return ``value`` as JSON text with sorted keys and without spaces.

    Raises:
        StoreError: the value is not plain JSON data

    >>> canonical_json({"seed": 0, "method": "lime_words"})
    '{"method":"lime_words","seed":0}'
    """
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError(
            "A value cannot be written as JSON",
            got=str(error),
            allowed="text, numbers, truth values, None, and lists and dictionaries of them",
        ) from error


def checked_sha256(sha256: str) -> str:
    """Return ``sha256`` where it is one; it may become a part of a path.

    Raises:
        StoreError: it is no sha256 in lower-case hexadecimal
    """
    if not _SHA256.fullmatch(sha256):
        raise StoreError("This is no content hash", got=repr(sha256[:80]), allowed="64 digits of 0-9 and a-f")
    return sha256
