"""A terminal page: text in Unicode or plain ASCII, headings, wrapped lists, tables."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from etascope.core.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

#: Longer lines than this are hard to read, however wide the terminal is.
WIDEST = 120
#: Where output goes to a file, there is no terminal to ask for its width.
WIDTH_OF_A_FILE = 100
#: A command at the end of a sentence.
COMMAND = re.compile(r"(?<=:) (cd .* && )?etascope .*$", re.DOTALL)
TO_ASCII = {
    "\N{RIGHTWARDS ARROW}": "->",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{PLUS-MINUS SIGN}": "+-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MINUS SIGN}": "-",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
}


def open_console(file: IO[str] | None = None, *, ascii: bool = False, width: int | None = None) -> Console:
    """Return a console that writes to `file` (default: standard output).

    Colours follow the terminal and `NO_COLOR`. Into a file or a pipe go no control codes and lines of 100 columns,
    unless the variable `COLUMNS` says otherwise. No line is longer than 120 columns.
    """
    from rich.console import Console

    variables = sized()
    console = Console(
        file=file, highlight=False, markup=False, emoji=False, width=width, safe_box=ascii, _environ=variables
    )
    if width is None:
        known = console.is_terminal or "COLUMNS" in variables
        console.width = min(console.width if known else WIDTH_OF_A_FILE, WIDEST)
    return console


def sized() -> dict[str, str]:
    """Return the environment's variables without a size of the terminal that is none, as `COLUMNS=0`."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ("COLUMNS", "LINES") or (value.isdecimal() and len(value) < 10 and int(value) > 0)
    }


def needs_ascii(encoding: str | None) -> bool:
    """Whether an output encoding cannot hold the characters of charts and pictures."""
    try:
        "█⣿→".encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def to_ascii(text: str) -> str:
    """Write text in ASCII: signs by their usual stand-ins, accents dropped, anything else as a question mark.

    Examples
    --------
    >>> to_ascii("Käse → 28 ± 5…")
    'Kase -> 28 +- 5...'
    """
    for sign, plain in TO_ASCII.items():
        text = text.replace(sign, plain)
    decomposed = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return decomposed.encode("ascii", "replace").decode("ascii")


def to_unicode(text: str) -> str:
    """Write the ASCII stand-ins of sentences as the signs they stand for."""
    return text.replace(" -> ", " → ").replace("+- ", "± ")


@dataclass(frozen=True)
class Page:
    """Writes to a rich console; every character passes `write`, so that ASCII stays ASCII.

    Attributes
    ----------
    console
        Where to write.
    ascii
        Whether to write ASCII characters alone.
    """

    console: Console
    ascii: bool = False

    @property
    def width(self) -> int:
        """Columns of a line."""
        return min(self.console.width, WIDEST)

    def write(self, text: str) -> str:
        """Return `text` in the page's characters."""
        # A name may hold the end of a line, too; what breaks lines here is the page.
        text = visible(text).replace("\n", "\\n")
        return to_ascii(text) if self.ascii else to_unicode(text)

    def heading(self, title: str) -> None:
        """Start a section."""
        line = "-" if self.ascii else "─"
        title = self.write(title)
        self.line("")
        self.line(f"{line * 2} {title} {line * max(2, self.width - len(title) - 4)}", "bold cyan")
        self.line("")

    def line(self, text: str, style: str = "") -> None:
        """Write one line as it is, not wrapped."""
        from rich.text import Text

        self.console.print(Text(self.write(text).rstrip(), style=style), no_wrap=True, overflow="ignore", crop=False)

    def spans(self, spans: Sequence[tuple[str, str]]) -> None:
        """Write one line as it is, drawn in runs of characters with a style each."""
        from rich.text import Text

        line = Text.assemble(*((self.write(text), style) for text, style in spans))
        self.console.print(line, no_wrap=True, overflow="ignore", crop=False)

    def lines(self, lines: Iterable[str], before: str = "") -> None:
        """Write lines that are drawn already."""
        for text in lines:
            self.line(before + text)

    def wrapped(self, text: str, style: str = "", first: str = "", rest: str | None = None) -> None:
        """Write a paragraph whose first line begins with `first`, later ones with `rest` (default: as many spaces)."""
        first = self.write(first)
        rest = " " * len(first) if rest is None else self.write(rest)
        for i, line in enumerate(self.folded(text, self.width - max(len(first), len(rest)))):
            self.line((rest if i else first) + line, style)

    def bullets(self, sentences: Iterable[str]) -> None:
        """Write sentences as a list."""
        for sentence in sentences:
            self.wrapped(sentence, first="-  " if self.ascii else "•  ")

    def folded(self, text: str, width: int) -> list[str]:
        """Return `text` in lines of at most `width` columns, broken between words where that is possible."""
        from rich.text import Text

        return [line.plain.rstrip() for line in Text(self.write(text)).wrap(self.console, max(width, 8))] or [""]

    def columns(self, text: str) -> int:
        """Return how many columns `text` takes; some characters take two."""
        from rich.cells import cell_len

        return cell_len(self.write(text))

    def right(self, text: str, width: int) -> str:
        """Return `text` at the right of `width` columns, cut off where it is longer."""
        from rich.cells import set_cell_size

        return " " * (width - self.columns(text)) + set_cell_size(self.write(text), min(self.columns(text), width))

    def fields(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write names, and values wrapped in a column beside them; a command at the end stands in a line, to copy."""
        names = [self.write(name) for name, _ in rows]
        gutter = max(len(name) for name in names)
        for name, (_, value) in zip(names, rows, strict=True):
            command = COMMAND.search(value) if len(value) > self.width - gutter - 2 else None
            self.wrapped(value[: command.start()] if command else value, first=f"{name:<{gutter}}  ")
            if command:
                self.line(" " * (gutter + 2) + command[0].strip())

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write a table whose columns of numbers stand right and whose last column is text that wraps.

        A name in the header may have two lines.
        """
        titles = [[self.write(line) for line in name.split("\n")] for name in header[:-1]]
        tall = max(map(len, titles))
        titles = [[""] * (tall - len(title)) + title for title in titles]
        columns = zip(*(row[:-1] for row in rows), strict=True)
        widths = [max(map(len, (*title, *cells))) for title, cells in zip(titles, columns, strict=True)]
        for i in range(tall):
            names = [f"{title[i]:>{w}}" for title, w in zip(titles, widths, strict=True)]
            self.line("  ".join([*names, header[-1] if i == tall - 1 else ""]), "bold")
        self.line(("-" if self.ascii else "─") * self.width)
        for row in rows:
            numbers = "".join(f"{cell:>{w}}  " for cell, w in zip(row[:-1], widths, strict=True))
            self.wrapped(row[-1], first=numbers)
