"""Sequences of (image, label)."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.images.arrays.sequences import open_sequence
from etascope.images.open import open_images
from etascope.images.opened import Options
from tests.images.making import picture, pictures, refused

IMAGES = pictures(4)
WHITE = (
    "Transparent pixels were laid over white. The transparency of 1 of 1, the first image 2, is much of it neither "
    "clear nor opaque; if it is a band of its own, leave it out."
)
NAMES = ["a", "b", "a", "b"]


class Lazy:
    """Has a length and items, as torch's datasets do, and no end for those who just iterate."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, row: int):
        return IMAGES[row % 4], NAMES[row % 4]


@pytest.mark.parametrize(
    "items",
    [
        [(image, name) for image, name in zip(IMAGES, NAMES, strict=True)],
        tuple([picture(image), name] for image, name in zip(IMAGES, NAMES, strict=True)),
        [(image / 255, name) for image, name in zip(IMAGES, NAMES, strict=True)],
        [(image.transpose(2, 0, 1), np.array(name)) for image, name in zip(IMAGES, NAMES, strict=True)],
        [(picture(IMAGES[0]), "a"), (IMAGES[1], "b"), (picture(IMAGES[2]), "a"), (IMAGES[3][..., 0], "b")],
        Lazy(),
    ],
)
def test_pairs(items):
    opened = open_sequence(items, None, Options())
    assert np.array_equal(opened.images, IMAGES)
    assert opened.labels.tolist() == NAMES


def test_images_with_labels_given():
    assert np.array_equal(open_sequence([picture(i) for i in IMAGES], NAMES, Options()).images, IMAGES)
    assert np.array_equal(open_sequence(list(IMAGES[..., 0]), NAMES, Options()).images, IMAGES)
    assert np.array_equal(open_sequence(IMAGES[..., 0].tolist(), NAMES, Options()).images, IMAGES)


def test_different_sizes_are_resized():
    items = [(pictures(1, 5, 4)[0], 0), (pictures(1, 90, 70, 3)[0], 1), (pictures(1, 8, 8, 4)[0], 1)]
    opened = open_sequence(items, None, Options())
    assert opened.images.shape == (3, 64, 64, 3)
    assert opened.notes == ("The images came in 3 sizes, from 5 x 4 to 90 x 70, and were resized to 64 x 64.", WHITE)


def test_floats_of_different_sizes_share_one_range():
    bright, dark = np.full((2, 2), 200.0), np.full((3, 3), 1.0)
    opened = open_sequence([(bright, 0), (dark, 1)], None, Options())
    assert [int(image.max()) for image in opened.images] == [200, 1]
    opened = open_sequence([(bright / 255, 0), (dark, 1)], None, Options())
    assert [int(image.max()) for image in opened.images] == [200, 255]
    with refused("known range", "-200"):
        open_sequence([(-bright, 0), (bright, 1)], None, Options())


def test_torch_datasets():
    import torch

    data = torch.utils.data.TensorDataset(torch.from_numpy(IMAGES.transpose(0, 3, 1, 2)), torch.tensor([0, 1, 0, 1]))
    opened = open_sequence(data, None, Options())
    assert np.array_equal(opened.images, IMAGES)
    assert opened.labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("items", "labels", "parts"),
    [
        ([], None, ("sequence is empty",)),
        ([IMAGES[0]], None, ("(image, label)", "item 0 is ndarray")),
        ([(IMAGES[0], 1, 2)], None, ("(image, label)", "item 0 is tuple")),
        ([picture(IMAGES[0])], None, ("item 0 is Image",)),
        (["ab", "cd"], None, ("item 0 is str",)),
        ([(IMAGES[0], 1), (IMAGES[1], -1)], None, ("at least 0", "-1 in row 1")),
        ([(IMAGES[0], 1), (IMAGES[1], [1, 2])], None, ("labels",)),
        ([(IMAGES[0], 0), ("text", 1)], None, ("numbers",)),
        ([(IMAGES[0], 0), (np.full((5, 4), np.nan), 1)], None, ("finite", "nan")),
        ([(np.zeros((0, 4)), 0), (np.zeros((0, 4)), 1)], None, ("at least one pixel",)),
        ([(np.zeros((0, 4)), 0), (IMAGES[1], 1)], None, ("image 0", "at least one")),
        ([(IMAGES[0], 0), (np.zeros((5, 4, 7), np.uint8), 1)], None, ("image 1", "(1, 5, 4, 7)")),
        (list(IMAGES), [0, 1], ("2 labels for 4 images",)),
        ([(IMAGES[0], 0), (IMAGES[1], 1)], [0, 1], ("bring their own labels", "leave out labels")),
        ([(picture(IMAGES[0]), "a")], ["a"], ("bring their own labels",)),
    ],
)
def test_sequences_that_are_refused(items, labels, parts):
    with refused(*parts):
        open_sequence(items, labels, Options())


def test_a_damaged_lazy_picture_is_named_or_skipped(tmp_path):
    from PIL import Image

    paths = [tmp_path / f"{row}.png" for row in range(3)]
    for path, image in zip(paths, pictures(3, 40, 40), strict=True):
        picture(image).save(path)
    paths[1].write_bytes(paths[1].read_bytes()[:900])
    items = [(Image.open(path), row) for row, path in enumerate(paths)]
    try:
        with refused("image 1", "damaged"):
            open_sequence(items, None, Options())
        opened = open_sequence(items, None, Options(skip_bad=True))
        assert opened.labels.tolist() == [0, 2]
    finally:
        for lazy, _ in items:
            lazy.close()


def test_an_image_that_is_not_finite_is_skipped_where_bad_ones_are():
    images = [np.full((5, 4), value) for value in (0.1, np.nan, 1.0, 0.3)]
    with refused("finite", "nan at (1, 0, 0"):
        open_images(images, [0, 1, 0, 1])
    for given in (images, [*images[:3], images[3][:4]]):
        data = open_images(given, [0, 1, 0, 1], skip_bad=True, image_size=(5, 4))
        assert len(data) == 3
        assert any("1 of 4 images could not be read and was left out, the first: image 1" in n for n in data.notes)
    with pytest.raises(InputError) as caught:
        open_images([*images[:3], images[3][:4]], [0, 1, 0, 1])
    assert "Remove or repair that image" not in str(caught.value)


def test_the_two_parts_of_keras():
    x, y = pictures(6, 9, 8)[..., 0], np.arange(6) % 2
    data = open_images(((x, y), (x[:2], y[:2])))
    assert np.array_equal(data.images[:6, ..., 0], x)
    assert data.test_rows.tolist() == [6, 7]


@pytest.mark.parametrize("make", [str, Path])
def test_paths_are_no_images(make):
    with refused("image 0 is the path a/1.png", "PIL.Image.open", "folder"):
        open_images([make("a/1.png"), make("b/1.png")], [0, 1])


def test_frames_of_pillow_images_are_told():
    from PIL import Image

    held = io.BytesIO()
    frames = [picture(image) for image in pictures(3, 9, 8)]
    frames[0].save(held, "TIFF", save_all=True, append_images=frames[1:])
    animated = Image.open(held)
    data = open_images([animated, frames[1]], [0, 1])
    assert data.notes == ("1 image has several frames; the first was taken. The first of them: image 0 (3 frames).",)
    animated.seek(1)
    assert open_images([animated, frames[2]], [0, 1]).notes == ()


def test_a_scale_is_told_of_those_that_it_was_for():
    whole = [np.minimum(image, 9).astype(np.int64) for image in pictures(3)]
    data = open_images([*whole, *pictures(3)], [0, 1] * 3)
    assert any("0 .. 9 to 0 .. 255, in the 3 of 6 images of " in note for note in data.notes)


def test_a_column_of_a_table_goes_by_place():
    import pandas

    images = pictures()[..., 0]
    for index in (range(6), [3, 1, 5, 0, 2, 4], [0, 0, 1, 1, 2, 2], list("uvwxyz"), [7, 8, 9, 1, 2, 3]):
        table = pandas.DataFrame({"image": list(images), "label": list("abcabc")}, index=index)
        for rows in (table, table[::-1], table[table.label != "c"]):
            data = open_images(rows["image"], rows["label"])
            assert np.array_equal(data.images[..., 0], np.stack(rows["image"].to_list()))
            assert [data.class_names[number] for number in data.labels] == rows["label"].to_list()
            named = open_images({"images": rows["image"], "labels": rows["label"]})
            assert np.array_equal(named.images, data.images)
            pairs = pandas.Series(list(zip(rows["image"], rows["label"], strict=True)), index=rows.index)
            assert np.array_equal(open_images(pairs).images, data.images)
            drawn = rows["image"].map(lambda image: picture(image[..., None]))
            assert np.array_equal(open_images(drawn, rows["label"]).images, data.images)


def test_a_memory_of_images_and_a_path_in_bytes(tmp_path):
    images = pictures()[..., 0]
    assert np.array_equal(open_images(memoryview(images), list("abcabc")).images[..., 0], images)
    np.savez(tmp_path / "a.npz", x=images, y=[0, 1] * 3)
    assert np.array_equal(open_images(bytes(tmp_path / "a.npz")).images[..., 0], images)


class Endless:
    """Two pairs of images and labels that it gives for any number."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, row: int) -> tuple[object, object]:
        return pictures()[..., 0] // (row + 1), np.array([0, 1] * 3)


class Short(Endless):
    def __len__(self) -> int:
        return 9

    def __getitem__(self, row: int) -> tuple[object, object]:
        return [(image, number % 2) for number, image in enumerate(pictures()[..., 0])][row]


def test_lengths_that_do_not_fit_and_two_pairs():
    data = open_images(Endless())
    assert data.test_rows is not None
    assert len(data.test_rows) == 6
    assert "Of two pairs of images and labels, the second is the test part." in data.notes
    with refused("Short says 9, and its item 6 cannot be had", "IndexError"):
        open_images(Short())
