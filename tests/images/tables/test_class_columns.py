"""Columns that stand for a class each, or that give an image several labels."""

from __future__ import annotations

import pytest

from etascope.images.open import open_images
from tests.images.making import pictures, refused, write_folder


@pytest.fixture
def write(tmp_path):
    files = write_folder(tmp_path, pictures(4), ["x"] * 4)

    def table(header: str, *rows: str):
        path = tmp_path / "list.csv"
        path.write_text("\n".join([header, *(f"{file},{row}" for file, row in zip(files, rows, strict=True))]))
        return path

    return table


@pytest.mark.parametrize(
    "rows",
    [["0.9,0.1", "0.2,0.8", "1,0", "0.5,5e-1"], ["x,", ",x", "x,x", ","], ["1,-1", "-1,1", "1,-1", "1,-1"],
     ["yes,no", "no,yes", "yes,no", "yes,yes"], ["1,", ",1", "1,1", "1,"]],
)  # fmt: skip
def test_scores_and_marks_of_classes(write, rows):
    with refused("numbers or marks in cat and dog, and no column called label", "If these stand for classes"):
        open_images(write("path,cat,dog", *rows))


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        ("path,label,cat,dog", ["cat,1,0", "dog,0,1", "cat,1,1", "dog,0,1"], "label and dog|line 4|'cat' and 1"),
        ("path,label,cat,dog", ["cat,1,0", "dog,0,1", "cat,0,1", "dog,0,1"], "label and cat|line 4|'cat' and 0"),
        ("path,label,cat", ["Cat,TRUE", "dog,False", "Cat,TRUE", "dog,true"], "label and cat|line 5|'dog' and true"),
        (
            "path,label,is_cat,is_dog",
            ["cat,1,0", "dog,0,1", "cat,1,1", "dog,0,1"],
            "label and is_dog|line 4|'cat' and 1",
        ),
        ("path,label,class_0,class_1", ["0,1,0", "1,0,1", "0,0,0", "1,0,1"], "label and class_0|line 4|'0' and 0"),
        ("path,label,label2", ["cat,", "dog,", "cat,dog", "dog,"], "label and label2|line 4|'cat' and 'dog'"),
        ("path,label_1,label_2", ["cat,", "dog,cat", "cat,", "dog,"], "label_1 and label_2|line 3|'dog' and 'cat'"),
        ("path,Class 1,Class 2", ["a,b", "a,b", "a,b", "a,b"], "Class 1 and Class 2|line 2|'a' and 'b'"),
    ],
)
def test_several_labels_are_refused(write, header, rows, said):
    with refused("an image has one label", "do not say the same", *said.split("|")):
        open_images(write(header, *rows))


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("path,label,cat,dog", ["cat,1,0", "dog,0,1", "cat,1,0", "dog,0,1"]),
        ("path,label,cat,dog", ["cat,0.9,0.1", "dog,0.8,0.2", "cat,1,0", "dog,0,1"]),
        ("path,label,label2", ["cat,", "dog,", "cat,cat", "dog,dog"]),
        ("path,label,label2", ["cat,1", "dog,2", "cat,1", "dog,1"]),
        ("path,label,x1,y1,y2", ["cat,1,2,3", "dog,2,3,1", "cat,1,2,2", "dog,4,4,5"]),
        ("path,label,train", ["cat,1", "train,0", "cat,1", "train,1"]),
    ],
)
def test_what_says_no_other_label_is_left_out(write, header, rows):
    assert len(open_images(write(header, *rows)).class_names) == 2
