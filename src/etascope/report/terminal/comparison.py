"""Two runs side by side, written to a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from etascope.core.numbers import counted, noise, rate
from etascope.core.run import Run
from etascope.core.stored import StoredRun
from etascope.report.terminal.axis import intervals
from etascope.report.terminal.page import Page
from etascope.report.terminal.run_list import clock
from etascope.report.words.answer import known_basin, validated
from etascope.report.words.comparison import conclusion, recipes_differ, remarks, search_differences
from etascope.report.words.job import recipe_words

if TYPE_CHECKING:
    from rich.console import Console

SAME = "the same"


def print_comparison(console: Console, a: StoredRun, b: StoredRun, *, ascii: bool = False) -> None:
    """Write two runs side by side, their basins on one axis, and what to conclude.

    Raises
    ------
    InputError
        If a run did not come to its end.
    """
    page = Page(console, ascii)
    rows = [("run", a.id, b.id), ("began", clock(a.created), clock(b.created)), *_rows(a.run, b.run)]
    gutter = max(len(name) for name, _, _ in rows) + 2
    wide = max(8, (min(page.width, 110) - gutter - 2) // 2)
    page.line(f"{'':<{gutter}}{'A':<{wide}}  B", "bold")
    page.line(("-" if ascii else "─") * (gutter + 2 * wide + 2))
    for name, first, second in rows:
        same = first == second
        left, right = page.folded(first, wide), [SAME] if same else page.folded(second, wide)
        for i in range(max(len(left), len(right))):
            cells = [column[i] if i < len(column) else "" for column in (left, right)]
            space = " " * (wide - page.columns(cells[0]))
            page.line(f"{'' if i else name:<{gutter}}{cells[0]}{space}  {cells[1]}", "dim" if same else "")
    drawn = intervals((("A", a.run.choice), ("B", b.run.choice)), max(min(page.width, 100), 40), ascii=ascii)
    if drawn:
        page.line("")
        page.line("basins, and the best rate in each, on a logarithmic axis", "bold")
        page.lines(drawn)
    page.line("")
    sentence = conclusion(a.run, b.run)
    page.wrapped(sentence[0].upper() + sentence[1:], "bold")
    for sentence in remarks(a.run, b.run):
        page.wrapped(sentence)


def _rows(a: Run, b: Run) -> list[tuple[str, str, str]]:
    differing = recipes_differ(a, b)
    rows = [("data", _data(a), _data(b))]
    if not differing or a.task.measure.reported != b.task.measure.reported:
        rows.append(("recipe", recipe_words(a.task, a.data), recipe_words(b.task, b.data)))
    settings = {name: tuple("by itself" if value is None else _value(value) for value in values)
             for name, values in search_differences(a, b).items()}  # fmt: skip
    for differences in (differing, settings):
        rows += [(name.replace("_", " "), _value(one), _value(two)) for name, (one, two) in differences.items()]
    for name, tell in (
        ("rate", _rate), ("basin", _basin), ("confidence", _confidence), ("walls", _walls), ("validation", _valid),
        ("test", _test), ("cost", _cost),
    ):  # fmt: skip
        first, second = tell(a), tell(b)
        if first or second:
            rows.append((name, first or "unknown", second or "unknown"))
    if a.versions != b.versions:
        names = [name for name in {**a.versions, **b.versions} if a.versions.get(name) != b.versions.get(name)]
        first, second = (", ".join(f"{name} {run.versions.get(name, '?')}" for name in names) for run in (a, b))
        rows.append(("software", first, second))
    return rows


def _data(run: Run) -> str:
    images = f", {run.data.images:,} images" if run.data.images else ""
    return f"{run.data.source}{images}, fingerprint {run.data.fingerprint[:12]}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, cast("tuple[int, ...]", value))) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _rate(run: Run) -> str:
    return "cannot tell yet" if run.choice.learning_rate is None else rate(run.choice.learning_rate)


def _basin(run: Run) -> str:
    basin = known_basin(run.choice)
    if basin is None:
        return ""
    return f"{rate(basin.low)} .. {rate(basin.high)} ({math.log10(basin.high / basin.low):.2f} decades)"


def _confidence(run: Run) -> str:
    confidence = run.choice.confidence
    if confidence is None:
        return ""
    if run.choice.target == "loss":
        lowest = run.choice.measure.words if run.choice.measure.reported else "loss"
        return f"{confidence.word} within {confidence.tolerance:g} % of the lowest {lowest}"
    points = "point" if confidence.tolerance == 1 else "points"
    return f"{confidence.word} within {confidence.tolerance:g} {points} of the best"


def _walls(run: Run) -> str:
    low, high = run.choice.walls.low, run.choice.walls.high
    ends = [] if low is None else [f"{rate(low)} too small"]
    return ", ".join(ends if high is None else [*ends, f"{rate(high)} too large"])


def _valid(run: Run) -> str:
    choice = run.choice
    if not math.isfinite(choice.valid_loss):
        return ""
    if choice.measure.reported:
        return f"{choice.measure.name} {choice.measure.written(choice.valid_loss)}"
    return validated(run)


def _test(run: Run) -> str:
    if run.trace is None or run.trace.evaluation is None:
        return ""
    accuracy, n = run.trace.evaluation.accuracy, run.data.test
    return f"{100 * accuracy:.1f} % of {n:,} right, +- {100 * noise(accuracy, n):.1f} points"


def _cost(run: Run) -> str:
    cost = run.choice.cost
    equivalents = counted(cost.training_equivalents, "training equivalent")
    return f"{counted(cost.trials, 'trial')}, {equivalents}, {run.seconds:.1f} s"
