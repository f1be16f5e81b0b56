import logging
from collections import deque

import numpy as np
import pytest
import torch
import torchmetrics
from torch import nn

from etascope.training.pytorch.outside_state import changed_outside, lost_state, outside_state
from tests.training.pytorch.networks import Linear
from tests.training.pytorch.test_rehearsal import search


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


def test_what_holds_a_model_is_not_named():
    module, optimizer = made()
    held = nn.Module()
    held.module, module.kept = module, 0
    assert change(held, optimizer, lambda: setattr(module, "kept", 1)) == (["kept"], [])


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


def test_of_what_is_large_only_the_size_is_looked_at():
    module, optimizer = made()
    for name, value in {"rows": list(range(9)), "images": torch.zeros(9), "table": np.zeros(9)}.items():
        setattr(module, name, value)
    before = outside_state(module, [optimizer], 5)
    module.rows[0], module.images[0], module.table[0] = 7, 7, 7
    assert changed_outside(before, outside_state(module, [optimizer], 5)) == ([], [])
    module.rows.append(3)
    assert changed_outside(before, outside_state(module, [optimizer], 5)) == (["rows"], [])


def test_what_metrics_count_is_no_state_of_the_training():
    module, optimizer = made()
    module.mean_seen = torchmetrics.MeanMetric()
    assert change(module, optimizer, lambda: module.mean_seen(torch.ones(3))) == ([], [])


def test_what_is_lost_is_said_of_the_model_or_of_its_optimizer():
    module = nn.Linear(1, 1)
    before, after = ({"n": "number 0"}, {"SGD.slow": "a"}), ({"n": "number 3"}, {"SGD.slow": "b"})
    first = lost_state(module, before, after, adds=True, model_first=True)
    assert "found n of Linear, which is lost then. Make it a buffer, as self.register_buffer" in str(first)
    assert str(first).endswith("To add up gradients, leave step out and give accumulate=.")
    assert "found SGD.slow" in str(lost_state(module, before, after, adds=True, model_first=False))
    assert lost_state(module, before, before, adds=True, model_first=True) is None


def test_objects_that_hold_each_other_are_looked_at_once_and_loggers_not_at_all():
    class Node:
        def __init__(self):
            self.others, self.count = [], 0

    module, optimizer = made()
    nodes = [Node() for _ in range(40)]
    for node in nodes:
        node.others = nodes
    module.log, module.first = logging.getLogger("of a test"), nodes[0]

    def log():
        module.log.setLevel("INFO")
        module.log.isEnabledFor(10)

    assert change(module, optimizer, log) == ([], [])
    assert change(module, optimizer, lambda: setattr(nodes[7], "count", 1)) == (["first"], [])


CROSS = nn.functional.cross_entropy
CALLS = [0]


class CountsInItsClass(Linear):
    """Goes another way after many batches, which its class counts."""

    calls = 0

    def forward(self, x):
        CountsInItsClass.calls += self.training
        return super().forward(x) * (1 if CountsInItsClass.calls < 10_000 else 3)


def stepping(after):
    def step(model, optimizer, inputs, targets):
        optimizer.zero_grad()
        loss = CROSS(model(inputs), targets)
        loss.backward()
        optimizer.step()
        after(model)
        return loss

    return step


def counting(model):
    CALLS[0] += 1


def averaging():
    average = torch.optim.swa_utils.AveragedModel(Linear())
    return lambda model: average.update_parameters(model)


def plain(model):
    pass


def minded(run):
    return [sentence for sentence in map(str, run.choice.reasons) if "all trials share" in sentence]


@pytest.mark.parametrize(
    ("after", "name"),
    [(counting, "CALLS"), (averaging(), "average"), (lambda model: CALLS.append(0), "CALLS"), (plain, "")],
)
def test_what_a_step_changes_beside_the_model_is_told(after, name):
    own = {"step": stepping(after)}
    sentences = minded(search(**own))
    assert [sentence.partition(":")[0] for sentence in sentences] == ([f"Mind {name}"] if name else [])


def test_a_count_of_a_class_is_told_by_its_name():
    (sentence,) = minded(search(CountsInItsClass()))
    assert sentence.startswith("Mind CountsInItsClass.calls: what a step changes there all trials share")


def test_a_model_that_keeps_to_itself_is_not_told_of():
    assert not minded(search(Linear()))
