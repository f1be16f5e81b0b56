"""A script in a process group of its own: its output read line by line and kept, paused, ended: `Script`."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from etascope.core.errors import InputError
from etascope.core.visible import visible
from etascope.training.command.metric import LONGEST, text_lines

#: Seconds that a script has to end by itself after SIGTERM; then SIGKILL ends it.
GRACE = 5.0
#: Bytes that are read at most before others have their turn, and that wait in a pipe where Linux lets them.
TURN, ROOM = 1 << 18, 1 << 20
#: Turns of reading after the end: a child that got away may write forever.
LEFT = 256
#: How many of the last lines are told where a script failed.
TAIL = 3


class Script:
    """A shell command that runs in its own process group, its output and its errors going to a log.

    Parameters
    ----------
    command
        For `/bin/sh -c`. It reads nothing from the terminal, and Python in it does not hold its output back.
    log
        File to keep the output in; it begins with the command.

    Attributes
    ----------
    open
        Whether its output is open.
    drained
        Whether all that it wrote was read, the last time that somebody looked.
    """

    def __init__(self, command: str, log: Path) -> None:
        self.command, self.log = command, log
        self._kept = log.open("wb")
        self._kept.write(f"$ {command}\n".encode("utf-8", "replace"))
        # In our session, but not in our group: should we be killed, the kernel wakes paused groups and hangs them up.
        try:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                process_group=0,
            )
        except OSError as error:
            self._kept.close()
            why = (error.strerror or str(error)).lower()
            raise InputError(
                f"the script cannot be started: {why}. Put a long command into a file, and give other programs less."
            ) from error
        assert self._process.stdout is not None
        self._pipe = self._process.stdout.fileno()
        os.set_blocking(self._pipe, False)
        # A script that prints much waits for us less often.
        with contextlib.suppress(AttributeError, OSError):
            fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, ROOM)
        self._groups = {self._process.pid}
        self._begun, self._ran = time.monotonic(), 0.0
        self._pending = self._recent = b""
        self._paused = self._closed = False
        self.open, self.drained = True, False

    def fileno(self) -> int:
        """Return the file descriptor of its output."""
        return self._pipe

    @property
    def seconds(self) -> float:
        """How long it ran, without pauses."""
        return self._ran + (0.0 if self._paused or self._closed else time.monotonic() - self._begun)

    @property
    def last_lines(self) -> str:
        """What it wrote last, on one line."""
        lines = [line for line in text_lines(self._recent) if any(character.isalnum() for character in line)]
        return " / ".join(map(_shown, lines[-TAIL:]))

    def ended(self) -> int | None:
        """Return its exit code (minus the signal that killed it), None while it lives."""
        return self._process.poll()

    def ended_within(self, seconds: float) -> int | None:
        """Wait for its end, but not long; return its exit code, None while it lives."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.ended()

    def read(self) -> bytes:
        """Return the lines that it has written since, as they are; keeps them in the log.

        A line that is not yet whole comes when it is, or when the script has ended. Of one that is too long, the end
        comes.
        """
        if self._closed:
            return b""
        over, left, self.drained = self.ended() is not None, TURN, False
        pieces = [self._pending]
        while left > 0:
            piece = self._read()
            if not piece:
                self.drained = True
                break
            left -= len(piece)
            self._kept.write(piece)
            pieces.append(piece)
        self._kept.flush()
        text = b"".join(pieces)
        whole = len(text) if over and self.drained else max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        self._pending = text[whole:][-LONGEST:]
        self._recent = (self._recent + text[:whole])[-LONGEST:]
        return text[:whole]

    def pause(self) -> None:
        """Stop it where it stands, with all of its children."""
        if not self._paused and self.ended() is None:
            self._ran, self._paused = self.seconds, True
            self.send(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after a pause."""
        if self._paused:
            self._begun, self._paused = time.monotonic(), False
            self.send(signal.SIGCONT)

    def terminate(self) -> None:
        """Ask it to end, with all of its children."""
        self.send(signal.SIGTERM)
        # One that is stopped hears nothing before it goes on.
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """End what is left of it, keep what it wrote, and close the log."""
        if self._closed:
            return
        self.send(signal.SIGKILL)
        self._process.wait()
        for _ in range(LEFT):
            self.read()
            if self.drained:
                break
        self._ran, self._closed, self.open = self.seconds, True, False
        self._kept.close()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def send(self, number: int) -> None:
        """Send a signal to it and to all of its children."""
        if self._closed:
            return
        self._groups |= _groups_below(self._process.pid)
        for group in self._groups - {os.getpgrp()}:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)

    def gone(self) -> bool:
        """Return whether it has ended with all of its children."""
        if self.ended() is None:
            return False
        groups = self._groups - {os.getpgrp()}
        return not any(process.group in groups and process.state != "Z" for process in _processes())

    @property
    def closed(self) -> bool:
        """Whether nothing of it is left."""
        return self._closed

    def _read(self) -> bytes:
        try:
            piece = os.read(self._pipe, TURN) if self.open else b""
        except BlockingIOError:
            return b""
        self.open = bool(piece)
        return piece


def end(scripts: Iterable[Script], grace: float = GRACE) -> None:
    """End scripts with all of their children: SIGTERM, `grace` seconds later SIGKILL."""
    living = [script for script in scripts if not script.closed]
    for script in living:
        script.terminate()
    deadline = time.monotonic() + grace
    # The shell may end at once and its children later, when they have saved their work.
    while time.monotonic() < deadline and not all(script.gone() for script in living):
        for script in living:
            # One that waits for room in its pipe could not end.
            script.read()
        time.sleep(0.02)
    for script in living:
        script.kill()


def _shown(text: str) -> str:
    line = visible(text.strip())
    return line if len(line) <= 200 else f"{line[:200]}..."


@dataclass(frozen=True)
class _Process:
    pid: int
    state: str
    parent: int
    group: int


def _processes() -> Iterator[_Process]:
    """Yield all processes, where the system tells them (Linux)."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name of the program, in parentheses, may hold anything.
            fields = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            yield _Process(int(entry.parent.name), fields[0], int(fields[1]), int(fields[2]))


def _groups_below(pid: int) -> set[int]:
    """Return the process groups of a process's descendants."""
    children: dict[int, list[_Process]] = {}
    for process in _processes():
        children.setdefault(process.parent, []).append(process)
    groups, left = set[int](), [pid]
    while left:
        for child in children.get(left.pop(), ()):
            groups.add(child.group)
            left.append(child.pid)
    return groups
