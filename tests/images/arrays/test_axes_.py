"""Images and labels whose axes are not where they are looked for get the line that turns them."""

from __future__ import annotations

import numpy as np
import pytest

from etascope.images.open import open_images
from tests.images.making import refused

SEVEN = np.array([0, 1, 2, 0, 1, 2, 1])
IMAGES_7 = np.random.default_rng(0).integers(0, 256, (7, 6, 6, 3)).astype(np.uint8)


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
    found = eval(f"images.{advised}", {"images": turned})
    assert found.shape[0] == 30
    if labels != "row":
        assert sorted(np.unique(open_images(found, given).images)) == sorted(np.unique(images))


def test_few_labels_turn_nothing():
    with refused("found 28 labels for 60 images"):
        open_images(np.zeros((60, 28, 28), np.uint8), [0, 1] * 14)
    with refused("found 3 labels for 30 images"):
        open_images(np.zeros((30, 8, 8, 3), np.uint8), [0, 1, 2])
