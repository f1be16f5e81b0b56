"""Which rows of a table train, and which test; `test_columns.py` has more columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from etascope.images.tables.columns import find_columns
from etascope.images.tables.parts import Row, divide
from tests.images.making import refused

HERE = Path("list.csv")


def rows(header: str, *lines: str) -> list[Row]:
    return [(number, line.split(",")) for number, line in enumerate((header, *lines), 1)]


def test_valid_may_mean_that_an_image_is_good():
    with refused("valid of list.csv says yes of 2 of 3 images"):
        find_columns(HERE, rows("path,label,valid", "0.png,a,1", "1.png,a,1", "2.png,a,0"))


@pytest.mark.parametrize("name", ["data_split", "data set", "Split", "image_set", "dataset split", "tvt"])
def test_a_part_that_is_not_known_is_not_dropped(name):
    columns = find_columns(HERE, rows(f"path,label,{name}", "0.png,a,train", "1.png,a,holdout"))
    assert columns.parts == ("train", "holdout")
    with refused("the part of an image is train, val or test; line 3 of list.csv says 'holdout'"):
        divide(HERE, [(2, "train"), (3, "holdout")])


@pytest.mark.parametrize("name", ["split", "split_id", "data_split", "Subset"])
def test_numbers_of_parts_are_no_parts(name):
    assert find_columns(HERE, rows(f"path,label,{name}", "0.png,a,0", "1.png,a,1")).parts == ("0", "1")
    with refused("line 2 of list.csv says '0'"):
        divide(HERE, [(2, "0"), (3, "1")])


@pytest.mark.parametrize("name", ["is_test", "isTest", "test", "is_train", "in_test_set", "test_flag"])
@pytest.mark.parametrize(("yes", "no"), [("x", ""), ("on", "off"), ("ja", "nein"), ("1", "-1")])
def test_yes_and_no_that_are_not_known(name, yes, no):
    with refused(f"a column of parts says true or false; {name} of list.csv says", "Write these, or rename it"):
        find_columns(HERE, rows(f"path,label,{name}", f"0.png,a,{yes}", f"1.png,a,{no}"))


@pytest.mark.parametrize("name", ["is_holdout", "holdout", "val_fold", "test_fold", "held_out"])
def test_yes_and_no_of_what_is_held_out(name):
    with refused(f"a column of parts says train, val or test; {name} of list.csv says 0 and 1", "Write the words"):
        find_columns(HERE, rows(f"path,label,{name}", "0.png,a,1", "1.png,a,0"))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("fold", "010"), ("body_part", ("arm", "leg", "arm")), ("dataset", ("ham", "isic", "ham")), ("test", "345"),
        ("test", ("pcr", "antigen", "pcr")), ("holdout", ("", "", "")), ("subtype", "110"), ("knockout", "010"),
    ],
)  # fmt: skip
def test_other_columns_say_nothing_of_parts(name, values):
    columns = find_columns(HERE, rows(f"path,label,{name}", *(f"{n}.png,a,{value}" for n, value in enumerate(values))))
    assert columns.parts == ("",) * 3


@pytest.mark.parametrize("label", ["label", "kind of vehicle,label"])
def test_columns_that_are_the_label_once_more(label):
    lines = [f"{n}.png,{'x,' if ',' in label else ''}{name},{int(name == 'bus')},{int(name == 'train')}"
             for n, name in enumerate(("bus", "train", "bus", "train"))]  # fmt: skip
    columns = find_columns(HERE, rows(f"path,{label},bus,train", *lines))
    assert columns.parts == ("",) * 4
    assert "bus and train" in columns.notes[0]


def test_columns_that_are_one_in_one_place_are_no_parts():
    columns = find_columns(HERE, rows("path,label,bus,car,train", "0.png,a,1,0,0", "1.png,b,0,1,0", "2.png,a,0,0,1"))
    assert columns.parts == ("",) * 3


@pytest.mark.parametrize(
    ("header", "lines", "words"),
    [
        ("train", ("0", "0", "1"), "says yes of 1 of 3 images. Call it is_train"),
        ("test", ("1", "1", "0"), "a part to test with is the smaller one; test of list.csv says yes of 2 of 3"),
    ],
)
def test_a_train_in_the_picture_may_be_meant(header, lines, words):
    with refused(words):
        find_columns(HERE, rows(f"path,label,{header}", *(f"{n}.png,a,{line}" for n, line in enumerate(lines))))
    few = rows("path,label,is_train,bus", *(f"{n}.png,a,{int(n == 0)},1" for n in range(3)))
    assert find_columns(HERE, few).parts == ("train", "test", "test")
