from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.experiments.range_test.terminal_chart import range_chart
from tests.experiments.made import climb
from tests.learn import made


def chart(*arguments, **named):
    return list(range_chart(climb(), *arguments, **named))


def test_the_axis_is_logarithmic_and_labelled_by_decade():
    (numbers,) = [line for line in chart([]) if line.startswith("rate")]
    labels = numbers.split()[1:]
    assert labels == ["1e-07", "1e-06", "1e-05", "0.0001", "0.001", "0.01", "0.1", "1", "10"]
    assert np.ptp(np.diff([numbers.index(label) + (len(label) - 1) // 2 for label in labels[1:5]])) <= 1


def test_marks_stand_at_their_rates_and_above_each_other_where_they_meet():
    lines = chart([("a", 0.01), ("b", 0.01), ("c", 10.0)], ascii=True)
    numbers = next(i for i, line in enumerate(lines) if line.startswith("rate"))
    assert lines[numbers + 1].split() == ["a", "c"]
    assert lines[numbers + 2].split() == ["b"]
    assert lines[numbers + 1].index("a") == lines[numbers + 2].index("b")
    assert abs(lines[numbers + 1].index("a") - lines[numbers].index("0.01") - 2) <= 1


def test_a_mark_beyond_the_axis_stands_at_its_end():
    lines = chart([("a", 1e-12), ("b", 1e9)], ascii=True, width=60)
    row = lines[next(i for i, line in enumerate(lines) if line.startswith("rate")) + 1]
    assert (row.index("a"), row.index("b")) == (7, 59)


def test_the_loss_falls_then_rises():
    lines = chart([], ascii=True, height=12)
    rows = [line[7:] for line in lines[1:13]]
    height = [next(i for i, row in enumerate(rows) if row.ljust(80)[c] == "*") for c in (5, 60, 72)]
    assert height[1] > height[0] > height[2]


def test_after_divergence_the_chart_is_empty():
    lines = range_chart(climb(lost=50), [], ascii=True)
    assert max(line.rfind("*") for line in lines) < 46


def test_a_test_that_diverged_at_once_is_an_empty_chart():
    assert not any("*" in line for line in range_chart(climb(lost=0), [], ascii=True))


def test_below_stand_the_measured_accuracies_with_the_basin():
    lines = chart([], made.choice(), ascii=True)
    basin = lines[-1]
    assert basin.startswith("basin")
    assert basin[7:].strip().startswith("[")
    assert basin.endswith("]")
    assert "o" in basin[7:]
    highest, _, lowest = (line[7:].replace(":", "#").replace(".", "#") for line in lines[-4:-1])
    assert highest.count("#") < lowest.count("#")
    assert highest.index("#") <= basin[7:].index("o") <= highest.rindex("#")


def test_a_search_that_cannot_tell_has_no_basin():
    lines = chart([], made.choice(learning_rate=None))
    assert not any(line.startswith("basin") for line in lines)


def test_measured_rates_beyond_the_test_widen_the_axis():
    lines = range_chart(climb(low=0.01, high=0.1), [], made.choice())
    assert any("0.001" in line for line in lines)


@given(
    width=st.integers(10, 130), height=st.integers(1, 15), ascii=st.booleans(), lost=st.integers(0, 100),
    rates=st.lists(st.floats(1e-12, 1e6), max_size=7),
)  # fmt: skip
def test_no_line_is_longer_than_the_width(width, height, ascii, lost, rates):
    marks = list(zip("abcdefg", rates, strict=False))
    lines = range_chart(climb(lost=lost), marks, made.choice(), width, height, ascii)
    assert max(map(len, lines)) <= max(width, 40)
    assert not ascii or all(line.isascii() for line in lines)
    below = lines[next(i for i, line in enumerate(lines) if line.startswith("rate")) + 1 :]
    below = [line for line in below if not line.startswith("basin")]
    assert all(sum(line.count(mark) for line in below) == 1 for mark, _ in marks)


@pytest.mark.parametrize("ascii", [True, False])
def test_an_axis_that_is_cut_says_so(ascii):
    whole = replace(climb(), losses=np.linspace(2.3, 0.5, 100))
    assert range_chart(whole, [], ascii=ascii)[0].strip() == "nats"
    cut = replace(climb(), losses=np.geomspace(0.7, 4e9, 100))
    assert range_chart(cut, [], width=40, ascii=ascii)[0].strip() == "nats  cut off; the highest is 4e+09"
