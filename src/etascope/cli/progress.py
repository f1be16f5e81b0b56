"""Progress of long work on standard error: a bar and the dial on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from etascope.core.protocols import OnProgress, Progress
from etascope.core.trials import Trial
from etascope.core.visible import visible

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

#: Where nobody sees a bar move, a line is written after this many seconds.
SECONDS_BETWEEN_LINES = 10.0
#: Work that ends sooner shows no bar at all.
SECONDS_BEFORE_BAR = 0.25
#: A screen drawn more often than this is not seen better.
SECONDS_BETWEEN_DRAWINGS = 0.1
#: Rows that a dial needs beside its bars: bar, needle, axis, names, and the line in which to go on.
ROWS_BESIDE = 7
MOST_ROWS, LEAST_ROWS = 8, 3


@contextmanager
def progress_bar(*, ascii: bool = False) -> Generator[OnProgress]:
    """Yield a `progress` that shows progress, and on a terminal the dial filling, in ASCII alone if asked."""
    if sys.stderr.isatty():
        screen = _Screen(ascii)
        try:
            yield screen.progress
        finally:
            screen.close()
    else:
        yield _Lines().progress


class _Lines:
    def __init__(self) -> None:
        self._printed = time.perf_counter()

    def progress(self, event: Progress) -> None:
        now = time.perf_counter()
        if now - self._printed >= SECONDS_BETWEEN_LINES:
            self._printed = now
            print(
                visible(f"{event.stage}: {event.done:,.0f} of {event.total:,.0f} {event.unit}"),
                file=sys.stderr,
                flush=True,
            )


@dataclass(frozen=True)
class _InAscii:
    """Draws as for a terminal that has ASCII characters only: rich asks that of the encoding."""

    drawn: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        plain = options.copy()
        plain.encoding = "ascii"
        yield from console.render(self.drawn, plain)


class _Screen:
    """One bar that goes from stage to stage, the dial under it; rich is loaded when the work turns out to be long."""

    def __init__(self, ascii: bool) -> None:
        self._began = time.perf_counter()
        self._ascii = ascii
        self._stage = ""
        self._display = None
        self._drawn = 0.0
        self._trials: tuple[Trial, ...] = ()
        self._dial: RenderableType | None = None

    def progress(self, event: Progress) -> None:
        now = time.perf_counter()
        if event.trials:
            self._trials, self._dial = event.trials, None
        if self._display is None:
            if now - self._began < SECONDS_BEFORE_BAR:
                return
            self._open(event)
        at_once = bool(event.trials) or event.stage != self._stage or event.done >= event.total
        if event.trials:
            # The bar keeps the unit of the work; the end of a round is one of one.
            self._bars.update(self._task, completed=self._bars.tasks[0].total)
        elif event.stage != self._stage:
            self._stage = event.stage
            self._bars.reset(self._task, description=visible(event.stage), total=event.total, unit=event.unit)
        if not event.trials:
            self._bars.update(self._task, completed=event.done, total=event.total, unit=event.unit)
        if at_once or now - self._drawn >= SECONDS_BETWEEN_DRAWINGS:
            self._draw()

    def _open(self, first: Progress) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars
        from rich.table import Column

        from etascope.report.terminal.page import needs_ascii, sized

        console = Console(stderr=True, highlight=False, _environ=sized())
        self._ascii = self._ascii or needs_ascii(console.encoding)
        # Where a terminal is too narrow, an ellipsis would not be ASCII.
        cut = Column(no_wrap=True, overflow="crop")
        self._bars = Bars(
            TextColumn("{task.description}", markup=False, table_column=cut),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of {task.total:,.0f} {task.fields[unit]}", table_column=cut),
            TimeElapsedColumn(table_column=cut),
            TimeRemainingColumn(table_column=cut),
            console=console,
            auto_refresh=False,
        )
        self._stage = first.stage
        self._task = self._bars.add_task(visible(first.stage), total=first.total, unit=first.unit)
        # A thread that refreshes would keep the engine from forking its workers; they report often enough.
        self._display = Live(console=console, auto_refresh=False, transient=True)
        self._display.start()

    def _draw(self) -> None:
        from rich.console import Group

        assert self._display is not None
        if self._trials and self._dial is None:
            self._dial = self._draw_dial()
        parts = [self._bars.get_renderable(), *([self._dial] if self._dial is not None else [])]
        shown = Group(*parts)
        self._display.update(_InAscii(shown) if self._ascii else shown, refresh=True)
        self._drawn = time.perf_counter()

    def _draw_dial(self) -> RenderableType:
        from rich.segment import Segments
        from rich.text import Text

        from etascope.report.terminal.dial import LEAST_WIDTH, dial_of_trials, draw

        assert self._display is not None
        console, size = self._display.console, self._display.console.size
        rows = min(size.height - ROWS_BESIDE, MOST_ROWS)
        dial = dial_of_trials(self._trials)
        if dial is None or rows < LEAST_ROWS or size.width <= LEAST_WIDTH:
            return Text(end="")
        lines = draw(dial, min(size.width - 1, 100), rows, self._ascii)
        text = Text("\n").join([Text(), *(Text.assemble(*line) for line in lines)])
        # Rendered once a round: the bar is drawn many times over the same dial.
        return Segments(list(console.render(text)))

    def close(self) -> None:
        if self._display is not None:
            self._display.stop()
