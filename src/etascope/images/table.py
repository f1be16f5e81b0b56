"""CSV and TSV tables of path and label."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from etascope.core.errors import InputError
from etascope.images.decode import decode_file
from etascope.images.found import Found, Wishes
from etascope.images.gather import gather
from etascope.images.labels import natural, need_two
from etascope.images.paths import unreadable

_PATHS = ("path", "file", "filename", "file_name", "filepath", "image", "image_path", "img", "img_path")
_LABELS = ("label", "labels", "class", "class_name", "target", "category", "y")


def open_table(path: Path, wishes: Wishes) -> Found:
    """Open the images that a table lists.

    Columns are path and label, in this order or under a header that names them (other columns are ignored). Cells are
    separated by commas, semicolons or tabs. A path is absolute, or relative to the table.

    Raises
    ------
    InputError
        If a line has no path or no label, there are fewer than two classes, or an image cannot be read.
    """
    rows = _rows(path)
    files = [path.parent / name for name, _ in rows]
    labels = np.array([label for _, label in rows], np.str_)
    need_two(sorted(set(labels.tolist()), key=natural), str(path))
    gathered = gather(len(files), lambda row: decode_file(files[row], wishes), wishes)
    return Found(gathered.images, labels[gathered.rows], str(path), None, None, gathered.notes, gathered.reading)


def _rows(path: Path) -> list[tuple[str, str]]:
    lines = _lines(path)
    if not lines:
        raise InputError(f"a table lists an image and its label a line; {path} is empty. Write lines of path,label.")
    number, first = lines[0]
    header = [cell.casefold() for cell in first]
    place = [next((header.index(n) for n in names if n in header), -1) for names in (_PATHS, _LABELS)]
    if min(place) >= 0:
        lines = lines[1:]
        if not lines:
            raise InputError(f"a table lists an image and its label a line; {path} has only a header. Add lines.")
    elif len(first) == 2:
        place = [0, 1]
    else:
        raise InputError(
            f"a table has two columns, path and label, or a header that names them; line {number} of {path} has "
            f"{len(first)}: {', '.join(first)[:80]}. Add a header with path and label."
        )
    return [_cells(path, number, cells, place[0], place[1]) for number, cells in lines]


def _cells(path: Path, number: int, cells: list[str], file: int, label: int) -> tuple[str, str]:
    if len(cells) <= max(file, label) or not cells[file] or not cells[label] or "\0" in cells[file]:
        raise InputError(
            f"every line of a table needs a path and a label; line {number} of {path} is {','.join(cells)[:80]!r}. "
            "Complete or remove it."
        )
    return cells[file], cells[label]


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            start = file.readline()
            file.seek(0)
            separator = max("\t,;" if path.suffix.lower() == ".tsv" else ",;\t", key=start.count)
            reader = csv.reader(file, delimiter=separator)
            return [
                (reader.line_num, [cell.strip() for cell in cells])
                for cells in reader
                if any(cell.strip() for cell in cells)
            ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"a table is UTF-8 text; {path} is not: {error}. Save it as CSV in UTF-8.") from None
    except OSError as error:
        raise unreadable(path, error) from None
