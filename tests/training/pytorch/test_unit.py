import dataclasses

import numpy as np
import torch

from etascope.core.history import Status
from etascope.core.recipe import Recipe, epoch_size
from etascope.training.pytorch.batches import SplitBatches
from etascope.training.pytorch.networks import AnyNetworks, recipe_optimizer, trainable
from etascope.training.pytorch.objective import CrossEntropy
from etascope.training.pytorch.running_trial import Settings
from etascope.training.pytorch.unit import Training, train_unit
from tests.training import made
from tests.training.pytorch.networks import Small, images

RECIPE = Recipe((), "adamw", batch_size=8, epochs=2)
CPU = torch.device("cpu")


def training(make=Small, batches=None):
    networks = AnyNetworks(lambda seed: make(), lambda m, rate: [recipe_optimizer(RECIPE, trainable(m), rate)])
    batches = batches or SplitBatches(images(), RECIPE, CPU)
    return Training(networks, batches, CrossEntropy(3), Settings(CPU), RECIPE.epochs)


def plan(rates=(0.01, 0.01, 0.003), steps=10, **more):
    return dataclasses.replace(made.kept(made.constant(rates, steps, folds=0)), **more)


def run(made_training, request):
    return train_unit(made_training, request, lambda done: None)


def test_trials_of_one_rate_are_the_same_bits_dropout_and_all():
    history = run(training(), plan())
    assert made.bits(history, [0])["checkpoints"] == made.bits(history, [1])["checkpoints"]
    np.testing.assert_array_equal(history.step_loss[0], history.step_loss[1])
    assert (history.step_loss[0, 1:] != history.step_loss[2, 1:]).any()
    assert history.step_loss[0, 0] == history.step_loss[2, 0]


def test_a_trial_does_not_feel_the_others():
    together = run(training(), plan())
    for trial in range(3):
        alone = run(training(), plan().take([trial]))
        assert made.bits(alone) == made.bits(together, [trial])


def test_a_training_in_two_plans_is_bit_for_bit_the_training_in_one():
    whole = run(training(), plan(evaluate_at=(3, 7)))
    early = run(training(), dataclasses.replace(plan(evaluate_at=(3,)), rates=plan().rates[:, :3]))
    late = run(
        training(),
        dataclasses.replace(plan(evaluate_at=(7,)), rates=plan().rates[:, 3:], start=3, resume=early.checkpoints),
    )
    assert early.status == (Status.PAUSED,) * 3
    assert late.status == (Status.FINISHED,) * 3
    np.testing.assert_array_equal(np.hstack([early.step_loss, late.step_loss]), whole.step_loss)
    np.testing.assert_array_equal(np.hstack([early.valid_loss, late.valid_loss]), whole.valid_loss)
    assert made.bits(late)["checkpoints"] == made.bits(whole)["checkpoints"]


def test_an_optimizer_is_built_with_the_peak_of_a_schedule_also_where_a_trial_goes_on_within_it():
    built, row = list[float](), np.linspace(1, 0.1, 10)

    def update(module, rate):
        built.append(rate)
        return [recipe_optimizer(RECIPE, trainable(module), rate)]

    usual = training()
    networks = AnyNetworks(usual.networks.make, update)
    scheduled = dataclasses.replace(usual, networks=networks, schedule="linear")
    rates = np.outer([0.01, 0.003], row)
    whole = plan((0.01, 0.003))
    first = dataclasses.replace(whole, rates=rates[:, :6])
    kept = run(scheduled, first)
    run(scheduled, dataclasses.replace(first, rates=rates[:, 6:], start=6, resume=kept.checkpoints))
    np.testing.assert_allclose(built, [0.01, 0.003] * 2, rtol=1e-6)


def test_one_pass_over_the_batches_serves_every_trial():
    taken = []

    class Counted(SplitBatches):
        def _batch(self, rows):
            taken.append(len(rows))
            return super()._batch(rows)

    run(training(batches=Counted(images(), RECIPE, CPU)), plan(rates=[0.01] * 5))
    # The last batch has the share that the final training's has.
    assert taken.count(8) == 8
    assert sum(taken) == 2 * epoch_size(images(), RECIPE, 0) + 2 * 20


def test_validation_and_watching_change_nothing_of_the_training():
    seldom, often = run(training(), plan()), run(training(), plan(evaluate_at=tuple(range(1, 11))))
    assert made.bits(seldom)["checkpoints"] == made.bits(often)["checkpoints"]
    np.testing.assert_array_equal(seldom.valid_loss[:, -1], often.valid_loss[:, -1])


def test_batchnorm_and_dropout_validate_in_eval_mode():
    history = run(training(), plan(keep_examples=True))
    module, split = Small(), images()
    networks = training().networks
    networks.restore(module, networks.optimizers(module, 0.1), history.checkpoints[0])
    module.eval()
    rows = split.valid_rows(0)
    with torch.no_grad():
        losses = torch.nn.functional.cross_entropy(
            module(torch.from_numpy(split.x[rows])), torch.from_numpy(split.y[rows]), reduction="none"
        )
    np.testing.assert_allclose(history.example_losses[0, -1, 0], losses, rtol=1e-5)
    np.testing.assert_allclose(history.valid_loss[0, -1], losses.mean().item(), rtol=1e-5)


def test_a_trial_that_diverges_lets_go_of_its_module():
    import gc
    import weakref

    alive, most = weakref.WeakSet(), []

    def make():
        module = Small()
        alive.add(module)
        return module

    request = plan(rates=[0.01, 3e38, 3e38])

    def look(done):
        gc.collect()
        most.append(len(alive))

    history = train_unit(training(make), request, look)
    assert history.status == (Status.FINISHED, Status.DIVERGED, Status.DIVERGED)
    assert most[0] == 3
    assert most[-1] == 1


class InPlace(Small):
    """Does to its inputs what another may do to a copy."""

    def forward(self, x):
        return super().forward(x.sub_(0.5))


class OutOfPlace(Small):
    def forward(self, x):
        return super().forward(x - 0.5)


def test_what_a_model_does_to_its_inputs_no_other_trial_sees():
    one, other = run(training(InPlace), plan()), run(training(OutOfPlace), plan())
    assert made.bits(one) == made.bits(other)
