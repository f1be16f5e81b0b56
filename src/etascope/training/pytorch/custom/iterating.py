"""Going through a loader of one's own again and again: `iterator_of`, `length_of`, `until_the_end`."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from etascope.core.errors import InputError
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.library import load_torch

#: A loader of more batches than this has no end, unless it has a length.
MOST_BATCHES = 100_000


def iterator_of(name: str, loader: object) -> Iterator[Any]:
    """Return a new iterator over a loader; raise `InputError` if it is none, or can be gone through once only."""
    try:
        iterator: Iterator[Any] = iter(cast("Iterable[Any]", loader))
    except TypeError as error:
        own = hasattr(type(loader), "__iter__") or hasattr(type(loader), "__getitem__")
        if own and "non-iterator" not in str(error):
            # Raised by code of the loader's own.
            raise
        raise InputError(
            f"{name} must be something to iterate over, like a DataLoader; found {type(loader).__name__}"
            f"{', whose __iter__ returns no iterator' if own else ''}."
        ) from None
    if iterator is loader:
        raise InputError(
            f"{name} must be something that can be gone through again for every epoch; found a "
            f"{type(loader).__name__}, which is exhausted after one pass. Give a list or a DataLoader."
        )
    return iterator


def length_of(loader: object) -> int | None:
    """Return the number of batches of a loader, or None where it has no length."""
    try:
        return len(cast("Sequence[Any]", loader))
    except (TypeError, NotImplementedError):
        # A DataLoader of a stream has the method, and no length.
        return None


def until_the_end(name: str, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield batches; raise `InputError` where there is no end of them."""
    for number, batch in enumerate(batches):
        if number == MOST_BATCHES:
            raise InputError(
                f"{name} must end, because an epoch is a pass over it; found no end after {MOST_BATCHES:,} batches. "
                "Let its __iter__ end, or give train_loader a __len__, the batches of an epoch."
            )
        yield batch


def other_pass(name: str, what: str, first: int, later: str) -> InputError:
    """Return what is said of a loader that gives something else on a later pass."""
    return InputError(
        f"{name} must give the same {what} on every pass; it gave {first} at first and {later} later. Give a list or a "
        "DataLoader, or let its __iter__ begin anew each time; no generator."
    )


def with_new_workers(loader: Iterable[Any]) -> Iterable[Any]:
    """Return a loader whose worker processes begin with each pass: those that last draw on where the last one ended."""
    torch = load_torch()
    if not isinstance(loader, torch.utils.data.DataLoader) or not getattr(loader, "persistent_workers", False):
        return loader
    own = copy.copy(loader)
    # The class does not let its attributes be set.
    vars(own).update(persistent_workers=False, _iterator=None)
    return own
