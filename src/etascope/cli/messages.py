"""What the commands say in words of their own, `say`, `note` and `complain`, and how one ends that cannot go on: `end`.

A command that a signal stops ends with 128 and the signal's number, 130 for Ctrl-C, and one sentence.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from etascope.cli.dialect import written
from etascope.core.errors import InputError, shortened
from etascope.core.interrupting import Interrupted, taken_last
from etascope.core.sentences import Sentence
from etascope.core.visible import visible

#: Makes a terminal's cursor be seen again.
_CURSOR = b"\x1b[?25h"


def say(text: str) -> None:
    """Print a line of an answer."""
    # While a bar is drawn, rich sends what is printed to the bar's stream, which may be another than the answer's.
    out = sys.stdout if sys.stdout.isatty() else getattr(sys.stdout, "rich_proxied_file", sys.stdout)
    print(_own_line(text), file=out, flush=True)


def note(said: str | Sentence | InputError) -> None:
    """Print what is good to know beside the answer."""
    print(f"note: {_own_line(written(said))}", file=sys.stderr, flush=True)


def complain(said: str | Sentence | InputError) -> None:
    """Print why there is no answer."""
    print(f"etascope: {_own_line(shortened(written(said)))}", file=sys.stderr)


def number_of(stop: BaseException) -> int:
    """Return the signal that an exception came from, which click may have wrapped."""
    cause = stop if isinstance(stop, KeyboardInterrupt) else stop.__cause__
    # Ray raises a plain one in place of ours.
    return cause.number if isinstance(cause, Interrupted) else taken_last() or signal.SIGINT


def stopped(stop: BaseException) -> tuple[str, int]:
    """Return the sentence, with what was noted on the exception, and the exit code.

    Examples
    --------
    >>> stopped(Interrupted(15))
    ('stopped by SIGTERM.', 143)
    """
    number = number_of(stop)
    notes = [note for error in (stop, stop.__cause__) for note in getattr(error, "__notes__", ())]
    return f"stopped by {_name(number)}{''.join(f'; {note}' for note in notes)}.", 128 + number


def end_at_once(number: int) -> NoReturn:
    """End this process without waiting for anything; what it started ends with it."""
    # Whatever holds the streams' locks may be what is waited for.
    if os.isatty(sys.__stderr__.fileno() if sys.__stderr__ is not None else 2):
        os.write(2, _CURSOR)
    os.write(2, f"etascope: stopped by a second {_name(number)}.\n".encode())
    os._exit(128 + number)


def end(said: str | Sentence | InputError, code: int) -> NoReturn:
    """Say what went wrong, and exit."""
    complain(said)
    sys.exit(code)


def drop_output() -> None:
    """Send what is still waiting to be written nowhere, so that Python does not try once more on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _name(number: int) -> str:
    return "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name


def _own_line(text: str) -> str:
    """Return text that cannot pass for a second line of ours, whatever names of files stand in it."""
    body = text.rstrip("\n")
    return visible(body).replace("\n", "\\n") + text[len(body) :]
