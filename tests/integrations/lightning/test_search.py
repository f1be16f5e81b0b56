import copy
import random
import warnings

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from bench.grid_search import GridSearch
from torch.utils.data import DataLoader, TensorDataset

from etascope.core.errors import InputError
from etascope.integrations.lightning.search import LearningRateSearch, pick_lightning
from etascope.torch import pick
from etascope.training.pytorch.custom.fingerprint import fingerprint
from tests.integrations.lightning_modules import Classifier, Groups, Net, Regression, X, Y, loaders
from tests.training.pytorch.networks import same_module

SCHEDULERS = torch.optim.lr_scheduler
#: What Lightning says of machines and settings that are meant here.
pytestmark = [
    pytest.mark.usefixtures("one_torch_thread"),
    pytest.mark.filterwarnings("ignore:The '.*_dataloader' does not have many workers"),
    pytest.mark.filterwarnings("ignore:You defined a `validation_step` but have no"),
    pytest.mark.filterwarnings("ignore:The number of training batches"),
]


def trainer(*callbacks, epochs=2, **how):
    quiet = {
        "logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False,
        "accelerator": "cpu", "devices": 1,
    }  # fmt: skip
    return pl.Trainer(max_epochs=epochs, callbacks=list(callbacks), **{**quiet, **how})


def fitted(module, *callbacks, seed=3, **how):
    """Return a module after a fit from a known state of the generators, and its Trainer."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    one = trainer(*callbacks, **how)
    one.fit(module, *loaders())
    return module, one


class Began(pl.Callback):
    """Looks at what a training begins with."""

    def on_train_start(self, trainer, pl_module):
        self.print = fingerprint(pl_module)
        self.rates = [group["lr"] for group in trainer.optimizers[0].param_groups]
        self.state = (trainer.global_step, trainer.current_epoch, len(trainer.optimizers[0].state))


def test_a_fit_goes_on_from_its_untouched_start_with_the_rate_that_was_found():
    start = Classifier()
    search = LearningRateSearch()
    run, one = fitted(copy.deepcopy(start), search)
    rate = search.choice.learning_rate
    assert 1e-4 < search.choice.basin.low <= rate <= search.choice.basin.high < 10
    assert search.run.torch.untouched.same
    assert search.choice.target == "accuracy"
    assert run.hparams.lr == rate
    assert one.optimizers[0].param_groups[0]["lr"] == rate
    plain = copy.deepcopy(start)
    plain.hparams.lr = rate
    plain, other = fitted(plain)
    assert same_module(run, plain)
    assert one.callback_metrics == other.callback_metrics
    assert (one.global_step, one.current_epoch) == (other.global_step, other.current_epoch)


@pytest.mark.parametrize("kind", [Classifier, Groups])
def test_a_training_begins_with_the_bits_that_it_would_have_begun_with(kind):
    start, beginnings = kind(), []
    for callbacks in ([LearningRateSearch()], []):
        began = Began()
        fitted(copy.deepcopy(start), *callbacks, began)
        beginnings.append(began)
    assert beginnings[0].print == beginnings[1].print
    assert beginnings[0].state == beginnings[1].state == (0, 0, 0)


def test_a_trial_is_the_training_of_the_trainer_step_by_step():
    """Without dropout and in the order of the data, all losses are the same but for rounding."""
    losses = []

    class Plain(Groups):
        def __init__(self):
            super().__init__()
            self.net[4] = torch.nn.Identity()

    class Recording(pl.Callback):
        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            losses.append(outputs["loss"].item())

    start, (train, valid) = Plain(), loaders(shuffle=False)
    search = LearningRateSearch(method=GridSearch(1, low=0.05, high=0.05, seeds=(0,)), update_attr=False)
    for rate, callbacks in ((0.001, [search]), (0.05, [Recording()])):
        module = copy.deepcopy(start)
        module.learning_rate = rate
        trainer(*callbacks, gradient_clip_val=0.5).fit(module, train, valid)
    np.testing.assert_allclose(search.run.histories[0].step_loss[0], losses, rtol=1e-4)


def test_a_search_in_lightning_is_the_search_of_the_same_model_in_torch():
    module, (train, valid) = Classifier(), loaders()
    inside = pick_lightning(module, train, valid, epochs=2)
    plain = pick(
        module.net, train, valid, lambda groups, rate: torch.optim.SGD(groups, lr=rate, momentum=0.9), epochs=2
    )
    assert inside.choice.learning_rate == plain.choice.learning_rate
    for one, other in zip(inside.histories, plain.histories, strict=True):
        assert one.step_loss.tobytes() == other.step_loss.tobytes()
        assert one.valid_loss.tobytes() == other.valid_loss.tobytes()
        assert one.valid_accuracy.tobytes() == other.valid_accuracy.tobytes()


def test_groups_keep_their_ratios_and_the_schedule_is_that_of_the_module():
    start, search, began = Groups(), LearningRateSearch(), Began()
    run, _ = fitted(copy.deepcopy(start), search, began, accumulate_grad_batches=3)
    rate = search.choice.learning_rate
    assert (search.run.recipe.schedule, search.run.recipe.warmup) == ("linear", 0.0)
    assert [round(ratio, 9) for row in search.run.torch.ratios for ratio in row] == [0.1, 1.0]
    # Ten batches in steps of three: the last of an epoch has one.
    assert search.run.history.plan.rates.shape[1] == 8
    assert run.learning_rate == rate
    assert began.rates == [pytest.approx(0.1 * rate), rate]
    plain = copy.deepcopy(start)
    plain.learning_rate = rate
    assert same_module(run, fitted(plain, accumulate_grad_batches=3)[0])


@pytest.mark.parametrize(
    ("share", "schedule"),
    [
        (1.0, lambda o, lr: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20)),
        (1.0, lambda o, lr: torch.optim.lr_scheduler.OneCycleLR(o, max_lr=lr, total_steps=21)),
        (0.1, lambda o, lr: torch.optim.lr_scheduler.ExponentialLR(o, 0.9)),
    ],
)
def test_a_module_that_is_started_with_the_rate_that_was_found_trains_the_same(share, schedule):
    class Scheduled(Classifier):
        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=share * self.hparams.lr)
            return [optimizer], [{"scheduler": schedule(optimizer, self.hparams.lr), "interval": "step"}]

    class Recording(pl.Callback):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    start, search, rows, modules = Scheduled(), LearningRateSearch(low=0.001, high=1.0), [], []
    for callbacks in ([search, Recording()], [Recording()]):
        rates, module = [], copy.deepcopy(start)
        if search.run is not None:
            module.hparams.lr = search.choice.learning_rate
        modules.append(fitted(module, *callbacks)[0])
        rows.append(rates)
    rate = search.choice.learning_rate
    assert modules[0].hparams.lr == rate
    assert rows[0] == rows[1]
    assert max(rows[0]) == pytest.approx(share * rate, rel=0.01)
    assert same_module(*modules)


@pytest.mark.parametrize("how", [{}, {"update_attr": False}])
def test_a_scheduler_with_a_number_of_its_own_is_refused_and_the_module_stays_as_it_was(how):
    class Cycle(Classifier):
        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=self.hparams.lr)
            return [optimizer], [torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=21)]

    module = Cycle(lr=0.0123)
    before = copy.deepcopy(module)
    with pytest.raises(InputError, match=r"Write max_lr=self\.hparams\.lr in OneCycleLR"):
        fitted(module, LearningRateSearch(**how))
    assert same_module(module, before)
    assert module.hparams.lr == 0.0123
    with pytest.raises(InputError, match=r"Write max_lr=self\.hparams\.lr in OneCycleLR"):
        pick_lightning(module, *loaders())


def test_a_schedule_by_epoch_moves_once_an_epoch():
    learning_rates = []

    class Recording(torch.optim.SGD):
        def step(self, closure=None):
            learning_rates.append(self.param_groups[0]["lr"])
            return super().step(closure)

    class Steps(Classifier):
        def configure_optimizers(self):
            optimizer = Recording(self.parameters(), lr=self.hparams.lr)
            return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.1)]

    fitted(Steps(), LearningRateSearch(update_attr=False, method=GridSearch(1, low=0.1, high=0.1)))
    # Before the trial and after it are those with which it is looked whether rates follow.
    trial = pytest.approx([0.1] * 10 + [0.01] * 10)
    assert any(learning_rates[i : i + 20] == trial for i in range(len(learning_rates) - 40))
    assert learning_rates[-20:] == pytest.approx([0.001] * 10 + [0.0001] * 10)


def test_what_is_no_classification_is_judged_by_the_loss_that_is_logged():
    for monitor in (None, "val_mae"):
        search = LearningRateSearch(monitor)
        run, _ = fitted(Regression(), search, epochs=4)
        assert search.choice.target == "loss"
        assert run.lr == search.choice.learning_rate
        assert search.run.torch.untouched.same
    with pytest.raises(InputError, match=r"validation_step must log val_mse, .* found val_loss, val_mae"):
        fitted(Regression(), LearningRateSearch("val_mse"))
    with pytest.raises(InputError, match="found val_f1, which by its name is better the higher it is"):
        LearningRateSearch("val_f1")
    stopping = pl.callbacks.EarlyStopping("val_mae", mode="max")
    for refused in (
        lambda: fitted(Regression(), LearningRateSearch("val_mae"), stopping),
        lambda: pick_lightning(Regression(), *loaders(), monitor="val_mae", trainer={"callbacks": [stopping]}),
    ):
        with pytest.raises(InputError, match="found val_mae, of which EarlyStopping keeps the highest"):
            refused()


def test_nothing_is_logged_and_nothing_warns_while_it_searches():
    names = []

    class Logs(Classifier):
        def log(self, name, *args, **kwargs):
            names.append(self._trainer is not None)
            super().log(name, *args, **kwargs)

    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*self.log.*")
        fitted(Logs(), LearningRateSearch())
    assert names
    assert all(names)


def test_a_rate_can_be_told_and_not_set():
    module = Classifier(lr=0.0123)
    search = LearningRateSearch(update_attr=False)
    run, one = fitted(copy.deepcopy(module), search)
    assert search.choice.learning_rate not in (None, 0.0123)
    assert run.hparams.lr == 0.0123
    assert one.optimizers[0].param_groups[0]["lr"] == 0.0123
    assert same_module(run, fitted(module)[0])


def test_a_search_that_cannot_tell_leaves_the_rate_and_says_so():
    module, search = Classifier(lr=0.0123), LearningRateSearch(low=1e-9, high=2e-9)
    with pytest.warns(UserWarning, match=r"cannot be told yet, and stays 0.0123"):
        run, one = fitted(module, search)
    assert search.choice.learning_rate is None
    assert run.hparams.lr == one.optimizers[0].param_groups[0]["lr"] == 0.0123


def test_a_fast_run_and_one_from_a_checkpoint_are_not_searched(tmp_path):
    search = LearningRateSearch()
    with pytest.warns(UserWarning, match="not searched, since fast_dev_run is enabled"):
        fitted(Classifier(), search, fast_dev_run=True)
    _, one = fitted(Classifier())
    one.save_checkpoint(tmp_path / "one.ckpt")
    later = trainer(search, epochs=3)
    with pytest.warns(UserWarning, match="goes on from a checkpoint"):
        later.fit(Classifier(), *loaders(), ckpt_path=tmp_path / "one.ckpt")
    assert search.run is None
    assert search.choice is None


class Manual(Classifier):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False


class Nameless(Regression):
    def __init__(self):
        super().__init__()
        del self.lr

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)


class Attached(Classifier):
    def training_step(self, batch, batch_idx):
        return super().training_step(batch, batch_idx) * self.trainer.optimizers[0].param_groups[0]["lr"]


class Apart(Groups):
    def configure_optimizers(self):
        made = super().configure_optimizers()
        made["lr_scheduler"] = torch.optim.lr_scheduler.LambdaLR(made["optimizer"], [lambda t: 1.0, lambda t: 0.5**t])
        return made


class Two(Classifier):
    def configure_optimizers(self):
        return [torch.optim.SGD(part.parameters(), lr=self.hparams.lr) for part in (self.net[1], self.net[5])]


class Clamped(Classifier):
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=min(self.hparams.lr, 0.005), momentum=0.9)


class Silent(Classifier):
    def training_step(self, batch, batch_idx):
        return super().training_step(batch, batch_idx) if isinstance(self.trainer, pl.Trainer) else None


@pytest.mark.parametrize(
    ("kind", "how", "message"),
    [
        (Manual, {}, "found automatic_optimization=False"),
        (Nameless, {}, "must have the attribute lr or learning_rate, .* found neither in Nameless"),
        (Attached, {}, "training_step must work in a trial; it asks its Trainer for optimizers"),
        (Apart, {}, "must follow one schedule"),
        (Two, {}, "must return one optimizer, whose learning rate is searched; found several"),
        (
            Clamped,
            {},
            r"the same multiple of every learning rate; where self.hparams.lr is 0.\d+, .* begins at 0.005 and",
        ),
        (Silent, {}, "training_step must return the loss, .* found NoneType"),
        (
            Classifier,
            {"precision": "64-true"},
            "precision must be one of 32-true, bf16-mixed in a search; found 64-true",
        ),
        (Classifier, {"gradient_clip_val": 1.0, "gradient_clip_algorithm": "value"}, "by norm alone"),
        (Classifier, {"overfit_batches": 2}, "overfit_batches"),
        (Classifier, {"epochs": -1}, "the training must end"),
        (Classifier, {"limit_val_batches": 0}, "found limit_val_batches=0"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_a_sentence(kind, how, message):
    with pytest.raises(InputError, match=message):
        fitted(kind(), LearningRateSearch(), **how)


def test_a_name_that_is_no_attribute_is_refused_and_one_that_is_will_be_set():
    with pytest.raises(InputError, match=r"attr_name must be an attribute .* found no speed in Classifier"):
        fitted(Classifier(), LearningRateSearch(attr_name="speed"))
    module = Classifier()
    module.speed = 0.5
    with pytest.raises(InputError, match=r"must follow self\.speed, .* Write lr=self\.speed in the optimizer"):
        fitted(module, LearningRateSearch(attr_name="speed"))

    class Fast(Classifier):
        speed = 0.5

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=self.speed)

    search = LearningRateSearch(attr_name="speed")
    run, one = fitted(Fast(), search)
    assert run.speed == one.optimizers[0].param_groups[0]["lr"] == search.choice.learning_rate


def test_without_an_attribute_the_peak_is_told():
    search = LearningRateSearch(update_attr=False)
    _, one = fitted(Nameless(), search, epochs=4)
    assert search.choice.learning_rate is not None
    assert one.optimizers[0].param_groups[0]["lr"] == 0.01


def test_a_training_that_ends_within_an_epoch_is_searched_to_its_last_step():
    search = LearningRateSearch()
    _, one = fitted(Classifier(), search, max_steps=17, epochs=5)
    assert one.global_step == 17
    assert search.run.history.plan.rates.shape[1] == 17
    cut = LearningRateSearch()
    fitted(Classifier(), cut, limit_train_batches=0.5, epochs=3)
    assert cut.run.history.plan.rates.shape[1] == 15
    other = LearningRateSearch(epochs=1)
    fitted(Classifier(), other, limit_train_batches=4)
    assert other.run.history.plan.rates.shape[1] == 4


def test_clipping_and_precision_of_the_trainer_are_those_of_the_trials():
    losses, start = [], Classifier()
    for how in ({}, {"gradient_clip_val": 0.01}, {"precision": "bf16-mixed"}):
        search = LearningRateSearch(update_attr=False)
        fitted(copy.deepcopy(start), search, epochs=1, **how)
        losses.append(search.run.histories[0].step_loss.tobytes())
    assert len(set(losses)) == 3


class Data(pl.LightningDataModule):
    def __init__(self):
        super().__init__()
        self.stages = []

    def setup(self, stage):
        self.stages.append(stage)
        # As a data set that is split anew: what it draws must not be seen by the training.
        self.order = torch.randperm(120)

    def train_dataloader(self):
        return DataLoader(TensorDataset(X[self.order], Y[self.order]), 12, shuffle=True)

    def val_dataloader(self):
        return [DataLoader(TensorDataset(X[120:], Y[120:]), 15)]


def test_one_line_outside_of_a_trainer_leaves_module_generators_and_loaders_alone():
    module, (train, valid) = Classifier(), loaders()
    before = fingerprint(module, train, valid)
    run = pick_lightning(module, train, valid, epochs=2)
    assert fingerprint(module, train, valid) == before
    assert run.torch.untouched.same
    assert run.torch.untouched.before == before
    assert run.choice.learning_rate is not None
    assert run.recipe.model == "Classifier"
    assert module._trainer is None
    assert module.hparams.lr == 0.001
    inside = LearningRateSearch(update_attr=False)
    trainer(inside).fit(module, train, valid)
    assert [h.step_loss.tobytes() for h in inside.run.histories] == [h.step_loss.tobytes() for h in run.histories]


def test_one_line_takes_a_data_module_and_the_settings_of_a_trainer():
    data, module = Data(), Groups()
    before = fingerprint(module)
    run = pick_lightning(module, datamodule=data, epochs=2, trainer={"accumulate_grad_batches": 2}, budget=3.0)
    assert fingerprint(module) == before
    assert data.stages == ["fit"]
    assert run.history.plan.rates.shape[1] == 10
    with pytest.raises(InputError, match="one validation loader; found none"):
        pick_lightning(Classifier(), loaders()[0])


def test_a_keyword_that_says_nothing_of_the_search_is_refused_at_once():
    with pytest.raises(InputError, match="Did you mean 'budget'"):
        LearningRateSearch(budgt=3)
    with pytest.raises(InputError, match="found 'schedule'"):
        pick_lightning(Classifier(), *loaders(), schedule="cosine")


def test_metrics_and_a_recorder_see_what_they_see_of_any_search():
    calls = []

    class Recorder:
        def begin(self, data, task):
            calls.append("begin")

        def append(self, history):
            calls.append("append")

        def finish(self, run):
            calls.append(run.choice.learning_rate)

    def wrong(scores, labels):
        return (scores.argmax(1) != labels).float().mean()

    run = pick_lightning(Classifier(), *loaders(), epochs=1, metrics={"wrong": wrong}, recorder=Recorder())
    assert calls == ["begin", *["append"] * len(run.histories), run.choice.learning_rate]
    assert all(0 <= metrics["wrong"] <= 1 for metrics in run.torch.metrics.values())
    assert run.torch.metrics


def test_hooks_on_parameters_are_refused_within_a_fit_and_without():
    module = Classifier()
    module.net[1].weight.register_hook(lambda g: g.clamp(-1e-3, 1e-3))
    with pytest.raises(InputError, match="copies lose them"):
        pick_lightning(module, *loaders())
    with pytest.raises(InputError, match="copies lose them"):
        fitted(module, LearningRateSearch())


def test_a_clamp_beyond_what_the_search_may_try_is_no_matter():
    search = LearningRateSearch(high=0.004)
    _, one = fitted(Clamped(), search)
    assert one.optimizers[0].param_groups[0]["lr"] == search.choice.learning_rate <= 0.004


class Named(Net):
    """Its learning rate has a name of its own, beside other numbers."""

    def __init__(self, base_lr=0.01, decay=1e-4, epochs=2):
        super().__init__()
        self.save_hyperparameters()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.base_lr, weight_decay=self.hparams.decay)


def test_the_number_that_the_rates_are_made_of_is_found_and_set():
    search = LearningRateSearch()
    run, one = fitted(Named(), search)
    rate = search.choice.learning_rate
    assert run.hparams.base_lr == one.optimizers[0].param_groups[0]["lr"] == rate
    assert run.hparams.decay == 1e-4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: torch.optim.SGD(m.parameters(), lr=min(m.hparams.base_lr, 0.05)), "where self.hparams.base_lr is"),
        (
            lambda m: torch.optim.SGD(
                [{"params": m.net[1].parameters(), "lr": 1e-4}, {"params": m.net[5].parameters()}],
                lr=m.hparams.base_lr,
            ),
            "must follow self.hparams.base_lr, .* parameter group 1",
        ),
        (
            lambda m: scheduled(m, m.hparams.base_lr, lambda o: SCHEDULERS.OneCycleLR(o, 0.02, 21)),
            "Write max_lr=self.hparams.base_lr",
        ),
        (
            lambda m: scheduled(
                m, m.hparams.base_lr, lambda o: SCHEDULERS.LambdaLR(o, lambda t: 1e-2 / o.defaults["lr"])
            ),
            "must follow self.hparams.base_lr",
        ),
        (lambda m: scheduled(m, 0.01, lambda o: SCHEDULERS.OneCycleLR(o, 0.02, 21)), "Let an attribute hold it"),
    ],
)
def test_rates_that_do_not_follow_are_refused_whatever_the_attribute_is_called(make, message):
    class Stiff(Named):
        def configure_optimizers(self):
            return make(self)

    search = LearningRateSearch(update_attr=False)
    for refused in (lambda: pick_lightning(Stiff(), *loaders(), epochs=2), lambda: fitted(Stiff(), search)):
        with pytest.raises(InputError, match=message):
            refused()


def scheduled(module, rate, schedule):
    optimizer = torch.optim.SGD(module.parameters(), lr=rate, momentum=0.9)
    return [optimizer], [{"scheduler": schedule(optimizer), "interval": "step"}]


def test_a_rate_that_no_attribute_holds_is_told_as_what_its_numbers_must_come_to():
    search = LearningRateSearch(update_attr=False)
    fitted(Nameless(), search, epochs=4)
    assert str(search.choice.reasons[-1]).startswith("Mind configure_optimizers: no attribute of the module")


class Warming(Classifier):
    """Its loss goes by the step and the epoch."""

    def __init__(self, lr=0.001):
        super().__init__(lr)
        self.net[4] = torch.nn.Identity()

    def training_step(self, batch, batch_idx):
        share = min(1.0, (self.global_step + 1) / self.trainer.estimated_stepping_batches)
        return super().training_step(batch, batch_idx) * share * (0.5 if self.current_epoch else 1.0)


@pytest.mark.parametrize("how", [{"epochs": 3}, {"max_steps": 27}])
def test_trials_see_the_steps_and_epochs_of_a_training_also_after_an_interruption(how):
    (train, valid), losses = loaders(shuffle=False), []

    class Recording(pl.Callback):
        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            losses.append(outputs["loss"].item())

    start, search = Warming(), LearningRateSearch(update_attr=False)
    trainer(search, **how).fit(copy.deepcopy(start), train, valid)
    assert len(search.run.histories) > 1
    longest = max(search.run.trials, key=lambda trial: len(trial.step_loss))
    module = copy.deepcopy(start)
    module.hparams.lr = longest.learning_rate
    trainer(Recording(), **how).fit(module, train, valid)
    np.testing.assert_allclose(longest.step_loss, losses[: len(longest.step_loss)], rtol=1e-3)


def halved(optimizer):
    for group in optimizer.param_groups:
        group["lr"] *= 0.5


class Fixing(Classifier):
    def on_train_epoch_start(self):
        halved(self.trainer.optimizers[0])


class Stepping(Classifier):
    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure=None):
        halved(optimizer)
        optimizer.step(closure=optimizer_closure)


class Later(pl.Callback):
    def on_train_epoch_end(self, trainer, pl_module):
        halved(trainer.optimizers[0])


@pytest.mark.parametrize(
    ("kind", "callbacks", "message"),
    [
        (Fixing, (), "in step 1 of the training, .* Mind on_train_epoch_start: trials do not call it"),
        (Stepping, (), "in step 1 of the training, .* Mind optimizer_step: trials do not call it"),
        (Classifier, (Later(),), "in step 11 of the training, .* Mind Later: trials do not call it"),
    ],
)
def test_a_rate_that_something_changes_after_the_search_is_told_while_it_trains(kind, callbacks, message):
    with pytest.warns(UserWarning, match=message):
        fitted(kind(), LearningRateSearch(), *callbacks)


@pytest.mark.parametrize(
    "schedule",
    [
        lambda o, lr: SCHEDULERS.OneCycleLR(o, lr, 21),
        lambda o, lr: SCHEDULERS.CosineAnnealingLR(o, 20, eta_min=1e-6),
        lambda o, lr: SCHEDULERS.LambdaLR(o, lambda t: min(1.0, (t + 1) / 5)),
    ],
)
def test_a_training_that_has_the_rates_of_its_schedule_is_not_told_of(schedule, recwarn):
    class Scheduled(Classifier):
        def configure_optimizers(self):
            return scheduled(self, self.hparams.lr, lambda o: schedule(o, self.hparams.lr))

    fitted(Scheduled(), LearningRateSearch())
    assert not [one for one in recwarn if "the search had" in str(one.message)]


def test_what_schedulers_do_beside_the_rate_is_told_with_the_answer():
    class Cycle(Classifier):
        def configure_optimizers(self):
            return scheduled(self, self.hparams.lr, lambda o: SCHEDULERS.OneCycleLR(o, self.hparams.lr, 21))

    class Waiting(Classifier):
        def configure_optimizers(self):
            optimizer = torch.optim.SGD(self.parameters(), lr=self.hparams.lr)
            wait = {"scheduler": SCHEDULERS.ReduceLROnPlateau(optimizer, min_lr=1e-3), "monitor": "val_loss"}
            return {"optimizer": optimizer, "lr_scheduler": wait}

    method = GridSearch(1, low=0.05, high=0.05)
    cycle, waiting = (pick_lightning(kind(), *loaders(), epochs=2, method=method) for kind in (Cycle, Waiting))
    assert str(cycle.choice.reasons[-1]).startswith(
        "Mind OneCycleLR: momentum, which moves with the rate, stayed as it begins"
    )
    assert str(waiting.choice.reasons[-1]).startswith(
        "Mind ReduceLROnPlateau: one that waits for a metric was left out"
    )


def test_what_is_monitored_and_a_rate_that_is_only_told_are_said_in_a_sentence():
    with pytest.raises(InputError, match=r"^validation_step must log nope, .* found val_acc, val_loss"):
        pick_lightning(Classifier(), *loaders(), monitor="nope")
    with pytest.raises(InputError, match="pick_lightning sets no rate, and takes no update_attr"):
        pick_lightning(Classifier(), *loaders(), update_attr=False)
    with pytest.raises(InputError, match="found LearningRateFinder beside LearningRateSearch"):
        fitted(Classifier(), LearningRateSearch(), pl.callbacks.LearningRateFinder())


class Scaled(Classifier):
    """Optimizer and loss go by the learning rate; no dropout."""

    def __init__(self, lr=0.001):
        super().__init__(lr)
        self.net[4] = torch.nn.Identity()

    def training_step(self, batch, batch_idx):
        return super().training_step(batch, batch_idx) * (1.0 if self.hparams.lr < 0.05 else 0.3)

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=self.hparams.lr, momentum=0.9)
        if self.hparams.lr < 0.1:
            optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr, weight_decay=1e-4 / self.hparams.lr)
        schedule = SCHEDULERS.CosineAnnealingLR(optimizer, 30)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step", "frequency": 3}}


class Augmented(Data):
    def setup(self, stage):
        self.order = torch.arange(120)

    def train_dataloader(self):
        return DataLoader(TensorDataset(X[:120], Y[:120]), 12)

    def on_after_batch_transfer(self, batch, dataloader_idx):
        return batch[0] * (3 if self.trainer.training else 1), batch[1]


def test_every_trial_is_the_training_of_a_module_that_is_started_with_its_rate():
    class Recording(pl.Callback):
        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            losses.append(outputs["loss"].item())

    start = Scaled()
    run = pick_lightning(start, datamodule=Augmented(), epochs=3)
    assert run.torch.untouched.same
    assert len(run.histories) > 1
    kinds = set()
    for trial in run.trials:
        losses, module = [], copy.deepcopy(start)
        module.hparams.lr = trial.learning_rate
        one = trainer(Recording(), epochs=3)
        one.fit(module, datamodule=Augmented())
        kinds.add(type(one.optimizers[0]))
        steps = len(trial.step_loss)
        np.testing.assert_allclose(trial.step_loss, losses[:steps], rtol=5e-3, atol=1e-4)
    assert len(kinds) == 2


def test_a_module_whose_functions_hold_it_is_refused_and_has_no_gradients():
    class Held(Classifier):
        def __init__(self):
            super().__init__()
            self.loss = lambda s, y: torch.nn.functional.cross_entropy(s, y) + self.net[1].weight.square().sum()

        def training_step(self, batch, batch_idx):
            return self.loss(self(batch[0]), batch[1])

    module = Held()
    for refused in (lambda: pick_lightning(module, *loaders()), lambda: fitted(module, LearningRateSearch())):
        with pytest.raises(InputError, match=r"training_step must use the weights of the copy .*\(net\.1\.weight\)"):
            refused()
    assert all(p.grad is None for p in module.parameters())


def test_a_compiled_module_is_refused_with_or_without_a_trainer():
    module = torch.compile(Classifier(), backend="eager")
    for refused in (lambda: pick_lightning(module, *loaders()), lambda: fitted(module, LearningRateSearch())):
        with pytest.raises(InputError, match=r"found one of torch\.compile, whose copies train the module itself"):
            refused()


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_a_scheduler_that_a_step_moves_belongs_to_what_configures():
    class Steps(Classifier):
        def configure_optimizers(self):
            optimizer = super().configure_optimizers()
            self.schedule = SCHEDULERS.ExponentialLR(optimizer, 0.9)
            return optimizer

        def training_step(self, batch, batch_idx):
            self.schedule.step()
            return super().training_step(batch, batch_idx)

    with pytest.raises(InputError, match=r"changes it, and return its scheduler from configure_optimizers\.$"):
        fitted(Steps(), LearningRateSearch())


def test_loaders_that_are_made_anew_and_steps_within_an_epoch_are_told_with_the_answer():
    how = {"reload_dataloaders_every_n_epochs": 1, "accumulate_grad_batches": 3, "max_steps": 6}
    run = pick_lightning(Classifier(), *loaders(), epochs=2, trainer=how, method=GridSearch(1, low=0.05, high=0.05))
    text = " ".join(map(str, run.choice.reasons))
    assert "Mind reload_dataloaders_every_n_epochs=1: " in text
    assert "Mind the steps: 6 of them end within an epoch. An epoch of the training ends with a step of 1 in" in text
