"""The functions that jobs name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import cast

from erc_core.errors import JobError

JobFunction = Callable[..., str]


def find_function(address: str) -> JobFunction:
    """Import a job's function, named as ``module:function``.

    Raises:
        JobError: there is no such module or function
    """
    module, _, name = address.partition(":")
    try:
        return cast(JobFunction, getattr(importlib.import_module(module), name))
    except (ModuleNotFoundError, AttributeError) as error:
        raise JobError("A job names a function that is not there", got=address, do="start it again") from error
