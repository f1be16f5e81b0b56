"""Make the pictures of the documentation from what the tool writes: `python docs/make_pictures.py [FOLDER]`.

Each picture is a part of a command's output, as a terminal of 100 columns shows it. Lines that tell how long something
took are left out, so that the same machine makes the same picture, byte for byte.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import etascope
from etascope.report.terminal.run import print_choice, print_trace

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

COLUMNS = 100
#: Background and text; then black, red, green, yellow, blue, magenta, cyan, white; then the same, bright.
COLOURS = (
    ((24, 27, 34), (204, 209, 219)),
    [(60, 66, 80), (240, 113, 120), (126, 211, 133), (236, 200, 110), (110, 170, 245), (200, 150, 240), (95, 205, 214),
     (214, 218, 226)],
    [(100, 108, 125), (255, 135, 140), (150, 230, 155), (250, 215, 130), (135, 190, 255), (215, 170, 250),
     (120, 225, 232), (245, 247, 250)],
)  # fmt: skip
#: Size of the letters: large enough for rich's distance between lines that bars made of blocks have no gaps.
GLYPH = 21.5
#: Width of a letter as a share of the 20 that rich takes for the size; that of DejaVu Sans Mono is 0.602 of its own
#: size. A little less, so that neighbouring blocks meet.
ASPECT = 0.59 * GLYPH / 20
PAGE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="TITLE">
<title>TITLE</title>
<style>
.{unique_id}-matrix {{
  font-family: "DejaVu Sans Mono", Menlo, "Cascadia Mono", Consolas, "Liberation Mono", monospace;
  font-size: GLYPHpx; line-height: {line_height}px; white-space: pre;
}}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
""".replace("GLYPH", str(GLYPH))


def terminal(columns: int, *, record: bool = False) -> Console:
    """Return a terminal that keeps what is written to it."""
    from rich.console import Console

    return Console(
        file=io.StringIO(), record=record, width=columns, force_terminal=True, color_system="truecolor", no_color=False,
        legacy_windows=False, highlight=False, markup=False, emoji=False,
    )  # fmt: skip


def written(write: Callable[[Console], None]) -> list[Text]:
    """Return the coloured lines that `write` writes to a terminal."""
    from rich.text import Text

    console = terminal(COLUMNS)
    write(console)
    assert isinstance(console.file, io.StringIO)
    return list(Text.from_ansi(console.file.getvalue()).split("\n"))


def part(lines: list[Text], first: str, end: str) -> list[Text]:
    """Return the lines from the one that begins with `first` up to the one that begins with `end`, without it."""
    start = next(i for i, line in enumerate(lines) if line.plain.startswith(first))
    stop = next(i for i in range(start, len(lines)) if lines[i].plain.startswith(end))
    return lines[start:stop]


def apart(line: Text) -> Text:
    """Give each run of signs a style of its own, so that it is placed on its own.

    Many fonts have no braille or arrows; another font's may be wider, and would push the rest of the line along.
    """
    from rich.style import Style

    for run in re.finditer(r"[^\x00-\x7f]+", line.plain):
        line.stylize(Style(meta={"run": run.start()}), *run.span())
    return line


def picture(command: str, lines: list[Text]) -> str:
    """Return a drawing of a terminal with a command and its output."""
    from rich.terminal_theme import TerminalTheme
    from rich.text import Text

    console = terminal(COLUMNS + 2, record=True)
    prompt = Text.assemble(("$ ", "bright_black"), (command, "bold"))
    for line in [prompt, Text(), *lines]:
        console.print(apart(Text(" ") + line), no_wrap=True, overflow="ignore", crop=False)
    name = command.replace(" ", "-").replace(".", "-")
    (background, text), plain, bright = COLOURS
    theme = TerminalTheme(background, text, plain, bright)
    page = PAGE.replace("TITLE", f"What {command} writes")
    return console.export_svg(title="", theme=theme, code_format=page, font_aspect_ratio=ASPECT, unique_id=name)


def pick_picture() -> str:
    """Draw the answer of `etascope pick`."""
    run = etascope.pick("digits")
    return picture("etascope pick", part(written(lambda console: print_choice(console, run)), "learning rate", "cost"))


def trace_picture() -> str:
    """Draw training and prediction of `etascope trace`."""
    training = etascope.trace("digits")
    return picture("etascope trace", part(written(lambda console: print_trace(console, training)), "── 2", "── 4"))


def too_high_picture() -> str:
    """Draw a training whose steps are too large."""
    training = etascope.trace("digits", learning_rate=0.3)
    lines = part(written(lambda console: print_trace(console, training)), "── 2", "── 3")
    return picture("etascope trace --lr 0.3", lines)


PICTURES = {"pick.svg": pick_picture, "trace.svg": trace_picture, "too-high.svg": too_high_picture}


def main(folder: Path) -> None:
    """Write every picture into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        (folder / name).write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("pictures"))
