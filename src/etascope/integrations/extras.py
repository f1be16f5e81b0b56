"""A library that an integration needs, from the extra that brings it: `load`."""

from __future__ import annotations

from typing import Any

from etascope.core.extras import load_library


def load(module: str, library: str, extra: str) -> Any:
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
    etascope.core.errors.InputError: this needs Nothing, which is not installed. Install it: \
pip install 'etascope[nothing]'.
    """
    return load_library(module, "this", f"etascope[{extra}]", library)
