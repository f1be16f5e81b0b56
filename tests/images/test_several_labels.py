"""Labels that name several are refused, and plain ones are not."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.errors import InputError
from etascope.images.open import open_images
from etascope.images.several_labels import refuse_several
from tests.images.making import pictures, refused, write_folder

SEVERAL = [
    ["A", "B", "A|B"],
    ["A", "B", "C", "A|D", "B | C"],
    ["cat", "dog", "cat;dog"],
    ["cat", "dog", "cat, dog"],
    ["0", "1", "[0, 1]"],
    ["[0]", "[1]", "[0, 1]"],
    ["[0]", "[1]", "[0 1]"],
    ["['cat']", "['dog']", "['cat', 'dog']"],
    ["('cat',)", "('dog',)", "('dog', 'cat')"],
    ["[0, 1]", "[1, 0]", "[1, 1]"],
    ["[0 0]", "[1 0]"],
    ["[0. 1.]", "[1. 1.]"],
    ["[0.0, 1.0]", "[1.0, 1.0]"],
]
PLAIN = [
    ["tench, Tinca tinca", "cardigan", "cardigan, Cardigan Welsh corgi"],
    ["cat|left", "cat|right", "dog|left", "dog|right"],
    ["[0, 1]", "[1, 0]"],
    ["[0. 1.]", "[1. 0.]"],
    ["(0, 10]", "(10, 20]"],
    ["[0, 10)", "[10, 20)"],
    ["a", "a|", "|", ",", ";;"],
    ["[]", "()", "[ ]"],
    ["ice", "cream", "ice cream"],
    ["cat", "cat|cat"],
    ["1,5", "2,5", "1"],
]


@pytest.mark.parametrize("labels", SEVERAL)
def test_labels_that_name_several_are_refused(labels):
    with refused("an image has one label", "several"):
        refuse_several(labels, "the labels")


@pytest.mark.parametrize("labels", PLAIN)
def test_plain_labels_are_not(labels):
    refuse_several(labels, "the labels")


@given(st.lists(st.text("ab0[](){}|;, '\"", min_size=1, max_size=6), max_size=8))
def test_no_text_is_too_odd(labels):
    with contextlib.suppress(InputError):
        refuse_several(labels, "the labels")


@pytest.mark.parametrize("door", [list, np.array, lambda labels: np.array(labels, object)])
def test_arrays_of_them(door):
    with refused("'cat;dog' among the labels names several", "'cat' and 'dog'"):
        open_images(pictures(4), door(["cat", "dog", "cat;dog", "dog"]))


def test_pairs_of_them():
    with refused("'cat;dog' among the labels names several"):
        open_images(list(zip(pictures(3), ["cat", "dog", "cat;dog"], strict=True)))


def test_tables_of_them(tmp_path):
    paths = write_folder(tmp_path, pictures(3), ["x"] * 3)
    table = tmp_path / "list.csv"
    lines = [f"{path},{label}" for path, label in zip(paths, ["A", "B", "A|B"], strict=True)]
    table.write_text("\n".join(["path,label", *lines]))
    with refused(f"'A|B' among those of {table} names several"):
        open_images(table)
