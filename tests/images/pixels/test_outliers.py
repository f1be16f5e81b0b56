"""A range that would cut much is refused, with a true share; few values far beyond all others are told."""

from __future__ import annotations

import re

import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.images.open import open_images
from etascope.images.pixels.extents import Extent, Scale, measure
from etascope.images.pixels.outliers import look_beyond
from etascope.images.pixels.ranges import decide
from tests.images.making import refused, write_tiff

LABELS = [0, 1] * 20
SMOOTH = np.sort(np.random.default_rng(0).random((40, 12, 12)), axis=2)


def notes_of(array, labels=LABELS):
    return " ".join(open_images(array, labels).notes)


@pytest.mark.parametrize(("low", "high", "white"), [(0, 1, 1), (-1, 1, 1), (0, 255, 255)])
@pytest.mark.parametrize("beyond", [0.03, 0.04, 0.055, 0.07, 0.1])
@pytest.mark.parametrize("both", [False, True])
def test_one_in_twenty_values_that_would_be_cut_are_refused_with_their_share(low, high, white, beyond, both):
    ends = (low - beyond * (high - low) * both, high + beyond * (high - low))
    images = ends[0] + SMOOTH * (ends[1] - ends[0])
    share = float(np.mean((images < low) | (images > high)))
    if share <= 0.05:
        assert f"{round(share * images.size):,} of {images.size:,} values lie beyond {low} .. {high}." in notes_of(
            images
        )
        return
    with refused(f"{share:.1%} of their values lie beyond {low} .. {high}, the range that comes nearest"):
        open_images(images, LABELS)


@pytest.mark.parametrize("filter_", ["BICUBIC", "LANCZOS"])
@pytest.mark.parametrize("size", [20, 40])
def test_what_resizing_throws_beyond_edges_is_cut_however_many_values_it_is(filter_, size):
    from PIL import Image

    digits, how = open_images("digits").images[:40, :, :, 0] / np.float32(255), getattr(Image.Resampling, filter_)
    images = np.stack([np.asarray(Image.fromarray(each).resize((size, size), how)) for each in digits])
    assert np.mean((images < 0) | (images > 1)) > 0.05
    assert "values lie beyond 0 .. 1." in notes_of(images)


@pytest.mark.parametrize("high", [1.3, 1.5, 2, 9])
def test_a_test_part_beyond_training_images_in_zero_to_one_is_refused_in_every_form(tmp_path, high):
    part = {"x_train": SMOOTH, "y_train": LABELS, "x_test": SMOOTH * high, "y_test": LABELS}
    np.savez(tmp_path / "held.npz", x=SMOOTH * high, y=LABELS)
    share = f"{np.mean(high * SMOOTH > 1):.1%}"
    with refused(f"{share} of the values of the test part lie beyond 0 .. 1, the range of the training images"):
        open_images(part)
    with refused(
        f"test images must be of one range; {share} of their values lie beyond 0 .. 1, the range of the train"
    ):
        open_images(SMOOTH, LABELS, test=tmp_path / "held.npz")
    # The other way round all of them are in one range, as the training images decide.
    assert "scaled from 0 .. " in notes_of(part | {"x_train": SMOOTH * high, "x_test": SMOOTH}, None) or high == 1.3


def test_a_share_is_that_of_the_part_that_has_most():
    learn, held = np.tile(SMOOTH, (9, 1, 1)), SMOOTH * 1.2
    part = {"x_train": learn, "y_train": LABELS * 9, "x_test": held, "y_test": LABELS}
    with refused(f"{np.mean(held > 1):.1%} of the values of the test part"):
        open_images(part)


def with_corner(value, images, kind=np.uint16):
    images = images.copy()
    images[:, 0, 0] = value
    return images.astype(kind)


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (with_corner(65535, SMOOTH * 255), "40 of 5,760 values are 65,535, and none of the others is above 16,384: if"),
        (with_corner(65535, SMOOTH * 4095), "40 of 5,760 values are 65,535, and none"),
        (
            with_corner(-3024, SMOOTH * 4000 - 1000, np.int16),
            "40 of 5,760 values are -3,024, and none of the others is",
        ),
        (with_corner(-2000, SMOOTH * 3000 - 1024, np.int16), "values are -2,000, and none of the others is below -1,2"),
        (with_corner(-1, SMOOTH, np.float64), "40 of 5,760 values are -1, and none of the others is below -0.6"),
        (SMOOTH, ""),
        (SMOOTH * 2 - 1, ""),
        ((SMOOTH * 4000).astype(np.uint16), ""),
        ((SMOOTH > 0.9) * 65535, ""),
        ((SMOOTH > 0.9).astype(float), ""),
    ],
)
def test_a_value_apart_from_all_others_is_told(images, expected):
    notes = notes_of(images)
    assert expected in notes
    assert bool(expected) == ("none of the others" in notes)


@pytest.mark.parametrize("count", [1, 5, 6])
@pytest.mark.parametrize(("white", "kind"), [(65535, np.uint16), (1, np.float64)])
def test_few_values_far_beyond_are_told(count, white, kind):
    images = SMOOTH * white / 20
    images[0, 0, :count] = white * np.linspace(0.7, 1, count)[::-1]
    images[0, 0, 0] = white
    images = images.astype(kind)
    notes = notes_of(images, LABELS)
    if count > 5:
        assert "All but" not in notes
    else:
        assert f"1 of 5,760 values is {white:,}, and" in notes or f"All but {count} of 5,760 values lie below" in notes


def test_no_pixels_and_bytes_say_nothing():
    assert look_beyond([], Scale(0, 255), "images") == []
    array = np.array([[0, 255] + [9] * 5000], np.uint8)
    assert look_beyond([(array, measure(array), False)], Scale(0, 255), "images") == []


def test_what_is_printed_of_a_given_range_is_counted_by_hand():
    array = np.array([0, 1, 2, 3, 900, 1300] + [500] * 94, float)
    extent = measure(array)
    scale = decide([extent], {"floats": Scale(0, 1000)})["floats"]
    assert look_beyond([(array, extent, False)], scale, "images") == ["1 of 100 values lies beyond 0 .. 1,000."]
    array[:20] = 1300
    with pytest.raises(InputError) as caught:
        look_beyond([(array, measure(array), False)], scale, "images", test=True)
    assert re.search(
        r"^test images must be .* 20.0% of their values lie beyond 0 .. 1,000, the range of the tr", str(caught.value)
    )


def test_the_advice_for_what_splines_throw_beyond():
    images = np.random.default_rng(0).uniform(-0.22, 1.23, (6, 8, 8))
    with refused("would be cut. Cut them where resizing threw them beyond (numpy.clip), undo the normalisation"):
        open_images(images, [0, 1] * 3)


@pytest.mark.parametrize("count", [1, 10, 58])
def test_a_gap_between_ranges_is_told(count):
    values = np.random.default_rng(0).integers(0, 4096, (60, 8, 8)).astype(np.uint16)
    values[:count] *= 16
    if count == 10:
        with refused("50 of 60 have no value beyond 4,095, the first image 10, and the others one of 6", "Scale all"):
            open_images(values, ["a", "b"] * 30)
    else:
        text = " ".join(open_images(values, ["a", "b"] * 30).notes)
        assert f"{60 - count} of 60 images have no value beyond 4,0" in text
    assert "no value beyond" not in " ".join(open_images(values[count:], (["a", "b"] * 30)[count:]).notes)


@pytest.mark.parametrize(
    ("white", "dim", "expected"), [(4095, 255, True), (65535, 4095, True), (16383, 255, True), (255, 16, False)]
)
def test_one_image_of_fewer_bits_is_told(white, dim, expected):
    values = np.random.default_rng(0).integers(0, white + 1, (20, 8, 8)).astype(np.uint16)
    values[7] = values[7] * (dim / white)
    note = "1 of 20 images (image 7) has no value beyond"
    assert (note in " ".join(open_images(values, ["a", "b"] * 10).notes)) == expected


@pytest.mark.parametrize("source", ["array", "sequence", "folder"])
@pytest.mark.parametrize("count", [3, 10, 17])
def test_many_images_of_fewer_bits_are_refused_and_a_class_of_them_told(tmp_path, source, count):
    values = np.random.default_rng(0).integers(0, 4096, (20, 8, 8)).astype(np.uint16)
    values[:, 0, 0] = 4095
    values[:count] //= 16
    labels = np.arange(20) % 2

    def give(labels):
        if source == "array":
            return values, labels
        if source == "sequence":
            return [(each[:7] if row else each, labels[row]) for row, each in enumerate(values)], None
        folder = tmp_path / f"set{labels[:10].sum()}"
        for row, pixels in enumerate(values):
            write_tiff(folder / "ab"[labels[row]] / f"{row:02}.tif", pixels[..., None])
        return folder, None

    with refused(f"images must be of one range; {count} of 20 have no value beyond 255, the first ", "one of 4,095"):
        open_images(*give(labels))
    if count == 10:
        notes = " ".join(open_images(*give((np.arange(20) >= 10).astype(int))).notes)
        assert "10 of 20 images have no value beyond 255" in notes


@pytest.mark.parametrize(("kind", "small"), [("floats", 0.9), ("floats", 2.64), ("whole", 1), ("bytes", 1)])
@pytest.mark.parametrize("bright", [255, 4095])
def test_many_images_of_another_range_are_refused_and_a_few_told(kind, small, bright):
    bright = 255 if kind == "bytes" else bright

    def of(few, many):
        return Extent(kind, 0, bright, np.array([small] * few + [bright] * many, np.float64))

    with refused(
        "one range", f"3 of 9 have no value beyond {small}, the first", f"where white is {bright:,}", "Scale all"
    ):
        decide([of(3, 6)], {})
    with refused("3 of 9"):
        decide([Extent(kind, 0, small)] * 3 + [Extent(kind, 0, bright)] * 6, {})
    # A part of its own, however small.
    with refused("3 of 3"):
        decide([of(0, 600), of(3, 0)], {})
    with refused("3 of 3"):
        decide([Extent(kind, 0, small)] * 3, {kind: Scale(0, bright)})
    if kind == "floats":
        with refused(f"6 of 9 go up to {bright:,}, the first image 3, where white is 1"):
            decide([of(3, 6)], {kind: Scale(0, 1)})
    assert f"1 image, image 0, has no value beyond {small} of" in decide([of(1, 20)], {})[kind].note
    assert f"2 images, the first image 0, have no value beyond {small} of" in decide([of(2, 30)], {})[kind].note


def test_eight_bits_among_sixteen_are_refused_and_dark_images_told():
    values = np.array([255.0] * 3 + [65535] * 3)
    with refused("3 of 6 have no value beyond 255, the first image 0, where white is 65,535"):
        decide([Extent("whole", 0, 65535, values)], {})
    values[:3] = 200
    note = decide([Extent("whole", 0, 65535, values)], {})["whole"].note
    assert "3 images, the first image 0, have no value beyond 200 of" in note
