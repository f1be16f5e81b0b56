import copy

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from etascope.core.errors import InputError
from etascope.integrations.training_loops.adapter import Clock, EpochLoader, advised, epochs_of, wrapped
from etascope.training.pytorch.generators import generators_of
from etascope.training.pytorch.group_rates import LEAVE_OUT


def pair(batch, number, done):
    return batch, number


def test_a_wrapped_module_has_the_name_the_modes_and_the_weights_of_what_it_holds():
    module = nn.Linear(3, 2)
    one = wrapped(module, lambda held, inputs: held(inputs) + 1)
    assert type(one).__name__ == "Linear"
    assert one.module is module
    x = torch.ones(1, 3)
    assert torch.equal(one(x), module(x) + 1)
    other = copy.deepcopy(one)
    assert other.module is not module
    assert torch.equal(other(x), one(x))
    one.eval()
    assert not module.training
    assert other.module.training


def test_a_pass_is_the_loader_with_the_numbers_of_its_batches():
    assert list(EpochLoader("abc", pair)) == [("a", 0), ("b", 1), ("c", 2)]
    assert list(EpochLoader("abc", pair, 2)) == [("a", 0), ("b", 1)]
    assert len(EpochLoader("abc", pair, 2)) == 2
    with pytest.raises(TypeError):
        len(EpochLoader("abc", pair))


def test_a_pass_that_is_longer_than_the_loader_goes_through_it_again():
    begun = []
    long = EpochLoader("abc", pair, 7, lambda: begun.append(1))
    assert [batch for batch, _ in long] == list("abcabca")
    assert [number for _, number in long] == [0, 1, 2, 0, 1, 2, 0]
    assert len(begun) == 6
    assert list(EpochLoader([], pair, 7)) == []


def test_a_batch_is_told_how_many_the_training_had_before():
    def counted(batch, number, done):
        return batch, done

    one = EpochLoader("abc", counted, 4)
    assert [done for _, done in one] == [0, 1, 2, 3]
    one.begin_epoch(2)
    assert [done for _, done in one] == [8, 9, 10, 11]


def test_a_clock_counts_steps_as_a_training_does_whose_epochs_end_with_a_short_step():
    whole, cut = Clock(5, 5, 2), Clock(5, 12, 2)
    rows = [(whole.step(done), whole.epoch(done), whole.updated(done)) for done in range(8)]
    assert rows == [(0, 0, 0), (0, 0, 0), (1, 0, 2), (1, 0, 2), (2, 0, 4), (3, 1, 5), (3, 1, 5), (4, 1, 7)]
    assert [(cut.step(done), cut.epoch(done)) for done in (4, 5, 6, 11)] == [(2, 0), (2, 1), (3, 1), (5, 2)]


def test_generators_and_a_state_of_the_loader_are_seen():
    class Stateful(list):
        def state_dict(self):
            return {"at": 3}

    generator = torch.Generator()
    assert generators_of(EpochLoader(DataLoader([1, 2], generator=generator), pair)) == [generator]
    assert EpochLoader(Stateful("ab"), pair).state_dict() == {"at": 3}
    assert not hasattr(EpochLoader("ab", pair), "state_dict")
    assert not hasattr(EpochLoader(Stateful("ab"), pair), "load_state_dict")


@pytest.mark.parametrize(
    ("steps", "batches", "accumulate", "expected"),
    [
        (30, 10, 1, (10, 3)),
        (4, 7, 2, (7, 1)),
        (8, 7, 2, (7, 2)),
        (17, 10, 1, (17, 1)),
        (3, 10, 4, (10, 1)),
        (2, 10, 4, (8, 1)),
    ],
)
def test_passes_make_the_steps_that_were_asked_for(steps, batches, accumulate, expected):
    assert epochs_of(steps, batches, accumulate) == expected
    length, epochs = expected
    assert -(-length // accumulate) * epochs == steps


def test_what_changes_a_rate_is_left_out_where_the_loop_has_it():
    with pytest.raises(InputError) as refused, advised("make its scheduler in create_scheduler"):
        raise InputError("the rate has moved.", LEAVE_OUT)
    assert str(refused.value) == (
        "the rate has moved. Leave out what changes it, and make its scheduler in create_scheduler."
    )
    with pytest.raises(InputError, match=r"^another one\. Try 1\.$"), advised("make its scheduler in create_scheduler"):
        raise InputError("another one.", "Try 1.")
