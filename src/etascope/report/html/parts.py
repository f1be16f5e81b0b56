"""The parts that pages of HTML are made of: texts, lists, tables, figures, and images as `data_uri`."""

from __future__ import annotations

import base64
import struct
import unicodedata
import zlib
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from etascope.report.charts.chart import Chart
from etascope.report.terminal.page import to_unicode


def shown(said: str) -> str:
    """Return text as a page shows it: control characters replaced, arrows and signs as such.

    Characters that turn the direction of writing or are not shown are replaced, too: a class name must not pass for
    another.
    """
    kept = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in said)
    return to_unicode(kept)


def text(said: str) -> str:
    """Return text for HTML: as `shown`, with signs that mean something there escaped.

    Examples
    --------
    >>> text("<b> & 'x' -> y")
    '&lt;b&gt; &amp; &#x27;x&#x27; → y'
    """
    return escape(shown(said))


def table(caption: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, sort: bool = False) -> str:
    """Return a table of texts, not yet escaped, in a frame that scrolls sideways; columns of numbers stand right.

    With `sort`, headers get buttons that sort where scripts run.
    """
    right = number_columns(len(header), rows)
    head = "".join(_head(name, right[i], sort) for i, name in enumerate(header))
    body = "".join(
        "<tr>" + "".join(_cell(cell, right[i], i == 0) for i, cell in enumerate(row)) + "</tr>\n" for row in rows
    )
    sorts = " data-sort" if sort else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table{sorts}>'
        f"<caption>{text(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>"
    )


def number_columns(columns: int, rows: Sequence[Sequence[str]]) -> list[bool]:
    """Return for each column of a table whether it holds numbers alone.

    Examples
    --------
    >>> number_columns(3, [("0.1", "good", "12 %"), ("10", "best", "")])
    [True, False, True]
    """
    return [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(columns)]


def figure_of(chart: Chart, *, table_open: bool = False) -> str:
    """Return a chart's place on the page: its sentence, room for each panel, its numbers as a table to unfold."""
    panels = "".join(
        f'<div class="panel" role="img" aria-label="{text(chart.title)}. {text(chart.note)}" '
        f'data-chart="{text(chart.name)}" data-panel="{i}"></div>'
        for i in range(len(chart.panels))
    )
    side = " across" if chart.across else ""
    said = f"<h3>{text(chart.title)}</h3><p>{text(chart.note)}</p>"
    return (
        f'<figure id="{text(chart.name)}"><figcaption>{said}</figcaption>'
        f'<div class="panels{side}">{panels}</div>'
        f"<details{' open' if table_open else ''}><summary>The same numbers as a table</summary>"
        f"{table(f'Numbers of the chart: {chart.title}', chart.header, chart.rows)}</details></figure>\n"
    )


def sentences(said: Sequence[str]) -> str:
    """Return sentences as a list; they are text, not yet escaped."""
    return f'<ul class="why">{"".join(f"<li>{text(sentence)}</li>" for sentence in said)}</ul>\n'


def fields(pairs: Sequence[tuple[str, str]]) -> str:
    """Return names and values as a description list; values are HTML already."""
    return "<dl>" + "".join(f"<div><dt>{text(name)}</dt><dd>{value}</dd></div>\n" for name, value in pairs) + "</dl>"


def _head(name: str, right: bool, sort: bool) -> str:
    said = f'<button type="button">{text(name)}</button>' if sort else text(name)
    return f'<th scope="col"{_right(right)}>{said}</th>'


def _cell(cell: str, right: bool, first: bool) -> str:
    return f'<th scope="row"{_right(right)}>{text(cell)}</th>' if first else f"<td{_right(right)}>{text(cell)}</td>"


def _right(right: bool) -> str:
    return ' class="number"' if right else ""


def _is_number(cell: str) -> bool:
    if cell in ("", "diverged"):
        return True
    try:
        float(cell.replace(" %", "").replace(",", ""))
    except ValueError:
        return False
    return True


def png(image: NDArray[np.uint8]) -> bytes:
    """Return an image `(height, width, 1 or 3)` as a PNG file (RFC 2083): gray, or red, green and blue.

    Written here since a decoder as large as Pillow takes longer to load than the page takes to write.
    """
    height, width, channels = image.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = image.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def data_uri(image: NDArray[np.uint8]) -> str:
    """Return an image as a `data:` address.

    Examples
    --------
    >>> data_uri(np.zeros((1, 1, 1), np.uint8))[:36]
    'data:image/png;base64,iVBORw0KGgoAAA'
    """
    return "data:image/png;base64," + base64.b64encode(png(image)).decode("ascii")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
