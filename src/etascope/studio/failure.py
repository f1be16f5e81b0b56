"""What goes wrong, whatever it is, as one sentence for the page: `Failed`, `called`, `sentence`."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from typing import Any

from etascope.core.errors import InputError, one_line
from etascope.core.visible import visible
from etascope.studio.dialect import on_page

#: A path of this machine, from its root on.
_PATH = re.compile(r"(?<![\w.:/\\])(?:[A-Za-z]:)?[/\\][^\s'\",;]+")


class Failed(Exception):
    """What was asked could not be done, and what was sent is not to blame; the message is a sentence for the page.

    Parameters
    ----------
    said
        The sentence.
    status
        Of the answer: 500 for what should not happen, 503 for what may go better the next time.
    """

    def __init__(self, said: str, status: int = 500) -> None:
        super().__init__(said)
        self.status = status


def called(function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - what it returns
    """Return what a function returns; a worker calls it so, and all that it raises can be sent to the server.

    Exceptions of other libraries need not survive being sent, and the server would lose its worker over it.

    Raises
    ------
    InputError
        As the function does, or if memory ran out.
    Failed
        If it raises anything else.
    """
    try:
        return function(*arguments)
    except InputError as error:
        if _survives(error):
            raise
        raise InputError(*error.sentences) from None
    except MemoryError:
        raise InputError(
            "this takes more memory than there is. Take fewer hidden units, smaller batches or fewer images."
        ) from None
    except KeyboardInterrupt:
        raise Failed("the process that worked on this was told to stop. Try again.", 503) from None
    except BaseException as error:
        raise Failed(unexpected(error)) from None


def sentence(error: BaseException) -> str:
    """Return what the page shows of an error: of the advice, which is a caller's, only what sets what the page has."""
    if not isinstance(error, InputError):
        return visible(str(error)) if isinstance(error, Failed) else unexpected(error)
    said, advice = error.sentences
    followed = advice.settings and all(map(on_page, advice.settings))
    return f"{said.written(on_page)} {advice.written(on_page)}" if followed else said.written(on_page)


def unexpected(error: BaseException) -> str:
    """Return a sentence for what should not have happened."""
    return f"the studio failed with {visible(placeless(one_line(error))[:240])}. Try again; if it stays, report it."


def placeless(text: str) -> str:
    """Return text without paths of this machine, which are nobody's business.

    Examples
    --------
    >>> placeless("No such file: '/home/me/a.png'")
    "No such file: '...'"
    """
    return _PATH.sub("...", text)


def _survives(error: InputError) -> bool:
    try:
        again = pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return type(again) is type(error) and str(again) == str(error)
