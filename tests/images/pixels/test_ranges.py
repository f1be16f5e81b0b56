"""The range of pixels is one decision for a whole set, and it is told."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from etascope.images.pixels.extents import Extent, Scale, measure
from etascope.images.pixels.ranges import decide, scaled
from tests.images.making import pictures, refused


def bytes_of(array, given=()):
    extent = measure(array)
    scale = decide([extent], dict(given))[extent.kind]
    return scaled(array, scale), scale.note


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.int32, np.uint32, np.int64, np.float32, np.float64])
@pytest.mark.parametrize(
    ("low", "high", "white"),
    [
        (0, 1, 1),
        (0, 16, 16),
        (0, 15, 15),
        (0, 100, 100),
        (0, 90, 100),
        (0, 255, 255),
        (0, 130, 255),
        (0, 1023, 1023),
        (0, 700, 1023),
        (0, 4095, 4095),
        (0, 2300, 4095),
        (0, 16383, 16383),
        (0, 32767, 65535),
    ],
)
def test_the_whole_numbers_of_every_depth(kind, low, high, white):
    values = np.linspace(low, high, 1000).astype(kind)
    pixels, note = bytes_of(values)
    assert np.array_equal(pixels, np.rint(values.astype(np.float64) * 255 / white))
    quiet = white == 255 or (white == 1 and np.dtype(kind).kind == "f")
    assert (note == "") == quiet
    if not quiet:
        assert f"0 .. {white:,}" in note


def test_sixteen_bits():
    values = np.arange(65536, dtype=np.uint16)
    pixels, note = bytes_of(values)
    assert np.array_equal(pixels, np.rint(values / 257))
    assert note == "Pixels were scaled from 0 .. 65,535 (16 bits) to 0 .. 255."


@pytest.mark.parametrize(
    ("values", "expected", "parts"),
    [
        ([-0.01, 0, 0.5, 1, 1.02], [0, 0, 128, 255, 255], ("0 .. 1", "from -0.01 to 1.02, were cut")),
        ([-1, 0, 1], [0, 128, 255], ("-1 .. 1",)),
        ([-1.02, 0, 1.05], [0, 128, 255], ("-1 .. 1", "were cut")),
        ([-0.5, 0, 0.5], [0, 128, 255], ("-0.5 .. 0.5",)),
        ([-3.5, 0, 128, 255, 260], [0, 0, 128, 255, 255], ("0 .. 255", "were cut")),
        ([0, 0.02], [0, 5], ("0 .. 1", "the largest value is 0.02")),
        ([0, 70000.5], [0, 255], ("the largest value",)),
        ([0.0, 0.0], [0, 0], ("all images are black",)),
    ],
)
def test_floats(values, expected, parts):
    pixels, note = bytes_of(np.array(values, np.float64))
    assert pixels.tolist() == expected
    for part in parts:
        assert part in note


@pytest.mark.parametrize(
    ("values", "expected", "part"),
    [
        ([-128, 0, 127], [0, 128, 255], "-128 .. 127"),
        ([-3, 128, 258], [0, 128, 255], "were cut"),
        ([-1024, 3071], [0, 255], "-1,024 .. 3,071"),
        ([0, 100_000], [0, 255], "0 .. 100,000"),
        ([0, 2**32 - 1], [0, 255], "0 .. 4,294,967,295"),
    ],
)
def test_whole_numbers(values, expected, part):
    pixels, note = bytes_of(np.array(values, np.int64))
    assert pixels.tolist() == expected
    assert part in note


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [(-2.1, 2.6, float), (-5, -1, float), (-1000.0, 1500.0, float), (-1, 5, int), (-50, 9, int)],
)
def test_what_tells_no_range_is_refused(low, high, kind):
    with refused("known range", "Undo the normalisation"):
        bytes_of(np.array([low, high], kind))


@pytest.mark.parametrize(
    ("brightest", "expected", "part"),
    [(0, 0, "all images are black"), (1, 255, "0 and 1"), (16, 16, "16 of 255; if it is meant"), (32, 32, "")],
)
def test_bytes(brightest, expected, part):
    pixels, note = bytes_of(np.array([0, brightest], np.uint8))
    assert int(pixels[1]) == expected
    assert part in note
    assert bool(note) == bool(part)


def test_bytes_are_shared_and_booleans_are_black_and_white():
    array = pictures()
    assert scaled(array, Scale(0, 255)) is array
    assert bytes_of(np.array([True, False])) == (pytest.approx([255, 0]), "")


def some_arrays(low, high):
    return st.lists(npst.arrays(np.float32, (3, 2), elements=st.floats(low, high, width=32)), min_size=1, max_size=5)


@given(some_arrays(0, 1).filter(lambda arrays: max(array.max() for array in arrays) >= 0.01) | some_arrays(4, 255))
def test_all_images_of_a_set_share_one_scale(arrays):
    scales = decide([measure(array) for array in arrays], {})
    together = decide([measure(np.stack(arrays))], {})
    # What is said of single images is another matter.
    assert {kind: (s.low, s.high) for kind, s in scales.items()} == {k: (s.low, s.high) for k, s in together.items()}


def test_each_kind_of_number_has_its_own():
    scales = decide([Extent("bytes", 0, 255), Extent("whole", 0, 4000), Extent("floats", 0, 1)], {})
    assert {kind: scale.high for kind, scale in scales.items()} == {"bytes": 255, "whole": 4095, "floats": 1}


def test_a_given_scale_wins_and_tells_what_does_not_fit():
    given_scale = {"whole": Scale(0, 4095)}
    assert decide([Extent("whole", 0, 200)], given_scale)["whole"].high == 4095
    assert "range of the training images" in decide([Extent("whole", 0, 200)], given_scale)["whole"].note
    assert "were cut to 0 .. 4,095" in decide([Extent("whole", 0, 60000)], given_scale)["whole"].note
    assert decide([Extent("whole", 0, 4000)], given_scale)["whole"].note == ""


def test_what_a_given_scale_cuts_is_told_to_the_value():
    given_scale = {"floats": Scale(-1, 1)}
    assert "from -1.2 to 1 were cut" in decide([Extent("floats", -1.2, 1)], given_scale)["floats"].note
    assert decide([Extent("floats", -1.001, 1.001)], given_scale)["floats"].note == ""
    assert decide([Extent("floats", 0, 1.0001)], {})["floats"].note == ""
    assert "to 1.01, were cut" in decide([Extent("floats", 0, 1.01)], {})["floats"].note


def test_whole_numbers_from_minus_one_to_one():
    pixels, note = bytes_of(np.array([-1, 0, 1]))
    assert pixels.tolist() == [0, 128, 255]
    assert "-1 .. 1" in note


def test_the_largest_floats():
    assert bytes_of(np.array([0, 0.5, 1]) * 1.7e308)[0].tolist() == [0, 128, 255]


def test_images_that_are_all_zero_are_of_any_range():
    assert decide([Extent("bytes", 0, 255, np.array([0.0] * 9 + [255]))], {})["bytes"].note == ""


def test_floats_are_converted_in_little_memory():
    array = np.random.default_rng(0).random((20_000, 28, 28), np.float32)
    tracemalloc.start()
    bytes_of(array)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < array.size + 30e6


def test_whole_numbers_below_zero_are_stretched():
    pixels, note = bytes_of(np.linspace(-1000, -100, 400).astype(np.int16).reshape(4, 10, 10, 1))
    assert (int(pixels.min()), int(pixels.max())) == (0, 255)
    assert "-1,000 .. -100, the smallest and the largest value" in note


@pytest.mark.parametrize("high", [1e-9, 0.0005, 0.0019])
def test_floats_that_would_all_be_black_are_refused(high):
    with refused(f"are read as 0 .. 1; found 0 .. {high:.6g}, all of which would be black", "Divide all"):
        bytes_of(np.linspace(0, high, 50))
    assert "the largest value is 0.002" in bytes_of(np.linspace(0, 0.002, 50))[1]


@pytest.mark.parametrize("floats", [300, 4095, 60000])
@pytest.mark.parametrize("whole", [200, 900, 65535])
def test_whole_numbers_and_floats_share_a_scale(floats, whole):
    scales = decide([Extent("whole", 0, whole), Extent("floats", 0, floats)], {})
    high = max(floats, whole)
    depth = next(white for white in (1023, 4095, 65535) if high <= white) if high > 300 else 255
    assert {kind: (scale.low, scale.high) for kind, scale in scales.items()} == {
        "whole": (0, depth),
        "floats": (0, depth),
    }
    given = decide([Extent("whole", 0, whole)], {"floats": Scale(0, depth)})["whole"]
    assert (given.high, given.given) == (depth, True)
    assert decide([Extent("whole", 0, whole)], {"floats": Scale(0, 1)})["whole"].given is False


def test_what_is_far_beyond_is_named_where_it_is_in_few_images():
    def of(peaks, low=0.0):
        peaks = np.array(peaks, float)
        lows = np.full(len(peaks), low)
        return Extent("floats", lows.min(), peaks.max(), peaks, lows, tuple(f"{row}.tif" for row in range(len(peaks))))

    for few in ([9999.0], [1e20, 2e20]):
        which = "in 30.tif alone. Repair it" if len(few) == 1 else "in 2 of 32, the first 30.tif. Repair it"
        with refused("must lie in a known range", f".. {few[-1]:,.0f}, so far {which}" if len(few) == 1 else which):
            decide([of([1.0] * 30 + few, low=-0.3)], {})
    with refused(".. 9. Undo the normalisation"):
        decide([of([9.0] * 30, low=-8)], {})
    with refused("30 of 31 have no value beyond 1, the first 0.tif, where white is 1,000,000 by 30.tif. Scale"):
        decide([of([1.0] * 30 + [1e6])], {})
    with refused("20 of 50 have no value beyond 1, the first 0.tif, where white is 255. Scale"):
        decide([of([1.0] * 20 + [255.0] * 30)], {})


@pytest.mark.parametrize(
    ("low", "high", "advice"),
    [
        (-0.3, 1.3, "If resizing threw them beyond 0 .. 1, cut them (images.clip(0, 1)). Undo"),
        (-75, 330, "If resizing threw them beyond 0 .. 255, cut them (images.clip(0, 255)). Undo"),
        (-1024.0, 3071.0, "If they are whole, as Hounsfield units are, convert them (images.astype('int16')). Undo"),
        (-2.5, 2.5, "2.5. Undo the normalisation"),
        (-400.5, 900.25, "900.25. Undo the normalisation"),
    ],
)
def test_the_advice_for_floats_below_0(low, high, advice):
    with refused("images of floats must lie in a known range", advice):
        decide([Extent("floats", low, high)], {}, "images")


def test_what_is_advised_for_floats_below_0_is_read():
    images = np.random.default_rng(0).uniform(-0.3, 1.3, (6, 8, 8))
    assert decide([measure(images.clip(0, 1))], {})["floats"] == Scale(0, 1)
    units = np.linspace(-1024, 3071, 64).round().reshape(1, 8, 8)
    assert "the smallest and the largest value" in decide([measure(units.astype("int16"))], {})["whole"].note


def test_signed_numbers_that_end_in_the_middle_are_told():
    note = decide([Extent("whole", 0, 32_640)], {})["whole"].note
    assert note == "Pixels were scaled from 0 .. 65,535 (16 bits) to 0 .. 255; the largest value is 32,640."
