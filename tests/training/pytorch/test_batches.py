import numpy as np
import pytest
import torch

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe, epoch_size
from etascope.training.pytorch import batches
from etascope.training.pytorch.batches import Batch, SplitBatches, batch_of, shapes_by
from etascope.training.random_streams import epoch_order
from tests.training.pytorch.networks import images

CPU = torch.device("cpu")


def test_the_steps_of_an_epoch_are_the_batches_of_the_dense_engine():
    split, recipe = images(), Recipe((), batch_size=16)
    made = SplitBatches(split, recipe, CPU)
    order = epoch_order(split.train_rows(1), epoch_size(split, recipe, 1), 5, 1, 2)
    steps = list(made.steps(5, 1, 2, 0))
    assert len(steps) == made.steps_per_epoch(1) == 3
    assert [len(parts) for parts in steps] == [1, 1, 1]
    np.testing.assert_array_equal(torch.cat([s[0].inputs for s in steps]), split.x[order])
    np.testing.assert_array_equal(torch.cat([s[0].targets for s in steps]), split.y[order])
    assert [s[0].size for s in steps] == [16, 16, 8]
    late = list(made.steps(5, 1, 2, 2))
    assert len(late) == 1
    assert torch.equal(late[0][0].inputs, steps[2][0].inputs)


def test_a_batch_comes_in_parts_when_accumulated():
    split, recipe = images(), Recipe((), batch_size=16)
    whole, parts = (next(SplitBatches(split, recipe, CPU, n).steps(0, 0, 0, 0)) for n in (1, 5))
    assert [p.size for p in parts] == [4, 3, 3, 3, 3]
    assert torch.equal(torch.cat([p.inputs for p in parts]), whole[0].inputs)
    assert all(p.size for p in next(SplitBatches(split, Recipe((), batch_size=2), CPU, 5).steps(0, 0, 0, 0)))


@pytest.mark.parametrize("rows", [7, 512])
def test_validation_rows_come_in_pieces_and_in_order(rows, monkeypatch):
    monkeypatch.setattr(batches, "PIECE_ROWS", rows)
    split = images()
    pieces = list(SplitBatches(split, Recipe((), batch_size=4), CPU).valid(0, 2))
    assert len(pieces) == -(-20 // rows)
    np.testing.assert_array_equal(torch.cat([p.inputs for p in pieces]), split.x[split.valid_rows(2)])
    assert SplitBatches(split, Recipe(), CPU).valid_size(2) == 20


def test_what_a_model_does_to_its_inputs_stays_in_the_copy():
    split = images()
    before = split.x.copy()
    made = SplitBatches(split, Recipe((), batch_size=60), CPU)
    next(made.steps(0, -1, 0, 0))[0].inputs.zero_()
    next(made.valid(0, 0)).inputs.zero_()
    np.testing.assert_array_equal(split.x, before)


def test_a_fresh_copy_shares_no_tensor_and_keeps_everything_else():
    given = Batch({"pixels": torch.ones(2, 3), "names": ["a", "b"]}, (torch.zeros(2), [torch.ones(2)]), 2)
    fresh = given.fresh()
    fresh.inputs["pixels"].zero_()
    fresh.inputs.pop("names")
    fresh.targets[1][0].zero_()
    assert given.inputs["pixels"].sum() == 6
    assert given.inputs["names"] == ["a", "b"]
    assert given.targets[1][0].tolist() == [1, 1]
    assert isinstance(fresh.targets, tuple)
    channels_last = torch.rand(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    assert Batch(channels_last, None, 2).fresh().inputs.is_contiguous(memory_format=torch.channels_last)


def test_a_pair_is_a_batch_and_arrays_become_tensors():
    batch = batch_of("train_loader", 0, [np.zeros((3, 2), np.float32), [torch.ones(3)]])
    assert torch.equal(batch.inputs, torch.zeros(3, 2))
    assert batch.size == 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((1, 2, 3), r"must give pairs \(inputs, targets\); found a tuple of 3 in batch 2"),
        ({}, "found a dict in batch 2"),
        (("a", torch.ones(1)), "as tensors with an example a row; found str and Tensor in batch 2"),
        ((torch.ones(0, 2), torch.ones(0)), "batch 2 is empty"),
        ((torch.full((1, 2), np.nan), torch.ones(1)), "the inputs of batch 2 hold NaN or infinity"),
    ],
)
def test_what_is_no_batch_is_refused_by_its_number(given, message):
    with pytest.raises(InputError, match=message):
        batch_of("train_loader", 1, given)


def test_shapes_are_written_in_a_row():
    assert shapes_by([(2, 3), (4,)]) == "(2, 3), (4,)"
