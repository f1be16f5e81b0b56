from types import SimpleNamespace

import lightning.pytorch as pl
import pytest
import torch

from etascope.core.errors import InputError
from etascope.integrations.lightning.trainer import (
    check,
    limited,
    loaders,
    refuse_finder,
    reloaded,
    skipped,
    steps_of,
    uncalled,
)
from tests.integrations.lightning_modules import Classifier
from tests.integrations.lightning_modules import loaders as made


def test_a_limit_is_a_number_or_a_share_of_the_batches():
    ten = list(range(10))
    assert [limited(ten, limit, "train") for limit in (1.0, 0.55, 3, 30, None)] == [10, 5, 3, 10, 10]
    endless = iter(())
    assert [limited(endless, limit, "train") for limit in (1.0, 3)] == [None, 3]
    with pytest.raises(InputError, match=r"at least one batch of the loader; found limit_val_batches=0\.01"):
        limited(ten, 0.01, "val")


def test_a_training_has_the_steps_of_its_epochs_or_fewer():
    def steps(max_epochs, max_steps, epochs=None):
        return steps_of(SimpleNamespace(max_epochs=max_epochs, max_steps=max_steps), 10, epochs)

    assert [steps(3, -1), steps(3, 25), steps(3, 99), steps(-1, 25), steps(-1, -1, 2), steps(3, 5, 2)] == [
        30, 25, 30, 25, 20, 20,
    ]  # fmt: skip
    with pytest.raises(InputError, match="the training must end"):
        steps(-1, -1)


def test_what_trials_cannot_do_is_refused():
    usual = {
        "optimizers": [1], "world_size": 1, "precision": "32-true", "gradient_clip_val": None,
        "gradient_clip_algorithm": None, "overfit_batches": 0.0,
    }  # fmt: skip
    module = SimpleNamespace(automatic_optimization=True, _compiler_ctx=None)
    check(SimpleNamespace(**usual), module)
    check(SimpleNamespace(**{**usual, "gradient_clip_val": 1.0, "precision": "bf16-mixed"}), module)
    for changed, message in [
        ({"optimizers": [1, 2]}, "found 2"),
        ({"world_size": 4}, "runs on one device; found 4"),
        ({"precision": "16-mixed"}, "found 16-mixed"),
        ({"gradient_clip_val": 1.0, "gradient_clip_algorithm": "value"}, "found value"),
        ({"overfit_batches": 0.1}, "overfit_batches"),
    ]:
        with pytest.raises(InputError, match=message):
            check(SimpleNamespace(**{**usual, **changed}), module)
    compiled = pl.utilities.compile.from_compiled(torch.compile(Classifier(), backend="eager"))
    with pytest.raises(InputError, match=r"found one of torch\.compile.* Search with the module as it is"):
        check(SimpleNamespace(**usual), compiled)


def test_a_fast_run_and_a_checkpoint_are_reasons_to_skip():
    assert skipped(SimpleNamespace(fast_dev_run=False, ckpt_path=None)) == ""
    assert "fast_dev_run" in skipped(SimpleNamespace(fast_dev_run=1, ckpt_path=None))
    assert "checkpoint" in skipped(SimpleNamespace(fast_dev_run=False, ckpt_path="a.ckpt"))


@pytest.mark.filterwarnings("ignore:The '.*_dataloader' does not have many workers")
def test_loaders_are_those_of_the_fit_and_one_of_each():
    train, valid = made()
    outcomes = []

    class Asks(pl.Callback):
        def on_fit_start(self, trainer, pl_module):
            try:
                outcomes.append(loaders(trainer))
            except InputError as error:
                outcomes.append(str(error))

    one = pl.Trainer(
        max_epochs=0, num_sanity_val_steps=0, callbacks=[Asks()], logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, accelerator="cpu",
    )  # fmt: skip
    several = {"a": train, "b": train}
    together = pl.utilities.CombinedLoader(several, "min_size")
    for given in ((train, valid), (train, [valid]), (train, [valid, valid]), (several, valid), (together, valid)):
        one.fit(Classifier(), *given)
    assert outcomes[:2] == [(train, valid)] * 2
    assert "one validation loader; found 2" in outcomes[2]
    assert "one training loader; found 2" in outcomes[3]
    assert "one training loader; found a CombinedLoader of 2. Give fit() one" in outcomes[4]


def test_loaders_that_are_made_anew_are_told():
    assert reloaded(SimpleNamespace(reload_dataloaders_every_n_epochs=0)) == ""
    assert reloaded(SimpleNamespace(reload_dataloaders_every_n_epochs=2)).startswith(
        "Mind reload_dataloaders_every_n_epochs=2: trials train on the loaders of the first epoch"
    )


class Hooked(Classifier):
    def on_before_optimizer_step(self, optimizer):
        optimizer.param_groups[0]["lr"] = 0.01

    def on_after_batch_transfer(self, batch, dataloader_idx):
        """Is called in trials."""
        return batch

    def on_test_epoch_end(self):
        """Is no part of a fit."""


class Watching(pl.Callback):
    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        trainer.optimizers[0].param_groups[0]["lr"] = 0.01


def test_hooks_and_callbacks_that_trials_do_not_call_are_told():
    def sentence_about(module, *callbacks):
        return uncalled(callbacks, module)

    assert sentence_about(Classifier(), pl.callbacks.ModelCheckpoint(), pl.callbacks.TQDMProgressBar()) == ""
    assert sentence_about(Hooked()).startswith("Mind on_before_optimizer_step: trials do not call it. Where")
    swa = pl.callbacks.StochasticWeightAveraging(0.1)
    assert sentence_about(Classifier(), swa, Watching()).startswith(
        "Mind StochasticWeightAveraging, Watching: trials do not call"
    )
    own = pl.callbacks.LambdaCallback(on_train_epoch_start=lambda trainer, module: None)
    ends = pl.callbacks.LambdaCallback(on_fit_end=lambda trainer, module: None)
    assert sentence_about(Classifier(), pl.callbacks.LambdaCallback(), ends) == ""
    assert sentence_about(Classifier(), own).startswith("Mind LambdaCallback: trials do not call it.")


@pytest.mark.parametrize(
    "hook",
    [
        "on_fit_start", "on_train_start", "on_train_epoch_start", "on_train_batch_start", "on_train_batch_end",
        "on_train_epoch_end", "on_validation_start", "on_validation_batch_end", "on_validation_epoch_end",
        "on_before_zero_grad", "on_after_backward",
    ],
)  # fmt: skip
def test_hooks_at_any_time_of_a_training_are_told(hook):
    def slower(self, *_):
        self.speed = 0.5

    callback, module = (type("Slower", (base,), {hook: slower}) for base in (pl.Callback, Classifier))
    assert uncalled([callback()], Classifier()).startswith("Mind Slower: ")
    assert uncalled([], module()).startswith(f"Mind {hook}: ")


def test_a_finder_beside_a_search_is_refused():
    refuse_finder([pl.callbacks.ModelCheckpoint()])
    with pytest.raises(InputError, match="found LearningRateFinder beside LearningRateSearch"):
        refuse_finder([pl.callbacks.LearningRateFinder()])
