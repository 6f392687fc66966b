"""The numbers of figures as plain data and as CSV, so that every picture can be drawn anew elsewhere."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from erc_core.data.csv_transcript import guarded

VALUES = ("x", "y", "z", "base", "text", "width")
UNSEEN = "pick"  # marks that only take clicks


def figure_traces(figure: Any) -> list[dict[str, Any]]:
    """Return the traces of a Plotly figure: kind, name, and the values that are drawn, errors included."""
    found = []
    for trace in json.loads(figure.to_json())["data"]:
        if trace.get("name") == UNSEEN:
            continue
        kept = {name: _plain(trace[name]) for name in VALUES if name in trace}
        for axis in ("error_x", "error_y"):
            for side in ("array", "arrayminus"):
                if side in trace.get(axis, {}):
                    kept[f"{axis}_{side}"] = _plain(trace[axis][side])
        found.append({"kind": trace.get("type", "scatter"), "name": trace.get("name", ""), **kept})
    return found


def figures_json(figures: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Return the traces of figures by name as JSON, with what they depend on."""
    drawn = {name: figure_traces(figure) for name, figure in figures.items()}
    return json.dumps({"about": dict(about), "figures": drawn}, indent=1, ensure_ascii=False)


def figures_csv(figures: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Return a row for each drawn value: figure, trace, its place, and the value; ``about`` stands in each row."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([*about, "figure", "trace", "x", "y", "z"])
    head = [guarded(str(value)) for value in about.values()]
    for name, figure in figures.items():
        for trace in figure_traces(figure):
            for point in _points(trace):
                writer.writerow(
                    [*head, guarded(name), guarded(str(trace["name"])), *(guarded(_text(v)) for v in point)]
                )
    return target.getvalue()


def _points(trace: Mapping[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    x, y, z = (trace.get(name) for name in ("x", "y", "z"))
    if isinstance(z, list) and z and isinstance(z[0], list):
        for row, values in enumerate(z):
            for column, value in enumerate(values):
                yield _at(x, column), _at(y, row), value
        return
    for place in range(max(len(values) for values in (x or [], y or []))):
        yield _at(x, place), _at(y, place), _at(z, place)


def _at(values: Any, place: int) -> Any:
    return values[place] if isinstance(values, list) and place < len(values) else ""


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    """Return an array of a figure as a list; Plotly packs those of numbers as base64."""
    if isinstance(value, dict) and "bdata" in value:
        array = np.frombuffer(base64.b64decode(value["bdata"]), dtype=np.dtype(value["dtype"]))
        if "shape" in value:
            array = array.reshape([int(part) for part in str(value["shape"]).split(",")])
        return (
            [None if isinstance(v, float) and v != v else v for v in array.tolist()]
            if array.ndim == 1
            else array.tolist()
        )
    return value
