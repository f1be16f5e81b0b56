"""Which run a name means: its id, a unique beginning of it, or `last`."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from etascope.core.errors import InputError

LAST = "last"
_SHOWN = 4


def one_of(name: str, ids: Sequence[str], *, exact: bool = False) -> str:
    """Return the id that `name` means.

    Parameters
    ----------
    name
        An id, a unique beginning of one, or `last`.
    ids
        Of all runs, the latest first.
    exact
        Whether only a whole id counts.

    Raises
    ------
    InputError
        If it means none or several.

    Examples
    --------
    >>> one_of("last", ["5f2c", "9a41"]), one_of("9", ["5f2c", "9a41"])
    ('5f2c', '9a41')
    >>> one_of("9a14", ["5f2c", "9a41"])
    Traceback (most recent call last):
    etascope.core.errors.InputError: there is no run '9a14'. Did you mean '9a41'? All: etascope runs.
    """
    if name in ids:
        return name
    if not ids:
        raise InputError("there is no run in the store.", "Begin one: etascope pick.")
    if not exact:
        if name == LAST:
            return ids[0]
        wanted = name.strip().lower()
        found = [known for known in ids if wanted and known.startswith(wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            raise InputError(
                f"{len(found)} runs begin with {name!r}: {', '.join(found[:_SHOWN])}{more}. Give more of the id."
            )
    close = difflib.get_close_matches(name.lower(), [LAST, *ids], n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise InputError(f"there is no run {name!r}.{hint}", "All: etascope runs.")
