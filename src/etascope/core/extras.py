"""A library that ships separately, or one sentence that says how to get it: `load_library`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from etascope.core.errors import InputError, one_line


def load_library(module: str, purpose: str, install: str, library: str | None = None) -> Any:  # noqa: ANN401 - any module
    """Import a module of a library; where that cannot be done, say in a sentence what installs it.

    Parameters
    ----------
    module
        Full name of the module.
    purpose
        What needs it: the subject of the sentence.
    install
        What `pip install` takes.
    library
        Name of the library, for people. Default: the root of `module`.

    Raises
    ------
    InputError
        If it is not installed, misses a library of its own, or cannot be loaded.

    Examples
    --------
    >>> load_library("json.decoder", "reading", "json").__name__
    'json.decoder'
    >>> load_library("no_such.parts", "this", "etascope[nothing]", "Nothing")
    Traceback (most recent call last):
    etascope.core.errors.InputError: this needs Nothing, which is not installed. Install it: \
pip install 'etascope[nothing]'.
    """
    root = module.split(".")[0]
    needs = f"{purpose} needs {library or root}, which"
    try:
        import_module(root)
        return import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or root
        if missing == root:
            raise InputError(f"{needs} is not installed. Install it: pip install '{install}'.") from error
        if missing.split(".")[0] == root:
            raise InputError(
                f"{needs} is installed without its part {missing}. Install another version: pip install --upgrade "
                f"'{install}'."
            ) from error
        raise InputError(
            f"{needs} is installed but misses {missing}. Install it: pip install '{missing.split('.')[0]}'."
        ) from error
    except (ImportError, RuntimeError, OSError) as error:
        # torchvision raises RuntimeError where it was built for another torch.
        raise InputError(
            f"{needs} cannot be loaded: {one_line(error)}. Install one that fits: pip install --upgrade '{install}'."
        ) from error
