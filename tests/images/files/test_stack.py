"""Many images are decoded in order, whatever the number of workers."""

from __future__ import annotations

import threading
import time
import warnings

import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.images.files.decode import BadImage, Decoded
from etascope.images.files.stack import stack_images
from etascope.images.opened import Options
from tests.images.making import pictures, refused

IMAGES = pictures(100)


def decode(row: int) -> Decoded:
    time.sleep(0.001 * (1 + row % 3))
    return Decoded(IMAGES[row], (5, 4))


def with_bad(*rows: int):
    def decode_or_not(row: int) -> Decoded:
        if row in rows:
            raise BadImage(f"image {row}", "it is damaged")
        return decode(row)

    return decode_or_not


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_order_and_progress(workers):
    events = []
    stacked = stack_images(100, decode, Options(workers=workers, progress=events.append))
    assert np.array_equal(stacked.images, IMAGES)
    assert stacked.rows.tolist() == list(range(100))
    assert stacked.notes == ()
    assert [(p.stage, p.done, p.total, p.unit) for p in events] == [
        ("decoding images", done, 100, "images") for done in (16, 32, 48, 64, 80, 96, 100)
    ]


def test_threads_work_where_decoding_takes_long_and_only_there():
    def threads_of(pause: float) -> set[int]:
        visited = set()

        def watched(row: int) -> Decoded:
            visited.add(threading.get_ident())
            time.sleep(pause)
            return Decoded(IMAGES[row], (5, 4))

        assert np.array_equal(stack_images(100, watched, Options(workers=2)).images, IMAGES)
        return visited

    assert len(threads_of(0.003)) == 3
    assert threads_of(0) == {threading.get_ident()}


@pytest.mark.parametrize("workers", [1, 4])
def test_the_first_bad_image_is_named(workers):
    with refused("image 40 cannot be read"):
        stack_images(100, with_bad(40, 41, 90), Options(workers=workers))


@pytest.mark.parametrize("workers", [1, 4])
def test_bad_images_are_skipped_and_counted(workers):
    stacked = stack_images(100, with_bad(40, 41, 90), Options(skip_bad=True, workers=workers))
    kept = [row for row in range(100) if row not in (40, 41, 90)]
    assert stacked.rows.tolist() == kept
    assert np.array_equal(stacked.images, IMAGES[kept])
    assert stacked.notes == (
        "3 of 100 images could not be read and were left out, the first: image 40 (it is damaged).",
    )


def test_all_bad():
    with refused("none of the 3 images can be read", "image 0"):
        stack_images(3, with_bad(0, 1, 2), Options(skip_bad=True))


def test_other_errors_come_through_and_leave_nothing_running():
    def fail(row: int) -> Decoded:
        if row == 50:
            raise KeyboardInterrupt
        return decode(row)

    before, filters = threading.active_count(), list(warnings.filters)
    with pytest.raises(KeyboardInterrupt):
        stack_images(100, fail, Options(workers=3))
    assert threading.active_count() == before
    assert warnings.filters == filters


def test_sizes_and_colours_are_brought_together():
    items = [Decoded(pictures(1, 5, 4, 3)[0], (5, 4)), Decoded(pictures(1, 20, 30)[0], (20, 30))]
    stacked = stack_images(2, items.__getitem__, Options())
    assert stacked.images.shape == (2, 64, 64, 3)
    assert (stacked.images[1, :, :, 0] == stacked.images[1, :, :, 2]).all()
    assert stacked.notes == ("The images came in 2 sizes, from 5 x 4 to 20 x 30, and were resized to 64 x 64.",)


def test_where_the_first_and_the_last_are_the_same_other_kind_skipping_is_not_advised():
    def decode(row):
        raise BadImage(f"{row}.png", "it is a HEIC image, which is not read; convert it to PNG")

    with pytest.raises(InputError) as caught:
        stack_images(3, decode, Options())
    assert str(caught.value).startswith("0.png and others, as 2.png, cannot be read as images: it is a HEIC image")
    assert "skip" not in str(caught.value)
    with pytest.raises(BadImage):
        stack_images(1, decode, Options())
