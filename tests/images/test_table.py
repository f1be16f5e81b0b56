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
