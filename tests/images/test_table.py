"""Tables of path and label."""

from __future__ import annotations

import numpy as np
import pytest

from etascope.images.found import Wishes
from etascope.images.table import open_table
from tests.images.making import pictures, refused, write_folder

IMAGES = pictures(4)
NAMES = ["a", "b", "a", "b"]


def write(tmp_path, text: str, name: str = "list.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path):
    return [path.relative_to(tmp_path) for path in write_folder(tmp_path, IMAGES, NAMES)]


@pytest.mark.parametrize("header", ["", "path,label\n", "Filename,Class\n", "\ufeffpath,label\n", "\n\n"])
def test_with_and_without_a_header(tmp_path, files, header):
    lines = [f"{file},{name}" for file, name in zip(files, NAMES, strict=True)]
    found = open_table(write(tmp_path, header + "\n".join(lines)), Wishes())
    assert np.array_equal(found.images, IMAGES)
    assert found.labels.tolist() == NAMES


@pytest.mark.parametrize(("name", "separator"), [("l.tsv", "\t"), ("l.csv", ";"), ("l.csv", "\t"), ("l.tsv", ",")])
def test_separators(tmp_path, files, name, separator):
    lines = [f"{file}{separator}{label}" for file, label in zip(files, NAMES, strict=True)]
    assert open_table(write(tmp_path, "\n".join(lines), name), Wishes()).labels.tolist() == NAMES


def test_columns_in_any_order_among_others(tmp_path, files):
    lines = [f"7,{label},{file}" for file, label in zip(files, NAMES, strict=True)]
    found = open_table(write(tmp_path, "id,label,path\n" + "\n".join(lines)), Wishes())
    assert found.labels.tolist() == NAMES


def test_absolute_paths_and_quoted_cells(tmp_path, files):
    lines = [f'"{tmp_path / file}","{label}, really"' for file, label in zip(files, NAMES, strict=True)]
    found = open_table(write(tmp_path, "\n".join(lines)), Wishes())
    assert found.labels.tolist() == [f"{label}, really" for label in NAMES]


def test_a_missing_image_is_named_or_skipped(tmp_path, files):
    lines = [f"{file},{name}" for file, name in zip(files, NAMES, strict=True)]
    path = write(tmp_path, "\n".join([*lines, "gone.png,a"]))
    with refused(str(tmp_path / "gone.png"), "no such file"):
        open_table(path, Wishes())
    found = open_table(path, Wishes(skip_bad=True))
    assert found.labels.tolist() == NAMES
    assert "1 of 5 images could not be read and was left out" in found.notes[0]


def test_a_directory_is_no_image(tmp_path, files):
    with refused("not a regular file"):
        open_table(write(tmp_path, f"{files[0]},a\na,b"), Wishes())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("is empty",)),
        ("\n \n", ("is empty",)),
        ("path,label\n", ("only a header",)),
        ("a.png,a\nb.png\n", ("line 2", "'b.png'")),
        ("a.png,a\n,b\n", ("line 2",)),
        ("a.png,a\nb.png,\n", ("line 2",)),
        ("a.png,a,1\n", ("two columns", "line 1", "has 3")),
        ("only\n", ("two columns", "has 1")),
        ("a.png,a\nb.png,a\n", ("at least two classes", "only 'a'")),
        ("a.png,a\nb\0.png,b\n", ("line 2",)),
        ('a.png,a\nb.png,"' + "b" * 140_000, ("UTF-8", "field larger")),
    ],
)
def test_tables_that_are_refused(tmp_path, text, parts):
    with refused(*parts):
        open_table(write(tmp_path, text), Wishes())


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00x")
    with refused("UTF-8"):
        open_table(tmp_path / "x.csv", Wishes())


def listing(files, *columns):
    return "".join(",".join(map(str, row)) + "\n" for row in zip(files, *columns, strict=True))


@pytest.mark.parametrize("head", ["split", "Subset", "usage", "set"])
@pytest.mark.parametrize(
    ("train", "test"), [("train", "test"), ("Training", "PublicTest"), ("TRAIN", "val"), ("train", "dev")]
)
def test_a_column_of_parts(tmp_path, files, head, train, test):
    text = listing(files, NAMES, [train, train, test, test])
    found = open_table(write(tmp_path, f"path,label,{head}\n{text}"), Wishes())
    assert np.array_equal(found.images, IMAGES)
    assert found.test_rows is not None
    assert found.test_rows.tolist() == [2, 3]


def test_val_of_three_parts_joins_the_training(tmp_path, files):
    text = listing(files, ["a", "b", "a", "b"], ["test", "train", "train", "val"])
    found = open_table(write(tmp_path, f"path,label,split\n{text}"), Wishes())
    assert np.array_equal(found.images, IMAGES[[1, 2, 3, 0]])
    assert found.test_rows is not None
    assert found.test_rows.tolist() == [3]
    assert "1 images of part val joined" in found.notes[0]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (["train", "train", "holdout?", "test"], ("train, val or test", "line 4", "'holdout?'")),
        (["test"] * 4, ("no line of part train",)),
        (["train", "train", "", "test"], ("line 4", "''")),
    ],
)
def test_parts_that_are_refused(tmp_path, files, parts, words):
    with refused(*words):
        open_table(write(tmp_path, f"path,label,split\n{listing(files, NAMES, parts)}"), Wishes())


@pytest.mark.parametrize("header", ["path,label,class", "path,class,label", "path,y,category"])
def test_two_columns_of_labels_that_say_the_same(tmp_path, files, header):
    numbers, names = [0, 1, 0, 1], ["ant", "bee", "ant", "bee"]
    columns = (numbers, names) if header.split(",")[1] in ("label", "y") else (names, numbers)
    found = open_table(write(tmp_path, f"{header}\n{listing(files, *columns)}"), Wishes())
    assert found.labels.tolist() == names


def test_two_columns_of_labels_that_do_not(tmp_path, files):
    with refused("label and class", "do not say the same"):
        open_table(write(tmp_path, "path,label,class\n" + listing(files, NAMES, ["x", "x", "y", "y"])), Wishes())


@pytest.mark.parametrize("name", ["nan", "NaN", "<NA>", "#N/A"])
def test_a_label_that_is_missing(tmp_path, files, name):
    with refused("line 3", repr(name), "one is missing"):
        open_table(write(tmp_path, "path,label\n" + listing(files, ["a", name, "a", "b"])), Wishes())


def test_a_class_called_none_is_told(tmp_path, files):
    found = open_table(write(tmp_path, listing(files, ["None", "b", "None", "b"])), Wishes())
    assert found.labels.tolist() == ["None", "b", "None", "b"]
    assert found.notes == ("2 images are labelled 'None', which was taken for a class.",)


@pytest.mark.parametrize("header", ["id,label", "image_id,dx", "Image Path,Class Name"])
def test_a_header_of_other_names_is_no_row(tmp_path, files, header):
    with refused("line 1", header.replace(",", ", "), "Add a header"):
        open_table(write(tmp_path, f"{header}\n{listing(files, NAMES)}"), Wishes())


def test_images_that_are_not_there(tmp_path, files):
    names = [file.with_suffix("") for file in files]
    with refused("4 of 4", "line 2", f"There is {tmp_path / files[0]}"):
        open_table(write(tmp_path, "path,label\n" + listing(names, NAMES)), Wishes())
    with refused("2 of 2", "'x1.png' in line 1", "as seen from the table"):
        open_table(write(tmp_path, "x1.png,a\nx2.png,b\n"), Wishes())


def test_backslashes_of_windows(tmp_path, files):
    text = listing([str(file).replace("/", "\\") for file in files], NAMES)
    found = open_table(write(tmp_path, text), Wishes())
    assert np.array_equal(found.images, IMAGES)


def test_an_image_with_two_labels_is_told(tmp_path, files):
    found = open_table(write(tmp_path, listing([*files, files[0]], [*NAMES, "b"])), Wishes())
    assert len(found.images) == 5
    assert "1 images" in found.notes[0]
    assert str(files[0]) in found.notes[0]
