"""Registries: a package of plug-in files, one entry a file, found by import."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from erc_core.errors import ErcError, UnknownNameError

Entry = TypeVar("Entry")


class Registry(Generic[Entry]):
    """Named entries of one kind; the package that holds their files is imported on first use.

    Args:
        kind: what an entry is called in messages, such as ``model``
        package: the package whose modules register entries, such as ``erc_core.models``
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._entries: dict[str, Entry] = {}
        self._origins: dict[str, str] = {}
        self._loaded = False

    def add(self, name: str) -> Callable[[Entry], Entry]:
        """Return a decorator that registers an entry under ``name``.

        Raises:
            ErcError: another module has registered that name
        """

        def register(entry: Entry) -> Entry:
            origin = getattr(entry, "__module__", "")
            if name in self._entries and self._origins[name] != origin:
                raise ErcError(
                    f"Two modules register the {self.kind} {name}",
                    got=f"{self._origins[name]} and {origin}",
                    do="rename one of them",
                )
            self._entries[name] = entry
            self._origins[name] = origin
            return entry

        return register

    def _load(self) -> None:
        if self._loaded:
            return
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                importlib.import_module(f"{self.package}.{module.name}")
        self._loaded = True

    def names(self) -> tuple[str, ...]:
        """Return all names, sorted."""
        self._load()
        return tuple(sorted(self._entries))

    def get(self, name: str) -> Entry:
        """Return the entry called ``name``.

        Raises:
            UnknownNameError: there is none; the message lists those there are
        """
        self._load()
        if name not in self._entries:
            raise UnknownNameError(f"Unknown {self.kind}", got=name, allowed=", ".join(self.names()))
        return self._entries[name]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.get(name) for name in self.names())
