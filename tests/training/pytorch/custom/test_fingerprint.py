import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from etascope.core.run import Untouched
from etascope.training.pytorch.custom.fingerprint import fingerprint
from etascope.training.pytorch.generators import random_state_kept
from tests.training.pytorch.networks import Small


def step(model):
    model(torch.rand(2, 1, 8, 8)).sum().backward()


CHANGES = {
    "weights and buffers": lambda m, loader: m.conv.weight.data.add_(1e-7),
    "gradients": lambda m, loader: m.conv.weight.grad.mul_(2),
    "modes": lambda m, loader: m.drop.eval(),
    "Python": lambda m, loader: random.random(),
    "NumPy": lambda m, loader: np.random.random(),
    "PyTorch": lambda m, loader: torch.rand(1),
    "loaders": lambda m, loader: torch.rand(1, generator=loader.generator),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_seen_and_named(name):
    with random_state_kept():
        model, loader = Small(), DataLoader([1, 2], generator=torch.Generator().manual_seed(1))
        step(model)
        before = fingerprint(model, loader)
        assert Untouched(before, fingerprint(model, loader)).same
        CHANGES[name](model, loader)
        proof = Untouched(before, fingerprint(model, loader))
    assert not proof.same
    assert str(proof) == f"changed while it ran: {name}"
    assert list(before) == list(CHANGES)


def test_buffers_and_frozen_flags_count_as_weights():
    model = Small()
    before = fingerprint(model)
    model.norm.running_mean.add_(1)
    assert fingerprint(model)["weights and buffers"] != before["weights and buffers"]
    model.norm.running_mean.sub_(1)
    assert fingerprint(model) == before
    model.conv.requires_grad_(False)
    assert fingerprint(model) != before


def test_the_proof_says_what_was_compared():
    print_ = fingerprint(Small())
    text = str(Untouched(print_, dict(print_)))
    assert text.startswith("the same bits before and after: weights and buffers ")
    assert all(digest[:8] in text for digest in print_.values())
    assert "weights and buffers" not in fingerprint(lambda seed: None)


def test_layers_that_wait_for_their_first_batch_are_compared_by_name():
    lazy = torch.nn.LazyLinear(3)
    before = fingerprint(lazy)
    assert fingerprint(lazy) == before
    lazy(torch.rand(2, 4))
    assert fingerprint(lazy)["weights and buffers"] != before["weights and buffers"]
