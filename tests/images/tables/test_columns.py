"""Which column of a table is what."""

from __future__ import annotations

from pathlib import Path

import pytest

from etascope.core.errors import InputError
from etascope.images.open import open_images
from etascope.images.tables.columns import find_columns
from etascope.images.tables.parts import Row
from tests.images.making import pictures, refused, write_folder

HERE = Path("list.csv")


def rows(header: str, *lines: str) -> list[Row]:
    return [(number, line.split(",")) for number, line in enumerate((header, *lines), 1)]


@pytest.mark.parametrize(
    "name",
    ["stage", "fold", "Fold", "mode", "type", "group", "data_split", "data set", "tvt", "train/test", "Split"],
)
@pytest.mark.parametrize("parts", [("train", "test"), ("Training", "PublicTest"), ("TRAIN", "val")])
def test_what_says_parts_is_taken_whatever_it_is_called(name, parts):
    columns = find_columns(HERE, rows(f"path,label,{name}", *(f"0.png,a,{part}" for part in parts)))
    assert columns.parts == parts
    notes = () if name == "Split" else (f"What trains and what tests is taken from {name}.",)
    assert columns.notes == notes


@pytest.mark.parametrize(
    ("name", "part", "rest"),
    [
        ("is_test", "test", "train"), ("isTest", "test", "train"), ("test", "test", "train"),
        ("istrain", "train", "test"), ("train", "train", "test"), ("is_training_image", "train", "test"),
        ("is_valid", "valid", "train"), ("in_test_set", "test", "train"), ("used for training", "train", "test"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("1", "0"), ("yes", "no"), ("1.0", "0.0")])
def test_yes_and_no_under_the_name_of_a_part(name, part, rest, yes, no):
    columns = find_columns(HERE, rows(f"path,label,{name}", f"0.png,a,{yes}", f"1.png,a,{no}"))
    assert columns.parts == (part, rest)
    assert columns.notes == (f"What trains and what tests is taken from {name}.",)


def test_several_columns_of_yes_and_no():
    header = "path,label,is_train,is_val,is_test"
    columns = find_columns(HERE, rows(header, "0.png,a,1,0,0", "1.png,a,0,1,0", "2.png,a,0,0,1"))
    assert columns.parts == ("train", "valid", "test")
    for line in ("3.png,a,1,0,1", "3.png,a,0,0,0", "3.png,a,0,,0"):
        with refused("line 3 of list.csv does not say which", "is_train"):
            find_columns(HERE, rows(header, "0.png,a,1,0,0", line))


def test_parts_that_are_said_twice():
    columns = find_columns(HERE, rows("path,label,split,is_test", "0.png,a,train,0", "1.png,a,test,1"))
    assert columns.parts == ("train", "test")
    with refused("split and is_test", "line 3", "Remove the one"):
        find_columns(HERE, rows("path,label,split,is_test", "0.png,a,train,0", "1.png,a,test,0"))


@pytest.mark.parametrize("values", [("train", "test", "", "train"), ("train", "test", "holdout", "val")])
def test_what_is_no_part_stands_for_a_refusal(values):
    columns = find_columns(HERE, rows("path,label,stage", *(f"0.png,a,{value}" for value in values)))
    assert columns.parts == values


def test_trains_in_texts_are_no_parts():
    columns = find_columns(HERE, rows("path,label,text", "0.png,a,a train", "1.png,a,test tube", "2.png,b,train set"))
    assert columns.parts == ("", "", "")


def test_numbers_for_train_and_test():
    with refused("train_test of list.csv says 0 and 1", "Write the words"):
        find_columns(HERE, rows("path,label,train_test", "0.png,a,0", "1.png,a,1"))


@pytest.mark.parametrize(
    ("name", "values"), [("fold", "01"), ("test", ("0.5", "0.7")), ("status", ("valid", "broken")), ("train_id", "01")]
)
def test_other_columns_are_told(name, values):
    columns = find_columns(HERE, rows(f"path,label,{name}", *(f"0.png,a,{value}" for value in values)))
    assert columns.parts == ("", "")
    assert columns.notes == (f"Columns that were left out: {name}.",)


def test_the_numbers_that_pandas_writes_are_not_told():
    assert find_columns(HERE, rows(",path,label", "0,0.png,a", "1,1.png,b")).notes == ()


@pytest.mark.parametrize(
    "header",
    ["filepaths,labels", "Path,ClassId", "Image Path,Class Name", "image_name,category_id", "img-path,Classes"],
)
def test_names_in_other_spellings(header):
    columns = find_columns(HERE, rows(header, "0.png,a", "1.png,b"))
    assert (columns.file, columns.label, columns.begin) == (0, 1, 1)


def test_without_a_header_of_three_columns():
    with refused("has 3", "a name for each other column"):
        find_columns(HERE, rows("0.png,a,train", "1.png,b,test"))


def test_labels_that_do_not_say_the_same_are_shown():
    with refused("label and class of list.csv", "as in line 3: 'cat' and 'dog'"):
        find_columns(HERE, rows("path,label,class", "0.png,cat,cat", "1.png,cat,dog"))


@pytest.mark.parametrize("header", ["data,target", "train,label", "picture.name,class.name", "photos,breed"])
def test_a_header_that_is_called_like_a_folder_is_none_of_the_images(tmp_path, header):
    for folder in ("data", "train", "photos"):
        (tmp_path / folder).mkdir()
    with refused("has 2", header.split(",")[0], "Of its columns, call"):
        find_columns(tmp_path / "list.csv", rows(header, "data/0.png,cat", "data/1.png,dog"))


def test_a_header_of_identifiers_without_endings():
    lines = [f"0a{number},{number % 2}" for number in range(6)]
    with refused("line 1 of list.csv has 2: id_code, diagnosis", "call that of the images path and that of the"):
        find_columns(HERE, rows("id_code,diagnosis", *lines))
    assert find_columns(HERE, rows("a.heic,cat", "b.png,dog", "c.png,dog")).begin == 0


@pytest.mark.parametrize(
    ("header", "line"), [("emotion,pixels", "0,70 80 82 9"), ("emotion,pixels,Usage", "0,7 8 9,Training")]
)
def test_pixels_in_a_cell(header, line):
    with refused("those in column 2 of list.csv are pixels", "in Python"):
        find_columns(HERE, rows(header, line, line))


def written(place: Path, *lines: str) -> Path:
    table = place / "list.csv"
    table.write_text("\n".join(lines))
    return table


@pytest.mark.parametrize("name", ["image", "id", "file_name", "Unnamed"])
@pytest.mark.parametrize("folder", ["", "train"])
@pytest.mark.parametrize("ending", ["", ".png"])
@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("1.0", "0.0"), ("True", "False")])
def test_the_line_that_makes_labels_of_one_hot_columns_works(tmp_path, name, folder, ending, yes, no):
    import pandas

    write_folder(tmp_path, pictures(3), [folder] * 3)
    rest = (f"{yes},{no}", f"{no},{yes}", f"{yes},{no}")
    cells = [f"{folder}/img{row}.png" if ending and folder else f"img{row}{ending}" for row in range(3)]
    table = written(tmp_path, f"{name},MEL,NV", *(f"{cell},{row}" for cell, row in zip(cells, rest, strict=True)))
    with pytest.raises(InputError, match=r"one with 0 and 1 for each of MEL and NV \(one-hot\)") as caught:
        open_images(table)
    exec(caught.value.advice.split("in Python: ")[1].rstrip("."), {"pandas": pandas})
    data = open_images(tmp_path / "labels.csv")
    assert data.class_names == ("MEL", "NV")
    assert data.labels.tolist() == [0, 1, 0]


def test_columns_of_several_labels_an_image_are_called_so(tmp_path):
    table = written(tmp_path, "image,MEL,NV", "a.png,1,0", "b.png,1,1")
    with refused("line 3 has 2 ones", "one label an image"):
        open_images(table)


@pytest.mark.parametrize(("folder", "expected"), [("", "img2.png"), ("images", "images/img2.png")])
def test_a_column_of_names_without_endings_is_answered_at_once(tmp_path, folder, expected):
    write_folder(tmp_path, pictures(3), [folder] * 3)
    table = written(tmp_path, "id,label", "img0,a", "img1,b", "img2,a")
    with refused(
        "Call the column of the images path", f"with endings, seen from the table, such as {expected} for 'img2'"
    ):
        open_images(table)
    table = written(tmp_path, "id,label", "7,a", "8,b")
    with refused("with endings, seen from the table."):
        open_images(table)


def test_the_line_for_one_hot_columns_keeps_what_trains_and_what_tests(tmp_path):
    import pandas

    write_folder(tmp_path, pictures(4), [""] * 4)
    lines = (f"img{row}.png,{row % 2},{part},{1 - row % 2}" for row, part in enumerate(("train",) * 2 + ("test",) * 2))
    with pytest.raises(InputError, match=r"\(one-hot\)") as caught:
        open_images(written(tmp_path, "image,MEL,split,NV", *lines))
    exec(caught.value.advice.split("in Python: ")[1].rstrip("."), {"pandas": pandas})
    data = open_images(tmp_path / "labels.csv")
    assert data.class_names == ("MEL", "NV")
    assert data.test_rows is not None
    assert data.test_rows.tolist() == [2, 3]


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
