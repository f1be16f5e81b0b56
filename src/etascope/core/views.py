"""How a notebook and `print` show what core knows only as facts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any


class Views:
    """How a run, a range test or a trace is shown: the package sets it, because core does not know the report."""

    notebook: Callable[[Any, Collection[str] | None, Collection[str] | None], dict[str, Any]] | None = None
    page: Callable[[Any], str] | None = None

    @staticmethod
    def write(shown: Any, path: str | Path) -> None:  # noqa: ANN401 - any result
        """Write a result to a file: what kind, its suffix says."""
        raise NotImplementedError
