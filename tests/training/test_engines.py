import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.core.plan import sweep
from etascope.core.recipe import Recipe
from etascope.training.dense.engine import DenseEngine
from etascope.training.engines import engine_of, rehearsal_of, task_for
from etascope.training.pytorch.engine import TorchEngine
from tests.training import made
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


class Warms(Linear):
    """Warms up by a count that no checkpoint has."""

    steps = 0

    def forward(self, x):
        self.steps += self.training
        return super().forward(x) * min(1, (1 + self.steps) / 9)


class Lists(Linear):
    def forward(self, x):
        self.sizes = [*getattr(self, "sizes", ()), len(x)]
        return super().forward(x)


def test_a_model_of_ones_own_is_rehearsed_before_a_search():
    split, recipe, one = images(), Recipe(batch_size=8, epochs=2), Linear()
    plan = made.kept(sweep(recipe, 10, (0.01, 0.1), (0,), (0,)))
    with pytest.raises(InputError, match="found steps of Warms, which is lost then"):
        rehearsal_of(TorchEngine(Warms, device="cpu"), split, recipe, plan)
    with pytest.raises(InputError, match=r"found the same model when it was called again\. Build it in the factory\.$"):
        rehearsal_of(TorchEngine(lambda n, shape: one, device="cpu"), split, recipe, plan)
    (sentence,) = rehearsal_of(TorchEngine(Lists, device="cpu"), split, recipe, plan)
    assert sentence.startswith("Mind sizes: ")
    assert rehearsal_of(TorchEngine(Linear, device="cpu"), split, recipe, plan) == ()
    assert rehearsal_of(DenseEngine(), split, recipe, plan) == ()
