"""A folder with one directory per class, and `train/` and `test/` above them where there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from etascope.core.errors import InputError
from etascope.images.decode import decode_file
from etascope.images.found import Found, Wishes
from etascope.images.gather import gather
from etascope.images.labels import natural, need_two
from etascope.images.paths import look

_TRAIN = ("train", "training")
_TEST = ("test", "testing")
_VALID = ("val", "valid", "validation")
#: A folder in a folder in a folder ... is followed this far: links may make a loop.
_WRAPPINGS = 8


@dataclass(frozen=True)
class Part:
    """Class directories by name, each with the images anywhere below it."""

    files: tuple[Path, ...]
    names: tuple[str, ...]


def open_folder(folder: Path, wishes: Wishes) -> Found:
    """Open the images of a folder; a class is named by its directory, images may lie deeper inside it.

    `train/` and `test/` (or `val/`, `valid/`, `validation/`) with class directories are honoured: the second sets the
    test rows. Hidden files and directories, and files not named as images, are left out. The order is natural
    (img2 before img10) and the same everywhere. Links are followed, each directory once a class.

    Raises
    ------
    InputError
        If there are no class directories with images, fewer than two classes, or an image cannot be read.
    """
    root, notes = _unwrap(folder)
    train, test, more = _parts(root)
    if not train.files:
        raise InputError(_why_nothing(folder))
    need_two(sorted(set(train.names), key=natural), str(folder))
    files, names = train.files + test.files, np.array(train.names + test.names, np.str_)
    gathered = gather(len(files), lambda row: decode_file(files[row], wishes), wishes)
    test_rows = np.flatnonzero(gathered.rows >= len(train.files))
    names, rows = names[gathered.rows], test_rows if len(test_rows) else None
    return Found(gathered.images, names, str(folder), None, rows, (*notes, *more, *gathered.notes), gathered.reading)


def _below(folder: Path) -> list[Path]:
    """Return the images at any depth; each real directory is visited once, so that loops of links end."""
    found: list[Path] = []
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        status = here.stat()
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        level = look(here)
        found += level.images
        waiting += reversed(level.folders)
    return found


def _collect(folders: Sequence[Path]) -> Part:
    files: list[Path] = []
    names: list[str] = []
    for folder in folders:
        inside = _below(folder)
        files += inside
        names += [folder.name] * len(inside)
    return Part(tuple(files), tuple(names))


def _unwrap(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Go down through folders that hold nothing but one other, to where several are: archives unpack like that."""
    root = folder
    for _ in range(_WRAPPINGS):
        level = look(root)
        if level.images or not level.folders:
            break
        first, *more = level.folders
        if more:
            return root, () if root == folder else (f"The classes were found further down, in {root}.",)
        root = first
    return folder, ()


def _parts(root: Path) -> tuple[Part, Part, tuple[str, ...]]:
    level = look(root)
    notes: list[str] = []
    if level.images:
        notes.append(f"{len(level.images):,} images directly in {root} belong to no class and were left out.")

    def named(names: tuple[str, ...]) -> list[Path]:
        return [f for f in level.folders if f.name.casefold() in names and look(f).folders and not look(f).images]

    train, test, valid = named(_TRAIN), named(_TEST), named(_VALID)
    rest = [f for f in level.folders if f not in (*train, *test, *valid)]
    if train and not any(_below(folder) for folder in rest):
        held = test or valid
        learn = [*train, *(valid if test else [])]
        if test and valid:
            notes.append(
                f"{', '.join(f.name for f in valid)} joined the training images; {test[0].name} is the test part."
            )
        return _collect([c for f in learn for c in look(f).folders]), _classes(held), tuple(notes)
    held = [f for f in test or valid if {c.name for c in look(f).folders} <= {c.name for c in rest}]
    if rest and held and not train:
        return _collect([f for f in level.folders if f not in held]), _classes(held), tuple(notes)
    return _collect(level.folders), Part((), ()), tuple(notes)


def _classes(parts: Sequence[Path]) -> Part:
    return _collect([folder for part in parts for folder in look(part).folders])


def _why_nothing(folder: Path) -> str:
    level = look(folder)
    if level.images:
        return (
            f"a folder needs one directory per class; {folder} holds {len(level.images):,} images, none of them in a "
            "directory. Sort them into directories named by class, or give a CSV of path,label."
        )
    if level.others:
        return (
            f"a folder needs one directory per class with images in it; {folder} holds files like "
            f"{level.others[0].name}. Give that file itself, or another folder."
        )
    if level.folders:
        return (
            f"a folder needs one directory per class with images in it; no directory in {folder} holds a PNG, JPEG, "
            "WebP, BMP, TIFF or GIF. Give another folder."
        )
    return f"a folder needs one directory per class with images in it; {folder} is empty. Give another folder."
