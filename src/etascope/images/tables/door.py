"""CSV and TSV tables of path, label and, where there is one, the part."""

from __future__ import annotations

import csv
import re
import string
from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TextIO

import numpy as np

from etascope.core.errors import InputError
from etascope.images.files.contents import check_text
from etascope.images.files.decode import decode_file
from etascope.images.files.stack import stack_images
from etascope.images.folders.refusals import listed
from etascope.images.labels.labels import alike_notes, natural, need_two
from etascope.images.labels.several import one_each, several_notes
from etascope.images.opened import Opened, Options, check_none_lost
from etascope.images.paths import SUFFIXES, same_file, unreadable
from etascope.images.pixels.members import Members
from etascope.images.tables.columns import as_seen, find_columns
from etascope.images.tables.missing import check_there, file_of
from etascope.images.tables.parts import Row, divide, parts_of_paths

#: What programs write where a label is missing; a class may be called so, too.
_MISSING = ("nan", "<na>", "nat", "#n/a")
_EMPTY = ("none", "null", "na", "n/a", "nil", "undefined", "unknown", "unlabeled", "unlabelled", "missing", "-1")
_YES, _NO = ("true", "1", "yes", "t", "y"), ("false", "0", "no", "f", "n")
_SIGNS = frozenset(string.punctuation)
#: So many images with several labels, and one of so many, are no slip.
_MANY = 5
#: Ends the text of a table: a quote that nobody closed holds it.
_END = "\0end"


@dataclass(frozen=True)
class _Line:
    number: int
    file: str
    label: str
    part: str


def open_table(path: Path, options: Options) -> Opened:
    """Open the images that a table lists.

    Columns are path and label, in this order or under a header that names them (`find_columns`; others are left out,
    with a note). A column may say what trains and what tests, by the words that folders have for that. Cells are
    separated by commas, semicolons, tabs or `|`. A path is absolute, or relative to the table.
    """
    lines, notes = _read(path)
    written = [line.label for line in lines]
    if all(map(_names_image, written)):
        raise InputError(
            f"a label names a class; those of {path} are images, such as {written[0][:160]!r} in line "
            f"{lines[0].number}. Write path,label with the class of each image."
        )
    single = one_each(written, f"those of {path}")
    lines = [replace(line, label=label) for line, label in zip(lines, single, strict=True)]
    learn, held, more = divide(path, [(line.number, line.part) for line in lines], tested=options.tested)
    train, ordered = [lines[row] for row in learn], [lines[row] for row in (*learn, *held)]
    if not options.held:
        need_two(sorted({line.label for line in train}, key=natural), str(path))
    unsaid = [] if held or options.held else parts_of_paths([line.file for line in lines])
    files = [file_of(path, line.file) for line in ordered]
    if not options.skip_bad:
        check_there(path, [(line.number, line.file) for line in ordered], files)
    labels = np.array([line.label for line in ordered], np.str_)
    members = Members(lambda row: f"{files[row]}", labels, len(train), test=f"the test part of {path}")
    stacked = stack_images(len(files), lambda row: decode_file(files[row], options), options, members)
    check_none_lost(labels, len(train), stacked.rows, path, held=options.held)
    test_rows = np.flatnonzero(stacked.rows >= len(train))
    rows: list[int] = stacked.rows.tolist()
    return Opened(
        stacked.images,
        labels[stacked.rows],
        str(path),
        None,
        test_rows if len(test_rows) else None,
        (*notes, *more, *unsaid, *_twice(path, ordered, files), *_labels(train, path, written), *stacked.notes),
        stacked.reading,
        len(lines) - len(stacked.rows),
        names=tuple(f"{ordered[row].file} in line {ordered[row].number} of {path}" for row in rows),
    )


def _read(path: Path) -> tuple[list[_Line], list[str]]:
    rows = _cells(path)
    if not rows:
        raise InputError(f"a table lists an image and its label a line; {path} is empty. Write lines of path,label.")
    columns = find_columns(path, rows)
    below = zip(rows[columns.begin :], columns.parts, strict=True)
    lines = [_line(path, row, columns.file, columns.label, part) for row, part in below]
    notes = list(columns.notes)
    whole = {line.label for line in lines if re.fullmatch(r"-?\d+", line.label)}
    points = {line.label for line in lines if re.fullmatch(r"-?\d+\.0*", line.label)}
    if whole and points:
        lines = [replace(line, label=line.label.split(".")[0]) if line.label in points else line for line in lines]
        notes.append(f"Labels such as {min(points)!r} were read as whole numbers, as others are written.")
    odd = Counter(line.label for line in lines if line.label.casefold() in _EMPTY or set(line.label) <= _SIGNS)
    notes += [
        f"{count:,} {'image is' if count == 1 else 'images are'} labelled {name!r}, which was taken for a class."
        for name, count in odd.most_common()[:3]
    ]
    return lines, notes


def _line(path: Path, row: Row, file: int, label: int, part: str) -> _Line:
    number, cells = row
    name = as_seen(cells[label]) if len(cells) > max(file, label) else ""
    if name and "\0" in cells[file] + name:
        raise InputError(
            f"a path and a label are text; line {number} of {path} has a zero byte: {f'{cells[file]},{name}'[:60]!r}. "
            "Remove it."
        )
    if not name or not cells[file]:
        raise InputError(
            f"every line of a table needs a path and a label; line {number} of {path} is {','.join(cells)[:80]!r}. "
            "Complete or remove it."
        )
    if len(f"{cells[file]}\n{name}".splitlines()) > 2:
        raise InputError(
            f"a path and a label are one line each; line {number} of {path} has {f'{cells[file]},{name}'[:60]!r}. "
            "Close its quote, or remove the line break."
        )
    if name.casefold() in _MISSING:
        raise InputError(
            f"every image needs a label; that of line {number} of {path} is {name!r}, as programs write where "
            "one is missing. Fill it in, or remove the line."
        )
    return _Line(number, cells[file], name, part)


def _twice(path: Path, lines: list[_Line], files: list[Path]) -> list[str]:
    """Say which images are listed more than once, which may be meant, and refuse many with several labels."""
    labels: dict[object, list[_Line]] = {}
    for line, file in zip(lines, files, strict=True):
        labels.setdefault(same_file(file), []).append(line)
    twice = [copies for copies in labels.values() if len(copies) > 1]
    odd = [copies for copies in twice if len({line.label for line in copies}) > 1]
    same = [copies for copies in twice if len({line.label for line in copies}) == 1]
    if len(odd) >= _MANY and len(odd) * _MANY >= len(labels):
        raise InputError(
            f"an image has one label, which etascope learns; {len(odd):,} of {len(labels):,} images of {path} are "
            f"listed with several, the first {odd[0][0].file} in lines "
            f"{listed([f'{line.number}' for line in odd[0]])}. Keep one line of each."
        )
    return [
        f"{len(some):,} {'image is' if len(some) == 1 else 'images are'} listed {how}, the first {some[0][0].file} in "
        f"lines {listed([f'{line.number}' for line in some[0]])}: each line counts."
        for some, how in ((odd, "with more than one label"), (same, "more than once"))
        if some
    ]


def _labels(train: list[_Line], path: Path, written: list[str]) -> list[str]:
    """Say which labels may be no classes, or be meant for one another."""
    names = sorted({line.label for line in train}, key=natural)
    notes: list[str] = []
    if len(names) > 2 and len(train) < 2 * len(names):
        numbers = all(re.fullmatch(r"[-+]?\d*[.,]?\d+(e[-+]?\d+)?", name, re.IGNORECASE) for name in names)
        if numbers and any(float(name.replace(",", ".")) % 1 for name in names):
            raise InputError(
                f"a label names a class; those of {path} are {len(names):,} numbers with fractions for {len(train):,} "
                f"images, such as {names[-1]}. etascope does not do regression: write the class of each image."
            )
        notes.append(f"{len(train):,} images have {len(names):,} different labels: most classes have one image.")
    said = [[name for name in names if name.casefold() in words] for words in (_YES, _NO)]
    if pair := next((group for group in said if len({*map(str.casefold, group)}) > 1), None):
        notes.append(f"Classes {pair[0]!r} and {pair[1]!r} may mean the same, and were kept apart.")
    return [*notes, *several_notes(written, names), *alike_notes(names)]


def _cells(path: Path) -> list[Row]:
    try:
        check_text(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _parse(path, file)
    except UnicodeDecodeError as error:
        raise InputError(f"a table is UTF-8 text; {path} is not: {error}. Save it as CSV in UTF-8.") from None
    except OSError as error:
        raise unreadable(path, error) from None


def _parse(path: Path, file: TextIO) -> list[Row]:
    start = next((line for line in file if line.strip()), "")
    given = re.fullmatch(r"\W*sep=([^\w\"\r\n])\W*", start, re.IGNORECASE)
    file.seek(0)
    if given:
        file.readline()
    plain = re.sub(r'"[^"]*"', "", start)
    order = "\t,;" if path.suffix.lower() == ".tsv" else ",;\t"
    separator = given[1] if given else max(order, key=plain.count) if any(map(plain.count, order)) else "|"
    reader = csv.reader(chain(file, [_END]), delimiter=separator, skipinitialspace=True)
    number = 1 if given else 0
    before, rows = number, list[Row]()
    try:
        for cells in reader:
            number, before = before + 1, reader.line_num + (1 if given else 0)
            rows.append((number, cells))
    except csv.Error:
        raise InputError(
            f"a cell of a table is short; line {before + 1} of {path} begins one of more than "
            f"{csv.field_size_limit():,} characters. Close its quote, or shorten it."
        ) from None
    if rows.pop()[1] != [_END]:
        raise InputError(
            f'every quote of a table is closed; that of line {number} of {path} is not. Close it, or write "" for a '
            "quote in a quoted cell."
        )
    for number, cells in rows:
        for cell in cells:
            lines = cell.strip().splitlines() if "\n" in cell or "\r" in cell else []
            if len(lines) > 1 and any(_names_image(part) for part in re.split(f"[{re.escape(separator)}\n\r]", cell)):
                raise InputError(
                    f"a cell of a table holds no other lines; one of line {number} of {path} holds {len(lines)}: "
                    f"{cell[:40]!r}. Close its quote, or remove it."
                )
    stripped = [(number, [cell.strip() for cell in cells]) for number, cells in rows]
    return [(number, cells) for number, cells in stripped if any(cells)]


def _names_image(text: str) -> bool:
    return Path(text.strip().strip('"')).suffix.lower() in SUFFIXES
