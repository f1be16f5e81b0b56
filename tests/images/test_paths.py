"""Paths that are wrong are answered with what was meant."""

from __future__ import annotations

import base64
import io
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.images.open import open_images
from etascope.images.paths import as_path, counted_kinds, existing, is_foreign, kind, refuse_text
from tests.images.making import refused


def test_as_path():
    assert as_path("~/x") == Path.home() / "x"
    assert as_path(Path("a")) == Path("a")
    assert as_path(3) is None


def test_the_home_of_an_unknown_user_is_a_path_as_any_other():
    assert as_path("~no-such-user/photos") == Path("~no-such-user/photos")


def test_a_neighbour_is_suggested(tmp_path):
    (tmp_path / "flowers").mkdir()
    assert existing(tmp_path / "flowers") == tmp_path / "flowers"
    with refused("does not exist", f"Did you mean {str(tmp_path / 'flowers')!r}?"):
        existing(tmp_path / "flwoers")


def test_a_known_set_is_suggested(tmp_path):
    with refused("'MNIST' does not exist", "Did you mean 'mnist'?"):
        existing(Path("MNIST"), ("digits", "mnist"))


def test_nothing_is_near(tmp_path):
    with refused("does not exist", "Known sets are digits, mnist."):
        existing(tmp_path / "none" / "qqq", ("digits", "mnist"))


def test_a_link_to_nothing(tmp_path):
    (tmp_path / "x").symlink_to(tmp_path / "gone")
    with refused("is a link to nothing"):
        existing(tmp_path / "x")


def test_a_name_that_no_system_takes(tmp_path):
    with refused("cannot be read"):
        existing(tmp_path / ("x" * 5000))
    with refused(""):
        existing(Path("a\0b"))


def test_an_empty_path_is_no_folder():
    with refused("a path must name something"):
        as_path("")


def test_a_path_that_is_too_long_to_read_is_shortened(tmp_path):
    for path in (tmp_path / ("x" * 5000), tmp_path / "/".join(["y" * 90] * 10)):
        with pytest.raises(InputError) as caught:
            existing(path, ("digits",))
        assert len(str(caught.value)) < 600
        assert f"(of {len(str(path)):,} characters)" in str(caught.value)


NUMBERS = [
    "70 80 82 72",
    "70.5 80.25 3e2 0",
    "1,2,3,4",
    "1, 2, 3, 4",
    "[1, 2, 3, 4]",
    "[[1 2]\n [3 4]]",
    "1;2;3;4",
    " 1 2 3 4 ",
]


@pytest.mark.parametrize("text", NUMBERS)
@pytest.mark.parametrize("form", ["list", "array", "series", "dict", "pairs", "table"])
def test_what_is_advised_of_text_of_numbers_reads_them(text, form):
    import pandas

    texts, labels = [text] * 4, [0, 1] * 2
    source, given = {
        "list": (texts, labels),
        "array": (np.array(texts), labels),
        "series": (pandas.Series(texts), labels),
        "dict": ({"x": np.array(texts), "y": labels}, None),
        "pairs": ([*zip(texts, labels, strict=True)], None),
        "table": (pandas.DataFrame({"pixels": texts, "label": labels}), None),
    }[form]
    with refused("found text of numbers", "Split it: numpy.array([", "for text in texts], 'float32')") as caught:
        open_images(source, given)
    advised = str(caught.value).partition("Split it: ")[2].removesuffix(".")
    rows = eval(advised, {"numpy": np, "re": re, "texts": texts})
    assert rows.shape == (4, 4)


def test_long_text_of_pixels_is_not_printed_whole():
    with refused("'177 161 126") as caught:
        open_images([("177 161 126 84 " * 576).strip()] * 2, [0, 1])
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WebP", "BMP"])
@pytest.mark.parametrize("before", ["", "data:image/png;base64,"])
def test_what_is_advised_of_base64_opens_it(kind, before):
    import PIL.Image

    file = io.BytesIO()
    PIL.Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(file, kind)
    text = before + base64.b64encode(file.getvalue()).decode()
    with refused("found an image file as text in base64", "Decode it") as caught:
        open_images([text, text], [0, 1])
    advised = str(caught.value).partition("Decode it: ")[2].removesuffix(".")
    assert eval(advised, {"PIL": PIL, "io": io, "base64": base64, "text": text}).size == (8, 8)


@pytest.mark.parametrize("text", ["a/0.png", "0.png", "1 2.jpg", "2020 01 02 03.png", "ant", "1", "10_20_30_40"])
def test_paths_are_no_text_of_numbers(text):
    refuse_text(text)


@pytest.mark.parametrize("text", ["https://x.org/a.zip", "s3://bucket/a", "file:///tmp/a.csv", "gs://x"])
def test_addresses_are_no_paths(text):
    with refused("files of this machine", f"found the address {text!r}. Download it"):
        as_path(text)


@pytest.mark.parametrize("text", ["C://a/b", "a://"[1:], "a//b", "x:y"])
def test_paths_that_are_no_addresses(text):
    assert as_path(text) == Path(text)


@pytest.mark.parametrize(
    ("name", "of", "foreign"),
    [("a.JPG.heic", ".heic", True), ("a.tar.gz", ".tar.gz", False), ("v1.2.gz", ".gz", False),
     ("LICENSE", "no ending", False), ("img_7", "no ending", True), ("a.txt", ".txt", False),
     ("a.jpg.gz", ".jpg.gz", True), ("a.jpg!d", ".jpg!d", True), ("a.png_", ".png_", True),
     ("a.JPG.enc", ".enc", True), ("a.jpg.json", ".json", False), ("a.pngs", ".pngs", False),
     ("film.MP4", ".mp4", True), ("a.jpg.part", ".part", True), ("notes.bak", ".bak", False), ("m.pt", ".pt", True)],
)  # fmt: skip
def test_kinds(name, of, foreign):
    assert kind(Path(name)) == of
    assert is_foreign(Path(name)) == foreign


def test_the_rest_of_many_kinds_is_one_number():
    kinds = Counter({f".{letter}": number for number, letter in enumerate("abcdef", 1)})
    assert counted_kinds(kinds) == "6 .f files, 5 .e files, 4 .d files, 3 .c files, 3 others"
