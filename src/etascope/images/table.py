"""CSV and TSV tables of path, label and, where there is one, the part."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from etascope.core.errors import InputError
from etascope.images.decode import decode_file
from etascope.images.folder_names import TEST, TRAIN, VALID, part_of
from etascope.images.found import Found, Wishes
from etascope.images.gather import gather
from etascope.images.labels import natural, need_two
from etascope.images.layout_words import listed
from etascope.images.paths import SUFFIXES, unreadable

_PATHS = ("path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "img", "img_path")
_LABELS = ("label", "labels", "class", "class_name", "target", "category", "y")
_PARTS = ("split", "subset", "partition", "set", "usage", "part", "phase")
#: What programs write where a label is missing; a class may be called so, too.
_MISSING = ("nan", "<na>", "nat", "#n/a")
_EMPTY = ("none", "null", "na", "n/a")


@dataclass(frozen=True)
class _Line:
    number: int
    file: str
    label: str
    part: str


def open_table(path: Path, wishes: Wishes) -> Found:
    """Open the images that a table lists.

    Columns are path and label, in this order or under a header that names them (other columns are ignored). A column
    split, subset, partition, set, usage, part or phase says what trains and what tests, by the words that folders have
    for that. Cells are separated by commas, semicolons or tabs. A path is absolute, or relative to the table.

    Raises
    ------
    InputError
        If a line has no path or no label, labels or parts can be understood in two ways, images are not there, there
        are fewer than two classes, or an image cannot be read.
    """
    lines, notes = _read(path)
    train, test, more = _divide(lines, path)
    ordered = [*train, *test]
    if not wishes.held:
        need_two(sorted({line.label for line in train}, key=natural), str(path))
    files = [_file(path, line) for line in ordered]
    if not wishes.skip_bad:
        _check_there(path, ordered, files)
    labels = np.array([line.label for line in ordered], np.str_)
    gathered = gather(len(files), lambda row: decode_file(files[row], wishes), wishes)
    test_rows = np.flatnonzero(gathered.rows >= len(train))
    return Found(
        gathered.images,
        labels[gathered.rows],
        str(path),
        None,
        test_rows if len(test_rows) else None,
        (*notes, *more, *_twice(ordered, path), *gathered.notes),
        gathered.reading,
        len(lines) - len(gathered.rows),
    )


def _read(path: Path) -> tuple[list[_Line], list[str]]:
    lines = _cells(path)
    if not lines:
        raise InputError(f"a table lists an image and its label a line; {path} is empty. Write lines of path,label.")
    number, first = lines[0]
    header = [cell.casefold() for cell in first]
    file, label = (next((header.index(n) for n in names if n in header), -1) for names in (_PATHS, _LABELS))
    part = next((header.index(name) for name in _PARTS if name in header), -1)
    if min(file, label) >= 0:
        lines = lines[1:]
        if not lines:
            raise InputError(f"a table lists an image and its label a line; {path} has only a header. Add lines.")
        label = _label_column(path, header, label, lines)
    elif len(first) == 2 and not _is_header(path, first, lines):
        file, label, part = 0, 1, -1
    elif file < 0 and label >= 0 and len(first) > 2 and _are_pixels(lines[1:]):
        raise InputError(
            f"a table lists paths of images; the {len(first) - 1:,} other columns of {path} are pixels.",
            "Read it in Python, with pandas for example, and give pixels (n, height, width) and labels to "
            "etascope.open_images.",
        )
    else:
        raise InputError(
            f"a table has two columns, path and label, or a header that names them; line {number} of {path} has "
            f"{len(first)}: {', '.join(first)[:80]}. Add a header with path and label."
        )
    found = [_line(path, number, cells, file, label, part) for number, cells in lines]
    left = [first[place] for place in range(len(first)) if place not in (file, label, part)] if part >= 0 else []
    notes = [f"Columns that were left out: {listed(left)}."] if left else []
    odd = Counter(line.label for line in found if line.label.casefold() in _EMPTY)
    notes += [f"{count:,} images are labelled {name!r}, which was taken for a class." for name, count in odd.items()]
    return found, notes


def _is_header(path: Path, first: list[str], lines: list[tuple[int, list[str]]]) -> bool:
    """Say whether the first of two columns is headed by a name of its own, and not by a path."""
    if len(lines) < 2 or Path(first[0]).suffix or (path.parent / first[0]).exists():
        return False
    below = [cells[0] for _, cells in lines[1:6] if cells]
    return any(Path(name).suffix.lower() in SUFFIXES or (path.parent / name).exists() for name in below) or any(
        cell.casefold() in (*_PATHS, *_LABELS, "id", "image_id", "name") for cell in first
    )


def _are_pixels(lines: list[tuple[int, list[str]]]) -> bool:
    return bool(lines) and all(cell.replace(" ", "").replace(".", "").isdigit() for cell in lines[0][1][1:])


def _label_column(path: Path, header: list[str], label: int, lines: list[tuple[int, list[str]]]) -> int:
    """Return the column of labels; where several could be, they must say the same, and names go before numbers."""
    places = [header.index(name) for name in _LABELS if name in header]
    for other in places:
        pairs = {(cells[label], cells[other]) for _, cells in lines if len(cells) > max(label, other)}
        if len(pairs) != len({one for one, _ in pairs}) or len(pairs) != len({two for _, two in pairs}):
            raise InputError(
                f"a table has one column of labels; {header[label]} and {header[other]} of {path} do not say the same. "
                "Rename the one that is none."
            )
    named = (place for place in places if not all(len(c) > place and c[place].isdigit() for _, c in lines))
    return next(named, label)


def _line(path: Path, number: int, cells: list[str], file: int, label: int, part: int) -> _Line:
    if len(cells) <= max(file, label, part) or not cells[file] or not cells[label] or "\0" in cells[file]:
        raise InputError(
            f"every line of a table needs a path and a label; line {number} of {path} is {','.join(cells)[:80]!r}. "
            "Complete or remove it."
        )
    if cells[label].casefold() in _MISSING:
        raise InputError(
            f"every image needs a label; that of line {number} of {path} is {cells[label]!r}, as programs write where "
            "one is missing. Fill it in, or remove the line."
        )
    return _Line(number, cells[file], cells[label], cells[part] if part >= 0 else "")


def _divide(lines: list[_Line], path: Path) -> tuple[list[_Line], list[_Line], list[str]]:
    """Return the lines to train and to test on: a part val is the test part where there is no test."""
    if not any(line.part for line in lines):
        return lines, [], []
    groups: dict[str, list[_Line]] = {TRAIN: [], TEST: [], VALID: []}
    for line in lines:
        part = part_of(line.part)
        if part is None:
            raise InputError(
                f"the part of an image is train, val or test; line {line.number} of {path} says {line.part!r}. Correct "
                "it, or rename the column."
            )
        groups[part].append(line)
    if not groups[TRAIN]:
        raise InputError(
            f"a table that names parts names what to train on; {path} has no line of part train. Correct the column."
        )
    if groups[TEST] and groups[VALID]:
        notes = [f"{len(groups[VALID]):,} images of part val joined the training images; test is the test part."]
        return groups[TRAIN] + groups[VALID], groups[TEST], notes
    return groups[TRAIN], groups[TEST] or groups[VALID], []


def _file(path: Path, line: _Line) -> Path:
    """Return where an image is: Windows writes folders with a backslash."""
    place = path.parent / line.file
    if "\\" in line.file and not place.exists():
        return path.parent / line.file.replace("\\", "/")
    return place


def _check_there(path: Path, lines: list[_Line], files: list[Path]) -> None:
    """Refuse a table many of whose images are not there, and say what is there instead."""
    gone = [row for row, file in enumerate(files) if not file.exists() and not file.is_symlink()]
    if len(gone) < 2:
        return
    file, line = files[gone[0]], lines[gone[0]]
    near = [
        other
        for folder in (file.parent, file.parent / "images", file.parent / "train")
        for ending in ("", *sorted(SUFFIXES))
        if (other := folder / f"{file.name}{ending}").is_file()
    ]
    move = f"There is {near[0]}: write the paths so." if near else "Write paths as seen from the table, with endings."
    raise InputError(
        f"the images of a table must be there; {len(gone):,} of {len(files):,} that {path} lists are not, the first "
        f"{line.file!r} in line {line.number}. {move}"
    )


def _twice(lines: list[_Line], path: Path) -> list[str]:
    """Say which images are listed with more than one label, or refuse nothing: both may be meant."""
    labels: dict[str, set[str]] = {}
    for line in lines:
        labels.setdefault(line.file, set()).add(line.label)
    odd = [name for name, found in labels.items() if len(found) > 1]
    if not odd:
        return []
    return [f"{len(odd):,} images of {path} have more than one label, the first {odd[0]}: they are there with each."]


def _cells(path: Path) -> list[tuple[int, list[str]]]:
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
