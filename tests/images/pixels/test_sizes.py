"""Arrays are fitted to the size and colour wished, and left alone otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from etascope.images.opened import Wishes
from etascope.images.pixels.sizes import fit, resize
from tests.images.making import pictures


def test_what_fits_is_not_copied():
    for shape in ((28, 28, 1), (64, 64, 3)):
        images = pictures(2, *shape)
        fitted, notes = fit(images, Wishes())
        assert fitted is images
        assert notes == ()


@pytest.mark.parametrize(("height", "width"), [(65, 10), (10, 65), (200, 100)])
def test_larger_than_64_becomes_64(height, width):
    images = pictures(3, height, width, 3)
    fitted, notes = fit(images, Wishes())
    assert fitted.shape == (3, 64, 64, 3)
    assert notes == (f"The images were resized from {height} x {width} to 64 x 64.",)


def test_the_size_asked_for_is_height_then_width():
    fitted, _ = fit(pictures(2, 10, 10), Wishes((6, 9)))
    assert fitted.shape == (2, 6, 9, 1)


def test_resizing_is_antialiased():
    checkers = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None]
    small = resize(checkers, (8, 8))
    assert np.abs(small.astype(int) - 127).max() < 10


def test_resizing_is_pillows():
    from PIL import Image

    image = pictures(1, 30, 20, 3)[0]
    expected = np.asarray(Image.fromarray(image).resize((7, 9), Image.Resampling.BILINEAR))
    assert np.array_equal(resize(image, (9, 7)), expected)


def test_gray_on_demand_and_alpha_over_white():
    red = np.zeros((2, 4, 4, 4), np.uint8)
    red[..., 0] = 255
    red[0, ..., 3] = 255
    fitted, _ = fit(red, Wishes())
    assert fitted[0, 0, 0].tolist() == [255, 0, 0]
    assert fitted[1, 0, 0].tolist() == [255, 255, 255]
    gray, _ = fit(red, Wishes(grayscale=True))
    assert gray[:, 0, 0, 0].tolist() == [76, 255]


def test_progress_and_the_same_bits_for_any_number_of_workers():
    images = pictures(600, 70, 4)
    seen = []
    one, _ = fit(images, Wishes(progress=seen.append))
    four, _ = fit(images, Wishes(workers=4))
    assert np.array_equal(one, four)
    assert [(p.stage, p.done, p.total, p.unit) for p in seen] == [
        ("resizing images", done, 600, "images") for done in (256, 512, 600)
    ]
