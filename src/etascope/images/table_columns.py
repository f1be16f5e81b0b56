"""Which column of a table holds the paths, which the labels, and which says what trains and what tests."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from os.path import abspath, exists, isfile
from pathlib import Path

from etascope.core.errors import InputError
from etascope.images.folder_names import TEST, TRAIN, VALID, part_of, subject, words
from etascope.images.layout_words import listed
from etascope.images.paths import SUFFIXES

#: A line of a table: its number, and its cells.
Row = tuple[int, list[str]]

#: Names of columns without signs and the s of a plural, the usual ones first.
_PATHS = (
    "path", "file", "filename", "filepath", "image", "imagepath", "imagefile", "imagename", "imagefilename",
    "imagefilepath", "img", "imgpath", "imgfile", "imgname", "relativepath", "relpath", "fullpath",
)  # fmt: skip
_LABELS = (
    "label", "class", "classe", "classname", "classlabel", "target", "category", "categorie", "categoryname", "y",
    "labelname", "classid", "labelid", "classindex", "classidx", "categoryid", "labelindex", "labelidx",
)  # fmt: skip
_PARTS = ("split", "subset", "partition", "set", "usage", "part", "phase")
#: Different words that a column of parts has at most.
_MOST = 12
_YES, _NO = ("true", "1", "yes", "t", "y", "1.0"), ("false", "0", "no", "f", "n", "0.0")
_AROUND = ("is", "in", "for", "use", "used", "flag", "as", "to", "belongs")
_UNSEEN = {**dict.fromkeys(map(ord, "\u00ad\u200b\u200e\u200f\u2060\ufeff")), 0xA0: " "}


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

    Raises
    ------
    InputError
        If that cannot be known, or in two ways, or a row has more cells than the header.
    """
    number, first = rows[0]
    names = [as_seen(cell) for cell in first]
    files, labels = (
        [place for known in wanted for place, name in enumerate(names) if _key(name, wanted) == known]
        for wanted in (_PATHS, _LABELS)
    )
    if not (files and labels):
        if first[0].startswith("#") and not _is_path(path, first[0]):
            raise InputError(f"a table has no comments; line {number} of {path} begins with '#'. Remove such lines.")
        if len(first) != 2 or _is_header(path, first, rows):
            raise _unnamed(path, number, first, rows, bool(files), bool(labels))
        _check_widths(path, rows, 2)
        return Columns(0, 1, 0, ("",) * len(rows))
    below = rows[1:]
    if not below:
        raise InputError(f"a table lists an image and its label a line; {path} has only a header. Add lines.")
    _check_widths(path, below, max(place for place, name in enumerate(names) if name) + 1)
    file, label = _file_column(path, names, files, below), _label_column(path, names, labels, below)
    parts, used, notes = _parts(path, names, below, {*files, *labels})
    left = [
        name or "one without a name"
        for place, name in enumerate(names)
        if place not in (file, *labels, *used)
        and (name or any(cell.strip("0123456789") for cell in _column(below, place)))
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


def file_of(path: Path, name: str) -> Path:
    """Return where an image of a table is: Windows writes folders with a backslash, macOS letters in parts."""
    place = path.parent / name
    if ("\\" in name or not name.isascii()) and not exists(place):
        for other in (name, name.replace("\\", "/")):
            for form in ("NFC", "NFD"):
                if exists(near := path.parent / unicodedata.normalize(form, other)):
                    return near
    return place


def _key(name: str, wanted: Sequence[str]) -> str:
    bare = re.sub(r"[\W_]+", "", name.casefold())
    return bare if bare in wanted else bare.removesuffix("s")


def _column(rows: Sequence[Row], place: int) -> list[str]:
    return [cells[place] if len(cells) > place else "" for _, cells in rows]


def _check_widths(path: Path, rows: Sequence[Row], width: int) -> None:
    for number, cells in rows:
        if any(cells[width:]):
            raise InputError(
                f"a line of a table has a cell a column; there are {width} columns, and line {number} of {path} has "
                f"{len(cells)} cells: {' | '.join(cells)[:80]}. Put what holds a separator in double quotes."
            )


def _is_path(path: Path, cell: str) -> bool:
    return Path(cell).suffix.lower() in SUFFIXES or isfile(path.parent / cell)


def _is_header(path: Path, first: list[str], rows: Sequence[Row]) -> bool:
    """Say whether the first of two columns is headed by a name of its own, and not by a path."""
    if len(rows) < 2 or Path(first[0]).suffix or exists(path.parent / first[0]):
        return False
    return any(_is_path(path, cells[0]) for _, cells in rows[1:6]) or any(
        _key(cell, names) in names for cell in first for names in (_PATHS, _LABELS, ("id", "imageid", "name"))
    )


def _unnamed(path: Path, number: int, first: list[str], rows: Sequence[Row], file: bool, label: bool) -> InputError:
    """Return the error for a table whose columns are not known: it says what to rename, or to add."""
    if label and not file and len(first) > 2 and all(re.fullmatch(r"[\d. ]+", cell) for cell in rows[-1][1][1:]):
        return InputError(
            f"a table lists paths of images; the {len(first) - 1:,} other columns of {path} are pixels.",
            "Read it in Python, with pandas for example, and give pixels (n, height, width) and labels to "
            "etascope.open_images.",
        )
    lacking = [
        of for of, known in (("that of the images path", file), ("that of the classes label", label)) if not known
    ]
    if len(first) < 2:
        move = "Take away the quotes around lines." if "," in first[0] else "Write lines of path,label."
    elif any(_is_path(path, cell) for cell in first):
        move = "Add a header with path and label" + (", and a name for each other column." if len(first) > 2 else ".")
    else:
        move = f"Of its columns, call {listed(lacking)}, or add a header with path and label where there is none."
    return InputError(
        f"a table has two columns, path and label, or a header that names them; line {number} of {path} has "
        f"{len(first)}: {', '.join(first)[:80]}. {move}"
    )


def _file_column(path: Path, names: list[str], places: list[int], rows: Sequence[Row]) -> int:
    """Return the column of paths: the one whose files are there, where several could be."""
    if len(places) == 1:
        return places[0]
    for one, two in permutations(places, 2):
        folder, name = (_column(rows, place)[0] for place in (one, two))
        if folder and name and not Path(name).is_absolute() and isfile(path.parent / folder / name):
            two_of = f"{_named(names, one, two)} of {path} have a part of each"
            raise InputError(f"a table has one column of paths; {two_of}. Write {Path(folder, name)} in one.")
    there = [p for p in places if any(cell and isfile(file_of(path, cell)) for cell in _column(rows, p))]
    for other in there[1:]:
        for (number, _), one, two in zip(rows, _column(rows, there[0]), _column(rows, other), strict=True):
            if abspath(file_of(path, one)) != abspath(file_of(path, two)):
                raise InputError(
                    f"a table has one column of paths; {_named(names, there[0], other)} of {path} do not say the same: "
                    f"line {number} has {one!r} and {two!r}. Rename the one that is none."
                )
    return there[0] if there else places[0]


def _label_column(path: Path, names: list[str], places: list[int], rows: Sequence[Row]) -> int:
    """Return the column of labels; where several could be, they must say the same, and names go before numbers."""
    label = places[0]
    for other in places[1:]:
        pairs = {(cells[label], cells[other]) for _, cells in rows if len(cells) > max(label, other)}
        shared = {one for one, _ in pairs} & {two for _, two in pairs}
        same = _key(names[label], _LABELS) == _key(names[other], _LABELS) or any(not text.isdigit() for text in shared)
        unlike = same and any(one != two for one, two in pairs)
        if unlike or len(pairs) != len({one for one, _ in pairs}) or len(pairs) != len({two for _, two in pairs}):
            raise InputError(
                f"a table has one column of labels; {_named(names, label, other)} of {path} do not say the same. "
                "Rename the one that is none."
            )
    return next((place for place in places if not all(cell.isdigit() for cell in _column(rows, place))), label)


def _named(names: list[str], one: int, two: int) -> str:
    if names[one] == names[two]:
        return f"the columns {one + 1} and {two + 1}, both {names[one]},"
    return f"{names[one]} and {names[two]}"


def _parts(
    path: Path, names: list[str], rows: Sequence[Row], taken: set[int]
) -> tuple[list[str], list[int], list[str]]:
    """Return what each row says of its part, the columns that say so, and what is worth telling."""
    columns = {place: _column(rows, place) for place in range(len(names)) if place not in taken}
    said = {place: values for place, values in columns.items() if _say_parts(names[place], values)}
    flags = {place: part for place in columns.keys() - said if (part := _flag(path, names[place], columns[place]))}
    if flags:
        said[min(flags)] = _by_flags(path, names, rows, flags)
    if not said:
        named = [place for place, values in columns.items() if names[place].casefold() in _PARTS and any(values)]
        said = {place: columns[place] for place in named[:1]}
    if not said:
        return [""] * len(rows), [], []
    first, *others = said
    for other in others:
        for (number, _), one, two in zip(rows, said[first], said[other], strict=True):
            if part_of(one) != part_of(two):
                raise InputError(
                    f"a table says once what trains and what tests; {_named(names, first, other)} of {path} do not say "
                    f"the same of line {number}. Remove the one that does not count."
                )
    used = sorted({*said, *flags})
    told = [names[place] for place in used if names[place].casefold() not in _PARTS]
    notes = [f"What trains and what tests is taken from {listed(told)}."] if told else []
    return said[first], used, notes


def _say_parts(name: str, values: list[str]) -> bool:
    different = {value for value in values if value}
    if len(different) > _MOST or any(Path(value).suffix.lower() in SUFFIXES for value in different):
        return False
    parts = {value: part for value in different if (part := part_of(value))}
    if name.casefold() in _PARTS and len(parts) == len(different):
        return bool(parts)
    # In a text a train is a train: what parts are called beside that is the same for all.
    beside = {subject(value) - {"public", "private"} for value in parts}
    return len(set(parts.values())) > 1 and len(beside) == 1 and 2 * len(parts) >= len(different)


def _flag(path: Path, name: str, values: list[str]) -> str | None:
    """Return which part a column of yes and no speaks of, by its name; None for any other column."""
    every = [word for word in words(name) if word not in _AROUND]
    if len(every) == 1 and part_of(every[0].removeprefix("is")):
        every = [every[0].removeprefix("is")]
    different = {value.casefold() for value in values if value}
    if not every or not different or different - {*_YES, *_NO} or subject("_".join(every)):
        return None
    part = part_of("_".join(every))
    if part is None and any(map(part_of, every)):
        raise InputError(
            f"a column of parts says train, val or test; {name} of {path} says {listed(sorted(different))}. Write the "
            "words, or remove it."
        )
    yes = sum(value.casefold() in _YES for value in values)
    if part == VALID and 2 * yes > len(values):
        found = f"{name} of {path} says yes of {yes:,} of {len(values):,} images"
        raise InputError(f"a part to validate with is the smaller one; {found}. Correct it, or rename it.")
    return part


def _by_flags(path: Path, names: list[str], rows: Sequence[Row], flags: dict[int, str]) -> list[str]:
    parts = set(flags.values())
    rest = TRAIN if TRAIN not in parts else TEST if parts == {TRAIN} else ""
    out: list[str] = []
    for number, cells in rows:
        values = {place: cells[place].casefold() if len(cells) > place else "" for place in flags}
        true = {part for place, part in flags.items() if values[place] in _YES}
        false = {part for place, part in flags.items() if values[place] in _NO}
        part = next(iter(true)) if len(true) == 1 else rest if not true and all(values.values()) else ""
        if not part or true & false:
            shown = ", ".join(f"{names[place]} {cells[place] if len(cells) > place else ''!r}" for place in flags)
            raise InputError(
                f"an image trains or tests; line {number} of {path} does not say which: {shown}. Correct it, or remove "
                "these columns."
            )
        out.append(part)
    return out
