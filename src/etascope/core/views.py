"""How a notebook shows what core knows only as facts."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any


class Views:
    """How a notebook shows a run or a range test: the package sets it, because core does not know the report."""

    notebook: Callable[[Any, Collection[str] | None, Collection[str] | None], dict[str, Any]] | None = None
