"""What a table says of the parts of a set: which rows train, and which test."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from etascope.core.errors import InputError
from etascope.images.folders.naming import TEST, TRAIN, VALID, part_of, subject, words
from etascope.images.folders.refusals import GIVEN, listed
from etascope.images.paths import SUFFIXES

#: A line of a table: its number, and its cells.
Row = tuple[int, list[str]]

_PARTS = ("split", "subset", "partition", "set", "usage", "part", "phase")
#: Those of them that nothing else is called, also beside other words.
_SPLITS = ("split", "subset", "partition")
#: Different words that a column of parts has at most.
_MOST = 12
_YES, _NO = ("true", "1", "yes", "t", "y", "1.0"), ("false", "0", "no", "f", "n", "0.0")
_AROUND = ("is", "in", "for", "use", "used", "flag", "as", "to", "belongs")
#: What people write for yes and no that is not understood.
_MARKS = ("", "x", "on", "off", "ja", "nein", "oui", "non", "si", "-1", "+", "-")
#: Words of what is held back, or divided, that do not say by themselves what a yes means.
_HELD = frozenset({"holdout", "heldout", "hold", "held", "out", "fold"})


def named(names: Sequence[str], one: int, two: int) -> str:
    """Return the names of two columns in a phrase, or their places where they are called alike."""
    if names[one] == names[two]:
        return f"the columns {one + 1} and {two + 1}, both {names[one]},"
    return f"{names[one]} and {names[two]}"


def column(rows: Sequence[Row], place: int) -> list[str]:
    """Return the cells of a column, "" where a row ends before it."""
    return [cells[place] if len(cells) > place else "" for _, cells in rows]


def read_parts(
    path: Path, names: Sequence[str], rows: Sequence[Row], taken: set[int], labels: Sequence[str]
) -> tuple[list[str], list[int], list[str]]:
    """Return what each row says of its part, the columns that say so, and what is worth telling.

    Columns that are `taken` hold paths and labels. One that is called like one of the `labels`, and says which rows
    have it, is no part. Columns that contradict each other are refused, and one that is named as a part and not
    understood.
    """
    columns = {place: column(rows, place) for place in range(len(names)) if place not in taken}
    said = {place: values for place, values in columns.items() if _say_parts(names[place], values)}
    hot = _one_hot(names, columns, labels)
    flags = {
        place: part for place in columns.keys() - said - hot if (part := _flag(path, names[place], columns[place]))
    }
    if len(flags) == 1:
        _check_share(path, names[min(flags)], columns[min(flags)], flags[min(flags)])
    if flags:
        said[min(flags)] = _by_flags(path, names, rows, flags)
    if not said:
        called = [place for place, values in columns.items() if _is_split(names[place]) and any(values)]
        few = [place for place in called if names[place].casefold() in _PARTS or len({*columns[place]}) <= _MOST]
        said = {place: columns[place] for place in few[:1]}
    if not said:
        return [""] * len(rows), [], []
    first, *others = said
    for other in others:
        for (number, _), one, two in zip(rows, said[first], said[other], strict=True):
            if part_of(one) != part_of(two):
                raise InputError(
                    f"a table says once what trains and what tests; {named(names, first, other)} of {path} do not say "
                    f"the same of line {number}. Remove the one that does not count."
                )
    used = sorted({*said, *flags})
    unusual = [names[place] for place in used if names[place].casefold() not in _PARTS]
    notes = [f"What trains and what tests is taken from {listed(unusual)}."] if unusual else []
    return said[first], used, notes


def divide(
    path: Path, parts: Sequence[tuple[int, str]], *, tested: bool = False
) -> tuple[list[int], list[int], list[str]]:
    """Return the rows to train and to test on, by the number and part of each, and what is worth telling.

    A part val is the test part where there is no test, nor one that is given beside the table.
    """
    if not any(part for _, part in parts):
        return list(range(len(parts))), [], []
    groups: dict[str, list[int]] = {TRAIN: [], TEST: [], VALID: []}
    for row, (number, said) in enumerate(parts):
        part = part_of(said)
        if part is None:
            raise InputError(
                f"the part of an image is train, val or test; line {number} of {path} says {said!r}. Correct it, or "
                "remove the column."
            )
        groups[part].append(row)
    if not groups[TRAIN]:
        raise InputError(
            f"a table that names parts names what to train on; {path} has no line of part train. Correct the column."
        )
    if groups[VALID] and (groups[TEST] or tested):
        of = "test" if groups[TEST] else GIVEN
        notes = [f"{len(groups[VALID]):,} images of part val joined the training images; {of} is the test part."]
        return groups[TRAIN] + groups[VALID], groups[TEST], notes
    return groups[TRAIN], groups[TEST] or groups[VALID], []


def parts_of_paths(files: Sequence[str]) -> list[str]:
    """Say that paths lead through folders of parts, which no column tells: all of them train.

    Examples
    --------
    >>> parts_of_paths(["train/cat/0.png", "test/cat/0.png"])
    ['Paths lead through folders called test and train, but no column says what tests: each image may train.']
    >>> parts_of_paths(["train/0.png", "car/0.png"])
    []
    """
    places = {folder for file in files for folder in re.split(r"[/\\]", file)[:-1]}
    parts = {folder: part for folder in places if (part := part_of(folder)) and not subject(folder)}
    if TRAIN not in parts.values() or len({*parts.values()}) < 2:
        return []
    return [
        f"Paths lead through folders called {listed(sorted(parts))}, but no column says what tests: each image may "
        "train."
    ]


def _is_split(name: str) -> bool:
    """Say whether a column is named as one of parts: split, Usage, data_split, split_id."""
    other = subject(name) - {*_PARTS, "id", "name", "type", "index", "code"} | (_HELD & {*words(name)})
    return name.casefold() in _PARTS or (not other and not {*_SPLITS}.isdisjoint(words(name)))


def _say_parts(name: str, values: list[str]) -> bool:
    different = {value for value in values if value}
    if len(different) > _MOST or any(Path(value).suffix.lower() in SUFFIXES for value in different):
        return False
    parts = {value: part for value in different if (part := part_of(value))}
    held = any(re.sub(r"[\W_]+", "", value.casefold()) in ("holdout", "heldout") for value in different)
    if parts and (held or (_is_split(name) and len(parts) == len(different))):
        return True
    # "data set" holds words, too; in a text a train is a train: what parts are called beside that is the same for all.
    if parts and not subject(name) and not {*_PARTS}.isdisjoint(words(name)):
        return True
    beside = {subject(value) - {"public", "private"} for value in parts}
    return len(set(parts.values())) > 1 and len(beside) == 1 and 2 * len(parts) >= len(different)


def _one_hot(names: Sequence[str], columns: dict[int, list[str]], labels: Sequence[str]) -> set[int]:
    """Return the columns that say which class an image is of, one column a class: that one is yes."""
    yes = {place: marks for place, values in columns.items() if (marks := _yes(values))}
    own = {
        place
        for place, marks in yes.items()
        if marks == [label.casefold() == names[place].casefold() for label in labels] and any(marks)
    }
    together = len(yes) > 2 and all(sum(row) == 1 for row in zip(*yes.values(), strict=True))
    return own | {*yes} if together and not all(map(part_of, (names[place] for place in yes))) else own


def _flag(path: Path, name: str, values: list[str]) -> str | None:
    """Return which part a column of yes and no speaks of, by its name; None for any other column."""
    every = [word for word in words(name) if word not in _AROUND]
    if len(every) == 1 and not part_of(every[0]):
        every = [every[0].removeprefix("is")]
    different = {value.casefold() for value in values}
    part, held = part_of("_".join(every)), _HELD & {*every}
    speaks = any(map(part_of, every)) or "".join(every) in ("holdout", "heldout")
    if not speaks or different == {""} or subject("_".join(every)) - _HELD:
        return None
    says = f"{name} of {path} says {listed([value or 'nothing' for value in sorted(different)])}"
    if different - {*_YES, *_NO, ""}:
        odd = len(different) == 2 and ({*_MARKS, *every} & different) and not any("." in value for value in different)
        if odd or (every != [name.casefold()] and 1 < len(different) <= _MOST and not held):
            raise InputError(f"a column of parts says true or false; {says}. Write these, or rename it.")
        return None
    if (part is None or held) and len(different) > 1:
        raise InputError(f"a column of parts says train, val or test; {says}. Write the words, or remove it.")
    return None if held else part


def _check_share(path: Path, name: str, values: Sequence[str], part: str) -> None:
    """Refuse yes and no that may mean something else: an image that is valid, or that shows a train."""
    plain = part_of(name.casefold()) and len(words(name)) == 1
    yes = sum(value.casefold() in _YES for value in values)
    share = f"{name} of {path} says yes of {yes:,} of {len(values):,} images"
    if part == VALID or (plain and part == TEST):
        if 2 * yes > len(values):
            what = "test" if part == TEST else "validate"
            raise InputError(f"a part to {what} with is the smaller one; {share}. Correct it, or rename it.")
    elif plain and 2 * yes < len(values):
        raise InputError(
            f"a column train may say what trains, or which images show one; {share}. Call it is_train, or remove it."
        )


def _yes(values: Sequence[str]) -> list[bool]:
    """Return which of yes and no a column says, or nothing for any other column."""
    understood = all(value.casefold() in (*_YES, *_NO) for value in values)
    return [value.casefold() in _YES for value in values] if understood else []


def _by_flags(path: Path, names: Sequence[str], rows: Sequence[Row], flags: dict[int, str]) -> list[str]:
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
