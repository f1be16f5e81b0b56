"""Run the command line: in this process, in one of its own, and at a terminal."""

import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest import mock

from etascope.cli.main import main

#: Trains in a blink.
SMALL = ("--hidden", "0", "--epochs", "1")
SECONDS = 30


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def environment(**changes):
    """The variables of a new shell: nothing that decides how output looks, but what the test says."""
    kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM")}
    return {**kept, "PYTHONIOENCODING": "utf-8", **{k: str(v) for k, v in changes.items()}}


def run(*arguments, encoding="utf-8", **variables):
    """Run a command in this process with its output going to a pipe."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2))
    with (
        mock.patch.object(sys, "argv", ["etascope", *map(str, arguments)]),
        mock.patch.object(sys, "stdin", io.StringIO()),
        mock.patch.dict(os.environ, environment(**variables), clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            code = main()
        except SystemExit as end:
            code = end.code or 0
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode(encoding))
    return Ended(code, *texts)


def answer(out):
    """Return what was written to standard output after what the images were understood as."""
    pattern = r"\A\d+ classes \(.*\), [\d,]+ images.*\n\n"
    return re.sub(pattern.encode() if isinstance(out, bytes) else pattern, out[:0], out)


def refused(ended):
    """Return the one sentence (or two) with which a command refused its input, and check how it ended."""
    assert (ended.code, answer(ended.out)) == (2, "")
    text = ended.err.removesuffix("\n")
    assert text.startswith("etascope: ")
    assert text.endswith((".", "?"))
    assert "\n" not in text
    assert "Error" not in text
    return text.removeprefix("etascope: ")


def start(*arguments, **options):
    """Start a command in a process of its own, as the shell would."""
    return subprocess.Popen(
        [sys.executable, "-m", "etascope", *map(str, arguments)],
        env=environment(**options.pop("variables", {})),
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


class Terminal:
    """A command at a pseudo-terminal: what it writes is in `output`, keys are pressed by `type`."""

    def __init__(self, *arguments, columns=80, stdout=None, **variables):
        self.output = b""
        self._us, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = start(
            *arguments,
            stdin=theirs,
            stdout=stdout or theirs,
            stderr=theirs,
            start_new_session=True,
            variables={"TERM": "xterm-256color", **variables},
        )
        os.close(theirs)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._us)

    def read_until(self, text, since=0):
        """Wait until `text` is there, and return how long the output was then."""
        deadline = time.monotonic() + SECONDS
        while text.encode() not in self.output[since:]:
            assert self._read(deadline - time.monotonic()), f"{text!r} never came: {self.output.decode()[-500:]}"
        return len(self.output)

    def type(self, keys):
        os.write(self._us, keys.encode())

    def end(self):
        """Wait for the end; return the exit code and the output, lines ended by a line feed."""
        deadline = time.monotonic() + SECONDS
        while self._read(deadline - time.monotonic()):
            pass
        return self.process.wait(SECONDS), self.output.decode().replace("\r\n", "\n")

    def _read(self, seconds):
        if not select.select([self._us], [], [], max(seconds, 0))[0]:
            return False
        try:
            piece = os.read(self._us, 65536)
        except OSError:  # What Linux says when the other end is closed.
            return False
        self.output += piece
        return bool(piece)


def screen(output):
    """Return the lines that a terminal shows after `output`, and whether the cursor is to be seen."""
    lines, row, column, cursor = [""], 0, 0, True
    for control, text in re.findall(r"(\x1b\[[?\d;]*[A-Za-z]|\r|\n)|([^\x1b\r\n]+)", output):
        if control == "\r":
            column = 0
        elif control == "\n":
            row, column = row + 1, 0
            lines.extend([""] * (row + 1 - len(lines)))
        elif control.endswith("A"):
            row -= int(control[2:-1] or 1)
        elif control == "\x1b[2K":
            lines[row] = ""
        elif control in ("\x1b[?25l", "\x1b[?25h"):
            cursor = control.endswith("h")
        elif control:
            assert control.endswith("m"), control
        else:
            lines[row] = lines[row][:column].ljust(column) + text + lines[row][column + len(text) :]
            column += len(text)
    return lines, cursor
