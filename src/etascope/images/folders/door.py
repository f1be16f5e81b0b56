"""A folder with one directory per class, and parts for training and testing above or below them where there are."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import ClassFolder
from etascope.core.errors import InputError
from etascope.images.files.decode import decode_file
from etascope.images.files.stack import stack_images
from etascope.images.folders.class_folders import Layout
from etascope.images.folders.layout import read_layout
from etascope.images.folders.refusals import listed
from etascope.images.folders.tree import Folder, read_tree
from etascope.images.idx.door import idx_in, is_idx, open_idx
from etascope.images.labels.labels import alike_notes, natural, need_two
from etascope.images.opened import Opened, Options, check_none_lost
from etascope.images.paths import same_file
from etascope.images.pixels.members import Members

#: A script lists the folders that it reads; more would be no script.
MOST_FOLDERS = 5000
#: Links that are told one by one.
_SHOWN = 3


def open_folder(folder: Path, options: Options) -> Opened:
    """Open the images of a folder; a class is named by its directory.

    `layout.read_layout` says what of the tree is a class and what a part. Hidden files and what systems put beside
    images are left out; other files are counted. The order is natural (img2 before img10) and the same everywhere.
    Links are followed, but not to what is in the tree anyway.
    """
    tree = read_tree(folder, options.progress, options.test_path)
    if not tree.total and (places := [inner.path for inner in tree.all_folders() if any(map(is_idx, inner.others))]):
        return _open_idx(places, options)
    layout = read_layout(tree, options)
    if not options.held:
        named = sorted({name for _, name in layout.train}, key=natural)
        need_two(named, str(_around([path for path, _ in layout.train], named[0]) if layout.test else folder))
    files = [path for path, _ in (*layout.train, *layout.test)]
    names = np.array([name for _, name in (*layout.train, *layout.test)], np.str_)
    stacked = stack_images(
        len(files), lambda row: decode_file(files[row], options), options, _members(layout, files, names)
    )
    check_none_lost(names, len(layout.train), stacked.rows, folder, files, held=options.held)
    test_rows, linked = np.flatnonzero(stacked.rows >= len(layout.train)), _linked(tree, files, names)
    rows: list[int] = stacked.rows.tolist()
    return Opened(
        stacked.images,
        names[stacked.rows],
        str(folder),
        None,
        test_rows if len(test_rows) else None,
        (*layout.notes, *alike_notes(sorted({*names.tolist()}, key=natural)), *linked, *stacked.notes),
        stacked.reading,
        layout.left_out + len(files) - len(stacked.rows),
        _folders(tree, layout, rows),
        names=tuple(str(files[row]) for row in rows),
    )


def _members(layout: Layout, files: list[Path], names: NDArray[np.str_]) -> Members:
    train, test = (
        os.path.commonpath([path.parent for path, _ in part]) if part else "" for part in (layout.train, layout.test)
    )
    called = f"the images to train on in {train}", f"the test part in {test}"
    return Members(lambda row: str(files[row]), names, len(layout.train), *called)


def _folders(tree: Folder, layout: Layout, rows: list[int]) -> tuple[ClassFolder, ...]:
    """Return where the images lie, in the order of the rows; none where that does not say which they are."""
    every = [*((*one, False) for one in layout.train), *((*one, True) for one in layout.test)]
    taken = Counter((path.parent, name, test) for path, name, test in (every[row] for row in rows))
    there = {inner.path: len(inner.images) for inner in tree.all_folders()}
    if len(taken) > MOST_FOLDERS or any(there.get(path) != count for (path, _, _), count in taken.items()):
        return ()
    return tuple(ClassFolder(str(path.relative_to(tree.path)), name, test) for path, name, test in taken)


def _open_idx(places: list[Path], options: Options) -> Opened:
    """Open the IDX files that lie further down, as torchvision keeps them."""
    if len(places) == 1:
        return open_idx(places[0], None, options)
    where = listed([str(place) for place in places])
    if all(len(idx_in(place)) == 1 for place in places):
        rule = f"IDX images and labels lie in one folder; found one file in each of {where}"
        raise InputError(f"{rule}. Put the files of one set into one folder, and give that.")
    raise InputError(f"one set is opened at a time; found IDX files in {where}. Give one of these folders.")


def _around(files: list[Path], name: str) -> Path:
    """Return the folder that all files are in, above that of their class."""
    common = Path(os.path.commonpath([path.parent for path in files]))
    return next((above.parent for above in (common, *common.parents) if above.name == name), common)


def _linked(tree: Folder, files: list[Path], names: NDArray[np.str_]) -> tuple[str, ...]:
    """Say which links were left out, and which images are there twice by a link."""
    links = list(tree.all_links())
    notes = [f"{path} leads to a folder that is read anyway, and was left out." for path in links]
    if len(links) > _SHOWN:
        lead = f"{len(links):,} links lead to folders that are read anyway, and were left out"
        notes = [f"{lead}; the first: {links[0]}."]
    first: dict[object, int] = {}
    twice: list[tuple[int, int]] = []
    # The file itself goes before what leads to it; of two names of one file (hard links), none is the file itself.
    for row in sorted(range(len(files)), key=lambda row: files[row].is_symlink()):
        place = first.setdefault(same_file(files[row]), row)
        if place != row:
            twice.append((row, place))
    if twice:
        link, file = min(twice)
        others, one = sum(names[row] != names[place] for row, place in twice), len(twice) == 1
        classes = (", in another class" if one else f", {others:,} of them in another class") if others else ""
        what = "1 image is a link to another" if one else f"{len(twice):,} images are links to others"
        what += f" of the same set{classes}, which {'is' if one else 'are'} there twice so"
        notes.append(f"{what}; the first: {files[link]}, which is {files[file]}.")
    return tuple(notes)
