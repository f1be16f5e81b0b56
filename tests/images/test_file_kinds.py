"""Kinds of files by their names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from etascope.images.file_kinds import counted, is_foreign, kind


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
    assert counted(kinds) == "6 .f files, 5 .e files, 4 .d files, 3 .c files, 3 others"
