import copy

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.integrations.lightning_rates import (
    configured,
    mind,
    multiple_of,
    rates_of,
    refuse_several,
    require_followed,
    set_peak,
)
from tests.training.pytorch.networks import same_module

SCHEDULERS = torch.optim.lr_scheduler


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


TRAINER = pl.Trainer(
    logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, accelerator="cpu"
)


def rates(make, steps=6, per_epoch=2):
    return rates_of(Module(make), TRAINER, steps, per_epoch)


def test_without_a_scheduler_rates_stay():
    found = rates(lambda o: o)
    assert found.peaks.tolist() == [0.2, 1.0]
    assert found.peak == 1.0
    assert found.ratios.tolist() == [0.2, 1.0]
    assert found.shape.tolist() == [1.0] * 6
    assert not found.waits


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
    found = rates(make)
    np.testing.assert_allclose(found.shape, shape, atol=1e-12)
    np.testing.assert_allclose(found.ratios, [0.2, 1.0])
    assert found.per_epoch == 2


def test_a_scheduler_that_waits_for_a_metric_counts_as_constant():
    found = rates(
        lambda o: {
            "optimizer": o,
            "lr_scheduler": {"scheduler": SCHEDULERS.ReduceLROnPlateau(o), "monitor": "val_loss"},
        }
    )
    assert found.waits
    assert found.shape.tolist() == [1.0] * 6


def test_the_module_is_not_touched_and_sees_the_trainer_while_it_configures():
    seen = []

    def make(optimizer):
        seen.append(optimizer)
        return optimizer

    module = Module(make)
    before = copy.deepcopy(module)
    rates_of(module, TRAINER, 3, 1)
    assert same_module(module, before)
    assert all(p is not q for p in module.parameters() for q in seen[0].param_groups[0]["params"])

    class Asking(Module):
        def configure_optimizers(self):
            seen.append(self.trainer)
            return super().configure_optimizers()

    one = Asking(lambda o: o)
    configured(one, TRAINER)
    assert seen[-1] is TRAINER
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


class Rated(pl.LightningModule):
    """Its optimizer and scheduler are made of the learning rate in `lr`, or of a part of it."""

    def __init__(self, make, lr=0.01):
        super().__init__()
        self.layer, self.make, self.lr = nn.Linear(3, 2), make, lr

    def configure_optimizers(self):
        return self.make(self, self.lr)


def sgd(schedule=None, share=1.0, fixed=None):
    def make(module, lr):
        optimizer = torch.optim.SGD(module.parameters(), lr=share * lr if fixed is None else fixed, momentum=0.9)
        if schedule is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule(optimizer, lr), "interval": "step"}}

    return make


def multiple(make, steps=20, lr=0.01):
    module = Rated(make, lr)
    before = module.lr
    found = multiple_of("lr", module, TRAINER, rates_of(module, TRAINER, steps, 5))
    assert module.lr == before
    return found


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (sgd(), 1.0),
        (sgd(share=0.1), 0.1),
        (sgd(lambda o, lr: SCHEDULERS.OneCycleLR(o, max_lr=lr, total_steps=21)), 1.0),
        (sgd(lambda o, lr: SCHEDULERS.OneCycleLR(o, max_lr=10 * lr, total_steps=21)), 10.0),
        (sgd(lambda o, lr: SCHEDULERS.OneCycleLR(o, max_lr=lr, total_steps=21), fixed=0.3), 1.0),
        (sgd(lambda o, lr: SCHEDULERS.CyclicLR(o, 0.1 * lr, lr, step_size_up=5)), 1.0),
        (sgd(lambda o, lr: SCHEDULERS.CosineAnnealingLR(o, 20, eta_min=1e-6)), 1.0),
        (sgd(lambda o, lr: SCHEDULERS.CosineAnnealingLR(o, 20, eta_min=0.1 * lr)), 1.0),
        (sgd(lambda o, lr: SCHEDULERS.ExponentialLR(o, 0.9)), 1.0),
    ],
)
def test_rates_that_follow_the_attribute_are_a_multiple_of_it(make, expected):
    assert multiple(make) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            sgd(lambda o, lr: SCHEDULERS.OneCycleLR(o, max_lr=0.01, total_steps=21)),
            r"follow self\.lr.* the largest rate is 0\.00994 and not 0\.00331\. Write max_lr=self\.lr in OneCycleLR",
        ),
        (sgd(fixed=0.02), r"is 0\.02 and not 0\.00667\. Write lr=self\.lr in the optimizer"),
        (
            sgd(lambda o, lr: SCHEDULERS.CyclicLR(o, 0.001, lr, step_size_up=5)),
            r"the rate of step 1 is 0\.3 of the largest one and not 0\.1\. Write base_lr=0\.1 \* self\.lr, max_lr=",
        ),
        (
            sgd(lambda o, lr: SCHEDULERS.CyclicLR(o, 0.001, 0.01, step_size_up=5)),
            r"Write base_lr=0\.1 \* self\.lr, max_lr=self\.lr in CyclicLR",
        ),
        (
            sgd(lambda o, lr: SCHEDULERS.CosineAnnealingLR(o, 20, eta_min=1e-3)),
            r"Write eta_min=0\.01 \* self\.lr in CosineAnnealingLR",
        ),
        (
            sgd(
                lambda o, lr: SCHEDULERS.SequentialLR(
                    o, [SCHEDULERS.ConstantLR(o, 0.5, 3), SCHEDULERS.CosineAnnealingLR(o, 17, eta_min=1e-3)], [3]
                )
            ),
            r"in CosineAnnealingLR",
        ),
        (
            sgd(lambda o, lr: SCHEDULERS.LambdaLR(o, lambda t: 1.0 if t < 10 else 0.003 / lr)),
            r"Write every rate in LambdaLR as a multiple of self\.lr",
        ),
        (lambda module, lr: torch.optim.SGD(module.parameters(), lr=min(lr, 0.01)), r"is 0\.01 and not 0\.03"),
        (
            lambda module, lr: torch.optim.SGD(
                [{"params": [module.layer.weight]}, {"params": [module.layer.bias], "lr": 0.002}], lr=lr
            ),
            r"of parameter group 2 is 0\.002 and not 0\.000667",
        ),
    ],
)
def test_numbers_that_do_not_follow_are_refused_with_the_line_to_change(make, told):
    with pytest.raises(InputError, match=told) as found:
        multiple(make)
    assert "\n" not in str(found.value)


def test_a_rate_to_begin_with_is_a_number_above_0():
    for lr in (None, 0.0, True, "0.1"):
        module = Rated(sgd(), 0.1)
        rates = rates_of(module, TRAINER, 4, 2)
        module.lr = lr
        with pytest.raises(InputError, match=r"self\.lr must be a number above 0 to begin with; found"):
            multiple_of("lr", module, TRAINER, rates)


def test_a_schedule_that_is_another_one_at_the_rate_that_was_found_is_told():
    module = Rated(sgd(lambda o, lr: SCHEDULERS.CosineAnnealingLR(o, 20, eta_min=1e-6)))
    rates = rates_of(module, TRAINER, 21, 5)
    assert multiple_of("lr", module, TRAINER, rates) == 1.0
    assert mind("lr", module, TRAINER, rates, 1.0, 0.5) == ""
    told = mind("lr", module, TRAINER, rates, 1.0, 1e-5)
    assert "where self.lr is 1e-05, the rate of step 21 is 0.1 of the largest one and not 0.0001" in told
    assert told.endswith("Write eta_min=0.01 * self.lr in CosineAnnealingLR.")


def test_a_schedule_is_looked_at_within_the_window_alone():
    module = Rated(sgd(lambda o, lr: SCHEDULERS.CosineAnnealingLR(o, 20, eta_min=1e-3)), 0.3)
    rates = rates_of(module, TRAINER, 20, 5)
    assert multiple_of("lr", module, TRAINER, rates) == 1.0
    with pytest.raises(InputError, match=r"where it is 0\.003 in place of 0\.3, the rate of step 20 is 0\.3"):
        multiple_of("lr", module, TRAINER, rates, (None, 3e-3))


def test_a_training_begins_with_the_rate_of_the_search_or_is_refused():
    def clamped(module, lr):
        return sgd(lambda o, _: SCHEDULERS.LambdaLR(o, lambda t: t / 20))(module, min(lr, 0.1))

    module = Rated(clamped)
    rates = rates_of(module, TRAINER, 20, 5)
    multiple = multiple_of("lr", module, TRAINER, rates)
    assert multiple == pytest.approx(0.95)
    require_followed("lr", module, TRAINER, rates, multiple, 0.09)
    with pytest.raises(InputError, match=r"where self\.lr is 0\.2, the training begins at 0\.005 and not 0\.01\."):
        require_followed("lr", module, TRAINER, rates, multiple, 0.2)
    assert module.lr == 0.01
