"""Which folders of a tree are classes, which are parts for training and testing, and which are neither.

A name alone decides nothing: a part has class folders in it, or stands beside another part.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from etascope.core.errors import InputError
from etascope.images.folders import refusals
from etascope.images.folders.class_folders import Layout, TreeReading, check_classes, own_images
from etascope.images.folders.naming import (
    BESIDE,
    CONTAINERS,
    TEST,
    TRAIN,
    VALID,
    is_mask,
    is_named,
    part_of,
    subject,
    words,
)
from etascope.images.folders.refusals import DIVIDE, GIVEN, TABLE, InTwoWays, listed
from etascope.images.folders.tree import Folder
from etascope.images.folders.ways_out import Given, way_out
from etascope.images.labels.labels import natural
from etascope.images.opened import Options
from etascope.images.paths import STORED, kind


def read_layout(root: Folder, options: Options) -> Layout:
    """Return what the folders of a tree are: classes, or parts with classes in them.

    Folders that hold nothing but one other are seen through. Where there are no classes, a class would lose all its
    images, two readings fit, or the images of the classes lie at different depths, the tree is refused.
    """
    one = options.held
    for folder in root.all_folders():
        # A class or a part whose disk is not mounted would be missing in silence; in a class a link is one file more
        # that is not read, and counted so.
        if folder.broken and (folder is root or folder.folders or not folder.images):
            raise refusals.leads_nowhere(folder.broken[0])
    try:
        layout = _read(root, one, TreeReading(tested=options.tested))
    except InTwoWays as error:
        trained = options.trained if one else None
        whole = Given(root, lambda folder, held: _opens(folder, held or one), trained, str(options.test_path or ""))
        raise InputError(error.said, way_out(error, whole)) from None
    # A tree of one class to train and more to test is divided in another way than it was read.
    learn, held = ({name for _, name in part} for part in (layout.train, layout.test))
    if len(held) > len(learn) == 1 and not one:
        where = os.path.commonpath([path.parent.parent for path, _ in layout.test])
        raise refusals.only_one_trains(min(learn), sorted(held, key=natural), Path(where))
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
        if layout := read_parts(here, reading):
            break
        if (inner := _inner(here, reading)) is None:
            layout = _classes_at(here, root, reading, one)
            break
        here = inner
    if here is not root:
        reading.notes.insert(0, f"The classes were found further down, in {here.path}.")
    return replace(layout, left_out=layout.left_out + reading.left_out, notes=tuple(reading.notes))


def _inner(here: Folder, reading: TreeReading) -> Folder | None:
    """Return the one folder that holds the set, where others beside it only go with it."""
    # Archives unpack into a folder around the set, often with papers or plots beside it.
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
        raise refusals.nothing_here(root)
    if here.loose:
        raise refusals.mostly_in_no_class(here)
    if crossed := _parts_in_classes(here, reading):
        return crossed
    if len(folders) == 1 and not one:
        raise refusals.only_one(here)
    check_classes(folders, here)
    reading.leave_stray(here)
    reading.tell_empty(here)
    reading.tell_odd(folders)
    reading.tell_deeper(folders, here)
    return Layout(reading.collect(folders))


def _parts_in_classes(here: Folder, reading: TreeReading) -> Layout | None:
    """Return the layout where every class has its own parts: cat/train, cat/test, dog/train, dog/test."""
    inside = [[(part_of(f.name), f) for f in folder.inner.full if not folder.images] for folder in here.full]
    kinds = [frozenset(part for part, _ in pairs if part) for pairs in inside]
    divided = [len(kind) == len(pairs) > 1 for kind, pairs in zip(kinds, inside, strict=True)]
    if len(inside) < 2 or not any(divided):
        return None
    deep = any(part.full and not own_images(part) for pairs in inside for _, part in pairs)
    flat = [folder.name for folder in here.full if folder.images]
    if 0 < len(flat) <= len(divided) - len(flat) == sum(map(bool, kinds)) and not deep:
        raise refusals.in_two_ways(
            here, f"Divide {listed(flat)} into such folders too, or write a CSV of path,label,split."
        )
    if deep or not all(divided) or len(set(kinds)) > 1 or TRAIN not in kinds[0]:
        raise refusals.in_two_ways(here, "" if deep or not all(kinds) else DIVIDE)
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


@dataclass(frozen=True)
class _Part:
    """A folder that stands for a part, and where its class folders are; without them its images have no label."""

    folder: Folder
    part: str
    classes: tuple[Folder, ...] = ()
    inner: Folder | None = None

    @property
    def name(self) -> str:
        return self.folder.name


def read_parts(here: Folder, reading: TreeReading) -> Layout | None:
    """Return the layout where folders here are parts; None where they are not."""
    parts = _candidates(here)
    rest = [folder for folder in here.full if folder not in [each.folder for each in parts]]
    if not parts or not (len(parts) > 1 or rest):
        return None
    train = [each for each in parts if each.part == TRAIN and each.classes]
    held = [each for each in parts if each.part != TRAIN and each.classes]
    names = {inner.name for each in train or held for inner in each.classes}
    shared, beside = any(folder.name in names for folder in rest), all(is_named(f.name, BESIDE) for f in rest)
    # A part for training beside folders of the same names, or alone beside others: either may be the set.
    if train:
        if shared or (not beside and len({each.part for each in parts}) == 1):
            raise refusals.in_two_ways(here)
        reading.leave(rest, f"they lie beside {listed([each.name for each in parts])}")
    elif held:
        if not shared:
            raise refusals.in_two_ways(here)
        check_classes(rest, here)
        train = [_Part(here, TRAIN, tuple(rest))]
    else:
        return _without_classes(here, parts, rest, reading)
    return _divided(here, train, held, [each for each in parts if not each.classes], reading)


def check_trained(here: Folder) -> None:
    """Refuse a part to test with that would train, as the part that trains is there but holds no images."""
    held = [folder for folder in here.full if part_of(folder.name) in (TEST, VALID) and not subject(folder.name)]
    others = [folder for folder in here.full if folder not in held and not is_named(folder.name, BESIDE)]
    if not held or others or not any(folder.full for folder in held):
        return
    empty = [folder for folder in here.folders if part_of(folder.name) == TRAIN and not subject(folder.name)]
    packed = [path for path in here.others if kind(path) in STORED and part_of(path.name.partition(".")[0]) == TRAIN]
    if empty or packed:
        raise refusals.nothing_trains(empty[0] if empty else packed[0], [folder.name for folder in held])


def _candidates(here: Folder) -> list[_Part]:
    """Return the folders that may be parts: by name alone, or all of one subject (dogs_train, dogs_test)."""
    named = [(folder, part, subject(folder.name)) for folder in here.full if (part := part_of(folder.name))]
    subjects = {of for _, part, of in named if of and any(of == other and part != its for _, its, other in named)}
    if len(subjects) > 1:
        raise refusals.in_two_ways(here)
    parts = [_part(folder, part) for folder, part, of in named if (not of or of in subjects) and not of & BESIDE]
    # Beside validation, evaluation is the test: two words for one part would be one too many.
    if {each.part for each in parts} == {TRAIN, VALID} and {_word(each) for each in parts} >= {"eval", "valid"}:
        parts = [replace(each, part=TEST) if _word(each) == "eval" else each for each in parts]
    for part in {each.part for each in parts}:
        same = [each for each in parts if each.part == part]
        same = [each.name for each in same if each.classes] or [each.name for each in same]
        # Pieces have a number each: beside a plain train, train_2 and train_224 are copies of it.
        plain = len(same) > 1 and not all(re.search(r"\d", name) for name in same)
        if plain or len({re.sub(r"[\W\d_]+", "", name.casefold()) for name in same}) > 1:
            raise refusals.in_two_ways(here, f"{listed(same)} mean the same part: keep one, or {TABLE}.")
    return parts


def _word(each: _Part) -> str:
    """Return how a part for validation is called: to validate or to evaluate."""
    return "" if each.part != VALID else "eval" if re.search("eval", each.name, re.IGNORECASE) else "valid"


def _part(folder: Folder, part: str) -> _Part:
    inner = folder.inner
    only = inner.full[0].name if len(inner.full) == 1 else ""
    labelled = inner.full and not is_named(only, CONTAINERS) and not inner.loose
    return _Part(folder, part, inner.full, inner) if labelled else _Part(folder, part)


def _without_classes(here: Folder, parts: list[_Part], rest: list[Folder], reading: TreeReading) -> Layout | None:
    """Decide what folders named as parts are that have no class folders in them."""
    ordinary = [folder for folder in rest if not is_named(folder.name, BESIDE)]
    if len({each.part for each in parts}) > 1:
        if not all(is_mask(folder.name) for folder in ordinary):
            raise refusals.in_two_ways(here)
        raise refusals.in_no_class(here, [each.name for each in parts])
    if len(parts) > 1 or not ordinary:
        raise refusals.in_two_ways(here)
    only = parts[0]
    invalid = only.part == VALID and any("invalid" in words(folder.name) for folder in ordinary)
    if len(ordinary) > 1 and not invalid and (only.part != TRAIN or len(words(only.name)) > 1):
        raise refusals.in_two_ways(here)
    reading.notes.append(f"{only.name} was taken for a class, as it lies among classes and has none in it.")
    return None


def _divided(here: Folder, train: list[_Part], held: list[_Part], bare: list[_Part], reading: TreeReading) -> Layout:
    reading.leave([each.folder for each in bare], "they lie in no class, so they have no label")
    # Kaggle puts images to predict into test/unknown, as loaders want a folder: its only class is none.
    known = {folder.name for each in train for folder in each.classes}
    dummy = [each for each in held if len(each.classes) == 1 and each.classes[0].name not in known]
    reading.leave([each.folder for each in dummy], "no class of the training images is called like their only folder")
    held = [each for each in held if each not in dummy]
    tests = [each for each in held if each.part == TEST]
    valid = [each for each in held if each.part == VALID]
    learn = [*train, *(valid if tests or reading.tested else [])]
    if valid and len(learn) > len(train):
        of, joined = listed([each.name for each in tests]) if tests else GIVEN, listed([each.name for each in valid])
        reading.notes.append(f"{joined} joined the training images; {of} is the test part.")
        valid = []
    held = tests or valid
    if len(train) > 1 and len(held) > 1:
        raise refusals.in_two_ways(here)
    for group, what in ((train, "training images"), (held, "test part")):
        if len(group) > 1:
            reading.notes.append(f"{listed([each.name for each in group])} are the {what} together.")
    if len(valid) == 1:
        reading.notes.append(f"{valid[0].name} is the test part.")
    for each in (*learn, *held):
        if each.inner is not None:
            reading.leave_stray(each.inner)
            reading.tell_empty(each.inner)
        check_classes(each.classes, each.inner or here)
    for each in learn:
        reading.tell_odd(each.classes)
        reading.tell_deeper(each.classes, each.inner or here)
    reading.leave_stray(here)
    reading.tell_bare(here)
    files = [reading.collect([folder for each in group for folder in each.classes]) for group in (learn, held)]
    return Layout(files[0], files[1])
