import numpy as np
import pytest
import torch

from etascope.core.errors import InputError
from etascope.training.pytorch.custom.pairs import batch_of, shapes_by


def test_a_pair_is_a_batch_and_arrays_become_tensors():
    found = batch_of("train_loader", 0, [np.zeros((3, 2), np.float32), [torch.ones(3)]])
    assert torch.equal(found.inputs, torch.zeros(3, 2))
    assert found.size == 3


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((1, 2, 3), r"must give pairs \(inputs, targets\); found a tuple of 3 in batch 2"),
        ({}, "found a dict in batch 2"),
        (("a", torch.ones(1)), "as tensors with an example a row; found str and Tensor in batch 2"),
        ((torch.ones(0, 2), torch.ones(0)), "batch 2 is empty"),
        ((torch.full((1, 2), np.nan), torch.ones(1)), "the inputs of batch 2 hold NaN or infinity"),
    ],
)
def test_what_is_no_batch_is_refused_by_its_number(given, told):
    with pytest.raises(InputError, match=told):
        batch_of("train_loader", 1, given)


def test_shapes_are_written_in_a_row():
    assert shapes_by([(2, 3), (4,)]) == "(2, 3), (4,)"
