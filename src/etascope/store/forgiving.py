"""Open a store whose trouble does not end a search: `open_forgiving`."""

from __future__ import annotations

from collections.abc import Callable

from etascope.core.errors import InputError
from etascope.core.recording import Attempts, Forgiving
from etascope.store.failures import StoreTrouble
from etascope.store.open import open_store


def open_forgiving(url: str | None, tell: Callable[[str], None]) -> Forgiving:
    """Open a store for a search: any trouble but a wrong address is told in a sentence, and the search goes on without.

    Parameters
    ----------
    url
        As to `open_store`.
    tell
        Receives the sentence, at most once; before it, maybe, that another process lets this one wait.

    Raises
    ------
    InputError
        If the address is wrong, so that it can be set right before anything was trained.
    """
    try:
        return Forgiving(open_store(url, tell=tell), tell)
    except Exception as error:
        if isinstance(error, InputError) and not isinstance(error, StoreTrouble):
            raise
        Attempts(tell).fail(error, "This run is not kept")
        return Forgiving(None, tell)
