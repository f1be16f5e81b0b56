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
    """Return the data set with its classes numbered; refuse fewer than two to learn, and one in the test part alone."""
    numbers, names = classes(opened.labels, opened.class_names)
    learn = np.delete(numbers, opened.test_rows) if opened.test_rows is not None else numbers
    present: list[int] = np.unique(learn).tolist()
    need_two([names[number] for number in present], opened.source)
    unseen: list[int] = np.setdiff1d(numbers, learn).tolist()
    if unseen:
        image = opened.names[int(np.argmax(numbers == unseen[0]))] if opened.names and len(unseen) == 1 else ""
        move = "Add training images, or remove the class from the test part."
        raise _unseen([names[number] for number in unseen], names, opened, image, "", move)
    twice, alike = copies_notes(opened.images, numbers, names, opened.test_rows, opened.names)
    untested = _untested(learn, numbers, opened.test_rows, names)
    # A set that is opened again has its notes already.
    notes = tuple(dict.fromkeys((*opened.notes, *twice, *alike, *untested)))
    return Dataset(
        opened.images, numbers, names, opened.source, opened.test_rows, notes, opened.left_out, opened.folders,
        opened.test_source, tuple(dict.fromkeys((*opened.of_test(), *twice, *untested))),
    )  # fmt: skip


def _unseen(
    classes: Sequence[str], names: Sequence[str], held: Opened, image: str, among: str, move: str
) -> InputError:
    """Return the error for classes of a test part alone; of one it names the folder, an image, or else the source."""
    one = len(classes) == 1
    folders = [folder.path for folder in _held(held) if one and folder.class_name == classes[0]]
    where = Path(held.source, os.path.commonpath(folders)) if folders else image or held.source
    return InputError(
        f"every class of the test part must be among the training images; {_quoted(classes)} of {where} "
        f"{'is' if one else 'are'} not{among}{_near(classes, names)}. {move}"
    )


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
    part apart: what one source keeps from training is never trained on. Both have one size, `held` is gray where
    `opened` is, and has no other classes.
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
        among = f" among {', '.join(names[:12])}{' ...' * (len(names) > 12)}"
        raise _unseen(unseen, names, held, "", among, "Give test images of these classes.")
    table = np.zeros(len(own), np.int64)
    table[used] = [place[own[number]] for number in used]
    return table[numbers]


def _quoted(names: Sequence[str]) -> str:
    """Return names of classes in a phrase, `2 classes, 'emu' and 'owl',` where they are many."""
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

    Images are called by `names`, or by their rows.

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
    held = np.zeros(len(same), np.bool_)
    held[[] if test_rows is None else test_rows] = True
    count, tests = int(np.isin(same[held], same[~held]).sum()), int(held.sum())
    if not count:
        return ()
    if count == tests:
        return (f"All test images ({count:,}) are training images too, so a test tells nothing about new ones.",)
    return (f"{count:,} of {tests:,} test images {'are' if count > 1 else 'is'} among the training images too.",)


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
