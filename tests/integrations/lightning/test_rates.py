import copy

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from etascope.core.errors import InputError
from etascope.integrations.lightning.rates import configured, rates_of, refuse_several, set_peak
from etascope.integrations.training_loops.adapter import Clock, epochs_of
from tests.training.pytorch.networks import same_module

SCHEDULERS = torch.optim.lr_scheduler
pytestmark = [
    pytest.mark.filterwarnings("ignore:The 'train_dataloader' does not have many workers"),
    pytest.mark.filterwarnings("ignore:The number of training batches"),
]


class Module(pl.LightningModule):
    def __init__(self, make):
        super().__init__()
        self.first, self.second, self.make = nn.Linear(3, 2), nn.Linear(2, 2), make

    def configure_optimizers(self):
        groups = [{"params": self.first.parameters(), "lr": 0.2}, {"params": self.second.parameters()}]
        optimizer = torch.optim.SGD(groups, lr=1.0, momentum=0.9)
        return self.make(optimizer)


def by_step(schedule, **how):
    return lambda o: {"optimizer": o, "lr_scheduler": {"scheduler": schedule(o), "interval": "step", **how}}


QUIET = {
    "logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False,
    "accelerator": "cpu",
}  # fmt: skip
TRAINER = pl.Trainer(**QUIET)


def rates(make, steps=6, batches=2):
    return rates_of(Module(make), TRAINER, steps, Clock(batches, batches, 1))


def test_without_a_scheduler_rates_stay():
    shape_and_peak = rates(lambda o: o)
    assert shape_and_peak.peaks.tolist() == [0.2, 1.0]
    assert shape_and_peak.peak == 1.0
    assert shape_and_peak.ratios.tolist() == [0.2, 1.0]
    assert shape_and_peak.shape.tolist() == [1.0] * 6
    assert not shape_and_peak.waits


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (by_step(lambda o: SCHEDULERS.ExponentialLR(o, 0.5)), [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32]),
        (by_step(lambda o: SCHEDULERS.ExponentialLR(o, 0.5), frequency=2), [1, 1, 1 / 2, 1 / 2, 1 / 4, 1 / 4]),
        (lambda o: ([o], [SCHEDULERS.ExponentialLR(o, 0.5)]), [1, 1, 1 / 2, 1 / 2, 1 / 4, 1 / 4]),
        (by_step(lambda o: SCHEDULERS.LambdaLR(o, lambda t: min(t / 3, 1))), [0, 1 / 3, 2 / 3, 1, 1, 1]),
        (
            by_step(
                lambda o: SCHEDULERS.SequentialLR(
                    o, [SCHEDULERS.ConstantLR(o, 0.5, 99), SCHEDULERS.ExponentialLR(o, 0.5)], [3]
                )
            ),
            [0.5, 0.5, 0.5, 1, 1 / 2, 1 / 4],
        ),
    ],
)
def test_a_scheduler_moves_as_it_would_in_a_training(make, shape):
    shape_and_peak = rates(make)
    np.testing.assert_allclose(shape_and_peak.shape, shape, atol=1e-12)
    np.testing.assert_allclose(shape_and_peak.ratios, [0.2, 1.0])
    assert shape_and_peak.clock.per_epoch == 2


@pytest.mark.parametrize("interval", ["step", "epoch"])
@pytest.mark.parametrize(("frequency", "accumulate"), [(1, 1), (2, 1), (3, 1), (4, 3), (6, 3), (7, 2), (9, 1)])
@pytest.mark.parametrize("how", [{"max_epochs": 3}, {"max_epochs": -1, "max_steps": 11}])
def test_rates_are_those_of_a_fit_whatever_the_frequency(interval, frequency, accumulate, how):
    class Fitted(Module):
        learning_rates = ()

        def training_step(self, batch):
            return self.second(self.first(batch[0])).sum()

        def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure=None):
            self.learning_rates = (*self.learning_rates, optimizer.param_groups[1]["lr"])
            super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)

    module = Fitted(by_step(lambda o: SCHEDULERS.ExponentialLR(o, 0.5), interval=interval, frequency=frequency))
    one = pl.Trainer(**QUIET, **how, accumulate_grad_batches=accumulate)
    one.fit(module, DataLoader(TensorDataset(torch.ones(7, 3)), 1))
    steps = len(module.learning_rates)
    length = epochs_of(steps, 7, accumulate)[0]
    shape_and_peak = rates_of(module, TRAINER, steps, Clock(7, length, accumulate))
    np.testing.assert_allclose(shape_and_peak.shape * shape_and_peak.peak, module.learning_rates)


def test_a_scheduler_that_waits_for_a_metric_counts_as_constant():
    shape_and_peak = rates(
        lambda o: {
            "optimizer": o,
            "lr_scheduler": {"scheduler": SCHEDULERS.ReduceLROnPlateau(o), "monitor": "val_loss"},
        }
    )
    assert shape_and_peak.waits
    assert shape_and_peak.shape.tolist() == [1.0] * 6


def test_the_module_is_not_touched_and_sees_the_trainer_while_it_configures():
    used = []

    def make(optimizer):
        used.append(optimizer)
        return optimizer

    module = Module(make)
    before = copy.deepcopy(module)
    rates_of(module, TRAINER, 3, Clock(1, 1, 1))
    assert same_module(module, before)
    assert all(p is not q for p in module.parameters() for q in used[0].param_groups[0]["params"])

    class ReadsTrainer(Module):
        def configure_optimizers(self):
            used.append(self.trainer)
            return super().configure_optimizers()

    one = ReadsTrainer(lambda o: o)
    configured(one, TRAINER)
    assert used[-1] is TRAINER
    assert one._trainer is None


def test_what_cannot_be_followed_is_refused():
    def apart(o):
        return by_step(lambda o: SCHEDULERS.LambdaLR(o, [lambda t: 1.0, lambda t: 0.5**t]))(o)

    with pytest.raises(InputError, match="must follow one schedule"):
        rates(apart)
    with pytest.raises(InputError, match="run for the 6 steps of the training; one raised ValueError"):
        rates(by_step(lambda o: SCHEDULERS.OneCycleLR(o, 1.0, total_steps=3)))
    with pytest.raises(InputError, match="a finite learning rate above 0; found 0"):
        rates(by_step(lambda o: SCHEDULERS.LambdaLR(o, lambda t: 0.0)))
    with pytest.raises(InputError, match=r"must return one optimizer, .* found 2"):
        refuse_several([1, 2])


def test_a_peak_is_set_in_shares_and_nothing_is_left_of_a_scheduler():
    optimizer = Module(lambda o: o).configure_optimizers()
    SCHEDULERS.LambdaLR(optimizer, lambda t: 0.5)
    set_peak(optimizer, 0.4, np.array([0.25, 1.0]))
    assert [g["lr"] for g in optimizer.param_groups] == [0.1, 0.4]
    assert all("initial_lr" not in group for group in optimizer.param_groups)
