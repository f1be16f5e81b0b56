from types import SimpleNamespace

import lightning.pytorch as pl
import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.integrations.lightning.steps import (
    TRAINING,
    VALIDATION,
    TrialTrainer,
    labels_of,
    monitored,
    quiet,
    scores,
    training_loss,
    trial_pair,
)
from etascope.integrations.training_loops.adapter import Clock, wrapped
from tests.integrations.lightning_modules import Classifier, Regression, X, Y

BATCH = (X[:12], Y[:12])


def given(stage, batch=BATCH):
    return {stage: batch, "number": 0}


def test_labels_are_the_second_of_a_pair():
    assert labels_of(BATCH) is BATCH[1]
    assert labels_of(list(BATCH)) is BATCH[1]
    for batch in (
        (X[:3],),
        X[:3],
        {"x": X[:3], "y": Y[:3]},
        (X[:3], Y[:3].float()),
        (X[:3], X[:3]),
        (X[:3], [0, 1, 2]),
    ):
        assert labels_of(batch) is None


def test_a_batch_is_told_with_its_number_and_its_labels():
    inputs, targets = trial_pair(TRAINING)(BATCH, 4, 9)
    assert inputs[TRAINING] is BATCH
    assert (inputs["number"], inputs["done"]) == (4, 9)
    assert targets is BATCH[1]
    other = {"x": X[:3]}
    assert trial_pair(VALIDATION)(other, 0, 0)[1] is other


def test_what_a_step_logs_is_collected_and_the_module_is_as_it_was():
    class Outer(Classifier):
        def __init__(self):
            super().__init__()
            self.inner = Regression()

    module = Outer()
    before = set(vars(module)), set(vars(module.inner))
    with quiet(module) as logged:
        module.log("a", 1, prog_bar=True)
        module.log_dict({"b": 2, "c": 3}, on_step=True)
        module.inner.log("d", 4)
    assert logged == {"a": 1, "b": 2, "c": 3, "d": 4}
    with pytest.raises(KeyError), quiet(module):
        raise KeyError
    assert (set(vars(module)), set(vars(module.inner))) == before


def test_the_loss_that_is_trained_is_that_of_the_step():
    module = Classifier().eval()
    one = wrapped(module, scores)
    loss = training_loss(one, given(TRAINING), None)
    assert torch.equal(loss, nn.functional.cross_entropy(module(X[:12]), Y[:12]))
    assert torch.equal(one(given(VALIDATION)), module(X[:12]))
    assert torch.equal(one(given(TRAINING)), module(X[:12]))
    # A step that takes no number, and returns a dict.
    assert training_loss(wrapped(Regression(), scores), given(TRAINING), None).requires_grad


def test_hooks_on_the_way_to_the_device_are_called():
    class Doubling(Classifier):
        def on_after_batch_transfer(self, batch, dataloader_idx):
            return batch[0] * 2, batch[1]

    module = Doubling().eval()
    assert torch.equal(scores(module, given(VALIDATION)), module(2 * X[:12]))
    loss = training_loss(wrapped(module, scores), given(TRAINING), None)
    assert torch.equal(loss, nn.functional.cross_entropy(module(2 * X[:12]), Y[:12]))


def test_hooks_of_a_data_module_take_the_place_of_those_of_the_module():
    class Data(pl.LightningDataModule):
        """Augments what trains."""

        def on_before_batch_transfer(self, batch, dataloader_idx):
            return batch["x"], batch["y"]

        def on_after_batch_transfer(self, batch, dataloader_idx):
            return batch[0] * (3 if self.trainer.training else 1), batch[1]

    class Both(Classifier):
        def transfer_batch_to_device(self, batch, device, dataloader_idx):
            return batch[0] + 1, batch[1]

        def on_after_batch_transfer(self, batch, dataloader_idx):
            raise AssertionError("the data module has its own")

    data, module = Data(), Both().eval()
    data.trainer = "kept"
    trainer = inside(datamodule=data)
    named = {"x": X[:12], "y": Y[:12]}
    step = {**given(TRAINING, named), "done": 0, "trainer": trainer}
    loss = training_loss(wrapped(module, scores), step, None)
    assert torch.equal(loss, nn.functional.cross_entropy(module(3 * (X[:12] + 1)), Y[:12]))
    assert torch.equal(scores(module, {**given(VALIDATION, named), "trainer": trainer}), module(X[:12] + 1))
    assert data.trainer == "kept"
    plain, other = inside(datamodule=pl.LightningDataModule()), Classifier().eval()
    assert torch.equal(scores(other, {**given(VALIDATION), "trainer": plain}), other(X[:12]))


def test_what_hooks_that_trials_do_not_call_may_have_made_is_named():
    class Weighing(Classifier):
        def on_train_start(self):
            self.weights = torch.ones(3)

        def training_step(self, batch, batch_idx):
            return nn.functional.cross_entropy(self(batch[0]), batch[1], weight=self.weights)

    with pytest.raises(InputError, match=r"no attribute 'weights'\. Trials do not call on_train_start: make in"):
        training_loss(wrapped(Weighing(), scores), given(TRAINING), None)


def test_a_validation_loss_is_what_is_returned_or_logged_under_a_name():
    class Returning(Regression):
        returned = None

        def validation_step(self, batch, batch_idx):
            super().validation_step(batch, batch_idx)
            self.log("other", 7)
            return self.returned

    module = Returning()
    logged = monitored(None)(module, given(VALIDATION))
    assert monitored("val_loss")(module, given(VALIDATION)) == logged
    assert monitored("other")(module, given(VALIDATION)) == 7
    module.returned = torch.tensor(5.0)
    assert monitored(None)(module, given(VALIDATION)) == 5
    module.returned = {"loss": torch.tensor(4.0), "error": torch.tensor(3.0)}
    assert monitored(None)(module, given(VALIDATION)) == 4
    assert monitored("error")(module, given(VALIDATION)) == 3
    module.returned = {"error": torch.tensor(3.0)}
    assert monitored(None)(module, given(VALIDATION)) == logged
    # A training batch is asked for its training loss, whatever a validation batch looks like.
    assert monitored(None)(module, given(TRAINING)) == training_loss(wrapped(module, scores), given(TRAINING), None)


class ReadsTrainer(Classifier):
    """Reads what it is told to from its Trainer."""

    def __init__(self, read):
        super().__init__()
        self.read, self.readings = read, []

    def training_step(self, batch, batch_idx):
        self.readings.append(self.read(self))
        return super().training_step(batch, batch_idx)

    def validation_step(self, batch, batch_idx):
        self.readings.append(self.read(self))
        super().validation_step(batch, batch_idx)


def inside(clock=None, **settings):
    return TrialTrainer(SimpleNamespace(**settings), clock or Clock(5, 5, 2))


def test_a_module_finds_step_and_epoch_of_its_trial():
    trainer, module = inside(), ReadsTrainer(lambda m: (m.global_step, m.current_epoch, m.trainer.training))
    one = wrapped(module, monitored(None))
    one({**given(VALIDATION), "trainer": trainer})
    for done in (0, 3, 4, 5):
        training_loss(one, {**given(TRAINING), "done": done, "trainer": trainer}, None)
        one({**given(VALIDATION), "trainer": trainer})
    assert module.readings[::2] == [(0, 0, False)] * 2 + [(2, 0, False), (3, 0, False), (3, 1, False)]
    assert module.readings[1::2] == [(0, 0, True), (1, 0, True), (2, 0, True), (3, 1, True)]
    assert module._trainer is None


def test_a_module_finds_settings_of_its_trainer_and_nothing_that_moves():
    settings = {"max_epochs": 7, "precision": "32-true", "ckpt_path": None, "optimizers": [1], "datamodule": Y}

    def reading(read):
        module = ReadsTrainer(read)
        step = {**given(TRAINING), "done": 4, "trainer": inside(**settings)}
        training_loss(wrapped(module, scores), step, None)
        return module.readings[0]

    assert reading(lambda m: (m.trainer.max_epochs, m.trainer.precision, m.trainer.ckpt_path)) == (7, "32-true", None)
    assert reading(lambda m: (m.trainer.num_training_batches, m.trainer.is_last_batch)) == (5, True)
    assert reading(lambda m: m.trainer.datamodule) is Y
    # What is logged elsewhere goes nowhere.
    assert reading(lambda m: m.logger.experiment.add_image("a", m.logger)) is None
    with pytest.raises(InputError, match="training_step must work in a trial; it asks its Trainer for optimizers, wh"):
        reading(lambda m: m.trainer.optimizers[0])
    with pytest.raises(InputError, match="training_step must work on a copy of the module; it raised KeyError: 'a'"):
        reading(lambda m: {}["a"])


def test_what_raises_where_weights_have_diverged_is_for_the_search_to_see():
    module = ReadsTrainer(lambda m: {}["a"])
    module.net[1].weight.data.fill_(torch.inf)
    with pytest.raises(KeyError):
        training_loss(wrapped(module, scores), given(TRAINING), None)


def test_steps_that_cannot_be_used_are_refused():
    class Odd(Classifier):
        def training_step(self, dataloader_iter):
            return None

        def validation_step(self, batch, batch_idx):
            self.log("val_loss", "low")
            return "low"

    with pytest.raises(InputError, match="found one that takes dataloader_iter"):
        training_loss(wrapped(Odd(), scores), given(TRAINING), None)
    with pytest.raises(InputError, match=r"validation_step must return the loss, .* found str"):
        monitored(None)(Odd(), given(VALIDATION))
    with pytest.raises(InputError, match=r"val_loss must be logged as a number, .* found str"):
        monitored("val_loss")(Odd(), given(VALIDATION))
    with pytest.raises(InputError, match=r"validation_step must log speed, .* found val_loss, val_mae"):
        monitored("speed")(Regression(), given(VALIDATION))
