from __future__ import annotations

import builtins
import collections
import datetime
import os
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erc_core.data._safe_pickle import read_safe_pickle
from erc_core.errors import InputError


def written(root: Path, content: bytes) -> Path:
    path = root / "features.pkl"
    path.write_bytes(content)
    return path


def returned(root: Path, value: object, protocol: int = 4) -> Any:
    return read_safe_pickle(written(root, pickle.dumps(value, protocol=protocol)))


class Running:
    """Calls ``function`` with ``arguments`` when it is unpickled in the ordinary way."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


ARRAYS = {
    "float32": np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3),
    "empty": np.zeros((0, 4)),
    "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "big endian": np.arange(5, dtype=">i4"),
    "bool": np.array([True, False]),
    "words": np.array(["ab", "é"]),
    "a number's shape": np.array(2.5),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_of_every_protocol_come_back_equal(tmp_path: Path, name: str, protocol: int) -> None:
    array = returned(tmp_path, ARRAYS[name], protocol)
    assert np.array_equal(array, ARRAYS[name])
    assert array.shape == ARRAYS[name].shape
    assert array.dtype == ARRAYS[name].dtype.newbyteorder("=")
    assert array.flags.writeable


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_containers_of_every_protocol_come_back_equal(tmp_path: Path, protocol: int) -> None:
    value = {"a": [1, -2.5, None, True, 2**80], 7: ("é", b"\x80\x00", b""), "set": {1, 2}, "frozen": frozenset("x")}
    assert returned(tmp_path, value, protocol) == value


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_numpy_numbers_become_numbers_and_ordered_dicts_dicts(tmp_path: Path, protocol: int) -> None:
    grouped = collections.defaultdict(list, {"k": [np.int64(3)]})
    value = [np.float32(0.5), collections.OrderedDict(b=np.bool_(True)), grouped]
    result = returned(tmp_path, value, protocol)
    assert result == [0.5, {"b": True}, {"k": [3]}]
    assert [type(result[0]), type(result[1]), type(result[2])] == [float, dict, dict]


def test_arrays_of_objects_hold_what_they_held(tmp_path: Path) -> None:
    objects = np.empty((2, 1), dtype=object)
    objects[0, 0], objects[1, 0] = np.arange(3), "word"
    result = returned(tmp_path, objects)
    assert result.shape == (2, 1)
    assert np.array_equal(result[0, 0], np.arange(3))
    assert result[1, 0] == "word"


@pytest.mark.parametrize("home", [b"numpy.core", b"numpy._core"])
def test_arrays_of_old_and_new_numpy_are_read(tmp_path: Path, home: bytes) -> None:
    content = pickle.dumps(np.arange(3.0), protocol=2)
    content = re.sub(rb"numpy\._?core", home, content)
    assert home + b".multiarray\n_reconstruct" in content
    assert read_safe_pickle(written(tmp_path, content)).tolist() == [0, 1, 2]


def test_strings_that_python_2_wrote_are_read(tmp_path: Path) -> None:
    # (lp0 S'caf\xe9' a.  as Python 2 writes a list of one byte string
    assert read_safe_pickle(written(tmp_path, b"(lp0\nS'caf\\xe9'\np1\na.")) == ["café"]


def test_what_is_shared_stays_shared_so_that_it_cannot_explode(tmp_path: Path) -> None:
    value: list[Any] = ["x"]
    for _ in range(25):
        value = [value, value]
    assert returned(tmp_path, value)[0] is not None


@pytest.mark.parametrize(
    "call",
    [
        Running(os.system, "echo run > run.txt"),
        Running(builtins.eval, "open('run.txt', 'w')"),
        Running(builtins.getattr, "x", "upper"),
        Running(bytearray, 10),
        Running(np.load, "other.npy"),
        datetime.date(2020, 1, 1),
    ],
)
def test_a_malicious_pickle_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: object
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        InputError, match=r"features\.pkl was not read, because it would run code.*allowed: numpy arrays"
    ):
        returned(tmp_path, {"features": [call]})
    assert not (tmp_path / "run.txt").exists()


def test_the_refusal_names_what_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        returned(tmp_path, Running(os.system, "true"))
    assert raised.value.got == f"{os.system.__module__}.system"


def test_dotted_names_do_not_reach_behind_an_allowed_one(tmp_path: Path) -> None:
    # protocol 4's STACK_GLOBAL: module "numpy", name "ndarray.tofile"
    content = b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93."
    with pytest.raises(InputError, match=r"got: numpy\.ndarray\.tofile"):
        read_safe_pickle(written(tmp_path, content))


def test_tensors_are_refused_with_the_way_out(tmp_path: Path) -> None:
    import torch

    with pytest.raises(InputError, match=r"got: torch\..*what to do: save it again with \.numpy\(\)"):
        returned(tmp_path, [torch.zeros(2)])


@pytest.mark.parametrize(
    "state",
    [
        (1, (1,), np.dtype("O"), False, b"\x00" * 8),
        (1, (1000,), np.dtype("f8"), False, b"\x00" * 8),
        (1, (3,), np.dtype("O"), False, [1]),
        (1, (-1,), np.dtype("f8"), False, b"\x00" * 7),
    ],
)
def test_a_forged_array_state_is_refused_and_never_reaches_numpy(tmp_path: Path, state: tuple[Any, ...]) -> None:
    class Forged:
        def __reduce__(self) -> Any:
            return *np.zeros(1).__reduce__()[:2], state

    with pytest.raises(InputError, match="no pickle of arrays and plain containers"):
        returned(tmp_path, Forged())


@pytest.mark.parametrize("dtype", [np.dtype("i4,O"), np.dtype("V8"), np.dtype("M8[s]")])
def test_types_that_are_no_plain_numbers_are_refused(tmp_path: Path, dtype: np.dtype[Any]) -> None:
    with pytest.raises(InputError, match="is not a number, a string or an object"):
        returned(tmp_path, np.zeros(1, dtype=dtype))


def test_an_array_type_cannot_be_called(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not callable"):
        returned(tmp_path, Running(np.ndarray, (10**12,)))


@pytest.mark.parametrize(
    "content", [b"", b"no pickle", pickle.dumps(np.arange(100))[:60], b"\x80\x04\x82\x01.", b"cos\n"]
)
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"features\.pkl is no pickle of arrays"):
        read_safe_pickle(written(tmp_path, content))


def test_containers_without_end_are_refused(tmp_path: Path) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InputError, match="nested more than"):
        returned(tmp_path, endless)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.pkl cannot be read"):
        read_safe_pickle(tmp_path / "nothing.pkl")
