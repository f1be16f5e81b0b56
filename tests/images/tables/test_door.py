"""Tables of path and label."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from etascope.images.opened import Options
from etascope.images.tables.door import open_table
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
    opened = open_table(write(tmp_path, header + "\n".join(lines)), Options())
    assert np.array_equal(opened.images, IMAGES)
    assert opened.labels.tolist() == NAMES


@pytest.mark.parametrize(("name", "separator"), [("l.tsv", "\t"), ("l.csv", ";"), ("l.csv", "\t"), ("l.tsv", ",")])
def test_separators(tmp_path, files, name, separator):
    lines = [f"{file}{separator}{label}" for file, label in zip(files, NAMES, strict=True)]
    assert open_table(write(tmp_path, "\n".join(lines), name), Options()).labels.tolist() == NAMES


def test_columns_in_any_order_among_others(tmp_path, files):
    lines = [f"7,{label},{file}" for file, label in zip(files, NAMES, strict=True)]
    opened = open_table(write(tmp_path, "id,label,path\n" + "\n".join(lines)), Options())
    assert opened.labels.tolist() == NAMES


def test_absolute_paths_and_quoted_cells(tmp_path, files):
    lines = [f'"{tmp_path / file}","{label}, really"' for file, label in zip(files, NAMES, strict=True)]
    opened = open_table(write(tmp_path, "\n".join(lines)), Options())
    assert opened.labels.tolist() == [f"{label}, really" for label in NAMES]


def test_a_missing_image_is_named_or_skipped(tmp_path, files):
    lines = [f"{file},{name}" for file, name in zip(files, NAMES, strict=True)]
    path = write(tmp_path, "\n".join([*lines, "gone.png,a"]))
    with refused("1 of 5 that", "is not, 'gone.png' in line 5. Correct the path", "skip_bad=True"):
        open_table(path, Options())
    opened = open_table(path, Options(skip_bad=True))
    assert opened.labels.tolist() == NAMES
    assert "1 of 5 images could not be read and was left out" in opened.notes[0]


def test_a_directory_is_no_image(tmp_path, files):
    with refused("not a regular file"):
        open_table(write(tmp_path, f"{files[0]},a\na,b"), Options())


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
        ("only\n", ("two columns", "has 1", "Write lines of")),
        ('"path,label"\n"a.png,a"\n', ("has 1", "Take away the quotes")),
        ("a.png,a\nb.png,a\n", ("at least two classes", "only 'a'")),
        ("a.png,a\nb\0.png,b\n", ("line 2",)),
        ("a.png,a\nb.png,b\0\n", ("line 2",)),
        ('a.png,a\nb.png,"' + "b" * 140_000, ("line 2", "131,072 characters", "Close its quote")),
    ],
)
def test_tables_that_are_refused(tmp_path, text, parts):
    with refused(*parts):
        open_table(write(tmp_path, text), Options())


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00x")
    with refused("UTF-8"):
        open_table(tmp_path / "x.csv", Options())


def listing(files, *columns):
    return "".join(",".join(map(str, row)) + "\n" for row in zip(files, *columns, strict=True))


@pytest.mark.parametrize("head", ["split", "Subset", "usage", "set"])
@pytest.mark.parametrize(
    ("train", "test"), [("train", "test"), ("Training", "PublicTest"), ("TRAIN", "val"), ("train", "dev")]
)
def test_a_column_of_parts(tmp_path, files, head, train, test):
    text = listing(files, NAMES, [train, train, test, test])
    opened = open_table(write(tmp_path, f"path,label,{head}\n{text}"), Options())
    assert np.array_equal(opened.images, IMAGES)
    assert opened.test_rows is not None
    assert opened.test_rows.tolist() == [2, 3]


def test_val_of_three_parts_joins_the_training(tmp_path, files):
    text = listing(files, ["a", "b", "a", "b"], ["test", "train", "train", "val"])
    opened = open_table(write(tmp_path, f"path,label,split\n{text}"), Options())
    assert np.array_equal(opened.images, IMAGES[[1, 2, 3, 0]])
    assert opened.test_rows is not None
    assert opened.test_rows.tolist() == [3]
    assert "1 images of part val joined" in opened.notes[0]


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
        open_table(write(tmp_path, f"path,label,split\n{listing(files, NAMES, parts)}"), Options())


@pytest.mark.parametrize("header", ["path,label,class", "path,class,label", "path,y,category"])
def test_two_columns_of_labels_that_say_the_same(tmp_path, files, header):
    numbers, names = [0, 1, 0, 1], ["ant", "bee", "ant", "bee"]
    columns = (numbers, names) if header.split(",")[1] in ("label", "y") else (names, numbers)
    opened = open_table(write(tmp_path, f"{header}\n{listing(files, *columns)}"), Options())
    assert opened.labels.tolist() == names


def test_two_columns_of_labels_that_do_not(tmp_path, files):
    with refused("label and class", "do not say the same"):
        open_table(write(tmp_path, "path,label,class\n" + listing(files, NAMES, ["x", "x", "y", "y"])), Options())


@pytest.mark.parametrize("name", ["nan", "NaN", "<NA>", "#N/A"])
def test_a_label_that_is_missing(tmp_path, files, name):
    with refused("line 3", repr(name), "one is missing"):
        open_table(write(tmp_path, "path,label\n" + listing(files, ["a", name, "a", "b"])), Options())


def test_a_class_called_none_is_told(tmp_path, files):
    opened = open_table(write(tmp_path, listing(files, ["None", "b", "None", "b"])), Options())
    assert opened.labels.tolist() == ["None", "b", "None", "b"]
    assert opened.notes == ("2 images are labelled 'None', which was taken for a class.",)


@pytest.mark.parametrize(
    ("header", "move"),
    [
        ("id,label", "call that of the images path, or"),
        ("image_id,dx", "call that of the images path and that of the classes label, or"),
        ("filepath,species", "call that of the classes label, or"),
    ],
)
def test_a_header_of_other_names_is_no_row(tmp_path, files, header, move):
    with refused("line 1", header.replace(",", ", "), move):
        open_table(write(tmp_path, f"{header}\n{listing(files, NAMES)}"), Options())


def test_images_that_are_not_there(tmp_path, files):
    names = [file.with_suffix("") for file in files]
    with refused("4 of 4", "line 2", f"There is {files[0]} beside the table"):
        open_table(write(tmp_path, "path,label\n" + listing(names, NAMES)), Options())
    with refused("2 of 2", "'x1.png' in line 1", "as seen from the table"):
        open_table(write(tmp_path, "x1.png,a\nx2.png,b\n"), Options())


def test_backslashes_of_windows(tmp_path, files):
    text = listing([str(file).replace("/", "\\") for file in files], NAMES)
    opened = open_table(write(tmp_path, text), Options())
    assert np.array_equal(opened.images, IMAGES)


def test_an_image_with_two_labels_is_told(tmp_path, files):
    opened = open_table(write(tmp_path, listing([*files, files[0]], [*NAMES, "b"])), Options())
    assert len(opened.images) == 5
    assert "1 image is listed with more than one label" in opened.notes[0]
    assert f"{files[0]} in lines 1 and 5" in opened.notes[0]


@pytest.mark.parametrize(("text", "cells"), [("{},a, b", "a | b"), ("{},a,train,late", "a | train | late")])
@pytest.mark.parametrize("header", ["", "path,label\n", "path,label,\n"])
def test_a_line_with_more_cells_than_columns(tmp_path, files, text, cells, header):
    lines = [f"{files[0]},a", text.format(files[1])]
    with refused("2 columns", f"line {3 if header else 2}", f"| {cells}", "double quotes"):
        open_table(write(tmp_path, header + "\n".join(lines)), Options())


def test_empty_cells_at_the_end_of_a_line(tmp_path, files):
    text = "".join(f"{file},{name},,\n" for file, name in zip(files, NAMES, strict=True))
    assert open_table(write(tmp_path, "path,label\n" + text), Options()).labels.tolist() == NAMES


def test_a_quote_that_swallows_lines(tmp_path, files):
    lines = [f"{file},{name}" for file, name in zip(files, NAMES, strict=True)]
    lines[0] = lines[0].replace(",", ',"')
    with refused("line 2", "quote", "Close it"):
        open_table(write(tmp_path, "path,label\n" + "\n".join(lines)), Options())
    lines[2] = lines[2].replace(",", ',"')
    with refused("line 2", "holds 3", "Close its quote"):
        open_table(write(tmp_path, "path,label\n" + "\n".join(lines)), Options())
    with refused("one line each", "line 1"):
        open_table(write(tmp_path, f'{files[0]},"a\nb"\n{files[1]},b'), Options())


def test_a_text_of_two_lines_beside_them(tmp_path, files):
    text = "".join(f'{file},{name},"one, and\ntwo"\n' for file, name in zip(files, NAMES, strict=True))
    assert open_table(write(tmp_path, "path,label,text\n" + text), Options()).labels.tolist() == NAMES


def test_images_listed_twice_are_told(tmp_path, files):
    rows = [*files, f"./{files[0]}", tmp_path / files[1]]
    opened = open_table(write(tmp_path, listing(rows, [*NAMES, "a", "a"])), Options())
    assert len(opened.images) == 6
    assert "1 image is listed with more than one label" in opened.notes[0]
    assert "1 image is listed more than once" in opened.notes[1]
    assert "lines 1 and 5" in opened.notes[1]


@pytest.mark.parametrize("header", ["path,label,label", "path,label,Label"])
@pytest.mark.parametrize("other", [["x", "x", "y", "y"], ["b", "a", "b", "a"]])
def test_a_name_of_labels_twice(tmp_path, files, header, other):
    with refused("do not say the same", "abel"):
        open_table(write(tmp_path, f"{header}\n{listing(files, NAMES, other)}"), Options())


def test_columns_of_paths_that_name_different_images(tmp_path, files):
    with refused("filename and image", "line 2", "do not say the same"):
        open_table(write(tmp_path, "image,filename,label\n" + listing(files, files[::-1], NAMES)), Options())


@pytest.mark.parametrize("header", ["image,filename,label", "filename,image,label"])
def test_of_columns_of_paths_the_one_that_is_there_is_taken(tmp_path, files, header):
    columns = [[f"id{number}" for number in range(4)], files]
    text = listing(*(columns if header.startswith("image") else columns[::-1]), NAMES)
    opened = open_table(write(tmp_path, f"{header}\n{text}"), Options())
    assert np.array_equal(opened.images, IMAGES)


def test_paths_in_two_columns(tmp_path, files):
    text = listing([file.parent for file in files], [file.name for file in files], NAMES)
    for _ in range(2):
        with refused("path and filename", f"Write {files[0]} in one"):
            open_table(write(tmp_path, "path,filename,label\n" + text), Options())
        # An image of that name beside the table changes nothing.
        (tmp_path / files[0].name).write_bytes((tmp_path / files[0]).read_bytes())


def test_names_that_no_system_takes(tmp_path):
    with refused("2 of 2", "xxx"):
        open_table(write(tmp_path, f"{'x' * 5000}.png,a\n{'é' * 5000}.png,b\n"), Options())
    with refused("too long"):
        open_table(write(tmp_path, f"{'x' * 300}.png,a\nb,b\n"), Options(skip_bad=True))


def test_labels_that_look_the_same_are_one(tmp_path, files):
    opened = open_table(write(tmp_path, listing(files, ["caf\xe9", "b", "cafe\u0301", "b\u200b"])), Options())
    assert opened.labels.tolist() == ["caf\xe9", "b"] * 2


@pytest.mark.parametrize("pair", [("1", "01"), ("Cat", "cat"), ("red cat", "red_cat"), ("50", "50%"), ("a", "\uff41")])
def test_labels_that_look_alike_are_told(tmp_path, files, pair):
    opened = open_table(write(tmp_path, listing(files, pair * 2)), Options())
    assert opened.notes == (f"Classes {' and '.join(map(repr, sorted(pair)))} are spelled almost alike, and were kept "
                           "apart.",)  # fmt: skip


def test_whole_numbers_written_in_two_ways_are_one(tmp_path, files):
    opened = open_table(write(tmp_path, listing(files, ["0", "1.0", "0.", "1"])), Options())
    assert opened.labels.tolist() == ["0", "1"] * 2
    assert "'0.' were read as whole numbers" in opened.notes[0]


@pytest.mark.parametrize("name", ["?", "-", "unknown", "-1"])
def test_a_label_that_may_stand_for_none_is_told(tmp_path, files, name):
    opened = open_table(write(tmp_path, listing(files, ["a", "b", "a", name])), Options())
    assert f"1 image is labelled {name!r}" in opened.notes[0]


def test_a_label_for_each_image(tmp_path, files):
    with refused("4 numbers with fractions for 4 images", "0.7"):
        open_table(write(tmp_path, listing(files, [0.1, 0.3, 0.5, 0.7])), Options())
    opened = open_table(write(tmp_path, listing(files, ["p", "q", "r", "s"])), Options())
    assert opened.notes == ("4 images have 4 different labels: most classes have one image.",)


@pytest.mark.parametrize(
    ("start", "separator"), [("", "|"), ("sep=;\n", ";"), ("sep=,\r\n", ","), ('"sep=;"\npath;label\n', ";")]
)
def test_separators_that_programs_write(tmp_path, files, start, separator):
    lines = [f"{file}{separator}{label}" for file, label in zip(files, NAMES, strict=True)]
    assert open_table(write(tmp_path, start + "\n".join(lines)), Options()).labels.tolist() == NAMES


def test_comments_are_refused(tmp_path, files):
    with refused("line 1", "no comments", "Remove such lines"):
        open_table(write(tmp_path, f"# my pets\n{listing(files, NAMES)}"), Options())


def test_where_missing_images_may_be(tmp_path):
    write_folder(tmp_path / "train", IMAGES[:2], ["a", "b"])
    write_folder(tmp_path / "test", IMAGES[:1], ["a"])
    for part in ("train", "test"):
        (tmp_path / part / "a" / "img0.png").rename(tmp_path / part / "x.PNG")

    def said(name: str, *parts: str) -> None:
        with refused("2 of 2", *parts):
            open_table(write(tmp_path, f"{name},a\n{name},b\n"), Options())

    said("x.png", "There are train/x.PNG and test/x.PNG beside the table")
    said("train/b/img1.jpg", "There is train/b/img1.png beside")
    said(f"{tmp_path.name}/train/b/img1.png", "There is train/b/img1.png beside")
    said("/data/pets/train/b/img1.png", "There is train/b/img1.png beside")


def test_a_path_in_letters_of_parts(tmp_path):
    names = [unicodedata.normalize("NFD", name) for name in ("\xe4", "\xf6")]
    write_folder(tmp_path, IMAGES[:2], names)
    lines = [f"{unicodedata.normalize('NFC', name)}/img{n}.png,{n}" for n, name in enumerate(names)]
    assert np.array_equal(open_table(write(tmp_path, "\n".join(lines)), Options()).images, IMAGES[:2])


def test_blanks_before_quotes(tmp_path, files):
    lines = [f'"{file}", "{name}, red"' for file, name in zip(files, NAMES, strict=True)]
    opened = open_table(write(tmp_path, "path, label\n" + "\n".join(lines)), Options())
    assert opened.labels.tolist() == [f"{name}, red" for name in NAMES]


def test_a_class_that_is_lost_is_refused(tmp_path, files):
    path = write(tmp_path, listing([*files, "gone.png", "away.png"], [*NAMES, "c", "c"]))
    with refused("of 2 of class 'c' to train on in", "none can"):
        open_table(path, Options(skip_bad=True))
    with refused("of 2 of class 'c' of the test part in", "none can"):
        open_table(path, Options(skip_bad=True, held=True))


def test_folders_of_parts_that_no_column_tells(tmp_path):
    files = [
        path.relative_to(tmp_path) for path in write_folder(tmp_path, IMAGES, ["train/a", "train/b", "test/a", "x"])
    ]
    opened = open_table(write(tmp_path, listing(files, NAMES)), Options())
    assert opened.test_rows is None
    assert "Paths lead through folders called test and train, but no column says what tests" in opened.notes[0]


@pytest.mark.parametrize("cell", ["b\0.png,b", "b.png,b\0", "b.png,b\0c"])
def test_zero_bytes_are_named(tmp_path, cell):
    with refused("line 2", "has a zero byte", "Remove it"):
        open_table(write(tmp_path, f"a.png,a\n{cell}\n"), Options())


@pytest.mark.parametrize("pair", [("true", "1"), ("Yes", "t"), ("no", "0")])
def test_truth_that_is_written_in_two_ways_is_told(tmp_path, files, pair):
    opened = open_table(write(tmp_path, listing(files, pair * 2)), Options())
    assert any("may mean the same" in note for note in opened.notes)


def test_fractions_with_a_comma_are_no_classes(tmp_path, files):
    with refused("numbers with fractions", "regression"):
        open_table(write(tmp_path, listing(files, ['"1,5"', '"2,5"', '"3,1"', '"4,1"'])), Options())


def test_many_images_with_several_labels_are_refused(tmp_path):
    files = write_folder(tmp_path, pictures(12), ["x"] * 12)
    names = [f"x{row % 2}" for row in range(12)]
    assert len(open_table(write(tmp_path, listing(files + files[:4], names + ["x2"] * 4)), Options()).labels) == 16
    with refused("an image has one label", "5 of 12 images", "img0.png in lines 1 and 13"):
        open_table(write(tmp_path, listing(files + files[:5], names + ["x2"] * 5)), Options())
    opened = open_table(write(tmp_path, listing(files + files, names * 2)), Options())
    assert "12 images are listed more than once" in opened.notes[0]


@pytest.mark.parametrize("text", ["{0},{1}\n{2},{3}\n", "path,label\n{0},{1}\n{2},{3}\n", "cat,{0}\ndog,{1}\n"])
def test_labels_that_are_images(tmp_path, files, text):
    with refused("a label names a class", "are images, such as", "in line"):
        open_table(write(tmp_path, text.format(*files)), Options())


@pytest.mark.parametrize(("first", "said"), [("", "line 1 of"), ("path,label\n", "line 2 of")])
def test_a_line_with_more_cells_of_several_lines(tmp_path, files, first, said):
    with refused(said, "a b", "c"):
        open_table(write(tmp_path, f'{first}{files[0]},"a\nb",c\n{files[1]},b\n'), Options())
