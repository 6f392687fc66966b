"""Errors that people read: what was got, what is allowed, what to do next."""

from __future__ import annotations


class ErcError(Exception):
    """The parent of every error that this package raises on purpose.

    Args:
        problem: one sentence that names what is wrong
        got: the value, size or name that was found
        allowed: what would have been accepted
        do: the next step that mends it

    >>> print(ErcError("Unknown model", got="bert", allowed="df_erc, cmath", do="choose one of them"))
    Unknown model. got: bert. allowed: df_erc, cmath. what to do: choose one of them.
    """

    def __init__(self, problem: str, *, got: object = None, allowed: object = None, do: str | None = None) -> None:
        self.problem = problem.rstrip(".")
        self.got = None if got is None else str(got)
        self.allowed = None if allowed is None else str(allowed)
        self.do = do
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """Return the whole message on one line."""
        parts = [self.problem]
        if self.got is not None:
            parts.append(f"got: {self.got}")
        if self.allowed is not None:
            parts.append(f"allowed: {self.allowed}")
        if self.do is not None:
            parts.append(f"what to do: {self.do}")
        return " ".join(part.rstrip(".").replace("\n", " ") + "." for part in parts)


class InputError(ErcError):
    """A file, transcript or value from the user cannot be used."""


class ShapeError(ErcError):
    """An array does not have the axes that a function asks for."""


class UnknownNameError(ErcError):
    """A name is in no registry; the message lists the names that are."""


class MissingResourceError(ErcError):
    """A weight file, model folder or program that is needed is not there."""


class UnsupportedError(ErcError):
    """A method does not apply to this model or input; the reason is for the user."""


class StoreError(ErcError):
    """The store cannot read or keep a value."""


class JobError(ErcError):
    """A background job could not be run to its end."""


class CancelledError(ErcError):
    """The work was stopped because somebody asked for it."""
