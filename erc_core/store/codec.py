"""Frozen dataclasses to bytes and back: canonical JSON with the arrays beside it, never pickle.

Layout: ``MAGIC``, one byte of version, the JSON's length (8 bytes, little-endian), the JSON, zeros up to a multiple of
``ALIGN``, the arrays (little-endian, C order, each aligned), and the sha256 of all that. Equal values give equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from erc_core.errors import ErcError, StoreError

MAGIC = b"ERCLENS"
VERSION = 1
ALIGN = 64
_LENGTH = 8
_DIGEST = 32
_HEAD = len(MAGIC) + 1 + _LENGTH
_KINDS = "biufcU"
_NOT_FINITE = {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}

Value = TypeVar("Value")
Json = Any  # what json.dumps takes


def encode(value: object) -> bytes:
    """Return ``value``, an instance of a frozen dataclass, as bytes.

    Raises:
        StoreError: a field holds something that its type does not allow, or that cannot be stored
    """
    arrays: list[np.ndarray[Any, Any]] = []
    packed = _pack(type(value), value, arrays, type(value).__name__)
    places, body = _lay_out(arrays)
    header = _canonical({"arrays": places, "type": type(value).__name__, "value": packed})
    head = MAGIC + bytes([VERSION]) + len(header).to_bytes(_LENGTH, "little") + header
    content = head + bytes(-len(head) % ALIGN) + body
    return content + hashlib.sha256(content).digest()


def decode(kind: type[Value], data: bytes) -> Value:
    """Return the value of type ``kind`` that ``encode`` made ``data`` of. Its arrays are read-only.

    Raises:
        StoreError: the bytes are damaged, of another version or of another type, or hold unknown fields
    """
    header, body = _open(data)
    if header.get("type") != kind.__name__:
        raise StoreError("A stored value is of another type", got=header.get("type"), allowed=kind.__name__)
    try:
        arrays = [_array(place, body) for place in header["arrays"]]
        value: Value = _unpack(kind, header["value"], arrays, kind.__name__)
    except StoreError:
        raise
    except (ErcError, ValueError, TypeError, KeyError, IndexError) as error:
        raise StoreError(f"A stored {kind.__name__} cannot be read", got=error) from error
    return value


def _canonical(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _open(data: bytes) -> tuple[dict[str, Json], bytes]:
    """Split stored bytes into the JSON header and the arrays' bytes, after checking both."""
    if len(data) < _HEAD + _DIGEST or not data.startswith(MAGIC):
        raise StoreError("These bytes are no stored value", got=f"{len(data)} bytes", do="run the analysis again")
    version = data[len(MAGIC)]
    if version != VERSION:
        raise StoreError(
            "A stored value was written by another version of the program",
            got=f"format {version}",
            allowed=f"format {VERSION}",
            do="update the program, or run the analysis again",
        )
    if hashlib.sha256(data[:-_DIGEST]).digest() != data[-_DIGEST:]:
        raise StoreError("A stored value is damaged: its checksum differs", do="run the analysis again")
    end = _HEAD + int.from_bytes(data[len(MAGIC) + 1 : _HEAD], "little")
    header = json.loads(data[_HEAD:end])
    return header, data[end + (-end % ALIGN) : -_DIGEST]


def _lay_out(arrays: list[np.ndarray[Any, Any]]) -> tuple[list[Json], bytes]:
    places: list[Json] = []
    body = bytearray()
    for array in arrays:
        places.append({"dtype": array.dtype.str, "offset": len(body), "shape": list(array.shape)})
        body += array.tobytes()
        body += bytes(-len(body) % ALIGN)
    return places, bytes(body)


def _array(place: Json, body: bytes) -> np.ndarray[Any, Any]:
    dtype = np.dtype(place["dtype"])
    if dtype.kind not in _KINDS:
        raise StoreError("A stored array has a type that is not allowed", got=dtype)
    shape = tuple(place["shape"])
    count = int(np.prod(shape, dtype=np.int64))
    if count == 0:
        array: np.ndarray[Any, Any] = np.zeros(shape, dtype)
        array.setflags(write=False)
        return array
    return np.frombuffer(body, dtype, count, place["offset"]).reshape(shape)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the fields that are stored, with their types."""
    hints = get_type_hints(kind)
    return {item.name: hints[item.name] for item in fields(kind) if item.init}


@cache
def _required(kind: Any) -> frozenset[str]:
    return frozenset(
        item.name for item in fields(kind) if item.init and item.default is MISSING and item.default_factory is MISSING
    )


@cache
def _members(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union other than None; empty for anything else."""
    if get_origin(hint) not in (Union, types.UnionType):
        return ()
    return tuple(member for member in get_args(hint) if member is not type(None))


def _is_record(hint: Any) -> bool:
    return isinstance(hint, type) and is_dataclass(hint)


def _name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)


def _refuse(where: str, value: object, allowed: object) -> StoreError:
    got = f"{type(value).__name__} {value!r}"[:120]
    return StoreError(f"{where} cannot be stored", got=got, allowed=allowed)


def _pack(hint: Any, value: Any, arrays: list[np.ndarray[Any, Any]], where: str) -> Json:
    """Return ``value`` as JSON by its declared type, moving its arrays into ``arrays``."""
    if isinstance(value, np.generic):
        value = value.item()
    origin = get_origin(hint)
    if _is_record(hint):
        kinds = _hints(hint)
        if type(value) is not hint:
            raise _refuse(where, value, _name(hint))
        return {name: _pack(kind, getattr(value, name), arrays, f"{where}.{name}") for name, kind in kinds.items()}
    if origin is Literal:
        if value not in get_args(hint):
            raise _refuse(where, value, ", ".join(map(repr, get_args(hint))))
        return value
    if members := _members(hint):
        return _pack_union(hint, members, value, arrays, where)
    if origin is tuple:
        return _pack_tuple(get_args(hint), value, arrays, where)
    if origin is np.ndarray or hint is np.ndarray:
        return _pack_array(value, arrays, where)
    if origin in (dict, Mapping):
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise _refuse(where, value, "a mapping with text keys")
        return {key: _pack(get_args(hint)[1], item, arrays, f"{where}[{key}]") for key, item in value.items()}
    return _pack_scalar(hint, value, where)


def _pack_union(
    hint: Any, members: tuple[Any, ...], value: Any, arrays: list[np.ndarray[Any, Any]], where: str
) -> Json:
    """``X | None`` as X or null; any other union with the name of the member that the value is."""
    if value is None and type(None) in get_args(hint):
        return None
    if len(members) == 1:
        return _pack(members[0], value, arrays, where)
    for member in members:
        if type(value) is (get_origin(member) or member):
            return {_name(member): _pack(member, value, arrays, where)}
    raise _refuse(where, value, " or ".join(map(_name, members)))


def _pack_tuple(arguments: tuple[Any, ...], value: Any, arrays: list[np.ndarray[Any, Any]], where: str) -> Json:
    kinds = _item_kinds(arguments, len(value)) if isinstance(value, tuple) else None
    if kinds is None:
        raise _refuse(where, value, f"a tuple of {', '.join(map(_name, arguments))}")
    return [
        _pack(kind, item, arrays, f"{where}[{index}]")
        for index, (kind, item) in enumerate(zip(kinds, value, strict=True))
    ]


def _item_kinds(arguments: tuple[Any, ...], count: int) -> tuple[Any, ...] | None:
    """Return one type per item of a tuple, or None where their number does not fit."""
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return (arguments[0],) * count
    kinds = () if arguments == ((),) else arguments
    return kinds if len(kinds) == count else None


def _pack_array(value: Any, arrays: list[np.ndarray[Any, Any]], where: str) -> Json:
    if not isinstance(value, np.ndarray) or value.dtype.kind not in _KINDS:
        raise _refuse(where, value, "an array of numbers, truth values or text")
    arrays.append(np.asarray(value, value.dtype.newbyteorder("<"), order="C"))
    return len(arrays) - 1


def _pack_scalar(hint: Any, value: Any, where: str) -> Json:
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        return number if np.isfinite(number) else str(number)
    if hint in (str, int, bool) and type(value) is hint:
        return value
    if hint is type(None) and value is None:
        return None
    raise _refuse(where, value, _name(hint))


def _unpack(hint: Any, packed: Json, arrays: list[np.ndarray[Any, Any]], where: str) -> Any:
    """Return what ``_pack`` made ``packed`` of."""
    origin = get_origin(hint)
    if _is_record(hint):
        return _unpack_fields(hint, packed, arrays, where)
    if origin is Literal:
        if packed not in get_args(hint):
            raise _refuse(where, packed, ", ".join(map(repr, get_args(hint))))
        return packed
    if members := _members(hint):
        if packed is None and type(None) in get_args(hint):
            return None
        if len(members) == 1:
            return _unpack(members[0], packed, arrays, where)
        ((name, inner),) = packed.items()
        return _unpack({_name(member): member for member in members}[name], inner, arrays, where)
    if origin is tuple:
        kinds = _item_kinds(get_args(hint), len(packed))
        if kinds is None:
            raise StoreError(f"{where} has another number of items", got=len(packed))
        return tuple(_unpack(kind, item, arrays, where) for kind, item in zip(kinds, packed, strict=True))
    if origin is np.ndarray or hint is np.ndarray:
        return arrays[packed]
    if origin in (dict, Mapping):
        return {key: _unpack(get_args(hint)[1], item, arrays, f"{where}[{key}]") for key, item in packed.items()}
    if hint is float and isinstance(packed, str):
        return _NOT_FINITE[packed]
    if hint in (str, int, float, bool, type(None)) and type(packed) is hint:
        return packed
    raise _refuse(where, packed, _name(hint))


def _unpack_fields(kind: type, packed: Json, arrays: list[np.ndarray[Any, Any]], where: str) -> Any:
    hints = _hints(kind)
    if not packed.keys() <= hints.keys():
        unknown = ", ".join(sorted(packed.keys() - hints.keys()))
        raise StoreError(f"{where} has unknown fields", got=unknown, allowed=", ".join(hints))
    if not _required(kind) <= packed.keys():
        raise StoreError(f"{where} lacks fields", got=", ".join(packed), allowed=", ".join(hints))
    return kind(**{name: _unpack(hints[name], item, arrays, f"{where}.{name}") for name, item in packed.items()})
