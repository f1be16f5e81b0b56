"""Folders among classes that may be none by their names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.images.odd_names import beside_class, is_odd, odd_ones
from etascope.images.tree import Folder


def folders(*names):
    return [Folder(Path("root") / name, images=(Path("root") / name / "x.png",)) for name in names]


@pytest.mark.parametrize(
    ("names", "what", "pairs"),
    [
        ("cat dog cat_test", "part", ["cat_test of cat"]),
        ("COVID-19 COVID-19-Test", "part", ["COVID-19-Test of COVID-19"]),
        ("cat dog test_cat test_dog", "part", ["test_cat of cat", "test_dog of dog"]),
        ("dog dogs_test_set", "part", ["dogs_test_set of dog"]),
        ("cat cat_ground_truth", "mask", ["cat_ground_truth of cat"]),
        ("cat cat_depth_map", "mask", ["cat_depth_map of cat"]),
        ("cat cat_seg", "mask", ["cat_seg of cat"]),
        ("cat dog mask_cat mask_dog", "mask", ["mask_cat of cat", "mask_dog of dog"]),
        ("cat_rgb cat_depth", "mask", ["cat_depth of cat_rgb"]),
        ("cat cat(1)", "copy", ["cat(1) of cat"]),
        ("cat Copy_of_cat cat_copy_2", "copy", ["Copy_of_cat of cat", "cat_copy_2 of cat"]),
        ("cat cat_aug cat.bak", "copy", ["cat_aug of cat", "cat.bak of cat"]),
    ],
)
def test_what_belongs_to_a_class_beside_it(names, what, pairs):
    found, spare = beside_class(folders(*names.split()))
    assert (found, [f"{folder.name} of {other.name}" for folder, other in spare]) == (what, pairs)


@pytest.mark.parametrize(
    "names",
    [
        "cat dog", "tube test_tube", "steam steam_train", "face face_mask", "Ford Ford-GT", "photo photocopy",
        "bottle bottle_label", "mask no_mask", "with_mask without_mask", "meat processed_meat", "test control",
        "Pear Pear_2", "s1 s2", "train bus", "mask map", "map world_map", "face face_no_mask face_with_mask",
    ],
)  # fmt: skip
def test_classes_that_belong_to_no_other(names):
    assert beside_class(folders(*names.split())) == ("", ())


def test_a_few_odd_ones_are_told_and_not_most():
    told = odd_ones(folders("cat", "dog", "bee", "backup", "cat_old", "cat_v2", "cat_2", "train"))
    assert [folder.name for folder in told] == ["backup", "cat_old", "cat_v2"]
    assert not odd_ones(folders("cat", "backup", "todo"))


@given(st.text(max_size=30))
def test_any_name_has_an_answer(name):
    assert isinstance(is_odd(name), bool)
    assert beside_class([Folder(Path(name)), Folder(Path("cat"))])[0] in ("", "part", "mask", "copy")
