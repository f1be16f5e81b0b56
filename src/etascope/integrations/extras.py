"""A library that an integration needs, or one sentence that says how to get it: `load`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from etascope.core.errors import InputError


def load(module: str, library: str, extra: str) -> Any:  # noqa: ANN401 - these libraries ship without types, or with few
    """Import a module of a library; where it is missing, say in a sentence what installs it.

    Parameters
    ----------
    module
        Full name of the module.
    library
        Name of the library, for people.
    extra
        The extra of etascope that brings it.

    Raises
    ------
    InputError
        If it is not installed or cannot be loaded.

    Examples
    --------
    >>> load("no_such_library.parts", "Nothing", "nothing")
    Traceback (most recent call last):
    etascope.core.errors.InputError: this needs Nothing, which cannot be loaded: No module named 'no_such_library'. \
Install it: pip install 'etascope[nothing]'.
    """
    try:
        return import_module(module)
    except ImportError as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise InputError(
            f"this needs {library}, which cannot be loaded: {reason}. Install it: pip install 'etascope[{extra}]'."
        ) from error
