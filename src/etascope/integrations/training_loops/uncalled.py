"""What a training loop calls and trials do not, though it may change rates, gradients or batches: `overridden`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast


def overridden(one: Any, base: type, hooks: Iterable[str]) -> list[str]:
    """Return which methods of `base` an object has of its own.

    Parameters
    ----------
    one
        Of the class `base`, or of one below it.
    hooks
        Names of methods.
    """
    return [name for name in hooks if _own(one, base, name)]


def told(found: Iterable[str]) -> str:
    """Return what to say of methods and callbacks by their names; nothing where there are none.

    Examples
    --------
    >>> told([]), told(["training_step"])[:49]
    ('', 'Mind training_step: trials do not call it. Where ')
    """
    names = list(dict.fromkeys(found))
    if not names:
        return ""
    return (
        f"Mind {', '.join(names)}: trials do not call {'it' if len(names) == 1 else 'them'}. Where that changes rates, "
        "weights, gradients or batches, the training is another one than the rate was found for."
    )


def _own(one: Any, base: type, name: str) -> bool:
    kind, given = one.__class__, cast("dict[str, Any]", vars(one))
    return callable(given.get(name)) or getattr(kind, name, None) is not getattr(base, name, None)
