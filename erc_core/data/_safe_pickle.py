"""Pickles of numbers and words, read without running anything that they name.

A pickle is a program. Here it can build lists, tuples, dicts, sets, strings, numbers and numpy arrays, old and new;
any other name in it is refused before it is imported. numpy's own array and dtype are not handed out either, since
their state could be forged so that numpy reads foreign memory: stand-ins take the state, check it, and become arrays.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from erc_core.errors import InputError

_CODE = re.compile(r"[?bBhHiIlLqQefd]|[iu][1248]|f[248]|b1|[SU]\d{1,6}|O8?")
_DEEPEST = 30
_BROKEN = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)


def read_safe_pickle(path: Path) -> Any:
    """Read a pickle of plain containers and arrays; Python 2's are read too.

    Raises:
        InputError: the file names anything else, is damaged, or cannot be opened
    """
    try:
        with path.open("rb") as stream:
            return _plain(_PlainUnpickler(stream, path.name).load(), {}, 0)
    except OSError as error:
        raise InputError(f"The file {path.name} cannot be read", got=error.strerror, do="check the path") from error
    except _BROKEN as error:
        raise InputError(
            f"{path.name} is no pickle of arrays and plain containers",
            got=f"{type(error).__name__}: {error}",
            do="fetch the file again",
        ) from error


class _Dtype:
    """Stands in for numpy.dtype: a code such as ``f4``, then its byte order."""

    def __init__(self, code: str, align: object = False, copy: object = False) -> None:
        if not isinstance(code, str) or _CODE.fullmatch(code) is None:
            raise ValueError(f"the array type {code!r} is not a number, a string or an object")
        self.value = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1]
        # The further entries describe fields and flags, which plain types do not have: they are not looked at.
        if order in ("<", ">"):
            self.value = self.value.newbyteorder(order)


class _Array:
    """Stands in for numpy.ndarray until its state is known."""

    def __init__(self) -> None:
        self.values: NDArray[Any] | list[Any] = np.zeros(0)
        self.shape: tuple[int, ...] = (0,)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, fortran, content = state
        self.shape = tuple(int(size) for size in shape)
        if isinstance(content, list):
            # An array of objects; they are made plain later, when they are complete.
            self.values = content
            if len(content) != int(np.prod(self.shape)):
                raise ValueError("an array of objects does not fit its shape")
        else:
            self.values = _from_bytes(content, dtype, self.shape, "F" if fortran else "C")


def _from_bytes(content: Any, dtype: Any, shape: Any, order: str = "C") -> NDArray[Any]:
    raw = content.encode("latin-1") if isinstance(content, str) else bytes(content)
    if not isinstance(dtype, _Dtype) or dtype.value.hasobject:
        raise ValueError("bytes cannot be read as objects")
    # Copied, so that the array is writable and in the machine's byte order.
    array = np.frombuffer(raw, dtype.value).reshape(shape, order="F" if order == "F" else "C")
    return array.astype(dtype.value.newbyteorder("="))


def _reconstruct(kind: object, shape: object, code: object) -> _Array:
    return _Array()


def _scalar(dtype: Any, content: Any = b"") -> Any:
    return _from_bytes(content, dtype, ())[()].item()


def _encode(text: str, encoding: str) -> bytes:
    """Stand in for _codecs.encode, by which Python 3 writes bytes for Python 2."""
    if encoding not in ("latin1", "latin-1"):
        raise ValueError(f"bytes are encoded as {encoding!r}")
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    """Stand in for bytes, by which Python 3 writes an empty one for Python 2."""
    return b""


def _dictionary(content: Any = ()) -> dict[Any, Any]:
    """Stand in for OrderedDict and defaultdict; the latter's first argument is a type, not content."""
    return {} if isinstance(content, type) or content is None else dict(content)


_NUMPY: dict[str, Any] = {
    "multiarray._reconstruct": _reconstruct,
    "multiarray.scalar": _scalar,
    "numeric._frombuffer": _from_bytes,
}
_ALLOWED: dict[str, Any] = {
    # Only ever an argument of _reconstruct: something that cannot be called.
    "numpy.ndarray": "ndarray",
    "numpy.dtype": _Dtype,
    "_codecs.encode": _encode,
    "builtins.bytes": _no_bytes,
    "__builtin__.bytes": _no_bytes,
    "collections.OrderedDict": _dictionary,
    "collections.defaultdict": _dictionary,
}
_ALLOWED |= {f"numpy.{core}.{name}": made for core in ("core", "_core") for name, made in _NUMPY.items()}
_CONTAINERS: tuple[Callable[..., Any], ...] = (list, tuple, dict, set, frozenset)
_ALLOWED |= {f"{home}.{kind.__name__}": kind for home in ("builtins", "__builtin__") for kind in _CONTAINERS}


class _PlainUnpickler(pickle.Unpickler):
    """Hands out what is allowed and refuses every other name."""

    def __init__(self, stream: IO[bytes], file: str) -> None:
        super().__init__(stream, encoding="latin1")
        self.file = file

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands in for a name in the pickle.

        Raises:
            InputError: the name is not allowed
        """
        full = f"{module}.{name}"
        if full not in _ALLOWED:
            raise InputError(
                f"{self.file} was not read, because it would run code: a pickle may hold arrays and plain containers",
                got=full,
                allowed="numpy arrays, lists, tuples, dicts, sets, strings and numbers",
                do="save it again with .numpy() on every tensor"
                if module.partition(".")[0] == "torch"
                else "use a file from a source that you trust, saved as plain arrays",
            )
        return _ALLOWED[full]


def _plain(value: Any, done: dict[int, Any], depth: int) -> Any:
    """Return ``value`` with stand-ins replaced by arrays; what is shared stays shared."""
    if isinstance(value, (str, bytes, int, float, bool, type(None), np.ndarray)):
        return value
    if depth > _DEEPEST:
        raise ValueError(f"containers are nested more than {_DEEPEST} deep")
    if id(value) not in done:
        # The original is kept beside its copy, so that its id is not given to another object meanwhile.
        done[id(value)] = (_rebuilt(value, done, depth + 1), value)
    return done[id(value)][0]


def _rebuilt(value: Any, done: dict[int, Any], depth: int) -> Any:
    def each(values: Iterable[Any]) -> list[Any]:
        return [_plain(item, done, depth) for item in values]

    if isinstance(value, _Array):
        if isinstance(value.values, np.ndarray):
            return value.values
        objects = np.empty(len(value.values), dtype=object)
        objects[:] = each(value.values)
        return objects.reshape(value.shape)
    if isinstance(value, dict):
        return dict(zip(each(value), each(value.values()), strict=True))
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(each(value))
    raise ValueError(f"a {type(value).__name__} is neither an array nor a plain container")
