"""Columns of a table that stand for a class each, or that give an image several labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os.path import isfile, relpath
from pathlib import Path

from etascope.core.errors import InputError
from etascope.images.folders.refusals import listed
from etascope.images.paths import SUFFIXES
from etascope.images.tables.missing import near_images
from etascope.images.tables.parts import Row, column, named

_NO, _YES = ("0", "0.0", "false"), ("1", "1.0", "true")
_MARKS = ("", "x", "yes", "no", "y", "n", "t", "f", "+", "-", "-1", "true", "false")
#: What stands before the name of a class in that of its column.
_ABOUT = re.compile(r"^(is|has|class|label|target|contains)[\W_]*")
_NUMBER = re.compile(r"[-+]?\d*\.?\d+(e[-+]?\d+)?", re.IGNORECASE)


def a_column_a_class(path: Path, first: list[str], rows: Sequence[Row], images: str) -> InputError | None:
    """Return the error for a table without labels that has a column a class: of 0 and 1, or of scores.

    Parameters
    ----------
    path, first, rows
        The table, its header and what is below.
    images
        The name of its column of paths, if it is known.
    """
    return _one_hot(path, first, rows, images) or _scores(path, first, rows)


def check_numbered(
    path: Path, names: Sequence[str], labels: Sequence[int], rows: Sequence[Row], known: Sequence[str]
) -> None:
    """Refuse columns such as label_1 and label_2, called as a known one with a number, that say several labels.

    Raises
    ------
    InputError
        If one says another label than the first of them, or than the columns of labels.
    """
    bare = [re.sub(r"[\W_]+", "", name.casefold()) for name in names]
    several = [
        place for place, name in enumerate(bare)
        if re.fullmatch(rf"({'|'.join(known)})s?\d+", name) and name[1:2].isalpha()
        and not all(map(_NUMBER.fullmatch, filter(None, column(rows, place))))
    ]  # fmt: skip
    for number, cells in rows:
        said = [place for place in (*labels, *several) if len(cells) > place and cells[place]]
        if other := next((place for place in said[1:] if cells[place] != cells[said[0]]), None):
            raise InputError(
                f"an image has one label, which etascope learns; {named(names, said[0], other)} of {path} do not say "
                f"the same, as in line {number}: {cells[said[0]][:60]!r} and {cells[other][:60]!r}. Keep one column of "
                "them, or rename what is no label."
            )


def check_hot(path: Path, names: Sequence[str], rows: Sequence[Row], label: int, taken: set[int]) -> None:
    """Refuse columns of 0 and 1 that are called like labels, other than `taken`, and do not say what these do.

    Raises
    ------
    InputError
        If one says yes of an image of another label, or no of one of its own.
    """
    labels = {cell.casefold() for cell in column(rows, label)}
    for place, name in enumerate(names):
        values = [cell.casefold() for cell in column(rows, place)]
        own = name.casefold() if name.casefold() in labels else _ABOUT.sub("", name.casefold())
        if place in taken or own not in labels or not {*values} <= {*_YES, *_NO}:
            continue
        for (number, cells), value in zip(rows, values, strict=True):
            if (value in _YES) != (cells[label].casefold() == own):
                raise InputError(
                    f"an image has one label, which etascope learns; {named(names, label, place)} of {path} do not say "
                    f"the same, as in line {number}: {cells[label][:60]!r} and {value}. Rename the one that is none."
                )


def is_path(path: Path, cell: str) -> bool:
    """Say whether a cell of a table is a path: by its ending, or because it leads to a file."""
    return Path(cell).suffix.lower() in SUFFIXES or isfile(path.parent / cell)


def _one_hot(path: Path, first: list[str], rows: Sequence[Row], images: str) -> InputError | None:
    """Return the error for a table with a column a class, of 0 and 1: it says the lines of pandas that write one."""
    below = [[cell.casefold() for cell in cells] for _, cells in rows]
    places = [
        place for place, name in enumerate(first)
        if name and below and all(len(cells) > place and cells[place] in _NO + _YES for cells in below)
    ]  # fmt: skip
    others = [place for place, name in enumerate(first) if name and place not in places]
    if len(places) < 2 or not others:
        return None
    ones = [sum(cells[place] in _YES for place in places) for cells in below]
    odd = next((row for row, count in enumerate(ones) if count != 1), None)
    names = [first[place] for place in places]
    said = f"a table has one column of labels; {path} has one with 0 and 1 for each of {listed(names)}"
    if odd is not None:
        return InputError(
            f"{said}, and line {rows[odd][0]} has {ones[odd]} ones.",
            "Keep the lines that have exactly one, or write one column label: etascope learns one label an image.",
        )
    columns = f"table.columns[{places[0]}:{places[-1] + 1}]" if places[-1] - places[0] == len(places) - 1 else names
    file = first.index(images) if images else others[0]
    return InputError(
        f"{said} (one-hot).",
        f"Write one column label, in Python: import pandas; table = pandas.read_csv({str(path)!r}); table['label'] = "
        f"table[{columns}].idxmax(axis=1); table['path'] = {_as_paths(path, first[file], rows[0][1][file])}; "
        f"table.drop(columns={columns}).to_csv({str(path.with_name('labels.csv'))!r}, index=False).",
    )


def _scores(path: Path, first: list[str], rows: Sequence[Row]) -> InputError | None:
    """Return the error for a table with columns of numbers with fractions, or of marks, and none of labels."""
    cells = {name: [cell.casefold() for cell in column(rows, place)] for place, name in enumerate(first) if name}
    found = {
        name: {*values} for name, values in cells.items() if all(_NUMBER.fullmatch(v) or v in _MARKS for v in values)
    }
    every = {value for values in found.values() for value in values}
    if len(found) < 2 or not any("." in value or value in _MARKS for value in every):
        return None
    return InputError(
        f"a table has one column of labels; {path} has numbers or marks in {listed([*found])}, and no column called "
        "label.",
        "If these stand for classes, write one column label with the class of each image.",
    )


def _as_paths(path: Path, name: str, cell: str) -> str:
    """Return what makes paths of a column that has one in a cell, or what is between its folder and its ending."""
    near = [] if not cell or is_path(path, cell) else near_images(path, cell, ())
    before, found, after = relpath(near[0], path.parent).partition(cell) if near else ("", "", "")
    return f"{before!r} + table[{name!r}].astype(str) + {after!r}" if found else f"table[{name!r}]"
