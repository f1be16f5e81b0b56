"""Arrays of every axis order come out as `(n, height, width, channels)`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from etascope.images.arrays.axes import image_axes
from etascope.images.open import open_images
from tests.images.making import refused

SEVEN = np.array([0, 1, 2, 0, 1, 2, 1])
IMAGES_7 = np.random.default_rng(0).integers(0, 256, (7, 6, 6, 3)).astype(np.uint8)


def smooth(count: int, size: int, channels: int) -> np.ndarray:
    """Images whose neighbours are alike and whose channels are not."""
    rng = np.random.default_rng(count + size + channels)
    down, across = np.linspace(0, 1, size)[:, None, None], np.linspace(0, 1, size)[None, :, None]
    angles = rng.random((count, 1, 1, channels)) * 6
    waves = np.sin(angles + 3 * down * rng.random(channels) + 3 * across * rng.random(channels))
    return np.rint(127 + 60 * waves + np.arange(channels) * 20).astype(np.uint8)


@given(npst.array_shapes(min_dims=3, max_dims=3, max_side=6))
def test_gray_stacks(shape):
    array, notes = image_axes(np.zeros(shape))
    assert (array.shape, notes) == ((*shape, 1), ())


@given(st.integers(1, 5), st.integers(5, 9), st.integers(5, 9), st.sampled_from([1, 2, 3, 4]))
def test_channels_are_found_at_either_end(count, height, width, channels):
    last = np.random.default_rng(0).integers(0, 256, (count, height, width, channels))
    for given_array in (last, last.transpose(0, 3, 1, 2)):
        array, notes = image_axes(given_array)
        assert np.array_equal(array, last)
        assert notes == ()


@pytest.mark.parametrize(
    ("shape", "expected", "taken"),
    [
        ((5, 1, 5, 4), (5, 5, 4, 1), "the second, as 5 x 4 with 1"),
        ((5, 3, 8, 3), (5, 3, 8, 3), "the last, as 3 x 8 with 3"),
        ((5, 3, 3, 3), (5, 3, 3, 3), "the last, as 3 x 3 with 3"),
        ((5, 4, 8, 2), (5, 4, 8, 2), "the last"),
        ((5, 2, 8, 3), (5, 2, 8, 3), "the last"),
        ((5, 3, 8, 4), (5, 8, 4, 3), "the second, as 8 x 4 with 3"),
    ],
)
def test_where_both_ends_could_be_channels_it_is_told(shape, expected, taken):
    array, [note] = image_axes(np.zeros(shape))
    assert array.shape == expected
    assert taken in note


@given(st.integers(1, 5), st.integers(1, 9))
def test_flat_squares(count, side):
    flat = np.arange(count * side * side).reshape(count, -1)
    assert np.array_equal(image_axes(flat)[0].reshape(count, -1), flat)


@pytest.mark.parametrize(("size", "channels"), [(28, 1), (64, 1), (32, 3), (48, 3), (32, 4), (16, 4)])
def test_flat_rows_are_read_so_that_neighbours_are_alike(size, channels):
    images = smooth(20, size, channels)
    last, notes = image_axes(images.reshape(20, -1))
    assert np.array_equal(last, images)
    assert [f"{size} x {size} with {channels} channels, its channels pixel by pixel" in n for n in notes] == [True] * (
        channels > 1
    )
    if channels == 3:
        first, [note] = image_axes(images.transpose(0, 3, 1, 2).reshape(20, -1))
        assert np.array_equal(first, images)
        assert "its channels one after the other" in note


def test_flat_rows_that_tell_nothing():
    noise = np.random.default_rng(0).integers(0, 256, (9, 4096), np.uint8)
    array, [note] = image_axes(noise)
    assert array.shape == (9, 64, 64, 1)
    assert "they could be 32 x 32 with 4 channels" in note
    with refused("square", "3072", "rows.reshape(-1, 3, 32, 32)"):
        image_axes(noise[:, :3072])


@pytest.mark.parametrize(
    ("shape", "parts"),
    [
        ((0, 5, 5), ("at least one image", "(0, 5, 5)")),
        ((5, 0, 5), ("at least one pixel", "(5, 0, 5)")),
        ((5, 5, 5, 0), ("at least one pixel",)),
        ((5, 783), ("square", "783")),
        ((5, 3), ("square", "rows of 3")),
        ((5,), ("(5,)", "Reshape")),
        ((5, 17, 18, 19), ("c from 1 to 4", "(5, 17, 18, 19)")),
        ((5, 64, 64, 13), ("2 or 4 (with alpha)", "(5, 64, 64, 13)", "Choose three bands (images[..., [2, 1, 0]]")),
        ((5, 5, 64, 64), ("Choose three bands (images[:, [2, 1, 0]]",)),
        ((12, 13, 32, 32), ("Choose three bands (images[:, [2, 1, 0]]",)),
        ((32, 32, 3, 12), ("(32, 32, 3, 12)", "images.transpose(3, 0, 1, 2)")),
        ((1, 2, 3, 4, 5), ("(1, 2, 3, 4, 5)",)),
    ],
)
def test_shapes_that_are_refused(shape, parts):
    with refused(*parts):
        image_axes(np.zeros(shape))


@pytest.mark.parametrize(
    "labels",
    [np.eye(3, dtype=kind)[SEVEN].T for kind in (int, float, bool)]
    + [np.eye(3)[SEVEN][:, None], SEVEN[:, None, None], np.eye(3)[SEVEN][None]],
)
def test_what_is_advised_of_labels_of_another_shape_gives_the_right_ones(labels):
    with refused("labels must be one number or name an image, shape (n,); found shape", "(labels.") as caught:
        open_images(IMAGES_7, labels)
    advised = str(caught.value).rpartition("(labels.")[2].split(").")[0]
    assert open_images(IMAGES_7, eval(f"labels.{advised}", {"labels": labels})).labels.tolist() == SEVEN.tolist()


@pytest.mark.parametrize(
    ("shape", "move"),
    [
        ((7, 6, 6), "label for each pixel"),
        ((2, 7), "the one row"),
        ((5, 2, 3), "Give 7 of them"),
        ((1, 7), "reshape(7,)"),
    ],
)
def test_other_shapes_are_told_what_they_are(shape, move):
    with refused("found shape", move):
        open_images(IMAGES_7, np.zeros(shape, int))


@pytest.mark.parametrize(
    "order", [(1, 2, 3, 0), (3, 1, 2, 0), (2, 1, 3, 0), (3, 0, 1, 2), (1, 0, 2, 3), (1, 2, 0), (2, 1, 0), (1, 0)]
)
@pytest.mark.parametrize("labels", ["array", "list", "row"])
def test_what_is_advised_of_turned_images_turns_them_back(order, labels):
    shape = {4: (30, 12, 10, 3), 3: (30, 12, 10), 2: (30, 144)}[len(order)]
    images = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    given = {"array": np.arange(30) % 3, "list": ["a", "b", "c"] * 10, "row": (np.arange(30) % 3)[None]}[labels]
    turned = images.transpose(order)
    with refused("images must have their number as the first axis; found shape", "with 30 labels") as caught:
        open_images(turned, given)
    advised = str(caught.value).rpartition("(images.")[2].removesuffix(").")
    moved = eval(f"images.{advised}", {"images": turned})
    assert moved.shape[0] == 30
    if labels != "row":
        assert sorted(np.unique(open_images(moved, given).images)) == sorted(np.unique(images))


def test_few_labels_turn_nothing():
    with refused("found 28 labels for 60 images"):
        open_images(np.zeros((60, 28, 28), np.uint8), [0, 1] * 14)
    with refused("found 3 labels for 30 images"):
        open_images(np.zeros((30, 8, 8, 3), np.uint8), [0, 1, 2])
