"""How a notebook and `print` show what core knows only as facts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any


class Views:
    """How a run, a range test or a trace is shown: the package sets it, because core does not know the report."""

    notebook: Callable[[Any, Collection[str] | None, Collection[str] | None], dict[str, Any]] | None = None
    page: Callable[[Any], str] | None = None
