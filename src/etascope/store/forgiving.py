"""Open a store whose trouble does not end a search: `open_forgiving`."""

from __future__ import annotations

from collections.abc import Callable

from etascope.core.errors import InputError
from etascope.core.protocols import Store
from etascope.core.recording import not_kept
from etascope.store.failures import StoreTrouble
from etascope.store.open import open_store


def open_forgiving(url: str | None, tell: Callable[[str], None]) -> Store | None:
    """Open a store for a search: any trouble but a wrong address is told in a sentence, and there is none.

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
        return open_store(url, tell=tell)
    except Exception as error:
        if isinstance(error, InputError) and not isinstance(error, StoreTrouble):
            raise
        tell(not_kept(error, "This run is not kept"))
        return None
