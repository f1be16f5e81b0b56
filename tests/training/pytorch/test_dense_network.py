import dataclasses

import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.core.plan import sweep
from etascope.core.recipe import OPTIMIZERS, Recipe, steps_per_epoch
from etascope.training.dense.engine import DenseEngine
from etascope.training.pytorch.dense_network import DenseNetworks
from etascope.training.pytorch.engine import TorchEngine
from etascope.training.random_streams import initial_parameters
from tests.training import made, reference


def test_the_network_starts_from_the_weights_of_the_dense_engine():
    module = DenseNetworks((5, 4, 3), Recipe((4,))).build(7)
    for ours, theirs in zip(reference.parameters_of(module), initial_parameters((5, 4, 3), 7), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("first", [TorchEngine(device="cpu"), DenseEngine(1)])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_training_may_change_engines_in_the_middle(optimizer, first):
    second = DenseEngine(1) if isinstance(first, TorchEngine) else TorchEngine(device="cpu")
    recipe = Recipe((6,), optimizer, "cosine", batch_size=8, epochs=2, weight_decay=0.01)
    split = made.split(70, side=5, folds=2)
    steps = 2 * steps_per_epoch(split, recipe, 0)
    plan = made.kept(sweep(recipe, steps, [0.001, 0.01], [0]))
    early = first.train(split, recipe, dataclasses.replace(plan, rates=plan.rates[:, :3]))
    rest = dataclasses.replace(plan, rates=plan.rates[:, 3:], start=3, resume=early.checkpoints)
    late, whole = second.train(split, recipe, rest), DenseEngine(1).train(split, recipe, plan)
    np.testing.assert_allclose(late.step_loss, whole.step_loss[:, 3:], rtol=0, atol=1e-5)
    np.testing.assert_allclose(late.valid_loss[:, -1], whole.valid_loss[:, -1], rtol=0, atol=1e-5)


def test_a_checkpoint_of_another_recipe_is_refused():
    stack = DenseNetworks((4, 3), Recipe(()))
    module = stack.build(0)
    for bad in (made.checkpoint(1, (4, 2), state=("velocity",)), made.checkpoint(1, (4, 3), state=("mean",))):
        with pytest.raises(InputError, match=r"a 4-3 network and optimizer state velocity; found"):
            stack.restore(module, stack.optimizers(module, 0.1), bad)
