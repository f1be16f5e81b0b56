"""Folders among classes that may be none by their names."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.images.folders.odd_names import alike_ones, beside_class, is_odd, odd_ones
from etascope.images.folders.tree import Folder


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
    classes, spare = beside_class(folders(*names.split()))
    assert (classes, [f"{folder.name} of {other.name}" for folder, other in spare]) == (what, pairs)


@pytest.mark.parametrize(
    "names",
    [
        "cat dog", "tube test_tube", "steam steam_train", "face face_mask", "Ford Ford-GT", "photo photocopy",
        "bottle bottle_label", "mask no_mask", "with_mask without_mask", "meat processed_meat", "test control",
        "Pear Pear_2", "s1 s2", "train bus", "mask map", "map world_map", "gas gas_mask ski ski_mask",
        "paper copy_paper", "face face_no_mask face_with_mask",
    ],
)  # fmt: skip
def test_classes_that_belong_to_no_other(names):
    assert beside_class(folders(*names.split())) == ("", ())


def test_a_few_odd_ones_are_told_and_not_most():
    sentences = odd_ones(folders("cat", "dog", "bee", "backup", "cat_old", "cat_v2", "cat_2", "train"))
    assert [folder.name for folder in sentences] == ["backup", "cat_old", "cat_v2"]
    assert not odd_ones(folders("cat", "backup", "todo"))


@pytest.mark.parametrize(
    ("names", "shared"),
    [("cat dog cat_held_out dog_held_out", "held out"), ("cat dog cat_te dog_te", "te"),
     ("cat dog cattest dogtest", "test"),
     ("cat dog emu cat_224 dog_224", "224"), ("cat dog x_cat x_dog", "x"),
     ("cat dog catGradcam dogGradcam", "gradcam")],
)  # fmt: skip
def test_what_two_names_share_beside_their_bare_names(names, shared):
    [(added, group)] = alike_ones(folders(*names.split()))
    assert (added, [folder.name for folder in group]) == (shared, names.split()[-2:])


@pytest.mark.parametrize(
    "names", ["cat dog cat_x dog_y", "1 10 100 2 20", "cat no_cat dog no_dog", "rat rattle cat cattle", "happy unhappy"]
)
def test_names_that_share_nothing(names):
    assert alike_ones(folders(*names.split())) == []


@given(st.text(max_size=30))
def test_any_name_has_an_answer(name):
    assert isinstance(is_odd(name), bool)
    assert beside_class([Folder(Path(name)), Folder(Path("cat"))])[0] in ("", "part", "mask", "copy")
