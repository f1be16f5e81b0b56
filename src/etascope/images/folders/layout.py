"""Which folders of a tree are classes, which are parts for training and testing, and which are neither.

A name alone decides nothing: a part has class folders in it, or stands beside another part.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from etascope.core.errors import InputError
from etascope.images.folders.class_folders import Layout, TreeReading, check_classes, own_images
from etascope.images.folders.names import BESIDE, TEST, TRAIN, VALID, is_named, part_of
from etascope.images.folders.part_folders import check_trained, read_parts
from etascope.images.folders.refusals import (
    DIVIDE,
    GIVEN,
    InTwoWays,
    in_two_ways,
    leads_nowhere,
    listed,
    mostly_in_no_class,
    nothing_here,
    only_one,
    only_one_trains,
)
from etascope.images.folders.tree import Folder
from etascope.images.folders.ways_out import Given, way_out
from etascope.images.labels.labels import natural


def read_layout(
    root: Folder, *, one: bool = False, tested: bool = False, trained: str | None = None, apart: Path | None = None
) -> Layout:
    """Return what the folders of a tree are: classes, or parts with classes in them.

    Folders that hold nothing but one other are seen through. Where two readings fit, or the images of the classes lie
    at different depths, the tree is refused.

    Parameters
    ----------
    root
        The tree.
    one
        Whether one class is enough.
    tested
        Whether a test part is given beside it.
    trained
        What is trained on, where the tree is its test part.
    apart
        Where that lies, if it is a path.

    Raises
    ------
    InputError
        If there are no classes, a class would lose all its images, or the tree can be read in two ways.
    """
    for folder in root.all_folders():
        # In a class such a link is one file more that is not read, and counted so.
        if folder.broken and (folder is root or folder.folders or not folder.images):
            raise leads_nowhere(folder.broken[0])
    try:
        layout = _read(root, one, TreeReading(tested=tested))
    except InTwoWays as error:
        whole = Given(root, lambda folder, held: _opens(folder, held or one), trained, str(apart or ""))
        raise InputError(error.said, way_out(error, whole)) from None
    learn, held = ({name for _, name in part} for part in (layout.train, layout.test))
    if len(held) > len(learn) == 1 and not one:
        where = Path(os.path.commonpath([path.parent.parent for path, _ in layout.test]))
        raise only_one_trains(min(learn), sorted(held, key=natural), where)
    return layout


def _opens(folder: Folder, held: bool) -> frozenset[str]:
    """Return the classes of a folder that can be read alone, or as a test part; none where it cannot."""
    try:
        layout = _read(folder, held, TreeReading())
    except InputError:
        return frozenset()
    names, tests = ({name for _, name in part} for part in (layout.train, layout.test))
    if held:
        return frozenset(tests or names)
    return frozenset(names if len(names) > 1 and names >= tests else ())


def _read(root: Folder, one: bool, reading: TreeReading) -> Layout:
    here = root
    while True:
        if not one:
            check_trained(here)
        parts = read_parts(here, reading)
        if parts is not None:
            layout = parts
            break
        inner = _inner(here, reading)
        if inner is None:
            layout = _classes_at(here, root, reading, one)
            break
        here = inner
    if here is not root:
        reading.notes.insert(0, f"The classes were found further down, in {here.path}.")
    return replace(layout, left_out=layout.left_out + reading.left_out, notes=tuple(reading.notes))


def _inner(here: Folder, reading: TreeReading) -> Folder | None:
    """Return the one folder that holds the set, where others beside it only go with it."""
    within = [folder for folder in here.full if not is_named(folder.name, BESIDE)]
    if len(within) != 1 or not within[0].full or here.loose or within[0].loose:
        return None
    beside = [folder for folder in here.full if folder is not within[0]]
    if beside and len(within[0].inner.full) < 2:
        return None
    reading.leave_stray(here)
    reading.leave(beside, "they lie beside the classes")
    reading.tell_bare(here)
    return within[0]


def _classes_at(here: Folder, root: Folder, reading: TreeReading, one: bool) -> Layout:
    """Return the layout where each folder here is a class, or refuse."""
    folders = here.full
    if not folders or not here.total:
        raise nothing_here(root)
    if here.loose:
        raise mostly_in_no_class(here)
    crossed = _parts_in_classes(here, reading)
    if crossed is not None:
        return crossed
    if len(folders) == 1 and not one:
        raise only_one(here)
    check_classes(folders, here)
    reading.leave_stray(here)
    reading.tell_empty(here)
    reading.tell_odd(folders)
    reading.tell_deeper(folders, here)
    return Layout(reading.collect(folders))


def _parts_in_classes(here: Folder, reading: TreeReading) -> Layout | None:
    """Return the layout where every class has its own parts: cat/train, cat/test, dog/train, dog/test."""
    inside = [
        [(part_of(inner.name), inner) for inner in folder.inner.full if not folder.images] for folder in here.full
    ]
    kinds = [frozenset(part for part, _ in pairs if part) for pairs in inside]
    divided = [len(kind) == len(pairs) > 1 for kind, pairs in zip(kinds, inside, strict=True)]
    if len(inside) < 2 or not any(divided):
        return None
    deep = any(part.full and not own_images(part) for pairs in inside for _, part in pairs)
    flat = [folder.name for folder in here.full if folder.images]
    if 0 < len(flat) <= len(divided) - len(flat) == sum(map(bool, kinds)) and not deep:
        raise in_two_ways(here, f"Divide {listed(flat)} into such folders too, or write a CSV of path,label,split.")
    if deep or not all(divided) or len(set(kinds)) > 1 or TRAIN not in kinds[0]:
        raise in_two_ways(here, "" if deep or not all(kinds) else DIVIDE)
    held = TEST if TEST in kinds[0] or reading.tested else VALID
    groups: dict[bool, list[tuple[Path, str]]] = {False: [], True: []}
    for part in (TRAIN, VALID, TEST):
        for folder, pairs in zip(here.full, inside, strict=True):
            within = reading.collect([inner for its, inner in pairs if its == part])
            groups[part == held] += [(path, folder.name) for path, _ in within]
    names = {part: inner.name for part, inner in inside[0]}
    joined = f"{names[VALID]} joined the training images; " if held == TEST and VALID in names else ""
    of = names.get(held, GIVEN)
    reading.notes.append(f"Every class has its own {listed([*names.values()])}; {joined}{of} is the test part.")
    return Layout(tuple(groups[False]), tuple(groups[True]))
