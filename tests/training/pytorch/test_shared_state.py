import pytest
import torch
from torch import nn

from tests.training.pytorch.networks import Linear
from tests.training.pytorch.test_rehearsal import search

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
    found = minded(search(**own))
    assert [sentence.partition(":")[0] for sentence in found] == ([f"Mind {name}"] if name else [])


def test_a_count_of_a_class_is_told_by_its_name():
    (sentence,) = minded(search(CountsInItsClass()))
    assert sentence.startswith("Mind CountsInItsClass.calls: what a step changes there all trials share")


def test_a_model_that_keeps_to_itself_is_not_told_of():
    assert not minded(search(Linear()))
