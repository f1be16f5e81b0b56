"""Progress of long work on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

from etascope.core.protocols import Progress, Watch

#: Where nobody sees a bar move, a line is written after this many seconds.
SECONDS_BETWEEN_LINES = 10.0
#: Work that ends sooner shows no bar at all.
SECONDS_BEFORE_BAR = 0.3


@contextmanager
def progress() -> Generator[Watch]:
    """Yield a `watch` that shows progress: a bar on a terminal, now and then a line elsewhere."""
    if sys.stderr.isatty():
        bars = _Bars()
        try:
            yield bars.watch
        finally:
            bars.close()
    else:
        yield _Lines().watch


class _Lines:
    def __init__(self) -> None:
        self._told = time.perf_counter()

    def watch(self, progress: Progress) -> None:
        now = time.perf_counter()
        if now - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            print(
                f"{progress.stage}: {progress.done:,.0f} of {progress.total:,.0f} {progress.unit}",
                file=sys.stderr,
                flush=True,
            )


class _Bars:
    """One bar that goes from stage to stage; rich is loaded when the work turns out to be long."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._stage = ""
        self._bars = None

    def watch(self, progress: Progress) -> None:
        if self._bars is None:
            if time.perf_counter() - self._began < SECONDS_BEFORE_BAR:
                return
            self._open(progress)
        bars = self._bars
        assert bars is not None
        if progress.stage != self._stage:
            self._stage = progress.stage
            bars.reset(self._task, description=progress.stage, total=progress.total, unit=progress.unit)
        bars.update(self._task, completed=progress.done, total=progress.total, refresh=True)

    def _open(self, first: Progress) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} {task.fields[unit]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            # A thread that refreshes would keep the engine from forking its workers; they report often enough.
            auto_refresh=False,
            transient=True,
        )
        self._stage = first.stage
        self._task = self._bars.add_task(first.stage, total=first.total, unit=first.unit)
        self._bars.start()

    def close(self) -> None:
        if self._bars is not None:
            self._bars.stop()
