import numpy as np
import pytest

from etascope.core.recipe import Recipe
from etascope.training.dense import DenseEngine
from etascope.training.engines import engine_of, task_for
from etascope.training.pytorch.engine import TorchEngine
from tests.training.pytorch.networks import Linear, images


def test_a_model_or_an_option_of_pytorch_asks_for_its_engine():
    assert engine_of(Recipe(), 2) == DenseEngine(2)
    assert engine_of(Recipe(model="cnn"), 2) == TorchEngine()
    options = {"device": "cpu", "precision": "bf16-mixed", "accumulate": 2, "clip_norm": 1.0, "trials_in_memory": 3}
    assert engine_of(Recipe(), **options) == TorchEngine(None, *options.values())
    for name, value in options.items():
        assert isinstance(engine_of(Recipe(), **{name: value}), TorchEngine)


def test_a_task_knows_what_a_forward_pass_takes():
    split, recipe = images(), Recipe(model="linear")
    task = task_for(TorchEngine(Linear, device="cpu"), split, recipe)
    assert task.forward == 64 * 3
    assert task.multiplications == 3 * 64 * 3 * 60 * 5
    assert task_for(DenseEngine(), split, recipe).forward is None


@pytest.mark.parametrize("side", [8, 12])
def test_convolutions_are_counted(side):
    split = images(side=side)
    forward = task_for(TorchEngine(device="cpu"), split, Recipe(model="cnn")).forward
    half, quarter = side // 2, side // 4
    expected = 9 * (side**2 * 16 + half**2 * 16 * 32 + quarter**2 * 32 * 64) + 4 * 64 * 3
    assert forward == np.float64(expected)
