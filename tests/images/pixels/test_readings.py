"""Whole sets, through every door, are read in one way: pixels are compared with those worked out by hand."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from etascope.images.open import open_images
from tests.images.making import pictures, refused, write_idx, write_tiff

LABELS = [0, 1] * 4


def depth_pictures(high: float, kind: type = np.uint16, seed: int = 0, channels: int = 1) -> np.ndarray:
    """Eight images `(8, 6, 5, channels)` with values from 0 to `high`; the first is dark."""
    rng = np.random.default_rng(seed)
    values = rng.random((8, 6, 5, channels)) * high
    values[0] *= 0.1
    values[1, 0, 0], values[2, 0, 0] = high, 0
    return values.astype(kind) if np.dtype(kind).kind == "f" else np.rint(values).astype(kind)


def expected(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.clip(np.rint((values.astype(np.float64) - low) * 255 / (high - low)), 0, 255).astype(np.uint8)


def png16(path: Path, values: np.ndarray, extra: bytes = b"", held: bytes = b"") -> None:
    """Write `(h, w, 1 to 4)` of 16 bits as PNG, which Pillow cannot for colours, with another chunk if you like."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    high, wide, channels = values.shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, 16, colour, 0, 0, 0))
    head += chunk(extra, held) if extra else b""
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_set(root: Path, images: np.ndarray, ending: str = "tiff") -> Path:
    from PIL import Image

    for row, image in enumerate(images):
        path = root / "ab"[row % 2] / f"{row}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if ending == "png" and image.dtype == np.uint16:
            png16(path, image)
        else:
            Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(path)
    return root


def in_order(images: np.ndarray) -> np.ndarray:
    """The order of a folder: class by class."""
    return np.concatenate([images[0::2], images[1::2]])


DEPTHS = [(1, 1), (255, 255), (1023, 1023), (4095, 4095), (16383, 16383), (65535, 65535), (100, 100), (16, 16)]


@pytest.mark.parametrize(("high", "white"), DEPTHS)
@pytest.mark.parametrize("ending", ["png", "tiff"])
def test_files_of_sixteen_bits(tmp_path, high, white, ending):
    values = depth_pictures(high)
    data = open_images(write_set(tmp_path, values, ending))
    assert np.array_equal(data.images, expected(in_order(values), 0, white))
    assert any(f"0 .. {white:,}" in note for note in data.notes)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("high", [255, 4095, 65535])
def test_colours_of_sixteen_bits(tmp_path, high, channels):
    values = depth_pictures(high, channels=3)
    given = values if channels == 3 else np.concatenate([values, np.full_like(values[..., :1], 65535)], axis=3)
    data = open_images(write_set(tmp_path, given, "png"))
    assert np.array_equal(data.images, expected(in_order(values), 0, high))
    assert any(f"0 .. {high:,}" in note for note in data.notes)


@pytest.mark.parametrize(
    ("low", "high", "a", "b", "parts"),
    [
        (0, 1, 0, 1, ()),
        (0, 255, 0, 255, ()),
        (0, 100, 0, 100, ("0 .. 100",)),
        (-0.01, 1.02, 0, 1, ("0 .. 1", "were cut")),
        (-1, 1, -1, 1, ("-1 .. 1",)),
        (-4, 259, 0, 255, ("0 .. 255", "were cut")),
        (0, 4095, 0, 4095, ("12 bits",)),
    ],
)
def test_floats_in_files_and_in_arrays(tmp_path, low, high, a, b, parts):
    values = (depth_pictures(1, np.float64) * (high - low) + low).astype(np.float32)
    files = open_images(write_set(tmp_path, values))
    arrays = open_images(values, LABELS)
    pairs = open_images([(image, label) for image, label in zip(values, LABELS, strict=True)])
    assert np.array_equal(files.images, expected(in_order(values), a, b))
    assert np.array_equal(arrays.images, expected(values, a, b))
    assert np.array_equal(pairs.images, arrays.images)
    for data in (files, arrays, pairs):
        assert bool(data.notes) == bool(parts)
        for part in parts:
            assert any(part in note for note in data.notes)


@pytest.mark.parametrize(("kind", "low", "high"), [(np.int16, 0, 4095), (np.int16, -1024, 3071), (np.uint32, 0, 255)])
def test_every_door_makes_the_same_of_whole_numbers(tmp_path, kind, low, high):
    values = (depth_pictures(high - low, np.int64) + low).astype(kind)
    target = expected(values, low, high)
    np.savez(tmp_path / "a.npz", x=values, y=LABELS)
    np.save(tmp_path / "x.npy", values)
    np.save(tmp_path / "y.npy", LABELS)
    sources = [
        (values, LABELS),
        (values.transpose(0, 3, 1, 2), LABELS),
        (list(values), LABELS),
        ({"x": values, "y": LABELS}, None),
        (tmp_path / "a.npz", None),
        (tmp_path / "x.npy", None),
    ]
    if kind == np.int16:
        write_idx(tmp_path / "a-images-idx3-ubyte", values[..., 0], 0x0B)
        write_idx(tmp_path / "a-labels-idx1-ubyte", np.array(LABELS, np.uint8))
        sources.append((tmp_path / "a-images-idx3-ubyte", None))
    for source, labels in sources:
        data = open_images(source, labels)
        assert np.array_equal(data.images, target), source
    if kind == np.int16:
        files = open_images(write_set(tmp_path / "set", values.astype(np.int32)))
        assert np.array_equal(files.images, in_order(target))


def test_a_bunch_goes_by_the_same_rule():
    from sklearn.utils import Bunch

    values = depth_pictures(4095)
    data = open_images(Bunch(images=values, target=LABELS))
    assert np.array_equal(data.images, expected(values, 0, 4095))
    assert any("12 bits" in note for note in data.notes)


def test_images_of_bytes_among_wide_ones_are_told(tmp_path):
    wide, small = depth_pictures(4095)[:4], pictures(4, 6, 5)
    write_set(tmp_path / "set", wide)
    write_set(tmp_path / "more", small)
    (tmp_path / "more" / "a" / "0.tiff").rename(tmp_path / "set" / "a" / "8.tiff")
    data = open_images(tmp_path / "set")
    assert np.array_equal(data.images[:2], expected(wide[0::2], 0, 4095))
    assert np.array_equal(data.images[2], small[0])
    assert any("4 of 5 images of " in note for note in data.notes)


def test_large_wide_images_are_resized_before_they_become_bytes(tmp_path):
    from PIL import Image

    ramp = np.add.outer(np.arange(90), np.arange(80)).astype(np.float32)
    values = np.stack([ramp * 20, ramp * 10, ramp * 24.2, ramp])[..., None].astype(np.uint16)
    data = open_images(write_set(tmp_path, values))
    for image, wide in zip(data.images, in_order(values), strict=True):
        small = Image.fromarray(wide[..., 0].astype(np.float32)).resize((64, 64), Image.Resampling.BILINEAR)
        assert np.abs(image[..., 0] - np.asarray(small) * 255 / 4095).max() <= 0.51


def test_the_test_part_is_read_as_the_training_part(tmp_path):
    train, test = depth_pictures(4095), depth_pictures(1000, seed=1)
    write_set(tmp_path / "train_set", train)
    write_set(tmp_path / "test_set", test)
    data = open_images(tmp_path / "train_set", test=tmp_path / "test_set")
    assert np.array_equal(data.images[8:], expected(in_order(test), 0, 4095))
    assert any("the largest value of the test images (8) is 1,000, that of the training" in note for note in data.notes)
    test = depth_pictures(200, seed=1)
    write_set(tmp_path / "dark_set", test)
    with refused("the test images (8) is 200, that of the training images (8) 4,095"):
        open_images(tmp_path / "train_set", test=tmp_path / "dark_set")
    np.savez(tmp_path / "a.npz", x_train=train, y_train=LABELS, x_test=test, y_test=LABELS)
    with refused("the test part (8) is 200, that of the images to train on (8) 4,095"):
        open_images(tmp_path / "a.npz")
    test = depth_pictures(1000, seed=1)
    np.savez(tmp_path / "a.npz", x_train=train, y_train=LABELS, x_test=test, y_test=LABELS)
    data = open_images(tmp_path / "a.npz")
    assert np.array_equal(data.images[8:], expected(test, 0, 4095))
    assert any("the test part (8) is 1,000, that of the images" in note for note in data.notes)


@pytest.mark.parametrize("size", [(6, 5), (90, 70)])
def test_masks_of_zero_and_one(tmp_path, size):
    from PIL import Image

    masks = (pictures(8, *size) > 128).astype(np.uint8)
    files = open_images(write_set(tmp_path, masks, "png"))
    arrays = open_images(masks, LABELS)
    pairs = open_images([Image.fromarray(mask[..., 0]) for mask in masks], LABELS)
    final = size if max(size) <= 64 else (64, 64)
    expected = [
        np.asarray(Image.fromarray(m[..., 0] * 255).resize(final[::-1], Image.Resampling.BILINEAR)) for m in masks
    ]
    assert np.array_equal(files.images[..., 0], in_order(np.stack(expected)))
    for data in (arrays, pairs):
        assert np.array_equal(data.images[..., 0], np.stack(expected))
        assert any("0 and 1 in bytes" in note for note in data.notes)
    assert any("0 and 1 in bytes" in note for note in files.notes)


def test_black_and_dark_sets_are_told(tmp_path):
    for high, part in ((0, "all images are black"), (9, "9 of 255")):
        values = np.minimum(pictures(8), high).astype(np.uint8)
        for data in (open_images(write_set(tmp_path / str(high), values, "png")), open_images(values, LABELS)):
            assert any(part in note for note in data.notes)


def drawings(colour: int, channels: int = 3) -> np.ndarray:
    """White or dark strokes on clear ground, each at its own place."""
    images = np.zeros((8, 12, 12, channels + 1), np.uint8)
    for row, image in enumerate(images):
        image[2 : 5 + row // 2, row : row + 4, :-1] = colour
        image[2 : 5 + row // 2, row : row + 4, -1] = 255
        image[5 + row // 2, row : row + 4] = [*[colour] * channels, 100]
    return images


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("colour", "ground", "word"), [(255, 0, "black"), (20, 255, "white")])
def test_drawings_on_clear_ground(tmp_path, channels, colour, ground, word):
    images = drawings(colour, channels)
    alpha = images[..., -1:] / 255
    expected = np.rint(images[..., :1] * alpha + ground * (1 - alpha))
    pairs = [(image, label) for image, label in zip(images, LABELS, strict=True)]
    for data, order in (
        (open_images(write_set(tmp_path, images, "png")), in_order(expected)),
        (open_images(images, LABELS), expected),
        (open_images(pairs), expected),
    ):
        assert np.abs(data.images.astype(int) - order).max() <= 1
        assert any(f"laid over {word}" in note for note in data.notes)


def test_white_drawings_and_black_ones_are_laid_over_gray(tmp_path):
    images = drawings(255)
    images[1::2, ..., :-1] = 0
    alpha = images[..., -1:] / 255
    expected = images[..., :1] * alpha + 128 * (1 - alpha)
    for data, order in (
        (open_images(write_set(tmp_path, images, "png")), in_order(expected)),
        (open_images(images, LABELS), expected),
        (open_images(list(images), LABELS), expected),
    ):
        assert np.abs(data.images - order).max() <= 1
        assert "Transparent pixels were laid over gray, because there are white drawings and black ones." in data.notes


def test_colours_below_a_wholly_clear_alpha(tmp_path):
    colours = pictures(8, 6, 5, 3)
    images = np.concatenate([colours, np.zeros_like(colours[..., :1])], axis=3)
    files, arrays = open_images(write_set(tmp_path, images, "png")), open_images(images, LABELS)
    assert np.array_equal(files.images, in_order(colours))
    assert np.array_equal(arrays.images, colours)
    assert files.notes == arrays.notes
    assert "alpha 0" in files.notes[0]


def test_an_opaque_alpha_is_not_told(tmp_path):
    colours = pictures(8, 6, 5, 3)
    images = np.concatenate([colours, np.full_like(colours[..., :1], 255)], axis=3)
    for data in (open_images(write_set(tmp_path, images, "png")), open_images(images, LABELS)):
        assert data.notes == ()
        assert data.images.shape == (8, 6, 5, 3)


def test_a_fourth_band_is_refused(tmp_path):
    bands = np.random.default_rng(0).integers(30, 220, (8, 16, 16, 4), np.uint8)
    for source, labels in ((bands, LABELS), (write_set(tmp_path, bands, "png"), None), (list(bands), LABELS)):
        with refused("must be transparency", "infrared"):
            open_images(source, labels)


def test_the_ground_of_the_test_part_is_that_of_the_training_part(tmp_path):
    write_set(tmp_path / "one", drawings(255), "png")
    dark = drawings(90)
    write_set(tmp_path / "three", drawings(0), "png")
    with refused("must show something over black"):
        open_images(tmp_path / "one", test=tmp_path / "three")
    write_set(tmp_path / "two", dark, "png")
    data = open_images(tmp_path / "one", test=tmp_path / "two")
    assert np.array_equal(data.images[8, 0, 0], [0])
    # Once for both.
    assert sum("Transparent pixels were laid over black" in note for note in data.notes) == 1


def test_masks_as_a_test_part(tmp_path):
    masks = (pictures(8, 6, 5) > 128).astype(np.uint8)
    write_set(tmp_path / "one", masks, "png")
    write_set(tmp_path / "two", 1 - masks, "png")
    write_set(tmp_path / "three", masks * 255, "png")
    data = open_images(tmp_path / "one", test=tmp_path / "two")
    assert np.array_equal(data.images, np.concatenate([in_order(masks), in_order(1 - masks)]) * 255)
    assert not any("cut" in note for note in data.notes)
    with refused("its pixels go up to 255, those of the others are 0 and 1"):
        open_images(tmp_path / "one", test=tmp_path / "three")
    with refused("one range"):
        open_images(tmp_path / "three", test=tmp_path / "two")


@pytest.mark.parametrize("kind", [np.float32, np.uint8])
def test_every_door_refuses_images_of_another_range(tmp_path, kind):
    whole = depth_pictures(255, kind)
    small = whole / 255 if kind == np.float32 else (whole > 99).astype(kind)
    mixed = np.concatenate([small[:4], whole[4:]]).astype(kind)
    np.savez(tmp_path / "one.npz", x=whole, y=LABELS)
    np.savez(tmp_path / "two.npz", x=small, y=LABELS)
    part = {"x_train": whole, "y_train": LABELS, "x_test": small, "y_test": LABELS}
    sources = [
        (mixed, LABELS),
        (list(mixed), LABELS),
        ([image[:5] if row else image for row, image in enumerate(mixed)], LABELS),
        (write_set(tmp_path / "set", mixed), None),
        (part, None),
        (part | {"x_train": small, "x_test": whole}, None),
    ]
    for source, labels in sources:
        with refused("images must be of one range", "Scale all of them alike"):
            open_images(source, labels)
    for train, test in (("one", "two"), ("two", "one")):
        with refused("images must be of one range"):
            open_images(tmp_path / f"{train}.npz", test=tmp_path / f"{test}.npz")


def test_small_lights_that_resizing_puts_out_are_no_masks(tmp_path):
    images = np.zeros((8, 400, 400, 1), np.uint8)
    images[:, 7, 7] = 40
    data = open_images(write_set(tmp_path, images, "png"))
    assert not data.images.any()
    assert any("all images are black" in note for note in data.notes)


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
@pytest.mark.parametrize("form", ["folder", "npz", "sequence"])
def test_a_test_part_of_a_wider_range_is_refused_where_much_would_be_cut(tmp_path, kind, form):
    def write(name, values):
        labels = np.arange(len(values)) % 2
        if form == "folder":
            for number, each in enumerate(values):
                write_tiff(tmp_path / name / "ab"[labels[number]] / f"{number}.tif", each[..., None])
        np.savez(tmp_path / f"{name}.npz", x=values, y=labels)
        return tmp_path / name if form == "folder" else tmp_path / f"{name}.npz"

    values = np.random.default_rng(0).integers(0, 4096, (8, 6, 5)).astype(kind)
    if form == "sequence":
        values = np.random.default_rng(0).normal(0, 0.6, (8, 6, 5)).clip(-1.25, 1.25)
        with refused("of their values lie beyond -1 .. 1, the range that comes nearest, and would be cut"):
            open_images([(each, row % 2) for row, each in enumerate(values)])
        return
    train, held = write("train", values), write("held", values * 16)
    with refused("test images must be of one range", "9", "% of their values lie beyond 0 .. 4,095", "training images"):
        open_images(train, test=held)
    few = values.copy()
    few[0, 0, 0] = 60000
    sentences = open_images(train, test=write("few", few)).notes
    assert any("were cut to 0 .. 4,095" in note for note in sentences)
