import dataclasses

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from etascope.core.blind import BlindGuess
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.training.pytorch.custom.options import TrainingOptions
from etascope.training.pytorch.custom.training import custom_job
from etascope.training.pytorch.engine import train_plan
from tests.training import made
from tests.training.pytorch.networks import Linear
from tests.training.pytorch.worded import options_of

GENERATOR = torch.Generator().manual_seed(0)
Y = torch.arange(39) % 3
X = torch.rand(39, 1, 8, 8, generator=GENERATOR) + Y[:, None, None, None] * 0.3


def sgd(groups, learning_rate):
    return torch.optim.SGD(groups, lr=learning_rate, momentum=0.8, weight_decay=0.02)


def job(model=None, loss=None, targets=Y, optimizer=sgd, valid=None, **more):
    train = DataLoader(TensorDataset(X[:30], targets[:30]), batch_size=8, shuffle=True)
    valid = valid or [(X[30:35], targets[30:35]), (X[35:], targets[35:])]
    options, more = options_of(more, device="cpu")
    recipe = Recipe(epochs=2, model="mine")
    return custom_job(model or Linear(), train, valid, optimizer, loss, recipe, options, **more)


def trained(job, rates, steps=8):
    plan = made.kept(made.constant(rates, steps, folds=0))
    return train_plan(job.training, plan, None, lambda event: None)


def test_the_task_is_read_off_the_loaders_the_model_and_the_optimizer():
    training = job(accumulate=2)
    recipe = training.task.recipe
    assert (recipe.batch_size, recipe.epochs, recipe.optimizer) == (16, 2, "momentum")
    assert (recipe.momentum, recipe.weight_decay) == (0.8, 0.02)
    assert (training.task.n_development, training.task.n_valid, training.data.development) == (4 * 8, 9, 4 * 8 + 9)
    assert job(accumulate=99).task.n_development == 4 * 8
    assert (training.task.n_classes, training.task.n_folds, training.task.steps_per_epoch) == (3, 1, 2)
    assert (training.data.image_shape, training.data.class_names) == ((8, 8, 1), ("0", "1", "2"))
    assert (training.target, training.optimizer, training.ratios, training.loss_unit) == (
        "accuracy",
        "SGD",
        [[1.0]],
        1.0,
    )
    assert job(optimizer=lambda g, r: torch.optim.NAdam(g, lr=r)).task.recipe.optimizer == "adam"
    assert job(optimizer=lambda g, r: torch.optim.ASGD(g, lr=r)).optimizer == "ASGD"


def test_other_targets_are_ranked_by_loss_in_units_of_the_untrained_model():
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0))
    training = job(model, nn.MSELoss(), Y.float())
    assert training.target == "loss"
    assert training.data.class_names == ()
    with torch.no_grad():
        untrained = nn.MSELoss()(model(X[30:]), Y[30:].float()).item()
    assert training.loss_unit * np.log(10) == pytest.approx(untrained, rel=1e-5)
    history = trained(training, [1e-9])
    assert history.valid_loss[0, -1] == pytest.approx(np.log(10), rel=1e-4)
    assert np.isnan(history.valid_accuracy).all()


class Dictionary(Linear):
    def forward(self, x):
        return {"scores": super().forward(x)}


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            {"targets": Y.float()},
            r"without a loss, the model must return scores .* found float32 \(8, 3\) and float32 \(8,\)\. Give",
        ),
        ({"model": Dictionary()}, r"without a loss, the model must return scores .* found dict and int64 \(8,\)"),
        ({"targets": Y + 1}, "targets must be class numbers from 0 to 2, as the model has 3 scores; found 1 to 3"),
        (
            {"model": Linear(3, (1, 4, 4))},
            r"the model must take inputs of shape \(8, 1, 8, 8\); it raised RuntimeError",
        ),
        ({"loss": lambda o, t: (o.mean(1) - t) ** 2}, "one number a batch, a scalar; found a tensor of shape"),
        ({"loss": lambda o, t: o.mean() * 0 - 1}, "finite number above 0.*the untrained model has -1"),
        ({"loss": lambda o: o}, "loss must take outputs and targets; it raised TypeError"),
        ({"loss": nn.L1Loss(), "target": "accuracy", "targets": X[:, 0, 0, :3]}, "the target accuracy needs class"),
        ({"optimizer": lambda g, r: object()}, "found object without one"),
        ({"device": "cuda:7"}, "cuda:7"),
        ({"model": Linear(1), "targets": Y * 0}, "a score for each of at least 2 classes; found 1"),
        (
            {"optimizer": lambda g, r: torch.optim.SGD([{"params": g[:1], "lr": 0.1}, {"params": g[1:]}], lr=r)},
            r"found parameter group 1 of 2 \(SGD\) at 0.1 whatever it is\. Make it a multiple of it: lr=0.1 \*",
        ),
        ({"optimizer": lambda g, r: torch.optim.SGD(Linear().parameters(), lr=r)}, "those of a copy of the model"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_trains(how, message):
    with pytest.raises(InputError, match=message) as caught:
        job(**how)
    assert "\n" not in str(caught.value)


COLUMN = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))


@pytest.mark.parametrize(
    "loss",
    [
        nn.MSELoss(),
        nn.MSELoss(reduction="sum"),
        nn.L1Loss(),
        nn.SmoothL1Loss(),
        nn.HuberLoss(),
        nn.functional.mse_loss,
        lambda o, t: nn.functional.l1_loss(o, t) + 1.0,
        lambda o, t: ((o - t) ** 2).mean(),
        lambda o, t: (o - t).abs().sum(),
        lambda o, t: torch.log(torch.cosh(o - t)).mean(),
        nn.PoissonNLLLoss(),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_column_of_outputs_against_a_row_of_targets_is_refused(loss, turned):
    model, targets = (nn.Sequential(COLUMN, nn.Flatten(0)), Y.float()[:, None]) if turned else (COLUMN, Y.float())
    with pytest.raises(InputError, match="must compare each output with its own target; found outputs") as caught:
        job(model, loss, targets)
    assert "\n" not in str(caught.value)
    if not turned:
        assert "targets.unsqueeze(-1)" in str(caught.value)


def test_binary_losses_that_refuse_it_themselves_are_told_with_the_shapes():
    for loss in (nn.BCEWithLogitsLoss(), lambda o, t: nn.functional.binary_cross_entropy(o.sigmoid(), t)):
        with pytest.raises(InputError, match=r"Outputs are \(5, 1\) and targets \(5,\)\. Give both one shape: end"):
            job(COLUMN, loss, (Y == 0).float())


@pytest.mark.parametrize(
    ("model", "loss", "targets"),
    [
        (COLUMN, lambda o, t: ((o.squeeze(1) - t) ** 2).mean(), Y.float()),
        (COLUMN, lambda o, t: nn.functional.mse_loss(o[:, 0], t), Y.float()),
        (COLUMN, lambda o, t: ((o.flatten() - t.flatten()) ** 2).sum(), Y.float()),
        (COLUMN, nn.MSELoss(), Y.float()[:, None]),
        (COLUMN, nn.BCEWithLogitsLoss(), (Y == 0).float()[:, None]),
        (Linear(), lambda o, t: nn.functional.cross_entropy(o, t, label_smoothing=0.1), Y),
        (Linear(), nn.MultiMarginLoss(), Y),
        # All examples together, as in a contrastive loss or a correlation.
        (COLUMN, lambda o, t: 2 - torch.corrcoef(torch.stack([o[:, 0], t]))[0, 1], Y.float()),
    ],
)
def test_losses_that_compare_each_with_its_own_are_left_alone(model, loss, targets):
    assert job(model, loss, targets).loss_unit > 0


def test_a_target_is_needed_for_each_input():
    with pytest.raises(InputError, match="found 8 inputs and 7 targets in batch 1"):
        custom_job(
            Linear(), [(X[:8], Y[:7])], [(X[:8], Y[:8])], sgd, None, Recipe(epochs=2, model="mine"), TrainingOptions()
        )


def test_a_loss_that_refuses_what_is_not_finite_is_a_trial_that_diverged():
    def strict(outputs, targets):
        if not torch.isfinite(outputs).all():
            raise ValueError("probabilities must lie in [0, 1]")
        return nn.functional.mse_loss(outputs, targets)

    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0))
    history = trained(job(model, strict, Y.float()), [1e-4, 1e30])
    assert [status.name for status in history.status] == ["FINISHED", "DIVERGED"]
    assert np.isfinite(history.valid_loss[0, -1])


def test_trials_of_a_model_that_is_worth_it_train_beside_each_other_and_choose_what_they_choose_in_turn():
    torch.set_num_threads(2)
    wide = nn.Sequential(nn.Conv2d(1, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 128, 3, padding=1), nn.Flatten())
    model = nn.Sequential(wide, nn.ReLU(), nn.Linear(128 * 64, 3))
    training = job(model)
    assert training.training.threads == 2
    assert job(nn.Sequential(model, nn.Dropout(0.1))).training.threads == 1
    assert job().training.threads == 1
    beside, in_turn = (
        trained(
            dataclasses.replace(training, training=dataclasses.replace(training.training, threads=n)),
            [0.001, 0.01, 0.1],
        )
        for n in (2, 1)
    )
    # One thread or two: sums are of other parts.
    np.testing.assert_allclose(beside.valid_loss, in_turn.valid_loss, rtol=1e-3)
    assert beside.status == in_turn.status


def test_validation_examples_whose_label_is_left_out_change_nothing():
    """Those of -100 are as if they were not there."""
    more = torch.cat([Y[30:35], torch.full((3,), -100)])
    padded = [(torch.cat([X[30:35], X[:3]]), more), (X[35:], Y[35:])]
    model = Linear()
    histories = [trained(job(model, valid=valid), [0.01, 0.1]) for valid in (None, padded)]
    assert job(valid=padded).task.n_valid == 9
    np.testing.assert_allclose(histories[0].valid_loss, histories[1].valid_loss, rtol=1e-5)
    np.testing.assert_array_equal(histories[0].valid_accuracy, histories[1].valid_accuracy)


class Single(torch.nn.Module):
    """Gives (n, 1)."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(64, 1)

    def forward(self, x):
        return self.layer(x.flatten(1))


def squared(outputs, targets):
    return (outputs - targets).square().mean()


def step_of(loss):
    def step(model, optimizer, inputs, targets):
        value = loss(model(inputs), targets)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value

    return step


@pytest.mark.parametrize("name", ["train_loss", "step"])
def test_a_training_of_ones_own_that_compares_every_output_with_every_target_is_refused(name):
    def how(loss):
        return (
            {"train_loss": lambda model, x, y: loss(model(x), y)} if name == "train_loss" else {"step": step_of(loss)}
        )

    def apart(outputs, targets):
        return squared(outputs[:, 0], targets)

    with pytest.raises(InputError, match=rf"{name} must compare each output with its own target; found .*\(8, 1\)"):
        job(Single(), apart, Y.float(), **how(squared))
    assert job(Single(), apart, Y.float(), **how(apart)).target == "loss"


class MySGD(torch.optim.SGD):
    """A subclass, whose rates are those of its base."""


class MyAdam(torch.optim.Adam):
    """Another."""


def test_a_subclass_of_an_optimizer_begins_where_its_base_does():
    for kind, more, name in ((MySGD, {"momentum": 0.9}, "momentum"), (MySGD, {}, "sgd"), (MyAdam, {}, "adam")):
        made = job(optimizer=lambda g, r, kind=kind, more=more: kind(g, lr=r, **more))
        assert (made.task.recipe.optimizer, made.optimizer) == (name, kind.__name__)


def test_the_label_that_is_left_out_may_be_any_number():
    model, histories = Linear(), []
    for label in (-100, 255, 1):
        targets = Y.clone()
        targets[::4] = label if label != 1 else -100
        if label == 1:
            targets = torch.where(targets == 1, 2, targets)
            targets = torch.where(targets == -100, 1, targets)
        valid = [(X[30:35], targets[30:35]), (X[35:], targets[35:])]
        loss = nn.CrossEntropyLoss(ignore_index=label)
        histories.append(trained(job(model, loss, targets, valid=valid), [0.01, 0.1]))
    np.testing.assert_array_equal(histories[0].valid_loss, histories[1].valid_loss)
    np.testing.assert_array_equal(histories[0].valid_accuracy, histories[1].valid_accuracy)
    assert np.isfinite(histories[2].valid_loss).all()


def test_targets_of_other_losses_all_count_whatever_they_leave_out():
    targets = torch.where(torch.arange(39) % 5 == 0, -100, Y)
    valid = [(X[30:35], targets[30:35]), (X[35:], targets[35:])]
    model = nn.Sequential(Linear(), nn.LogSoftmax(1))
    run = trained(job(model, nn.NLLLoss(), targets, valid=valid), [0.01, 0.1])
    assert np.isfinite(run.valid_loss).all()


def test_scores_in_place_of_log_probabilities_are_named():
    model = nn.Sequential(Linear(), nn.Softplus())
    with pytest.raises(
        InputError, match=r"NLLLoss takes log-probabilities, whose loss is above 0; the untrained model"
    ):
        job(model, nn.NLLLoss())


def test_complex_targets_are_taken():
    class Complex(Single):
        def forward(self, x):
            return torch.complex(super().forward(x), super().forward(x))

    targets = torch.complex(Y.float(), Y.float())
    training = job(Complex(), lambda o, t: (o[:, 0] - t).abs().square().mean(), targets)
    assert training.target == "loss"


def test_a_task_knows_the_shares_of_the_labels_that_validate():
    valid = [(torch.zeros(10, 1, 8, 8), torch.tensor([2] * 7 + [0] * 2 + [-100]))]
    task = job(valid=valid).task
    assert task.guess == BlindGuess.of(np.array([2, 0, 7]), ("0", "1", "2"))
    assert task.majority == pytest.approx(7 / 9)
