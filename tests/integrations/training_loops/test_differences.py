import copy
import functools

import numpy as np
import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.integrations.training_loops.differences import (
    LOOKED_AT,
    Copies,
    overridden,
    uncalled_sentence,
    watch_rates,
)


def test_a_loss_of_the_weights_that_were_copied_is_refused_before_it_has_a_gradient():
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    copied, outside = copy.deepcopy(model), nn.Parameter(torch.ones(()))
    copies = Copies([model], "training_step", "Do.")
    copies.look(copied(torch.ones(4, 3)).sum() * outside)
    for loss in (model(torch.ones(4, 3)).sum(), copied(torch.ones(4, 3)).sum() + 0.1 * model[2].weight.square().sum()):
        with pytest.raises(InputError, match=r"^training_step must use .* that was copied \(2\.weight.*\)\. Do\.$"):
            copies.look(loss)
    assert all(p.grad is None for p in model.parameters())
    # A teacher that is not trained is no matter, nor is a loss without any gradient.
    model.requires_grad_(False)
    Copies([model], "", "").look((copied(torch.ones(4, 3)) - model(torch.ones(4, 3))).square().sum())
    copies.look(torch.ones(()))


def test_the_first_losses_alone_are_looked_at():
    model = nn.Linear(3, 1)
    copies = Copies([model], "training_step", "Do.")
    for _ in range(LOOKED_AT):
        copies.look(copy.deepcopy(model)(torch.ones(4, 3)).sum())
    copies.look(model(torch.ones(4, 3)).sum())


def trained(set_rates, rates, groups=1):
    """Return what is said of a training whose rates `set_rates` sets before each step."""
    sentences = []
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1)]} for _ in range(groups)], lr=0.1)
    watch_rates(optimizer, np.array(rates), sentences.append)
    for step in range(6):
        set_rates(optimizer, step)
        optimizer.step()
    return sentences


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
    ("rows", "sentence"),
    [
        ([[0.02]], "The learning rate is 0.02 in step 1 of the training, and the search had 0.1 there: "),
        ([[0.1], [0.1], [0.02], [0.03]], "The learning rate is 0.02 in step 3 of the training"),
        ([[float("nan")]], "The learning rate is nan in step 1"),
    ],
)
def test_the_first_step_at_another_rate_is_told_once(rows, sentence):
    (one,) = trained(to(*rows), [[0.1]] * 6)
    assert one.startswith(sentence)


def test_a_group_is_told_by_its_number_and_looked_at_by_its_own_peak():
    (one,) = trained(to([0.1, 0.002]), [[0.1, 0.001]] * 6, groups=2)
    assert one.startswith("The learning rate of parameter group 2 is 0.002 in step 1 of the training")


def test_an_optimizer_with_other_groups_is_not_looked_at():
    assert trained(to([0.3, 0.3]), [[0.1]] * 6, groups=2) == []


class Loop:
    def begin(self):
        """Nothing."""

    def step(self):
        """Nothing."""

    def end(self):
        """Nothing."""


class Loud(Loop):
    def begin(self):
        """Counts whatever it does."""


def own_methods(one):
    return overridden(one, Loop, ("begin", "step", "end"))


def test_what_is_overridden_counts_whatever_it_does():
    assert own_methods(Loop()) == []
    assert own_methods(Loud()) == ["begin"]


def test_what_is_given_to_an_object_counts_too():
    one = Loop()
    one.step = lambda: None
    one.end = functools.partial(print)
    assert own_methods(one) == ["step", "end"]
    one.step, one.end = None, lambda: print("over")
    assert own_methods(one) == ["end"]


def test_names_are_told_once():
    assert uncalled_sentence([]) == ""
    assert uncalled_sentence(["a", "b", "a"]).startswith(
        "Mind a, b: trials do not call them. Where that changes rates, weights, gradients"
    )
