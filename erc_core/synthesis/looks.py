"""What a person of the studio looks like: numbers that shape the head, and names of hair and clothes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

from erc_core.errors import InputError

HairStyle = Literal["short", "crop", "side", "bob", "long", "bun", "curly", "bald"]
Garment = Literal["crew", "vneck", "shirt", "hoodie", "turtleneck"]
RGB = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Looks:
    """One person's head and clothes; 1.0 is the average of a proportion.

    Args:
        skin: skin colour in the light, sRGB hexadecimal
        hair: hair style
        hair_color: sRGB hexadecimal
        eye_color: iris, sRGB hexadecimal
        lip_color: sRGB hexadecimal
        face_width: width of the whole face
        jaw: width of the jaw
        chin: length of the chin
        nose_length: how far the nose comes forward
        nose_width: width of bridge and wings
        eye_size: size of the lid opening
        eye_tilt: outer corner above the inner one, in cm
        lips: fullness of the lips
        brow_weight: thickness of the eyebrows
        cheeks: fullness of the cheeks
        age: depth of the lines, 0 (smooth) to 1
        lashes: strength of the lashes, 0 to 1
        beard: density of the beard, 0 (none) to 1; about 0.3 is stubble
        garment: what is worn
        garment_color: sRGB hexadecimal
    """

    skin: str = "#e0ac8a"
    hair: HairStyle = "short"
    hair_color: str = "#3b2a20"
    eye_color: str = "#5b4632"
    lip_color: str = "#b9655c"
    face_width: float = 1.0
    jaw: float = 1.0
    chin: float = 1.0
    nose_length: float = 1.0
    nose_width: float = 1.0
    eye_size: float = 1.0
    eye_tilt: float = 0.15
    lips: float = 1.0
    brow_weight: float = 1.0
    cheeks: float = 1.0
    age: float = 0.2
    lashes: float = 0.4
    beard: float = 0.0
    garment: Garment = "crew"
    garment_color: str = "#39617a"

    def __post_init__(self) -> None:
        for name, allowed in (("hair", get_args(HairStyle)), ("garment", get_args(Garment))):
            if getattr(self, name) not in allowed:
                raise InputError(f"Unknown {name} style", got=getattr(self, name), allowed=", ".join(allowed))
        for name in ("skin", "hair_color", "eye_color", "lip_color", "garment_color"):
            parse_color(getattr(self, name))


def parse_color(text: str) -> RGB:
    """Read ``#rrggbb``.

    Raises:
        InputError: the text is no such colour
    """
    digits = str(text).removeprefix("#")
    if len(digits) != 6 or any(letter not in "0123456789abcdefABCDEF" for letter in digits):
        raise InputError("This is no colour", got=text, allowed="#rrggbb", do="write it in quotes in the script")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def looks_from(entries: dict[str, object]) -> Looks:
    """Build looks from the entries of a script.

    Raises:
        InputError: an entry is unknown or has a wrong value
    """
    known = {field.name: field.type for field in fields(Looks)}
    for name, value in entries.items():
        if name not in known:
            raise InputError("Unknown entry in looks", got=name, allowed=", ".join(known))
        if known[name] == "float" and not isinstance(value, int | float):
            raise InputError(f"looks.{name} is a number", got=value)
    return Looks(**entries)  # type: ignore[arg-type]
