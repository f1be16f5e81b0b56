"""Sizes and workers that make no sense are refused."""

from __future__ import annotations

import numpy as np
import pytest

from etascope.images.opened import as_size, as_switch, as_workers
from tests.images.making import refused


@pytest.mark.parametrize(
    ("given", "size"),
    [
        (None, None),
        (28, (28, 28)),
        ((10, 20), (10, 20)),
        ([10, 20], (10, 20)),
        (np.int64(7), (7, 7)),
        (4096, (4096, 4096)),
    ],
)
def test_sizes(given, size):
    assert as_size(given) == size


@pytest.mark.parametrize("given", [0, -3, 4097, 2.5, True, "32", (1, 2, 3), (5,), (8, 0), (8, "x"), {}, float("nan")])
def test_sizes_that_are_refused(given):
    with refused("the size of images", "1 to 4096", repr(given)):
        as_size(given)


def test_workers():
    assert as_workers(3) == 3
    assert as_workers(None) >= 1


@pytest.mark.parametrize("given", [0, -1, 1.5, True, "2"])
def test_workers_that_are_refused(given):
    with refused("workers", "at least 1", repr(given)):
        as_workers(given)


@pytest.mark.parametrize("value", ["no", "yes", "False", 2, None, 0.5, [], "0"])
def test_switches_are_truth_values(value):
    with refused("grayscale must be True or False; found", repr(value)):
        as_switch(value, "grayscale")
    for yes in (True, 1, np.True_):
        assert as_switch(yes, "grayscale") is True
    for no in (False, 0, np.False_):
        assert as_switch(no, "grayscale") is False
