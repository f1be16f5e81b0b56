"""Which column of a table holds the paths, which the labels or the parts, and columns that stand for a class each."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from os.path import abspath, isfile, relpath
from pathlib import Path

from etascope.core.errors import InputError
from etascope.images.folders.refusals import listed
from etascope.images.paths import FOREIGN, SUFFIXES
from etascope.images.tables.missing import file_of, near_images
from etascope.images.tables.parts import Row, column, named, read_parts

#: Names of columns without signs and the s of a plural, the usual ones first.
_PATHS = (
    "path", "file", "filename", "filepath", "image", "imagepath", "imagefile", "imagename", "imagefilename",
    "imagefilepath", "img", "imgpath", "imgfile", "imgname", "relativepath", "relpath", "fullpath",
)  # fmt: skip
_LABELS = (
    "label", "class", "classe", "classname", "classlabel", "target", "category", "categorie", "categoryname", "y",
    "labelname", "classid", "labelid", "classindex", "classidx", "categoryid", "labelindex", "labelidx",
)  # fmt: skip
_UNSEEN = {**dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u2060\ufeff")), 0xA0: " "}
_ONE_COLUMN, _LEARNED = "a table has one column of labels", "an image has one label, which etascope learns"
_NO, _YES = ("0", "0.0", "false"), ("1", "1.0", "true")
_MARKS = ("", "x", "yes", "no", "y", "n", "t", "f", "+", "-", "-1", "true", "false")
#: What stands before the name of a class in that of its column.
_ABOUT = re.compile(r"^(is|has|class|label|target|contains)[\W_]*")
_NUMBER = re.compile(r"[-+]?\d*\.?\d+(e[-+]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are.

    Attributes
    ----------
    file, label
        Places of the path and of the label.
    begin
        How many rows the header is: 1 or 0.
    parts
        What each row below the header says of its part, "" where the table says nothing.
    notes
        What is worth telling, a sentence each.
    """

    file: int
    label: int
    begin: int
    parts: tuple[str, ...]
    notes: tuple[str, ...] = ()


def find_columns(path: Path, rows: Sequence[Row]) -> Columns:
    """Return which column is what, by the header, and without one where there are two columns.

    A column says what trains and what tests where its values do, or its name and yes or no, whatever it is called.
    """
    number, first = rows[0]
    names = [as_seen(cell) for cell in first]
    files, labels = (
        [place for word in known for place, name in enumerate(names) if _key(name, known) == word]
        for known in (_PATHS, _LABELS)
    )
    if files:
        _check_numbered(path, names, labels[:1], rows[1:])
    if not (files and labels):
        if first[0].startswith("#") and not _is_path(path, first[0]):
            raise InputError(f"a table has no comments; line {number} of {path} begins with '#'. Remove such lines.")
        if len(first) != 2 or _is_header(path, first, rows) or _is_pixels(rows):
            raise _unnamed(path, number, first, rows, bool(files), bool(labels))
        _check_widths(path, rows, 2)
        return Columns(0, 1, 0, ("",) * len(rows))
    below = rows[1:]
    if not below:
        raise InputError(f"a table lists an image and its label a line; {path} has only a header. Add lines.")
    _check_widths(path, below, max(place for place, name in enumerate(names) if name) + 1)
    file, label = _file_column(path, names, files, below), _label_column(path, names, labels, below)
    parts, used, notes = read_parts(path, names, below, {*files, *labels}, column(below, label))
    _check_hot(path, names, below, label, {file, *labels, *used})
    left = [
        name or "one without a name"
        for place, name in enumerate(names)
        if place not in (file, *labels, *used)
        and (name or any(cell.strip("0123456789") for cell in column(below, place)))
    ]
    if left:
        notes = [*notes, f"Columns that were left out: {listed(left)}."]
    return Columns(file, label, 1, tuple(parts), tuple(notes))


def as_seen(text: str) -> str:
    r"""Return text so that what looks the same is the same: composed, without signs that have no width.

    Examples
    --------
    >>> as_seen("cafe\u0301") == "caf\xe9", as_seen("cat\u200b")
    (True, 'cat')
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text.translate(_UNSEEN)).strip()


def _key(name: str, known: Sequence[str]) -> str:
    bare = re.sub(r"[\W_]+", "", name.casefold())
    return bare if bare in known else bare.removesuffix("s")


def _check_widths(path: Path, rows: Sequence[Row], width: int) -> None:
    for number, cells in rows:
        if any(cells[width:]):
            shown = " ".join(" | ".join(cells).split())[:80]
            raise InputError(
                f"a line of a table has a cell a column; there are {width} columns, and line {number} of {path} has "
                f"{len(cells)} cells: {shown}. Put what holds a separator in double quotes."
            )


def _is_header(path: Path, first: list[str], rows: Sequence[Row]) -> bool:
    """Say whether the first of two columns is headed by a name of its own, and not by a path."""
    if len(rows) < 2 or Path(first[0]).suffix.lower() in SUFFIXES | FOREIGN or isfile(path.parent / first[0]):
        return False
    labels = Counter(column(rows[1:], 1))
    alone = first[1] not in labels and len(labels) > 1 and min(labels.values()) > 1
    known = any(_key(cell, of) in of for cell in first for of in (_PATHS, _LABELS, ("id", "imageid", "name")))
    return alone or known or any(_is_path(path, cells[0]) for _, cells in rows[1:6])


def _is_pixels(rows: Sequence[Row]) -> list[int]:
    """Return the columns that hold all pixels of an image in a cell, numbers with blanks between."""
    return [place for place, cell in enumerate(rows[-1][1]) if re.fullmatch(r"(\d+ +){2,}\d+", cell)]


def _unnamed(path: Path, number: int, first: list[str], rows: Sequence[Row], file: bool, label: bool) -> InputError:
    """Return the error for a table whose columns are not known: it says what to rename, or to add."""
    last, strings = rows[-1][1], _is_pixels(rows)
    if strings or (label and not file and len(first) > 2 and all(re.fullmatch(r"[\d. ]+", cell) for cell in last[1:])):
        which = f"those in column {strings[0] + 1}" if strings else f"the {len(first) - 1:,} other columns"
        return InputError(
            f"a table lists paths of images; {which} of {path} are pixels.",
            "Read it in Python, with pandas for example, and give pixels (n, height, width) and labels to "
            "etascope.open_images.",
        )
    images = next((name for name in first if _key(name, _PATHS) in _PATHS), "")
    if not label and (error := _one_hot(path, first, rows[1:], images) or _scores(path, first, rows[1:])):
        return error
    lacking = ["that of the images path"] * (not file) + ["that of the classes label"] * (not label)
    if len(first) < 2:
        move = "Take away the quotes around lines." if "," in first[0] else "Write lines of path,label."
    elif any(_is_path(path, cell) for cell in first):
        move = "Add a header with path and label" + (", and a name for each other column." if len(first) > 2 else ".")
    else:
        move = f"Of its columns, call {listed(lacking)}, or add a header with path and label where there is none."
        if label and not file and not any(_is_path(path, cell) for _, cells in rows[1:6] for cell in cells):
            named = [_key(name, _LABELS) in _LABELS for name in first]
            cell = next((cell for cell, is_label in zip(last, named, strict=False) if cell and not is_label), "")
            near = near_images(path, cell, ()) if cell else []
            such = f", such as {relpath(near[0], path.parent)} for {cell[:60]!r}" if near else ""
            move = f"Call the column of the images path, and write in it paths with endings, seen from the table{such}."
    return InputError(
        f"a table has two columns, path and label, or a header that names them; line {number} of {path} has "
        f"{len(first)}: {' '.join(', '.join(first).split())[:80]}. {move}"
    )


def _file_column(path: Path, names: list[str], places: list[int], rows: Sequence[Row]) -> int:
    """Return the column of paths: the one whose files are there, where several could be."""
    if len(places) == 1:
        return places[0]
    for one, two in permutations(places, 2):
        folder, name = (column(rows, place)[0] for place in (one, two))
        if folder and name and not Path(name).is_absolute() and isfile(path.parent / folder / name):
            two_of = f"{named(names, one, two)} of {path} have a part of each"
            raise InputError(f"a table has one column of paths; {two_of}. Write {Path(folder, name)} in one.")
    there = [p for p in places if any(cell and isfile(file_of(path, cell)) for cell in column(rows, p))]
    for other in there[1:]:
        for (number, _), one, two in zip(rows, column(rows, there[0]), column(rows, other), strict=True):
            if abspath(file_of(path, one)) != abspath(file_of(path, two)):
                where = f"as in line {number}: {one!r} and {two!r}"
                raise _unlike("a table has one column of paths", path, named(names, there[0], other), where)
    return there[0] if there else places[0]


def _label_column(path: Path, names: list[str], places: list[int], rows: Sequence[Row]) -> int:
    """Return the column of labels; where several could be, they must say the same, and names go before numbers."""
    # A number and a name for each class are one label told twice; two that divide the images otherwise are two tasks.
    label = places[0]
    for other in places[1:]:
        lines = {(cells[label], cells[other]): number for number, cells in rows if len(cells) > max(label, other)}
        ones, twos = ([pair[side] for pair in lines] for side in (0, 1))
        shared = {*ones} & {*twos}
        same = _key(names[label], _LABELS) == _key(names[other], _LABELS) or any(not text.isdigit() for text in shared)
        first, second = Counter(ones), Counter(twos)
        unlike = [pair for pair in lines if (same and pair[0] != pair[1]) or first[pair[0]] > 1 or second[pair[1]] > 1]
        if unlike:
            where = f"as in line {lines[unlike[-1]]}: {unlike[-1][0]!r} and {unlike[-1][1]!r}"
            raise _unlike(_ONE_COLUMN, path, named(names, label, other), where)
    return next((place for place in places if not all(cell.isdigit() for cell in column(rows, place))), label)


def _unlike(rule: str, path: Path, columns: str, where: str, move: str = "Rename the one that is none.") -> InputError:
    return InputError(f"{rule}; {columns} of {path} do not say the same, {where}. {move}")


def _check_numbered(path: Path, names: Sequence[str], labels: Sequence[int], rows: Sequence[Row]) -> None:
    """Refuse columns such as label_1 and label_2, called as a known one with a number, that say several labels."""
    bare = [re.sub(r"[\W_]+", "", name.casefold()) for name in names]
    several = [
        place for place, name in enumerate(bare)
        if re.fullmatch(rf"({'|'.join(_LABELS)})s?\d+", name) and name[1:2].isalpha()
        and not all(map(_NUMBER.fullmatch, filter(None, column(rows, place))))
    ]  # fmt: skip
    for number, cells in rows:
        said = [place for place in (*labels, *several) if len(cells) > place and cells[place]]
        if other := next((place for place in said[1:] if cells[place] != cells[said[0]]), None):
            where = f"as in line {number}: {cells[said[0]][:60]!r} and {cells[other][:60]!r}"
            move = "Keep one column of them, or rename what is no label."
            raise _unlike(_LEARNED, path, named(names, said[0], other), where, move)


def _check_hot(path: Path, names: Sequence[str], rows: Sequence[Row], label: int, taken: set[int]) -> None:
    """Refuse columns of 0 and 1 that are called like labels, other than `taken`, and do not say what these do."""
    labels = {cell.casefold() for cell in column(rows, label)}
    for place, name in enumerate(names):
        values = [cell.casefold() for cell in column(rows, place)]
        own = name.casefold() if name.casefold() in labels else _ABOUT.sub("", name.casefold())
        if place in taken or own not in labels or not {*values} <= {*_YES, *_NO}:
            continue
        for (number, cells), value in zip(rows, values, strict=True):
            if (value in _YES) != (cells[label].casefold() == own):
                where = f"as in line {number}: {cells[label][:60]!r} and {value}"
                raise _unlike(_LEARNED, path, named(names, label, place), where)


def _is_path(path: Path, cell: str) -> bool:
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
    said = f"{_ONE_COLUMN}; {path} has one with 0 and 1 for each of {listed(names)}"
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
    scores = {name: of for name, of in cells.items() if all(_NUMBER.fullmatch(cell) or cell in _MARKS for cell in of)}
    if len(scores) < 2 or not any("." in value or value in _MARKS for values in scores.values() for value in values):
        return None
    return InputError(
        f"{_ONE_COLUMN}; {path} has numbers or marks in {listed([*scores])}, and no column called label.",
        "If these stand for classes, write one column label with the class of each image.",
    )


def _as_paths(path: Path, name: str, cell: str) -> str:
    """Return what makes paths of a column that has one in a cell, or what is between its folder and its ending."""
    near = [] if not cell or _is_path(path, cell) else near_images(path, cell, ())
    before, between, after = relpath(near[0], path.parent).partition(cell) if near else ("", "", "")
    return f"{before!r} + table[{name!r}].astype(str) + {after!r}" if between else f"table[{name!r}]"
