import copy

import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.integrations.training_loops.own_weights import LOOKED_AT, Copies


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
