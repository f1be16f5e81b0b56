import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.errors import InputError
from etascope.core.schedules import SCHEDULES, schedule_row

STEPS = (1, 2, 3, 4, 7, 10, 60, 99, 251)


def torchs(name, steps):
    """Return the learning rates of PyTorch's scheduler at a peak of 1, a step at a time."""
    import torch
    from torch.optim import lr_scheduler as torchs

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0, momentum=0.9)
    scheduler = {
        "constant": lambda: torchs.ConstantLR(optimizer, factor=1.0),
        "linear": lambda: torchs.LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=steps),
        "cosine": lambda: torchs.CosineAnnealingLR(optimizer, T_max=steps),
        "step": lambda: torchs.MultiStepLR(optimizer, milestones=[-(-steps // 3), -(-2 * steps // 3)], gamma=0.1),
        "step, a third each": lambda: torchs.StepLR(optimizer, step_size=steps // 3, gamma=0.1),
        "one-cycle": lambda: torchs.OneCycleLR(optimizer, max_lr=1.0, total_steps=steps),
        "warm-up": lambda: torchs.LinearLR(optimizer, start_factor=1 / steps, total_iters=max(steps - 1, 1)),
    }[name]()
    rates = []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < steps - 1:
            scheduler.step()
    return rates


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_are_pytorchs(schedule, steps):
    np.testing.assert_allclose(schedule_row(schedule, 0, steps), torchs(schedule, steps), rtol=0, atol=1e-12)


@pytest.mark.parametrize("steps", [3, 60, 99])
def test_step_is_pytorchs_step_of_a_third(steps):
    np.testing.assert_allclose(schedule_row("step", 0, steps), torchs("step, a third each", steps), rtol=0, atol=1e-12)


@pytest.mark.parametrize("steps", [10, 60, 250])
def test_warm_up_is_pytorchs_linear_climb_and_then_the_schedule_of_the_rest(steps):
    row = schedule_row("cosine", 0.1, steps)
    climb = steps // 10
    np.testing.assert_allclose(row[:climb], torchs("warm-up", climb), rtol=0, atol=1e-12)
    np.testing.assert_allclose(row[climb:], torchs("cosine", steps - climb), rtol=0, atol=1e-12)


@given(st.sampled_from(SCHEDULES), st.floats(0, 1, exclude_max=True), st.integers(0, 400))
def test_factors_are_above_0_and_at_most_1(schedule, warmup, steps):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = schedule_row(schedule, warmup, steps)
    assert row.shape == (steps,)
    assert row.dtype == np.float64
    assert ((row > 0) & (row <= 1)).all()


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 400))
def test_all_but_one_cycle_reach_their_peak(warmup, steps):
    assert all(schedule_row(s, warmup, steps).max() == 1 for s in SCHEDULES if s != "one-cycle")
    assert schedule_row("one-cycle", 0, 10 * steps).max() == pytest.approx(1)


@pytest.mark.parametrize(
    ("schedule", "warmup", "sentence"),
    [
        ("cosin", 0, "Did you mean 'cosine'?"),
        ("constant", 1, r"in \[0, 1\); found 1"),
        ("constant", -0.1, "found -0.1"),
        ("constant", float("nan"), "found nan"),
    ],
)
def test_bad_values_are_a_sentence(schedule, warmup, sentence):
    with pytest.raises(InputError, match=sentence):
        schedule_row(schedule, warmup, 10)
