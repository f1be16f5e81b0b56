"""Labels of every kind become numbers and names."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.images.labels.labels import alike_notes, classes, label_notes, natural, need_two, read_labels
from tests.images.making import refused


class Odd:
    """Equal to nothing, and not able to say so, as pandas' NA."""

    def __ne__(self, other: object):
        return self

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")


class Sparse:
    """Has what scipy's sparse matrices have."""

    def toarray(self) -> np.ndarray:
        return np.zeros(3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 2], [0, 1, 2]),
        ([0.0, 1.0, 7.0], [0, 1, 7]),
        (np.array([[3], [4], [5]], np.uint8), [3, 4, 5]),
        ([True, False, True], [1, 0, 1]),
        (["a", "b", "a"], ["a", "b", "a"]),
        ([b"a", b"b", b"a"], ["a", "b", "a"]),
        (np.array(["5", "3", "5"], object), ["5", "3", "5"]),
        (np.array([1, np.int64(2), 3.0], object), [1, 2, 3]),
    ],
)
def test_kinds_that_are_read(values, expected):
    read = read_labels(values, 3)
    assert read.tolist() == expected
    assert read.dtype == np.int64 or read.dtype.kind == "U"


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        ([0, 1], ("2 labels for 3 images",)),
        ([0, 1, 2, 3], ("4 labels for 3 images",)),
        ([0, -1, 2], ("at least 0", "-1 in row 1")),
        ([0, 0.5, 2], ("whole numbers", "0.5 in row 1")),
        ([0, float("nan"), 2], ("row 1 is missing (nan)", "Fill it in")),
        ([0, float("inf"), 2], ("whole numbers", "inf in row 1")),
        (["a", " ", "b"], ("row 1 is empty",)),
        (["a", None, "b"], ("row 1 is missing",)),
        (np.array(["a", float("nan"), "b"], object), ("row 1 is missing",)),
        (np.array(["a", 1, "b"], object), ("all whole numbers or all strings", "int, str")),
        (np.array(["a", "nan", "b"]), ("row 1 is missing (nan)",)),
        (np.array(["a", "b", "<NA>"], object), ("row 2 is missing (<NA>)",)),
        (np.array([1, Odd(), 2], object), ("row 1 is missing",)),
        (np.ma.masked_equal([0, 1, 2], 1), ("row 1 is masked",)),
        (np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]]), ("row 0 has 2 ones", "several labels an image")),
        (np.zeros((3, 14)), ("row 0 has 0 ones",)),
        (np.full((3, 2), 0.5), ("shares of 2 classes",)),
        (np.array([[3, 4], [5, 6], [7, 8]]), ("rows of 2", "(3, 2)", "one column")),
        (np.array([["a", "b"]] * 3), ("rows of 2", "one column")),
        (Sparse(), ("sparse", ".toarray()")),
        (np.zeros((3, 1, 1)), ("shape (n,)", "(3, 1, 1)")),
        (5, ("shape (n,)", "one int", "Give a list")),
        ([1j, 2j, 3j], ("whole numbers or strings", "complex128")),
        ([2**64 - 1, 0, 1], ("fit 64 bits",)),
        ([[1], [2, 3], [4]], ("they are no array",)),
        (np.array(["2020-01-01"] * 3, "datetime64[D]"), ("datetime64",)),
    ],
)
def test_kinds_that_are_refused(values, parts):
    with refused(*parts):
        read_labels(values, 3)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float32, np.bool_])
def test_one_hot_rows_are_read_and_told(kind):
    rows = np.eye(4)[[2, 0, 3]].astype(kind)
    read = read_labels(rows, 3)
    assert read.tolist() == [2, 0, 3]
    assert label_notes(rows, read) == ("The labels are one-hot rows of 4; a class is the place of the 1.",)
    assert label_notes(rows.tolist(), read) == label_notes(rows, read)


@pytest.mark.parametrize("name", ["None", "null", "NA", "n/a"])
def test_a_class_of_an_odd_name_is_told(name):
    [note] = label_notes(["cat", name], read_labels(["cat", name], 2))
    assert f"named {name!r}" in note
    assert label_notes(["cat", "dog"], read_labels(["cat", "dog"], 2)) == ()


def test_pandas_marks_of_what_is_missing():
    import pandas as pd

    for series in (
        pd.Series(["a", None, "b"]),
        pd.Series(["a", pd.NA, "b"], dtype="string"),
        pd.Series([1, pd.NA, 2], dtype="Int64"),
        pd.Series([1, None, 2]),
        pd.Series(["a", np.nan, "b"]).astype(str),
        pd.Series(["a", None, "b"], dtype="category"),
        pd.Series(pd.to_datetime(["2026-01-01", None, "2026-01-02"])).astype(object),
    ):
        with refused("row 1 is missing"):
            read_labels(series, 3)


def test_numbers_keep_their_order_and_name_themselves():
    numbers, names = classes(np.array([10, 2, 10, 3]))
    assert numbers.tolist() == [2, 0, 2, 1]
    assert names == ("2", "3", "10")


def test_given_names_are_kept_even_where_none_is_of_the_class():
    numbers, names = classes(np.array([0, 2]), ("a", "b", "c"))
    assert (numbers.tolist(), names) == ([0, 2], ("a", "b", "c"))
    with refused("below 2", "found 2"):
        classes(np.array([0, 2]), ("a", "b"))


@given(st.lists(st.text("ab01 9", min_size=1, max_size=6), min_size=1, max_size=12))
def test_names_sort_the_same_way_whatever_their_order(texts):
    numbers, names = classes(np.array(texts))
    assert [names[n] for n in numbers] == texts
    assert list(names) == sorted(set(texts), key=natural)


@given(st.lists(st.integers(0, 10**30), min_size=1))
def test_natural_order_of_digits_is_that_of_numbers(values):
    assert [int(t) for t in sorted(map(str, values), key=natural)] == sorted(values)


def test_one_class():
    need_two(["a", "b"], "here")
    with refused("at least two classes", "only 'a' in here"):
        need_two(["a"], "here")
    with refused("at least two classes", "none in here"):
        need_two([], "here")


def test_names_that_end_in_a_zero_byte_are_refused():
    with refused("zero byte", "'a\\x00'"):
        read_labels(["a\0", "a"], 2)


def test_floats_of_two_bytes():
    assert read_labels(np.array([0, 3], np.float16), 2).tolist() == [0, 3]


@pytest.mark.parametrize(
    "pair", [("Cat", "cat"), ("a", "a "), ("01", "1"), ("caf\u00e9", "cafe\u0301"), ("A-b", "a_b")]
)
def test_names_that_are_spelled_almost_alike_are_told(pair):
    names = [*pair, "other"] * 2
    [note] = label_notes(names, read_labels(names, 6))
    assert note.startswith("Classes ")
    assert all(repr(name) in note for name in pair)
    assert "spelled almost alike" in note


def test_the_columns_of_one_hot_rows_are_names():
    import pandas

    table = pandas.get_dummies(pandas.Series(list("cab")))
    assert read_labels(table, 3).tolist() == ["c", "a", "b"]


@pytest.mark.parametrize("low_high", [(0, 255), (-1, 1)])
def test_one_hot_rows_of_other_numbers_are_advised(low_high):
    rows = np.where(np.eye(3)[[2, 0, 1, 1]] == 1, low_high[1], low_high[0])
    with refused("give its place (labels.argmax(axis=1))"):
        read_labels(rows, 4)
    assert read_labels(rows.argmax(axis=1), 4).tolist() == [2, 0, 1, 1]


def test_what_is_advised_of_other_objects_works():
    days = [datetime.date(2026, 1, day) for day in (1, 2, 1)]
    with refused("found date. Write them as strings (str)"):
        read_labels(days, 3)
    assert read_labels([str(day) for day in days], 3).tolist() == ["2026-01-01", "2026-01-02", "2026-01-01"]


@pytest.mark.parametrize(
    "names", [["<30", "30+"], ["cat+", "cat-"], ["C", "C#", "C++"], ["\u226430", "30"], ["A-", "A"]]
)
def test_names_whose_signs_differ_in_meaning_are_not_alike(names):
    assert alike_notes(names) == []


def test_zeros_of_both_signs_are_alike():
    assert alike_notes(["0", "-0"]) == ["Classes '0' and '-0' are spelled almost alike, and were kept apart."]


@pytest.mark.parametrize("pair", [("cat", "c\u0430t"), ("OX", "\u041e\u0425"), ("Ant", "\u0391nt")])
def test_letters_of_another_alphabet_that_look_the_same_are_told_by_their_numbers(pair):
    [note] = alike_notes([*pair, "dog"])
    assert ascii(pair[1]) in note
    assert alike_notes(["\u043a\u043e\u0442", "\u043a\u0438\u0442"]) == []
