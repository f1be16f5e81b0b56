"""Trouble of a tracker does not end a search: `safely`."""

from __future__ import annotations

import warnings
from collections.abc import Callable


def safely(tracker: str, log: Callable[[], None]) -> bool:
    """Log something, and return whether that went well; trouble is told in a warning, and the search goes on.

    A search may have trained for hours when a server is away for a minute.

    Parameters
    ----------
    tracker
        Its name, for people.
    log
        Logs; whatever it raises is the trouble.

    Warns
    -----
    RuntimeWarning
        With the reason.
    """
    try:
        log()
    except Exception as error:
        reason = str(error).split("\n")[0].rstrip(".") or type(error).__name__
        warnings.warn(
            f"{tracker} cannot log any more: {reason}. The search goes on; log the finished run again.",
            RuntimeWarning,
            stacklevel=4,
        )
        return False
    return True
