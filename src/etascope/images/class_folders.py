"""Folders that are classes: whether they can be, their images, and what of them is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from etascope.images.folder_names import (
    BESIDE,
    CONTAINERS,
    NO_CLASS,
    are_pieces,
    is_mask,
    is_named,
    part_of,
    shown_by,
    speaks_of_masks,
    subject,
)
from etascope.images.layout_words import in_pieces, in_two_ways, listed, masks_beside, under_letters, unreadable_class
from etascope.images.tree import COPIES, Folder, counted


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
    """What is left out and decided while a tree is read."""

    notes: list[str] = field(default_factory=list[str])
    left_out: int = 0

    def leave(self, folders: Iterable[Folder], why: str) -> None:
        """Leave folders out, and say why."""
        folders = tuple(folder for folder in folders if folder.total)
        if folders:
            count = sum(folder.total for folder in folders)
            self.left_out += count
            what, was = ("image", "was") if count == 1 else ("images", "were")
            names = listed([folder.name for folder in folders])
            self.notes.append(f"{count:,} {what} in {names} {was} left out: {why}.")

    def leave_stray(self, folder: Folder) -> None:
        """Leave out the images directly in a folder whose folders are the classes."""
        count = len(folder.images)
        if count:
            self.left_out += count
            what, belong, was = ("image", "belongs", "was") if count == 1 else ("images", "belong", "were")
            self.notes.append(f"{count:,} {what} directly in {folder.path} {belong} to no class and {was} left out.")

    def tell_empty(self, folder: Folder) -> None:
        """Say which folders among classes are none, because nothing is in them."""
        empty = [inner.name for inner in folder.folders if inner not in folder.full]
        if empty:
            verb = "is no class: it holds" if len(empty) == 1 else "are no classes: they hold"
            self.notes.append(f"{listed(empty)} {verb} no images.")

    def tell_bare(self, folder: Folder) -> None:
        """Say which folders beside a set could be part of it, but hold no images."""
        for inner in folder.folders:
            if not inner.total and (part_of(inner.name) or inner.foreign):
                self.notes.append(f"{inner.name} holds no images{' that are read' if inner.foreign else ''}.")

    def collect(self, folders: Sequence[Folder]) -> tuple[tuple[Path, str], ...]:
        """Return the images of classes, each with its class's name, and count what is left out in them."""
        files, deeper = list[tuple[Path, str]](), list[Path]()
        others: Counter[str] = Counter()
        for folder in folders:
            copies = [
                inner for inner in folder.folders if inner.name.casefold() in COPIES and inner.total < folder.total
            ]
            own = own_images(folder)
            masks = [
                inner
                for inner in folder.full
                if inner is not own and (own is not None or (folder.images and _beside(inner.name, NO_CLASS)))
                if inner not in copies
            ]
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
                self.notes.append(
                    f"{first} and {folder.path} are one class: only their letters are stored differently."
                )
        masks_of = _masks_beside([path for path, _ in files])
        if masks_of:
            self.left_out += len(masks_of)
            self.notes.append(
                f"{len(masks_of):,} images called like another beside them, as masks are, were left out; the first: "
                f"{next(path for path, _ in files if path in masks_of)}."
            )
            files = [pair for pair in files if pair[0] not in masks_of]
            deeper = [path for path in deeper if path not in masks_of]
        if deeper:
            self.notes.append(
                f"{len(deeper):,} {'image lies' if len(deeper) == 1 else 'images lie'} in folders below those of their "
                f"classes, and {'is' if len(deeper) == 1 else 'are'} theirs; the first: {deeper[0]}."
            )
        if others:
            self.left_out += others.total()
            self.notes.append(f"Left out, as they are not read as images: {counted(others)}.")
        return tuple(files)


def own_images(folder: Folder) -> Folder | None:
    """Return the folder in a class that holds its images, where masks or the like lie in others: images, masks."""
    within = [inner for inner in folder.full if not _beside(inner.name, BESIDE)]
    alone = len(within) == 1 and not folder.images and is_named(within[0].name, CONTAINERS)
    return within[0] if alone and not within[0].full else None


def _beside(name: str, names: frozenset[str]) -> bool:
    return is_named(name, names) or is_mask(name)


def _masks_beside(files: Sequence[Path]) -> frozenset[Path]:
    """Return the files that are masks of others in their folder, as `b_mask` is of `b`, where there are several."""
    beside = {path.with_suffix("") for path in files}
    found = [path for path in files if (of := shown_by(path.stem)) and path.with_name(of) in beside]
    return frozenset(found if len(found) > 1 else ())


def check_classes(folders: Sequence[Folder], where: Folder) -> None:
    """Refuse folders that cannot be the classes, or not all of them."""
    for folder in folders:
        if not folder.total:
            raise unreadable_class(folder, sum(1 for other in folders if other.total))
    doubtful = [folder for folder in folders if is_named(folder.name, NO_CLASS)]
    if len(doubtful) == 1 or any(is_named(folder.name, CONTAINERS) and not folder.full for folder in folders):
        raise in_two_ways(where)
    deep = [folder for folder in folders if not folder.images]
    if deep and len(deep) < len(folders):
        raise in_two_ways(where)
    names = Counter(inner.name for folder in deep if not own_images(folder) for inner in folder.inner.full)
    if sum(count > 1 for count in names.values()) > 1:
        raise in_two_ways(where)
    mixed = [inner.name for folder in folders if folder.images for inner in folder.full]
    if any(part_of(name) and not subject(name) for name in mixed):
        raise in_two_ways(where)
    _check_names(folders, where)


def _check_names(folders: Sequence[Folder], where: Folder) -> None:
    """Refuse folders whose names say that they are pieces of a set, masks of others, or letters of an index."""
    names = [folder.name for folder in folders]
    if len(names) > 1 and are_pieces(names):
        raise in_pieces(where)
    masks = [folder for folder in folders if is_mask(folder.name)]
    others = [folder for folder in folders if not speaks_of_masks(folder.name)]
    # One name of many that speaks of masks is a class; files are called alike in many sets.
    if masks and len(masks) + len(others) == len(folders) <= 3 * len(masks):
        stems = [{shown_by(path.stem) or path.stem for folder in group for path in folder.all_images()}
                 for group in (masks, others)]  # fmt: skip
        if 2 * len(stems[0] & stems[1]) >= len(stems[0]):
            raise masks_beside(where, masks)
    letters = all(
        len(folder.name) == 1
        and not folder.images
        and all(inner.name.casefold().startswith(folder.name.casefold()) for inner in folder.full)
        for folder in folders
    )
    if letters:
        raise under_letters(where)
