"""As many trials at once as memory holds: `in_memory_groups`."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.sentences import Setting, say
from etascope.training.pytorch.library import load_torch

Result = TypeVar("Result")

#: What PyTorch says on the processor, where running out of memory has no type of its own.
_PHRASES = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out.

    Examples
    --------
    >>> is_out_of_memory(MemoryError()), is_out_of_memory(RuntimeError("shapes do not fit"))
    (True, False)
    """
    if isinstance(error, MemoryError | load_torch().OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(phrase in str(error).lower() for phrase in _PHRASES)


def in_memory_groups(
    trials: NDArray[np.int64], most: int, run: Callable[[NDArray[np.int64]], Result], fewer: Callable[[int], None]
) -> tuple[list[tuple[NDArray[np.int64], Result]], int]:
    """Run trials in groups of `most`; where memory runs out, in groups of half the size from there on.

    `run` trains a group from its start; `fewer` is told the new size before a group is run again. Returns each group
    with what it came to, in order, and how many trials went into memory together. Raises `InputError` if memory runs
    out with one trial alone.

    Examples
    --------
    >>> def run(group):
    ...     if len(group) > 2:
    ...         raise MemoryError
    ...     return len(group)
    >>> groups, most = in_memory_groups(np.arange(5), 5, run, lambda size: None)
    >>> [size for _, size in groups], most
    ([2, 2, 1], 2)
    """
    groups, at = list[tuple[NDArray[np.int64], Result]](), 0
    while at < len(trials):
        group = trials[at : at + most]
        result = _attempt(run, group)
        if result:
            groups.append((group, result[0]))
            at += len(group)
            continue
        # What failed is out of reach only now that its frames are gone.
        gc.collect()
        if load_torch().cuda.is_initialized():
            load_torch().cuda.empty_cache()
        if len(group) == 1:
            smaller = say(
                "Try smaller batches and {accumulate}, smaller images or a smaller model.", Setting("accumulate", 4)
            )
            raise InputError("memory ran out while one trial trained alone.", smaller)
        # Half and not one less: each try costs a training, and a size that memory holds is found in a few.
        most = -(-len(group) // 2)
        fewer(most)
    return groups, most


def _attempt(run: Callable[[NDArray[np.int64]], Result], group: NDArray[np.int64]) -> tuple[()] | tuple[Result]:
    try:
        return (run(group),)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        return ()
