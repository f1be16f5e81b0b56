import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from etascope.torch import TrainingOptions, pick
from tests.test_torch import sgd

X = torch.randn(120, 5, generator=torch.Generator().manual_seed(0))
Y = X.sum(dim=1, keepdim=True)


def search(**more):
    torch.manual_seed(0)
    loaders = (DataLoader(TensorDataset(X[part], Y[part]), 20) for part in (slice(80), slice(80, 120)))
    run = pick(nn.Linear(5, 1), *loaders, sgd, epochs=1, budget=2, **more)
    return [sentence for sentence in map(str, run.choice.reasons) if sentence.startswith("Mind the shapes")]


def stepping(loss):
    def step(model, optimizer, inputs, targets):
        optimizer.zero_grad()
        value = loss(model(inputs), targets)
        value.backward()
        optimizer.step()
        return value

    return {"training": TrainingOptions(step=step), "loss": nn.functional.mse_loss}


def spread(outputs, targets):
    return (outputs - targets[:, 0]).square().mean()


def alike(outputs, targets):
    return (outputs[:, 0] - targets[:, 0]).square().mean()


@pytest.mark.parametrize("loss", [spread, alike])
@pytest.mark.parametrize("form", ["loss", "step", "train_loss"])
def test_what_is_compared_with_every_target_is_told(loss, form):
    of_model = {"training": TrainingOptions(train_loss=lambda model, inputs, targets: loss(model(inputs), targets))}
    given = {
        "loss": {"loss": loss},
        "step": stepping(loss),
        "train_loss": {**of_model, "loss": nn.functional.mse_loss},
    }[form]
    run = search(**given)
    assert bool(run) == (loss is spread)
    if run:
        assert "tensors of (20, 1) and (20,) are put together, which PyTorch broadcasts to (20, 20)" in run[0]
