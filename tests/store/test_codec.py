from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from erc_core.errors import StoreError
from erc_core.store.codec import MAGIC, VERSION, decode, encode
from erc_core.types import FeatureRow, Features, Interval, Knob, Span, Utterance, Word
from tests.store.sample_values import analysis, dialogue


@dataclass(frozen=True, slots=True)
class Wide:
    """One field of each kind that a stored value may have."""

    either: int | str | Knob
    pair: tuple[str, float]
    several: tuple[tuple[int, ...], ...]
    scores: Mapping[str, float]
    values: NDArray[Any]
    maybe: Span | None = None
    flag: bool = False


def wide(**changes: Any) -> Wide:
    value = Wide("text", ("a", 1.5), ((1, 2), ()), {"b": 1.0, "a": float("-inf")}, np.arange(6).reshape(2, 3))
    return replace(value, **changes)


def altered(data: bytes, change: Any) -> bytes:
    """Change the JSON of stored bytes and sign them anew, as another version of the program would have written them."""
    length = int.from_bytes(data[8:16], "little")
    header = json.loads(data[16 : 16 + length])
    change(header)
    text = json.dumps(header).encode()
    head = MAGIC + bytes([VERSION]) + len(text).to_bytes(8, "little") + text
    content = head + bytes(-len(head) % 64) + data[16 + length + (-(16 + length) % 64) : -32]
    return content + hashlib.sha256(content).digest()


def test_a_dialogue_comes_back_equal() -> None:
    value = dialogue()
    assert decode(type(value), encode(value)) == value


def test_an_analysis_comes_back_with_equal_arrays_of_equal_types() -> None:
    value = analysis(dialogue())
    back = decode(type(value), encode(value))
    assert encode(back) == encode(value)
    assert back.dialogue == value.dialogue
    assert back.shifts == value.shifts
    assert back.prediction.probabilities.dtype == np.float32
    np.testing.assert_array_equal(back.prediction.unimodal[0].probabilities, value.prediction.unimodal[0].probabilities)
    assert back.trace.arrays[0].values.dtype == np.float64
    np.testing.assert_array_equal(back.trace.arrays[0].values, value.trace.arrays[0].values)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((0, 4)),
        np.array(3.5),
        np.array([True, False]),
        np.array(["é", "ab"]),
        np.arange(4, dtype=">i8"),
        np.ones((3, 4), np.float16)[:, ::2],
    ],
)
def test_arrays_of_every_shape_and_order_come_back_equal(values: NDArray[Any]) -> None:
    back = decode(Wide, encode(wide(values=values))).values
    np.testing.assert_array_equal(back, values)
    assert back.shape == values.shape
    assert back.dtype.newbyteorder("=") == values.dtype.newbyteorder("=")


def test_arrays_come_back_read_only() -> None:
    back = decode(Wide, encode(wide()))
    with pytest.raises(ValueError, match="read-only"):
        back.values[0, 0] = 7


@pytest.mark.parametrize("either", [3, "3", Knob("tau", 2.0)])
def test_each_member_of_a_union_comes_back_as_itself(either: int | str | Knob) -> None:
    back = decode(Wide, encode(wide(either=either))).either
    assert back == either
    assert type(back) is type(either)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), -0.0, 1e-320, 0.1])
def test_every_number_comes_back_bit_by_bit(number: float) -> None:
    back = decode(Interval, encode(Interval(number, 0.0, 1.0))).value
    assert np.float64(back).tobytes() == np.float64(number).tobytes()


def test_equal_values_give_equal_bytes() -> None:
    assert encode(Span(1, 2)) == encode(Span(1.0, np.float64(2.0)))  # type: ignore[arg-type]
    assert encode(wide(scores={"a": 1.0, "b": 2.0})) == encode(wide(scores={"b": 2.0, "a": 1.0}))


def test_a_field_that_an_older_program_did_not_write_takes_its_default() -> None:
    data = altered(encode(wide()), lambda header: header["value"].pop("flag"))
    assert decode(Wide, data).flag is False


@pytest.mark.parametrize(("change", "message"), [
    (lambda header: header["value"].update(colour=1), r"Wide has unknown fields\. got: colour"),
    (lambda header: header["value"].pop("pair"), "Wide lacks fields"),
    (lambda header: header.update(type="Narrow"), r"of another type\. got: Narrow\. allowed: Wide"),
    (lambda header: header["value"].update(pair=["a"]), r"Wide\.pair has another number of items"),
    (lambda header: header["value"].update(pair=["a", "b"]), "cannot be read"),
    (lambda header: header["value"].update(values=9), "cannot be read"),
    (lambda header: header["value"].update(either={"float": 1}), "cannot be read"),
    (lambda header: header["arrays"][0].update(dtype="|O"), "type that is not allowed"),
    (lambda header: header["arrays"][0].update(shape=[999]), "cannot be read"),
])  # fmt: skip
def test_stored_values_of_another_form_are_refused(change: Any, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        decode(Wide, altered(encode(wide()), change))


def test_another_format_is_refused_by_its_number() -> None:
    data = encode(Span(0.0, 1.0))
    with pytest.raises(StoreError, match=r"got: format 9\. allowed: format 1"):
        decode(Span, data[:7] + b"\x09" + data[8:])


def test_every_flipped_byte_is_noticed() -> None:
    data = encode(Span(0.0, 1.0))
    for index in range(len(data)):
        damaged = data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]
        with pytest.raises(StoreError):
            decode(Span, damaged)


@pytest.mark.parametrize("length", [0, 3, 40, -1])
def test_cut_values_are_refused(length: int) -> None:
    with pytest.raises(StoreError):
        decode(Span, encode(Span(0.0, 1.0))[:length])


@pytest.mark.parametrize(("value", "message"), [
    (wide(values=np.array([object()])), r"Wide\.values cannot be stored\. got: ndarray"),
    (wide(values=[1, 2]), r"Wide\.values cannot be stored\. got: list"),
    (wide(pair=("a", "b")), r"Wide\.pair\[1\] cannot be stored\. got: str 'b'\. allowed: float"),
    (wide(either=1.5), r"Wide\.either cannot be stored\. got: float 1\.5\. allowed: int or str or Knob"),
    (wide(flag=1), r"Wide\.flag cannot be stored\. got: int 1\. allowed: bool"),
    (wide(scores={1: 2.0}), "a mapping with text keys"),
    (wide(maybe=Knob("tau", 1.0)), "allowed: Span"),
    (Word("a", 0.0, 1.0, "guessed"), r"Word\.timed cannot be stored"),  # type: ignore[arg-type]
    (object(), "object cannot be stored"),
])  # fmt: skip
def test_what_a_field_does_not_allow_is_refused_when_it_is_stored(value: object, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        encode(value)


def test_features_with_absent_rows_come_back() -> None:
    rows = (FeatureRow("u0", np.ones((4, 8), np.float32)), FeatureRow("u1", None, "no face"))
    back = decode(Features, encode(Features("d", "v", "faces", rows)))
    assert back.rows[1] == rows[1]
    np.testing.assert_array_equal(back.rows[0].values, rows[0].values)


def test_a_value_that_breaks_its_own_rules_is_refused_when_it_is_read() -> None:
    data = altered(encode(Utterance("u", "A", None, 0.0, 1.0)), lambda header: header["value"].update(end_s=-1.0))
    with pytest.raises(StoreError, match=r"A stored Utterance cannot be read.*no usable times"):
        decode(Utterance, data)
