"""Parameters of explainers: frozen dataclasses that carry what their form shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, TypeVar

from erc_core.errors import InputError, UnknownNameError
from erc_core.explanation import Scale, Setting

Value = str | int | float | bool
Chosen = TypeVar("Chosen", bound="Params")


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One parameter as its form shows it.

    Attributes:
        name: the dataclass field
        kind: which control draws it
        label: what the user reads beside it
        help: one sentence about what it does
        default: its value unless the user says otherwise
        low: smallest number
        high: largest number
        choices: the values of a choice
    """

    name: str
    kind: Literal["int", "float", "bool", "choice"]
    label: str
    help: str
    default: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


def setting(
    default: Any,
    label: str,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Return a dataclass field that knows its form."""
    return field(default=default, metadata={"label": label, "help": help, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True, slots=True)
class Params:
    """What every method can be told.

    Raises:
        InputError: a value is out of its range or of another kind
    """

    scale: Scale = field(
        default="probability",
        metadata={
            "label": "Explain",
            "help": "The calibrated probability that the page shows, or the model's raw logit.",
            "low": None,
            "high": None,
            "choices": ("probability", "logit"),
        },
    )

    def __post_init__(self) -> None:
        for spec in specs(type(self)):
            _check(spec, getattr(self, spec.name))


def specs(params: type[Params]) -> tuple[ParamSpec, ...]:
    """Return a method's parameters in the order of its form."""
    found = []
    for item in fields(params):
        if item.default is MISSING:
            raise InputError("A parameter needs a default", got=item.name)
        kind: Literal["int", "float", "bool", "choice"] = "choice"
        if not item.metadata["choices"]:
            kind = "bool" if isinstance(item.default, bool) else "int" if isinstance(item.default, int) else "float"
        found.append(ParamSpec(item.name, kind, default=item.default, **item.metadata))
    return tuple(found)


def build(params: type[Chosen], values: Mapping[str, Value]) -> Chosen:
    """Return a method's parameters with ``values``; those not named keep their default.

    Raises:
        UnknownNameError: the method has no such parameter
        InputError: a value is out of its range
    """
    known = [spec.name for spec in specs(params)]
    if unknown := sorted(set(values) - set(known)):
        raise UnknownNameError("Unknown parameter", got=", ".join(unknown), allowed=", ".join(known))
    chosen: dict[str, Any] = dict(values)
    return params(**chosen)


def settings_of(params: Params) -> tuple[Setting, ...]:
    """Return all parameters with their values, as an explanation keeps them."""
    return tuple(Setting(spec.name, getattr(params, spec.name)) for spec in specs(type(params)))


def _check(spec: ParamSpec, value: object) -> None:
    if spec.kind == "choice":
        fits, allowed = value in spec.choices, ", ".join(spec.choices)
    elif spec.kind == "bool":
        fits, allowed = isinstance(value, bool), "true or false"
    else:
        number = isinstance(value, int if spec.kind == "int" else (int, float)) and not isinstance(value, bool)
        fits = number and _between(spec, float(value))  # type: ignore[arg-type]
        allowed = f"{'a whole number' if spec.kind == 'int' else 'a number'} from {spec.low} to {spec.high}"
    if not fits:
        raise InputError(f"The parameter {spec.name} cannot be used", got=repr(value), allowed=allowed)


def _between(spec: ParamSpec, value: float) -> bool:
    return (spec.low is None or value >= spec.low) and (spec.high is None or value <= spec.high)
