"""Ctrl-C and its kin while processes must be looked after: `Interrupts`."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

#: What ends a search: Ctrl-C, `kill`, and a terminal that is closed.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Interrupts:
    """Turns the signals that end a process into `KeyboardInterrupt`, and holds them back where it is asked to.

    Outside the main thread, where Python takes no signals, it does nothing.
    """

    _before: dict[signal.Signals, Any] = field(default_factory=dict[signal.Signals, Any])
    _held: bool = False
    _waiting: bool = False

    def begin(self) -> None:
        """Take over. A signal that is ignored, as under `nohup`, stays so."""
        if self._before or threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._take)

    def finish(self) -> None:
        """Give back what was taken over."""
        while self._before:
            signal.signal(*self._before.popitem())

    @contextmanager
    def held_back(self) -> Generator[None]:
        """Hold signals back during the block; one that came ends the program after it."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._waiting:
            self._waiting = False
            raise KeyboardInterrupt

    def _take(self, number: int, frame: FrameType | None) -> None:
        if not self._held:
            raise KeyboardInterrupt
        self._waiting = True
