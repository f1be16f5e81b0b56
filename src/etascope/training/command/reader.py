"""A metric read in a process of its own, which a pattern may keep busy without harm: `MetricReader`."""

from __future__ import annotations

import contextlib
import json
import selectors
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from etascope.core.errors import InputError
from etascope.core.sentences import Sentence, Setting, say
from etascope.training.command.metric import LineMetric, text_lines

#: Processor seconds that a turn of a script's output may take; most patterns read it in a hundredth of one.
LONG = 3.0
#: What the process runs. It loads this module and few others, not all that the package does, so that it is there when
#: a script has its first line.
_START = (
    "import sys, types; package = types.ModuleType('etascope'); package.__path__ = [sys.argv[1]]; "
    "sys.modules['etascope'] = package; from etascope.training.command.reader import serve; serve()"
)


@dataclass
class MetricReader:
    """Reads a metric from what scripts print.

    Some patterns take longer for a line than anybody waits, and Python's `re` cannot be told to stop. So they are
    matched in another process: the system ends it when it has had its time, and Ctrl-C is heard meanwhile.

    Attributes
    ----------
    metric
        What to read.
    """

    metric: LineMetric
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the process, unless it is there."""
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _START, str(Path(__file__).parents[2])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C at the terminal is ours.
            process_group=0,
        )
        self._send(json.dumps([self.metric.pattern, self.metric.key]).encode() + b"\n")

    def read(self, content: bytes, seconds: float | None = None) -> list[float]:
        """Return the metrics of whole lines, as a script wrote them, in order.

        It may take so many `seconds`, however busy the machine is; None is as long as it takes, up to `LONG` seconds of
        a processor. Raises `InputError` if the pattern takes longer, or `LineMetric.read` raises it.
        """
        if not content:
            return []
        self.start()
        self._send(b"%d\n" % len(content) + content)
        answer = self._answer(seconds)
        if isinstance(answer, InputError):
            raise answer
        return answer

    def close(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
            self._process = None

    def _send(self, content: bytes) -> None:
        pipe = self._pipes[0]
        # One that has ended is noticed when its answer does not come.
        with contextlib.suppress(BrokenPipeError):
            pipe.write(content)
            pipe.flush()

    def _answer(self, seconds: float | None) -> list[float] | InputError:
        assert self._process is not None
        pipe = self._pipes[1]
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            late = not selector.select(seconds)
        line = b"" if late else pipe.readline()
        if line:
            answer: Any = json.loads(line)
            if isinstance(answer, dict):
                return InputError(*map(_sentence, cast("dict[str, Any]", answer)["sentences"]))
            return answer
        code = None if late else self._process.wait()
        self.close()
        if not late and code != -signal.SIGPROF:
            return InputError(
                f"the process that reads the script's output was ended (code {code}), as it happens where memory runs "
                "out. Try again."
            )
        return self.metric.refused(
            "must be a pattern that is matched quickly; {pattern} was not done with a piece of the script's output "
            "after {seconds:g} s. Make it simpler, without a repetition inside a repetition: '{simple}'.",
            seconds=seconds if late and seconds is not None else LONG,
        )

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout


def _sentence(document: dict[str, Any]) -> Sentence:
    settings = [Setting(**setting) for setting in document["settings"]]
    return say(document["template"], *settings, **document["values"])


def serve() -> None:
    """Answer a `MetricReader`, until it is gone: the metrics of each piece, or the sentences of what is wrong."""
    requests, output = sys.stdin.buffer, sys.stdout.buffer
    metric = LineMetric(*json.loads(requests.readline()))
    while head := requests.readline():
        lines = text_lines(requests.read(int(head)))
        # Counts the time of the processor alone; at its end the system ends us, wherever we are.
        signal.setitimer(signal.ITIMER_PROF, LONG)
        answer: Any
        try:
            answer = metric.read_all(lines)
        except InputError as error:
            answer = error
        signal.setitimer(signal.ITIMER_PROF, 0)
        output.write(json.dumps(answer, default=vars).encode() + b"\n")
        output.flush()
