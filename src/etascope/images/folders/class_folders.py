"""Folders that are classes: whether they can be, their images, and what of them is left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path

from etascope.core.numbers import counted
from etascope.images.folders import naming, refusals
from etascope.images.folders.odd_names import alike_ones, beside_class, odd_ones
from etascope.images.folders.pairs import beside_images, pair, shown_by
from etascope.images.folders.refusals import DIVIDE, listed
from etascope.images.folders.tree import COPIES, Folder
from etascope.images.paths import PACKED, counted_kinds, kind

#: Classes whose inner folders are compared with one another, at most.
_COMPARED = 300


@dataclass(frozen=True)
class Layout:
    """What a tree was understood as.

    Attributes
    ----------
    train, test
        Image files with the name of their class.
    left_out
        Files and images that were not taken.
    notes
        What was decided, a sentence each.
    """

    train: tuple[tuple[Path, str], ...]
    test: tuple[tuple[Path, str], ...] = ()
    left_out: int = 0
    notes: tuple[str, ...] = ()


@dataclass
class TreeReading:
    """What is left out and decided while a tree is read; whether a test part is given beside it."""

    tested: bool = False
    notes: list[str] = field(default_factory=list[str])
    left_out: int = 0

    def leave(self, folders: Iterable[Folder], why: str) -> None:
        """Leave folders out, and say why."""
        folders = tuple(folder for folder in folders if folder.total)
        if folders:
            count = sum(folder.total for folder in folders)
            self.left_out += count
            names, was = listed([folder.name for folder in folders]), "was" if count == 1 else "were"
            self.notes.append(f"{counted(count, 'image')} in {names} {was} left out: {why}.")

    def leave_stray(self, folder: Folder) -> None:
        """Leave out the images directly in a folder whose folders are the classes."""
        count = len(folder.images)
        if count:
            self.left_out += count
            belong, was = ("belongs", "was") if count == 1 else ("belong", "were")
            images = f"{counted(count, 'image')} directly in {folder.path}"
            self.notes.append(f"{images} {belong} to no class and {was} left out.")

    def tell_empty(self, folder: Folder) -> None:
        """Say which folders among classes are none, because nothing is in them."""
        empty = [inner for inner in folder.folders if inner not in folder.full]
        if empty:
            kinds = sum((inner.kinds() for inner in empty), Counter[str]())
            verb = "is no class: it holds" if len(empty) == 1 else "are no classes: they hold"
            but = f" but {counted_kinds(kinds)}" if kinds else ""
            self.notes.append(f"{listed([inner.name for inner in empty])} {verb} no images{but}.")
        names = {folder.name.casefold(), *(inner.name.casefold() for inner in folder.folders)}
        self._tell_packed([name for name in _packed(folder) if name.partition(".")[0].casefold() not in names])

    def _tell_packed(self, names: Sequence[str]) -> None:
        if names:
            what, was = ("is", "was") if len(names) == 1 else ("are", "were")
            self.notes.append(f"{listed(names)} {what} packed and {was} not read.")

    def tell_odd(self, folders: Sequence[Folder]) -> None:
        """Say which classes are hardly any by what they are called."""
        odd = [folder.name for folder in odd_ones(folders)]
        if odd:
            what = "was taken for a class, as it lies" if len(odd) == 1 else "were taken for classes, as they lie"
            self.notes.append(f"{listed(odd)} {what} among classes.")
        for added, group in alike_ones(folders)[:3]:
            names = [folder.name for folder in group if folder.name not in odd]
            if names:
                what = "was taken for a class" if len(names) == 1 else "were taken for classes"
                self.notes.append(f"{listed(names)} {what}, called as others beside with {added!r} added.")

    def tell_bare(self, folder: Folder) -> None:
        """Say which folders beside a set could be part of it, but hold no images."""
        for inner in folder.folders:
            if not inner.total and (naming.part_of(inner.name) or inner.foreign):
                self.notes.append(f"{inner.name} holds no images{' that are read' if inner.foreign else ''}.")
        parts = {naming.part_of(inner.name) for inner in folder.folders} | {None}
        self._tell_packed([name for name in _packed(folder) if naming.part_of(name.partition(".")[0]) not in parts])

    def collect(self, folders: Sequence[Folder]) -> tuple[tuple[Path, str], ...]:
        """Return the images of classes, each with its class's name, and count what is left out in them."""
        files, deeper = list[tuple[Path, str]](), list[Path]()
        others: Counter[str] = Counter()
        for folder in folders:
            small = [inner for inner in folder.folders if inner.name.casefold() in COPIES]
            copies = [inner for inner in small if inner.total < folder.total]
            own = own_images(folder)
            others_of = [inner for inner in folder.full if inner is not own and inner not in copies]
            masks = [inner for inner in others_of if own or (folder.images and _beside(inner.name, naming.NO_CLASS))]
            self.leave(copies, f"they are small copies in {folder.name}")
            self.leave(masks, f"they lie beside the images of {folder.name}")
            within = [inner for inner in folder.folders if inner not in copies and inner not in masks]
            inside = [path for inner in within for path in inner.all_images()]
            deeper += inside if folder.images else []
            files += [(path, folder.name) for path in (*folder.images, *inside)]
            others += folder.kinds()
        places = {(folder.path.parent, folder.name): folder.path for folder in folders}
        for folder in folders:
            if folder.path != (first := places[folder.path.parent, folder.name]):
                stored = "only their letters are stored differently"
                self.notes.append(f"{first} and {folder.path} are one class: {stored}.")
        masks_of = beside_images([path for path, _ in files])
        if masks_of:
            self.left_out += len(masks_of)
            self.notes.append(
                f"{len(masks_of):,} images called like another beside them, as masks or previews are, were left out; "
                f"the first: {next(path for path, _ in files if path in masks_of)}."
            )
            files = [pair for pair in files if pair[0] not in masks_of]
            deeper = [path for path in deeper if path not in masks_of]
        self._tell_pairs(files)
        if deeper:
            lie, are = ("lies", "is") if len(deeper) == 1 else ("lie", "are")
            self.notes.append(
                f"{counted(len(deeper), 'image')} {lie} in folders below those of their classes, and {are} theirs; "
                f"the first: {deeper[0]}."
            )
        if others:
            self.left_out += others.total()
            self.notes.append(f"Left out, as they are not read as images: {counted_kinds(others)}.")
        return tuple(files)

    def tell_deeper(self, folders: Sequence[Folder], where: Folder) -> None:
        """Say that the images of classes lie in folders of theirs, but where these only hold all of them."""
        if any(not folder.images and not own_images(folder) for folder in folders):
            self.notes.append(f"Images lie deeper than the folders in {where.path}; the class is the upper folder.")

    def _tell_pairs(self, files: Sequence[tuple[Path, str]]) -> None:
        """Say of which classes nearly all images come in pairs of one name, as images and what was made of them do."""
        classes: dict[str, list[Path]] = {}
        for path, name in files:
            classes.setdefault(name, []).append(path)
        pairs = [(name, *pairs) for name, paths in classes.items() if (pairs := pair(paths))]
        if pairs:
            names, one, two = listed([name for name, *_ in pairs]), *pairs[0][1:]
            self.notes.append(
                f"Images of {names} come in pairs called alike, as {one.name} and {two.name}, and all were taken: move "
                "those away that are no images of their class."
            )


def own_images(folder: Folder) -> Folder | None:
    """Return the folder in a class that holds its images, where masks or the like lie in others: images, masks."""
    within = [inner for inner in folder.full if not _beside(inner.name, naming.BESIDE)]
    if len(within) != 1 or folder.images or within[0].full:
        return None
    # Masks are called like their images; sites and dates hold other files than the folder beside them.
    masks = {shown_by(path.stem) or path.stem for f in folder.full if naming.is_mask(f.name) for path in f.all_images()}
    shown = 2 * len(masks & {path.stem for path in within[0].images}) > len(masks)
    return within[0] if shown or naming.is_named(within[0].name, naming.CONTAINERS) else None


def _packed(folder: Folder) -> list[str]:
    return [path.name for path in folder.others if kind(path) in PACKED]


def _beside(name: str, names: frozenset[str]) -> bool:
    return naming.is_named(name, names) or naming.is_mask(name)


def check_classes(folders: Sequence[Folder], where: Folder) -> None:
    """Refuse folders that cannot be the classes, or not all of them."""
    for folder in folders:
        if not folder.total:
            raise refusals.unreadable_class(folder, sum(1 for other in folders if other.total))
    doubtful = [folder for folder in folders if naming.is_named(naming.without_parts(folder.name), naming.NO_CLASS)]
    unlabelled = any(naming.is_named(folder.name, naming.TO_TELL) for folder in folders)
    flat = [folder.name for folder in folders if not folder.full]
    if unlabelled or len(doubtful) == 1 or any(naming.is_named(name, naming.CONTAINERS) for name in flat):
        raise refusals.in_two_ways(where)
    deep = [folder for folder in folders if not folder.images]
    sets = [folder for folder in deep if len(folder.inner.full) > 1 and not own_images(folder)]
    named = any(naming.is_named(folder.name, naming.SETS) for folder in sets)
    named |= bool(sets) and all(naming.is_named(f.name, naming.SETS | naming.MADE | naming.AGES) for f in folders)
    if (len(folders) > 1 and named) or 0 < len(deep) < len(folders) or _hold_sets(deep):
        raise refusals.in_two_ways(where)
    mixed = [inner.name for folder in folders if folder.images for inner in folder.full]
    if any(naming.part_of(name) and not naming.subject(name) for name in mixed):
        raise refusals.in_two_ways(where, DIVIDE)
    _check_names(folders, where)


def _hold_sets(folders: Sequence[Folder]) -> bool:
    """Say whether folders without images of their own are no classes, as one of them holds classes or parts itself."""
    within = [[] if own_images(folder) else list(folder.inner.full) for folder in folders]
    names = [{naming.bare(inner.name) for inner in inside} for inside in within]
    below = [
        {naming.bare(inner.name) for inside in within[i] for inner in inside.all_folders()} for i in range(len(within))
    ]
    numbered = any(
        len({re.sub(r"\d+", "0", inner.name) for inside in level for inner in inside}) == 1
        for level in ([folder.inner.full for folder in folders], [folder.full for folder in folders])
    )
    # Names that come back below several folders are the classes, and the folders are cameras, years or people.
    often = Counter(name for inside in names for name in inside)
    if sum(count > 1 for count in often.values()) > 1:
        return True
    for one, other in permutations(range(min(len(folders), _COMPARED)), 2):
        shared = names[one] & below[other]
        plain = [name for name in shared if not _beside(name, naming.BESIDE | naming.CONTAINERS)]
        least = min(len(names[one]), len(names[other]))
        if len(shared) > 1 or (plain and not numbered and least > 1 and 2 * len(plain) >= least):
            return True
    sets = [folder for folder, inside in zip(folders, within, strict=True) if len(inside) > 1 and not _dated(inside)]
    named = [(f.name, f.inner.name if f.inner is not f else "") for f in sets]
    parts = [name for name, inner in named if (naming.part_of(name) and naming.subject(name)) or naming.part_of(inner)]
    others = [folder for folder in folders if folder not in sets]
    # Of many kinds of things one may have a single kind; the images of a site, or of a test, are no kind.
    odd = len(sets) <= len(others) or any(own_images(folder) for folder in others)
    return 0 < len(parts) < len(folders) or (not numbered and bool(sets and others) and odd)


def _dated(folders: Sequence[Folder]) -> bool:
    """Say whether folders are called by years or days, as no class is."""
    return all(re.match(r"(19|20)\d\d(\D|\d{4}|$)", folder.name) for folder in folders)


def _check_names(folders: Sequence[Folder], where: Folder) -> None:
    """Refuse folders whose names say that they are pieces of a set, masks of others, or letters of an index."""
    names = [folder.name for folder in folders]
    if len(names) > 1 and naming.are_pieces(names):
        raise refusals.in_pieces(where)
    masks = [folder for folder in folders if naming.is_mask(folder.name)]
    others = [folder for folder in folders if not naming.speaks_of_masks(folder.name)]
    # One name of many that speaks of masks is a class; files are called alike in many sets.
    if masks and len(masks) + len(others) == len(folders) <= 3 * len(masks):
        stems = [{shown_by(path.stem) or path.stem for folder in group for path in folder.all_images()}
                 for group in (masks, others)]  # fmt: skip
        if 2 * len(stems[0] & stems[1]) >= len(stems[0]):
            raise refusals.masks_beside(where, masks)
    letters = all(
        len(folder.name) == 1
        and not folder.images
        and all(inner.name.casefold().startswith(folder.name.casefold()) for inner in folder.full)
        for folder in folders
    )
    if letters:
        raise refusals.under_letters(where)
    what, spare = beside_class(folders)
    if spare:
        raise refusals.beside_classes(where, what, spare)
