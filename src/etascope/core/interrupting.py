"""Ctrl-C and its kin: taken over, held back where something must be done whole, and told which one it was."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

#: What ends a search: Ctrl-C, `kill`, and a terminal that is closed (which Windows does not say so).
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
#: Seconds in which several signals are one wish: a terminal, a shell and `timeout` may each pass it on.
ONE_WISH = 0.3


class Interrupted(KeyboardInterrupt):
    """A signal that ends the program came.

    Attributes
    ----------
    number
        Which one.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass
class _Taken:
    """What is known of signals, of which a process has one set."""

    before: dict[int, Any] = field(default_factory=dict[int, Any])
    blocks: int = 0
    held: int = 0
    waiting: bool = False
    number: int = 0
    first: float | None = None
    hurry: list[Callable[[int], None]] = field(default_factory=list[Callable[[int], None]])


_taken = _Taken()


@contextmanager
def signals_taken(hurry: Callable[[int], None] | None = None, *, last: bool = False) -> Generator[None]:
    """Turn the signals that end a process into `Interrupted` during the block.

    A signal that is ignored, as under `nohup`, stays so. Outside the main thread, where Python takes no signals, it
    does nothing.

    Parameters
    ----------
    hurry
        Called with a signal that comes when one came before: whoever sends it twice does not want to wait. Those of
        inner blocks are called first. Without any, the second is as the first.
    last
        Whether the process ends after the block; then nothing is heard any more after a signal that came in it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    hurries = [] if hurry is None else [hurry]
    _taken.hurry[:0] = hurries
    _begin()
    try:
        yield
    finally:
        _finish(deaf=last and _taken.first is not None)
        for one in hurries:
            _taken.hurry.remove(one)


@contextmanager
def held_back() -> Generator[None]:
    """Hold signals back during the block, so that it is done whole; one that came is raised after it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with signals_taken():
        _taken.held += 1
        try:
            yield
        finally:
            _taken.held -= 1
        if not _taken.held and _taken.waiting:
            _taken.waiting = False
            raise Interrupted(_taken.number)


def raise_again() -> None:
    """Raise `Interrupted` if a signal came: Python drops an exception that it meets in a destructor or a callback."""
    if _taken.first is not None and not _taken.held:
        raise Interrupted(_taken.number)


def taken_last() -> int:
    """Return the number of the signal that came last, within a block that takes them; 0 where none did."""
    return _taken.number


def _begin() -> None:
    _taken.blocks += 1
    if _taken.blocks > 1:
        return
    for number in SIGNALS:
        # None is a handler that no Python code set: it could not be given back.
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            _taken.before[number] = signal.signal(number, _take)


def _finish(*, deaf: bool) -> None:
    _taken.blocks -= 1
    if _taken.blocks:
        return
    while _taken.before:
        number, before = _taken.before.popitem()
        signal.signal(number, signal.SIG_IGN if deaf else before)
    _taken.first, _taken.number, _taken.waiting = None, 0, False


def _take(number: int, frame: FrameType | None) -> None:
    now = time.monotonic()
    again = _taken.first is not None and now - _taken.first > ONE_WISH
    if _taken.first is not None and not again:
        return
    _taken.first, _taken.number = now, number
    if again:
        for hurry in list(_taken.hurry):
            hurry(number)
    if _taken.held:
        _taken.waiting = True
        return
    raise Interrupted(number)
