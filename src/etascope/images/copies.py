"""Images that are there twice: test images that are training images too, and images of two classes (`copies_notes`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


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
