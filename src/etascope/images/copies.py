"""Test images that are training images too: `count_copies`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def count_copies(images: NDArray[np.uint8], test_rows: NDArray[np.int64]) -> int:
    """Return how many of the test images are equal to a training image, pixel by pixel.

    Parameters
    ----------
    images
        `(n, height, width, channels)` uint8, training and test images.
    test_rows
        The rows of the test images.

    Examples
    --------
    >>> count_copies(np.array([7, 9, 7, 8], np.uint8).reshape(4, 1, 1, 1), np.array([2, 3]))
    1
    """
    held = np.zeros(len(images), np.bool_)
    held[test_rows] = True
    # Hashes of 64 bits in an array: a set of a large set's images would take as much memory as small ones themselves.
    hashes = np.fromiter((hash(image.tobytes()) for image in images), np.int64, len(images))
    return int(np.isin(hashes[held], hashes[~held]).sum())


def copies_note(images: NDArray[np.uint8], test_rows: NDArray[np.int64] | None) -> tuple[str, ...]:
    """Return a sentence on test images that are training images too, where there are any.

    Examples
    --------
    >>> copies_note(np.zeros((2, 1, 1, 1), np.uint8), np.array([1]))
    ('All test images (1) are training images too, so a test tells nothing about new ones.',)
    """
    count = 0 if test_rows is None else count_copies(images, test_rows)
    if test_rows is None or not count:
        return ()
    if count == len(test_rows):
        return (f"All test images ({count:,}) are training images too, so a test tells nothing about new ones.",)
    return (
        f"{count:,} of {len(test_rows):,} test images {'are' if count > 1 else 'is'} among the training images too.",
    )
