"""What a door opened, to a `Dataset`: classes numbered, a test part from elsewhere, images that are there twice."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import ClassFolder, Dataset
from etascope.core.errors import InputError
from etascope.images.folders.naming import bare
from etascope.images.folders.refusals import listed
from etascope.images.labels.labels import classes, need_two, plainly
from etascope.images.opened import Opened, tail_rows
from etascope.images.pixels.sizes import to_gray


def to_dataset(opened: Opened) -> Dataset:
    """Return the data set with its classes numbered, once it is clear that they can be learned.

    Raises
    ------
    InputError
        If fewer than two classes are left to learn from, or a class is only in the test part.
    """
    numbers, names = classes(opened.labels, opened.class_names)
    learn = np.delete(numbers, opened.test_rows) if opened.test_rows is not None else numbers
    present: list[int] = np.unique(learn).tolist()
    need_two([names[number] for number in present], opened.source)
    unseen: list[int] = np.setdiff1d(numbers, learn).tolist()
    if unseen:
        lacking = [names[number] for number in unseen]
        where = _where(opened, int(np.argmax(numbers == unseen[0])), lacking[0]) if len(unseen) == 1 else opened.source
        raise InputError(
            f"every class of the test part must be among the training images; {_quoted(lacking)} of {where} "
            f"{'is' if len(lacking) == 1 else 'are'} not{_near(lacking, names)}. Add training images, or remove the "
            "class from the test part."
        )
    twice, alike = copies_notes(opened.images, numbers, names, opened.test_rows, opened.names)
    untested = _untested(learn, numbers, opened.test_rows, names)
    # A set that is opened again has its notes already.
    notes = tuple(dict.fromkeys((*opened.notes, *twice, *alike, *untested)))
    return Dataset(
        opened.images, numbers, names, opened.source, opened.test_rows, notes, opened.left_out, opened.folders,
        opened.test_source, tuple(dict.fromkeys((*opened.of_test(), *twice, *untested))),
    )  # fmt: skip


def _where(opened: Opened, row: int, name: str) -> str:
    """Return where a class of the test part is: its folder, or an image of it, or else the source."""
    folders = [folder.path for folder in opened.folders if folder.test and folder.class_name == name]
    if folders:
        return str(Path(opened.source, os.path.commonpath(folders)))
    return opened.names[row] if opened.names else opened.source


def _untested(
    learn: NDArray[np.int64], numbers: NDArray[np.int64], test_rows: NDArray[np.int64] | None, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Say which classes the test part lacks."""
    if test_rows is None:
        return ()
    absent: list[int] = np.setdiff1d(learn, numbers[test_rows]).tolist()
    lacking = [names[number] for number in absent]
    return (f"No test images of {listed(lacking)}: the test says nothing about that.",) if lacking else ()


def with_test(opened: Opened, held: Opened) -> Opened:
    """Return `opened` with the images of `held` as its test part.

    A test part that `opened` brings itself is left out, and so are the training images of `held` where it sets a test
    part apart: what one source keeps from training is never trained on.

    Parameters
    ----------
    opened
        What is trained on.
    held
        The test source, opened at the size of `opened`, and gray where `opened` is.

    Raises
    ------
    InputError
        If `held` has a class that `opened` does not, or both are the same images.
    """
    if held.source == opened.source and held.test_rows is None:
        raise InputError(
            f"test images must be others than those trained on; {held.source} was given for both and sets no test part "
            "apart. Leave out test to have a share set apart."
        )
    notes = list(opened.notes)
    images, labels, called = opened.images, opened.labels, _called(opened)
    if opened.test_rows is not None:
        images, labels = np.delete(images, opened.test_rows, axis=0), np.delete(labels, opened.test_rows)
        called = np.delete(called, opened.test_rows)
        of_test = opened.of_test()
        # What such a note says first, as that val joined the training images, stays true.
        kept = [f"{note.rpartition('; ')[0]}." if note in of_test else note for note in notes]
        notes = [note for note in kept if note != "."]
        notes.append(f"The test part of {opened.source} was left out, because {held.source} was given as test.")
    test_images, test_labels, test_called = held.images, held.labels, _called(held)
    if held.test_rows is not None:
        test_images, test_labels = test_images[held.test_rows], test_labels[held.test_rows]
        test_called = test_called[held.test_rows]
        notes.append(f"Of {held.source}, only its own test part is the test part.")
    if test_images.shape[3] < images.shape[3]:
        test_images = np.repeat(test_images, images.shape[3], axis=3)
    elif test_images.shape[3] > images.shape[3]:
        test_images = to_gray(test_images)
        held = replace(held, notes=(*held.notes, "Colour was dropped, because the training images have none."))
    notes += [f"Test part: {note}" for note in held.notes if note not in notes]
    numbers, names = classes(labels, opened.class_names)
    test_numbers = _numbers(replace(held, labels=test_labels), names, opened)
    return Opened(
        np.concatenate([images, test_images]),
        np.concatenate([numbers, test_numbers]),
        opened.source,
        names,
        tail_rows(len(images) + len(test_images), len(test_images)),
        tuple(notes),
        left_out=opened.left_out + held.left_out,
        folders=_folders(opened, held),
        test_source=held.source,
        names=(*called, *test_called),
    )


def _called(opened: Opened) -> NDArray[np.object_]:
    """Return what each row is called, where it has no name by its number in its source."""
    return np.array(opened.names or [f"image {row:,} of {opened.source}" for row in range(len(opened.labels))], object)


def _folders(opened: Opened, held: Opened) -> tuple[ClassFolder, ...]:
    """Return the folders of a set with those of its test part, whose paths stand for themselves; none if not both."""
    tests = _held(held)
    if not tests or not opened.folders:
        return ()
    place = Path(held.source).absolute()
    train = [folder for folder in opened.folders if not folder.test]
    return (*train, *(ClassFolder(str(place / folder.path), folder.class_name, True) for folder in tests))


def _held(held: Opened) -> list[ClassFolder]:
    """Return the folders of a test source whose images are tested on."""
    return [folder for folder in held.folders if folder.test or held.test_rows is None]


def _numbers(held: Opened, names: tuple[str, ...], opened: Opened) -> NDArray[np.int64]:
    """Return the labels of `held` as class numbers of `opened`, class by class of the same name."""
    numbers, own = classes(held.labels, held.class_names)
    place = {name: number for number, name in enumerate(names)}
    if opened.class_names is not None and held.class_names is None and held.labels.dtype.kind == "i":
        # The one source names its classes 0, 1, ..., the other only numbers them.
        place |= {str(number): number for number in range(len(names))}
    used: list[int] = np.unique(numbers).tolist()
    unseen = [own[number] for number in used if own[number] not in place]
    if unseen:
        folders = [f.path for f in _held(held) if f.class_name == unseen[0]] if len(unseen) == 1 else []
        where = Path(held.source, os.path.commonpath(folders)) if folders else held.source
        verb, more = "is" if len(unseen) == 1 else "are", " ..." if len(names) > 12 else ""
        raise InputError(
            f"every class of the test part must be among the training images; {_quoted(unseen)} of {where} "
            f"{verb} not among {', '.join(names[:12])}{more}{_near(unseen, names)}. Give test images of these classes."
        )
    table = np.zeros(len(own), np.int64)
    table[used] = [place[own[number]] for number in used]
    return table[numbers]


def _quoted(names: Sequence[str]) -> str:
    """Return names of classes in a phrase, with how many they are where they are many.

    Examples
    --------
    >>> _quoted(["emu"]), _quoted(["emu", "owl"])
    ("'emu'", "2 classes, 'emu' and 'owl',")
    """
    shown = listed([repr(name) for name in names])
    return shown if len(names) == 1 else f"{len(names):,} classes, {shown},"


def _near(unseen: Sequence[str], names: Sequence[str]) -> str:
    """Say which class may be meant: one that is called alike but for case and signs."""
    alike = {look(name): name for look in (bare, plainly) for name in names if name not in unseen}
    pairs = [(name, alike[look(name)]) for name in unseen for look in (bare, plainly) if look(name) in alike]
    return f" ({pairs[0][0]!r} may be {pairs[0][1]!r})" if pairs else ""


def copies_notes(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    class_names: Sequence[str],
    test_rows: NDArray[np.int64] | None = None,
    names: Sequence[str] = (),
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return sentences on images that are equal to others, pixel by pixel: of the other part, and of another class.

    Parameters
    ----------
    images
        `(n, height, width, channels)` uint8, training and test images.
    labels
        `(n,)` class numbers.
    class_names
        A name for each class.
    test_rows
        The rows of the test images, if there are any.
    names
        What each image is called; by default its row.

    Examples
    --------
    >>> copies_notes(np.zeros((2, 1, 1, 1), np.uint8), np.array([0, 0]), ["cat"], np.array([1]))[0]
    ('All test images (1) are training images too, so a test tells nothing about new ones.',)
    >>> copies_notes(np.array([7, 9, 7], np.uint8).reshape(3, 1, 1, 1), np.array([0, 0, 1]), ["cat", "dog"])[1][0][:63]
    '2 images are equal to one of another class, pixel by pixel at 1'
    """
    # Hashes of 64 bits in an array: a set of a large set's images would take as much memory as small ones themselves.
    hashes = np.fromiter((hash(image.tobytes()) for image in images), np.int64, len(images))
    _, same = np.unique(hashes, return_inverse=True)
    return _of_both_parts(same, test_rows), _of_two_classes(images, same, labels, class_names, names)


def _of_both_parts(same: NDArray[np.intp], test_rows: NDArray[np.int64] | None) -> tuple[str, ...]:
    if test_rows is None:
        return ()
    held = np.zeros(len(same), np.bool_)
    held[test_rows] = True
    count = int(np.isin(same[held], same[~held]).sum())
    if not count:
        return ()
    if count == len(test_rows):
        return (f"All test images ({count:,}) are training images too, so a test tells nothing about new ones.",)
    return (
        f"{count:,} of {len(test_rows):,} test images {'are' if count > 1 else 'is'} among the training images too.",
    )


def _of_two_classes(
    images: NDArray[np.uint8],
    same: NDArray[np.intp],
    labels: NDArray[np.int64],
    class_names: Sequence[str],
    names: Sequence[str],
) -> tuple[str, ...]:
    pairs = np.unique(same * len(class_names) + labels)
    odd = np.bincount(pairs // len(class_names))[same] > 1
    if not odd.any():
        return ()
    one = int(odd.argmax())
    other = int(((same == same[one]) & (labels != labels[one])).argmax())
    first, second = (
        f"{names[row] if names else f'image {row:,}'} ({class_names[labels[row]]})" for row in (one, other)
    )
    height, width = images.shape[1:3]
    return (
        f"{odd.sum():,} images are equal to one of another class, pixel by pixel at {height} x {width}, so nothing can "
        f"tell them apart; the first: {first} and {second}.",
    )
