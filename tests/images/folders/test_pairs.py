"""Files of a class that are called alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from etascope.images.folders.pairs import beside_images, companion_of, pair


def made(names, folder="cat"):
    return [Path(folder) / f"{name.format(number)}.png" for number in range(5) for name in names.split()]


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ("{0}_image {0}_mask", 1), ("image_{0} mask_{0}", 1), ("img{0} mask{0}", 1), ("{0}.img {0}.mask", 1),
        ("{0}-img {0}-gt", 1), ("{0}_rgb {0}_depth", 1), ("{0}_sat {0}_mask", 1), ("{0}_training {0}_manual1", 1),
        ("a_{0}_leftImg8bit a_{0}_gtFine_labelIds", 1), ("{0}_flair {0}_seg", 1), ("{0}_HE {0}_mask", 1),
        ("{0} {0}Mask", 1), ("{0} seg_{0}", 1), ("{0}_original {0}_annotated", 1), ("{0}_raw {0}_label", 1),
        ("{0}_rgb {0}_depth {0}_mask", 1), ("{0} {0}-groundtruth", 1), ("{0}_img {0}_ground_truth", 1),
        ("x_img_{0} x_mask_{0}", 1), ("{0} {0}_gradcam", 1), ("{0}_T1 {0}_seg", 1),
        ("BraTS_{0}_t1ce BraTS_{0}_seg", 1),
    ],
)  # fmt: skip
def test_what_is_no_image_by_a_word_is_left_out_beside_one(names, kept):
    files = made(names)
    first = {path for path in files if path.name in {f"{names.split()[0].format(n)}.png" for n in range(5)}}
    assert set(files) - beside_images(files) == first
    assert len(first) == 5 * kept
    assert not pair(sorted(first))


@pytest.mark.parametrize(
    "names",
    [
        "{0}_input {0}_target",
        "{0} {0}_inst {0}_sem",
        "{0}_rgb {0}_nir",
        "rgb_{0} nir_{0}",
        "{0}_photo {0}_art",
        "{0}_Dermoscopic {0}_lesion",
    ],
)
def test_other_pairs_are_known_and_taken(names):
    files = made(names)
    assert not beside_images(files)
    assert pair(files) is not None


@pytest.mark.parametrize(
    ("names", "folder"),
    [
        ("ford_{0} ford_gt_{0}", "cars"), ("mask_{0} img_{0}", "mask"), ("with_mask_{0} without_mask_{0}", "faces"),
        ("{0}_l {0}_r", "cat"), ("left_{0} right_{0}", "cat"), ("img_{0} cat_{0}", "cat"), ("IMG_{0} PXL_{0}", "cat"),
        ("{0}_original {0}_flip {0}_rot", "cat"), ("{0}_day {0}_night", "cat"), ("label_{0} img_{0}", "label"),
    ],
)  # fmt: skip
def test_images_are_no_pairs(names, folder):
    files = made(names, folder)
    assert not beside_images(files)
    assert pair(files) is None


def test_of_names_with_many_words_the_last_are_looked_at():
    assert len(list(companion_of("_".join("abcdefghijklmnopqrst")))) == 6
