"""A table that reads well in a terminal and is Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned Markdown table; the first column is words, to the left, the others numbers, to the right.

    Examples
    --------
    >>> print(markdown(["who", "s"], [["slow", "12.5"], ["fast", "1.0"]]))
    | who  |    s |
    |------|-----:|
    | slow | 12.5 |
    | fast |  1.0 |
    """
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]
    lines = [_line(row, widths) for row in (head, *rows)]
    return "\n".join([lines[0], f"|{'|'.join(rule)}|", *lines[1:]])


def verdict(met: bool) -> str:
    """Return yes or no."""
    return "yes" if met else "no"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
    return f"| {' | '.join(cells)} |"
