"""How `print`, a notebook and a file show a result that core knows only as facts: `Shown`, `Views`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from os import PathLike
from typing import Any, ClassVar


class Views:
    """How a result is shown: the package sets it when it is imported, because core does not know the report."""

    page: ClassVar[Callable[[Any], str]]
    notebook: ClassVar[Callable[[Any, Collection[str] | None, Collection[str] | None], dict[str, Any]]]
    file: ClassVar[Callable[[Any, str | PathLike[str]], None]]


class Shown:
    """What `print`, a notebook and a file show: the base of a run and of the result of an experiment."""

    def __repr__(self) -> str:
        """Return the answer in one line, for all fields would fill a screen many times."""
        return f"<{type(self).__name__} {Views.notebook(self, ('text/plain',), None)['text/plain']}>"

    def __str__(self) -> str:
        """Return the page of the command line."""
        return Views.page(self)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        """Show the result and its chart in a notebook."""
        return Views.notebook(self, include, exclude)

    def write(self, path: str | PathLike[str]) -> None:
        """Write a page (.html), text (.md), a document (.json) or a picture of the chart (.png, .svg, .pdf).

        The file appears whole or not at all.

        Raises
        ------
        InputError
            If the suffix is none of these, or the file cannot be written.
        """
        Views.file(self, path)
