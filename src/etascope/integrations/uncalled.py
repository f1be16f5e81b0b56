"""What a training loop calls and trials do not, though it may change rates, gradients or batches: `overridden`."""

from __future__ import annotations

from collections.abc import Iterable
from types import CodeType
from typing import Any, cast

#: Parts of names in the code of what comes after a batch or an epoch that changes the training: most only log.
CHANGES = ("lr", "grad", "optim", "schedul", "freez", "param", "weight", "ema", "copy_", "batch_size", "set_epoch")


def overridden(one: Any, base: type, hooks: Iterable[str], after: Iterable[str] = ()) -> list[str]:
    """Return which methods of `base` an object has of its own.

    Parameters
    ----------
    one
        Of the class `base`, or of one below it.
    hooks
        Names of methods.
    after
        Names of methods that count only where their code may change the training.
    """
    own = [name for name in (*hooks, *after) if _own(one, base, name)]
    return [name for name in own if name not in after or _changes(getattr(one, name))]


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
        "gradients or batches, the training is another one than the rate was found for."
    )


def _own(one: Any, base: type, name: str) -> bool:
    kind, given = one.__class__, cast("dict[str, Any]", vars(one))
    return callable(given.get(name)) or getattr(kind, name, None) is not getattr(base, name, None)


def _changes(method: Any) -> bool:
    code = getattr(getattr(method, "__func__", method), "__code__", None)
    # What cannot be looked into may do anything.
    return not isinstance(code, CodeType) or any(part in name for name in _names(code) for part in CHANGES)


def _names(code: CodeType) -> Iterable[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
        elif isinstance(constant, str) and constant.isidentifier():
            yield constant
