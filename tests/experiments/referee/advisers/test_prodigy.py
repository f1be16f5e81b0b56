from dataclasses import replace

import numpy as np
import pytest

from etascope.core.schedules import schedule_row
from etascope.experiments.referee.advisers.prodigy import ProdigyOptimizer, train
from etascope.training.random_streams import epoch_order, initial_parameters
from tests.experiments.referee.made import SMALL, bench, split
from tests.training.reference import network


@pytest.fixture(autouse=True)
def _one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("recipe", [
    SMALL, replace(SMALL, hidden=(16, 8), epochs=2), replace(SMALL, schedule="cosine", batch_size=48),
], ids=["softmax", "two layers", "cosine"])  # fmt: skip
def test_it_predicts_what_a_network_of_modules_predicts(recipe):
    import torch
    from prodigyopt import Prodigy

    known = split()
    model = network(initial_parameters((784, *recipe.hidden, 10), 7))
    optimizer = Prodigy(model.parameters(), lr=1.0)
    x, y, size = torch.from_numpy(known.x), torch.from_numpy(known.y), recipe.batch_size
    batches = [
        order[i : i + size]
        for epoch in range(recipe.epochs)
        for order in [epoch_order(np.arange(800), 800, 7, -1, epoch)]
        for i in range(0, 800, size)
    ]
    for batch, rate in zip(batches, schedule_row(recipe.schedule, 0.0, len(batches)), strict=True):
        optimizer.param_groups[0]["lr"] = float(rate)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()
    theirs = model(torch.from_numpy(known.x_test)).argmax(dim=1).numpy()
    ours = train(known, recipe, 7)(known.x_test)
    assert np.mean(ours == theirs) > 0.98
    assert np.mean(ours == known.y_test) > 0.2


def test_it_costs_one_training_and_names_no_rate():
    advice = ProdigyOptimizer().advise(bench())
    assert (advice.learning_rate, advice.equivalents) == (None, 1.0)
    known = split()
    first, again = (advice.train(3)(known.x_test) for _ in range(2))
    assert np.array_equal(first, again)


def test_torch_keeps_its_threads():
    import torch

    torch.set_num_threads(2)
    train(split(), SMALL, 0)
    assert torch.get_num_threads() == 2
