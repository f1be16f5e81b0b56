from collections import deque

import numpy as np
import pytest
import torch
from torch import nn

from etascope.training.pytorch.outside_state import changed_outside, outside_state


def change(module, optimizer, do):
    before = outside_state(module, [optimizer])
    do()
    return changed_outside(before, outside_state(module, [optimizer]))


def made():
    module = nn.Sequential(nn.Linear(2, 2), nn.LSTM(2, 2))
    return module, torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)


def test_what_a_state_has_is_not_outside():
    module, optimizer = made()

    def learn():
        module[1](module[0](torch.ones(3, 2)))[0].sum().backward()
        optimizer.step()
        module.eval()

    assert change(module, optimizer, learn) == ([], [])


@pytest.mark.parametrize(
    ("held", "later"),
    [
        (0, 1),
        (None, torch.ones(2)),
        (torch.zeros(2), torch.ones(2)),
        (np.zeros(2), np.ones(2)),
        ([1, {"a": 2}], [1, {"a": 3}]),
        (deque([1]), deque([1, 2])),
        ([nn.Linear(1, 1)], [nn.Linear(1, 1)]),
    ],
)
def test_each_kind_of_attribute_is_named_by_its_path(held, later):
    module, optimizer = made()
    module[0].kept = optimizer.slow = held

    def set_later():
        module[0].kept = optimizer.slow = later

    assert change(module, optimizer, lambda: None) == ([], [])
    assert change(module, optimizer, set_later) == (["0.kept"], ["SGD.slow"])


def test_numbers_come_first_and_three_are_enough():
    module, optimizer = made()
    for name in ("a", "b", "c", "z"):
        setattr(module, name, [])
    module.y = 0

    def count():
        module.y += 1
        for name in ("a", "b", "c", "z"):
            getattr(module, name).append(1)

    assert change(module, optimizer, count) == (["y", "a", "b"], [])


def test_an_optimizer_inside_of_another_is_looked_into():
    module, optimizer = made()
    optimizer.base = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)

    def learn():
        module[1](module[0](torch.ones(3, 2)))[0].sum().backward()
        optimizer.base.step()

    assert change(module, optimizer, learn) == ([], ["SGD.base"])
