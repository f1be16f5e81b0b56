"""The bundled digits are whole."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

import numpy as np

import etascope.images.idx.digits as digits
from etascope.images.idx.digits import open_digits
from etascope.images.opened import Wishes

DATA = Path(digits.__file__).parents[1] / "data"


def test_what_the_licence_page_says():
    page = (DATA / "LICENSE.md").read_text(encoding="utf-8")
    for path in DATA.glob("*.gz"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in page
    counts = re.search(r"\((\d[\d ]+) for digits 0 to 9\)", page)
    assert counts is not None
    found = open_digits(Wishes())
    assert np.bincount(found.labels).tolist() == [int(n) for n in counts[1].split()]


def test_what_they_are():
    found = open_digits(Wishes())
    assert found.images.shape == (1000, 28, 28, 1)
    assert (int(found.images.min()), int(found.images.max())) == (0, 255)
    assert found.labels[:5].tolist() == [3, 8, 1, 0, 4]
    assert (found.test_rows, found.notes, found.source) == (None, (), "digits")


def test_they_open_at_once():
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        open_digits(Wishes())
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.03
