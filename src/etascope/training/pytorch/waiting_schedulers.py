"""Schedulers that wait for a metric, which leave no mark in their optimizer when they are made: `noticed`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from etascope.training.pytorch.library import load_torch


@contextmanager
def noticed() -> Generator[list[Any]]:
    """Inside the block, collect the optimizers that such a scheduler is made for; a block around it collects none."""
    made, before = list[Any](), list[tuple[Any, Any]]()
    for kind in _kinds():
        init = kind.__init__
        before.append((kind, init))
        kind.__init__ = _noting(getattr(init, "_plain", init), made)
    try:
        yield made
    finally:
        for kind, init in before:
            kind.__init__ = init


def _noting(plain: Callable[..., None], made: list[Any]) -> Callable[..., None]:
    @wraps(plain)
    def init(self: object, optimizer: object, *values: object, **named: object) -> None:
        plain(self, optimizer, *values, **named)
        made.append(optimizer)

    vars(init)["_plain"] = plain
    return init


def _kinds() -> list[Any]:
    """Return the classes: PyTorch's, and that of transformers where it is loaded."""
    other = getattr(sys.modules.get("transformers.optimization"), "GreedyLR", None)
    return [load_torch().optim.lr_scheduler.ReduceLROnPlateau, *([] if other is None else [other])]
