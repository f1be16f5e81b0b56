"""Single images of another range are refused where they are many, and told where they are few."""

from __future__ import annotations

import numpy as np
import pytest

from etascope.images.open import open_images
from etascope.images.pixels.extents import Extent
from etascope.images.pixels.ranges import Scale, decide
from tests.images.making import refused, write_tiff


@pytest.mark.parametrize("count", [1, 10, 58])
def test_a_gap_between_ranges_is_told(count):
    values = np.random.default_rng(0).integers(0, 4096, (60, 8, 8)).astype(np.uint16)
    values[:count] *= 16
    if count == 10:
        with refused("50 of 60 have no value beyond 4,095, the first image 10, and the others one of 6", "Scale all"):
            open_images(values, ["a", "b"] * 30)
    else:
        told = " ".join(open_images(values, ["a", "b"] * 30).notes)
        assert f"{60 - count} of 60 images have no value beyond 4,0" in told
    assert "no value beyond" not in " ".join(open_images(values[count:], (["a", "b"] * 30)[count:]).notes)


@pytest.mark.parametrize(
    ("white", "dim", "told"), [(4095, 255, True), (65535, 4095, True), (16383, 255, True), (255, 16, False)]
)
def test_one_image_of_fewer_bits_is_told(white, dim, told):
    values = np.random.default_rng(0).integers(0, white + 1, (20, 8, 8)).astype(np.uint16)
    values[7] = values[7] * (dim / white)
    note = "1 of 20 images (image 7) has no value beyond"
    assert (note in " ".join(open_images(values, ["a", "b"] * 10).notes)) == told


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
    told = decide([Extent("whole", 0, 65535, values)], {})["whole"].note
    assert "3 images, the first image 0, have no value beyond 200 of" in told
