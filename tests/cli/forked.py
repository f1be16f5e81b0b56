"""Run hostile command lines, each in a child forked from a process that has everything loaded: one costs little.

`python -m tests.cli.forked FOLDER` answers lines of JSON: an argument list in, how it ended out.
"""

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

#: Bounds of one command: seconds of wall time, of a processor, and bytes of memory that it may ask for; drawing a chart
#: asks for many more than it uses.
SECONDS, CPU_SECONDS, MEMORY = 120, 60, 96 << 30
#: Bytes of output that are read back.
OUTPUT = 1 << 20


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (minus a signal's number; None where it was ended for taking too long)."""

    code: int | None
    out: str
    err: str
    seconds: float
    megabytes: float


class Forked:
    """Starts the process, asks it, and ends it."""

    def __init__(self, folder, **variables):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.forked", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", **variables},
            start_new_session=True,
        )

    def __enter__(self):
        return self

    def run(self, arguments):
        self._process.stdin.write(json.dumps(list(arguments)).encode() + b"\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def __exit__(self, *error):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(SECONDS)


def _load():
    """Load what commands load when they are called, as far as it may be forked."""
    import click

    import etascope.experiments.range_test.run
    import etascope.experiments.referee.run
    import etascope.learn.quiz
    import etascope.report.files.document
    import etascope.report.files.write
    import etascope.report.terminal.run
    import etascope.store.open
    import etascope.training.dense.engine  # noqa: F401
    from etascope.cli.main import commands
    from etascope.store.open import open_store

    for name in commands.list_commands(click.Context(commands)):
        if name != "studio":
            commands.get_command(click.Context(commands), name)
    open_store("sqlite://").find()


def _child(arguments, folder, out, err):
    os.setsid()
    os.chdir(folder)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(ours, theirs)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
    sys.argv = ["etascope", *arguments]
    from etascope.cli.main import main

    code = 70
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 70)


def _run(arguments, folder, files):
    for file in files:
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
    began, pid = time.monotonic(), os.fork()
    if pid == 0:
        _child(arguments, folder, *files)
    watching = os.pidfd_open(pid)
    late = not select.select([watching], [], [], SECONDS)[0]
    os.close(watching)
    for number in (signal.SIGTERM, signal.SIGKILL) if late else (signal.SIGKILL,):
        # Whatever it started is in its session.
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            break
        time.sleep(2 if late and number == signal.SIGTERM else 0)
    _, status, used = os.wait4(pid, 0)
    texts = [os.pread(file, OUTPUT, 0).decode("utf-8", "replace") for file in files]
    code = None if late else os.waitstatus_to_exitcode(status)
    return Ended(code, *texts, time.monotonic() - began, used.ru_maxrss / 1024)


def _serve(folder):
    _load()
    files = [os.memfd_create(name) for name in ("out", "err")]
    for line in sys.stdin:
        ended = _run(json.loads(line), folder, files)
        print(json.dumps(ended.__dict__), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
