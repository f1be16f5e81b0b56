import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.report.terminal.loss_chart import loss_chart
from tests.learn import made

LOSS = st.one_of(st.floats(0, 1e30), st.sampled_from([math.nan, math.inf, 0.0]))


@given(
    steps=st.lists(LOSS, min_size=1, max_size=60),
    per_epoch=st.integers(1, 70),
    width=st.integers(1, 130),
    height=st.integers(1, 15),
    ascii=st.booleans(),
)
def test_any_curve_is_drawn_within_the_width(steps, per_epoch, width, height, ascii):
    lines = loss_chart(np.array(steps, np.float64), per_epoch, width, height, ascii)
    drawing = lines[: max(height, 3) + 3]
    assert all(len(line) <= max(width, 20) for line in drawing)
    assert drawing[0].strip() == "nats"
    assert drawing[-1].startswith("epoch  1")
    if ascii:
        assert "".join(lines).isascii()


def test_axes_name_nats_and_epochs():
    lines = loss_chart(made.batches(made.HEALTHY), made.STEPS, 72, 9)
    assert lines[1].split("┤")[0].strip() == "2.30"
    assert lines[9].split("┤")[0].strip() == "0"
    assert lines[-2].split() == ["epoch", "1", "2", "3", "4", "5"]
    assert lines[-3].count("┬") == 5


def test_a_falling_loss_falls_on_the_page():
    lines = loss_chart(np.linspace(4, 0, 40), 40, 40 + 7, 5, ascii=True)[1:6]
    columns = [max((i for i, line in enumerate(lines) if line[7 + c : 8 + c] == "*"), default=-1) for c in range(40)]
    assert columns[0] == 0
    assert columns[-1] == 4
    assert columns == sorted(columns)


def test_a_constant_curve_is_one_row():
    lines = loss_chart(np.full(30, 1.0), 10, 37, 5, ascii=True)
    assert [line.count("*") for line in lines[1:6]] == [30, 0, 0, 0, 0]


def test_zero_loss_lies_on_the_floor():
    lines = loss_chart(np.zeros(3), 3, 37, 5, ascii=True)
    assert lines[5].count("*") == 30


def test_steps_after_divergence_stay_empty_and_the_step_is_named():
    loss = np.full(100, 1.0)
    loss[50:] = math.nan
    lines = loss_chart(loss, 50, 107, 5, ascii=True)
    assert lines[1].count("*") == 50
    assert lines[-1] == "The loss stopped being a finite number at step 51 of 100."


def test_an_explosion_is_cut_off_and_said():
    lines = loss_chart(np.array([2.0, 1.0, 900.0, 1.0]), 4, 47, 5, ascii=True)
    assert "Cut off at 5.00; the highest column is 900.00." in lines
    assert not any("Cut off" in line for line in loss_chart(np.array([2.0, 4.9]), 2))


def test_columns_are_plain_means_and_say_of_how_many_steps():
    lines = loss_chart(np.tile([1.0, 3.0], 100), 200, 107, 5, ascii=True)
    assert lines[1].count("*") == 100
    assert lines[1].startswith(" 2.00")
    assert lines[-1] == "Each dot column is the mean of about 2 steps."


@pytest.mark.parametrize("epochs", [1, 9, 50, 1000])
def test_epoch_numbers_never_run_into_each_other(epochs):
    numbers = loss_chart(np.ones(epochs), 1, 60)[-1 if epochs < 100 else -2]
    shown = [int(word) for word in numbers.split()[1:]]
    assert shown[0] == 1
    assert len(set(np.diff(shown))) <= 1
    assert max(shown) <= epochs
