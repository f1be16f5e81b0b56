import numpy as np
import pytest
import torch

from etascope.integrations.training_loops.kept_rates import look


def trained(set_rates, rates, groups=1):
    """Return what is told of a training whose rates `set_rates` sets before each step."""
    told = []
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1)]} for _ in range(groups)], lr=0.1)
    look(optimizer, np.array(rates), told.append)
    for step in range(6):
        set_rates(optimizer, step)
        optimizer.step()
    return told


def to(*rows):
    def set_rates(optimizer, step):
        for group, rate in zip(optimizer.param_groups, rows[min(step, len(rows) - 1)], strict=True):
            group["lr"] = rate

    return set_rates


def test_rates_that_are_what_was_set_are_not_told():
    assert trained(to([0.1]), [[0.1]] * 6) == []
    assert trained(to([0.1], [0.05], [0.002]), [[0.1], [0.05], [0.0], [0.0]]) == []
    # After the training that was searched anything may follow.
    assert trained(to([0.1], [0.1], [9.0]), [[0.1]] * 2) == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([[0.02]], "The learning rate is 0.02 in step 1 of the training, and the search had 0.1 there: "),
        ([[0.1], [0.1], [0.02], [0.03]], "The learning rate is 0.02 in step 3 of the training"),
        ([[float("nan")]], "The learning rate is nan in step 1"),
    ],
)
def test_the_first_step_at_another_rate_is_told_once(rows, told):
    (one,) = trained(to(*rows), [[0.1]] * 6)
    assert one.startswith(told)


def test_a_group_is_told_by_its_number_and_looked_at_by_its_own_peak():
    (one,) = trained(to([0.1, 0.002]), [[0.1, 0.001]] * 6, groups=2)
    assert one.startswith("The learning rate of parameter group 2 is 0.002 in step 1 of the training")


def test_an_optimizer_with_other_groups_is_not_looked_at():
    assert trained(to([0.3, 0.3]), [[0.1]] * 6, groups=2) == []
