import pytest
import torch

from etascope.training.pytorch.cnn import cnn


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 64, 48), (1, 1, 1), (3, 5, 2)])
def test_it_takes_images_of_any_size(shape):
    module = cnn(7, shape)
    assert module(torch.zeros(2, *shape)).shape == (2, 7)
    assert [name for name, _ in module.named_children()][-1] == "output"
