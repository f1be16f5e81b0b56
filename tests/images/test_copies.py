"""Test images that are training images too are counted."""

from __future__ import annotations

import numpy as np

from etascope.images.copies import copies_note, count_copies
from tests.images.making import pictures


def test_copies_are_counted():
    images = pictures(10)
    assert count_copies(images, np.arange(6, 10)) == 0
    images[7], images[9] = images[0], images[0]
    assert count_copies(images, np.arange(6, 10)) == 2
    assert copies_note(images, np.arange(6, 10)) == ("2 of 4 test images are among the training images too.",)
    assert copies_note(images, np.array([6, 9])) == ("1 of 2 test images is among the training images too.",)


def test_copies_among_the_test_images_or_the_training_images_alone_do_not_count():
    images = pictures(6)
    images[1], images[5] = images[0], images[4]
    assert copies_note(images, np.array([4, 5])) == ()
    assert copies_note(images, None) == ()


def test_a_test_part_that_is_the_training_part():
    images = np.concatenate([pictures(4), pictures(4)])
    [note] = copies_note(images, np.arange(4, 8))
    assert "All test images (4)" in note
