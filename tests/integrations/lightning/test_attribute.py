import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.integrations.lightning.attribute import attribute_of, mind, multiple_of, optimizer_at
from etascope.integrations.lightning.rates import made_with, put, rates_of, where
from etascope.integrations.training_loops.adapter import Clock
from tests.integrations.lightning.test_rates import SCHEDULERS, TRAINER


class Held(pl.LightningModule):
    speed = 0.5

    def __init__(self, make, base=0.1, scale=2, **more):
        super().__init__()
        self.save_hyperparameters(ignore=["make"])
        self.layer, self.make, self.other = nn.Linear(2, 2), make, 0.3


def rates(module):
    optimizer = module.make(module)
    return [group["lr"] for group in optimizer.param_groups]


def sgd(lr):
    return lambda module: torch.optim.SGD(module.parameters(), lr=lr(module))


def cycle(module):
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=module.hparams.base, total_steps=9)
    return optimizer


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (sgd(lambda m: m.hparams.base), "base"),
        (sgd(lambda m: 0.1 * m.hparams.base), "base"),
        (sgd(lambda m: min(m.hparams.base, 0.2)), "base"),
        (sgd(lambda m: m.other), "other"),
        (sgd(lambda m: m.speed), "speed"),
        (cycle, "base"),
        (sgd(lambda m: 0.1), ""),
    ],
)
def test_what_the_rates_are_made_of_is_found(make, name):
    module = Held(make)
    before = dict(module.hparams), module.other, Held.speed
    assert attribute_of(module, "", rates, needed=False) == name
    assert (dict(module.hparams), module.other, Held.speed) == before


def test_one_with_a_usual_name_or_that_is_named_is_not_looked_for():
    module = Held(sgd(lambda m: m.hparams.base))
    assert attribute_of(module, "other", rates, needed=True) == "other"
    module.learning_rate = 1.0
    assert attribute_of(module, "", rates, needed=True) == "learning_rate"


def test_where_there_is_none_or_nobody_knows_which_it_is_refused():
    with pytest.raises(
        InputError, match=r"found 2 that the optimizer's rates are made of: base, scale\. Name one with"
    ):
        attribute_of(Held(sgd(lambda m: m.hparams.base * m.hparams.scale)), "", rates, needed=False)
    with pytest.raises(InputError, match=r"must have the attribute lr or learning_rate, .* found neither in Held"):
        attribute_of(Held(sgd(lambda m: 0.1)), "", rates, needed=True)
    with pytest.raises(InputError, match=r"no path to one; found cfg\.optim\.lr\. Set self\.lr to it in __init__"):
        attribute_of(Held(sgd(lambda m: 0.1)), "cfg.optim.lr", rates, needed=False)
    with pytest.raises(InputError, match=r"attr_name must be an attribute .* found no speeed in Held"):
        attribute_of(Held(sgd(lambda m: 0.1)), "speeed", rates, needed=False)


def test_an_optimizer_is_made_with_another_number_or_another_multiple():
    module, own = Held(sgd(lambda m: m.hparams.base)), torch.optim.Optimizer.add_param_group
    with made_with(module, "base", 0.7) as given:
        assert rates(module) == given == [0.7]
    with made_with(module, "", 0.5) as given:
        assert rates(module) == given == [0.35]
    assert torch.optim.Optimizer.add_param_group is own
    assert (where("base", module), where("other", module), where("", module)) == (
        "self.hparams.base", "self.other", "lr in the optimizer",
    )  # fmt: skip


def test_an_attribute_that_can_only_be_read_is_refused():
    class Read(Held):
        @property
        def lr(self):
            return self.hparams.base

    with pytest.raises(InputError, match=r"self\.lr must be an attribute that can be set, .* found one of Read"):
        put(Read(sgd(lambda m: m.lr)), "lr", 0.1)


class Rated(pl.LightningModule):
    """Its optimizer and scheduler are made of the learning rate in `lr`, or of a part of it."""

    def __init__(self, make, lr=0.01):
        super().__init__()
        self.layer, self.make, self.lr = nn.Linear(3, 2), make, lr

    def configure_optimizers(self):
        return self.make(self, self.lr)


def scheduled(schedule=None, share=1.0, fixed=None):
    def make(module, lr):
        optimizer = torch.optim.SGD(module.parameters(), lr=share * lr if fixed is None else fixed, momentum=0.9)
        if schedule is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule(optimizer, lr), "interval": "step"}}

    return make


def multiple(make, steps=20, lr=0.01):
    module = Rated(make, lr)
    before = module.lr
    factor = multiple_of("lr", module, TRAINER, rates_of(module, TRAINER, steps, Clock(5, 5, 1)))
    assert module.lr == before
    return factor


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (scheduled(), 1.0),
        (scheduled(share=0.1), 0.1),
        (scheduled(lambda o, lr: SCHEDULERS.OneCycleLR(o, max_lr=lr, total_steps=21)), 1.0),
        (scheduled(lambda o, lr: SCHEDULERS.OneCycleLR(o, max_lr=10 * lr, total_steps=21)), 10.0),
        (scheduled(lambda o, lr: SCHEDULERS.OneCycleLR(o, max_lr=lr, total_steps=21), fixed=0.3), 1.0),
        (scheduled(lambda o, lr: SCHEDULERS.CyclicLR(o, 0.1 * lr, lr, step_size_up=5)), 1.0),
        (scheduled(lambda o, lr: SCHEDULERS.CosineAnnealingLR(o, 20, eta_min=1e-6)), 1.0),
        (scheduled(lambda o, lr: SCHEDULERS.CosineAnnealingLR(o, 20, eta_min=0.1 * lr)), 1.0),
        (scheduled(lambda o, lr: SCHEDULERS.ExponentialLR(o, 0.9)), 1.0),
    ],
)
def test_rates_that_follow_the_attribute_are_a_multiple_of_it(make, expected):
    assert multiple(make) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            scheduled(lambda o, lr: SCHEDULERS.OneCycleLR(o, max_lr=0.01, total_steps=21)),
            r"follow self\.lr.* the largest rate is 0\.00994 and not 0\.00331\. Write max_lr=self\.lr in OneCycleLR",
        ),
        (scheduled(fixed=0.02), r"is 0\.02 and not 0\.00667\. Write lr=self\.lr in the optimizer"),
        (
            scheduled(lambda o, lr: SCHEDULERS.CyclicLR(o, 0.001, lr, step_size_up=5)),
            r"the rate of step 1 is 0\.3 of the largest one and not 0\.1\. Write base_lr=0\.1 \* self\.lr, max_lr=",
        ),
        (
            scheduled(lambda o, lr: SCHEDULERS.CyclicLR(o, 0.001, 0.01, step_size_up=5)),
            r"Write base_lr=0\.1 \* self\.lr, max_lr=self\.lr in CyclicLR",
        ),
        (
            scheduled(lambda o, lr: SCHEDULERS.CosineAnnealingLR(o, 20, eta_min=1e-3)),
            r"Write eta_min=0\.01 \* self\.lr in CosineAnnealingLR",
        ),
        (
            scheduled(
                lambda o, lr: SCHEDULERS.SequentialLR(
                    o, [SCHEDULERS.ConstantLR(o, 0.5, 3), SCHEDULERS.CosineAnnealingLR(o, 17, eta_min=1e-3)], [3]
                )
            ),
            r"in CosineAnnealingLR",
        ),
        (
            scheduled(lambda o, lr: SCHEDULERS.LambdaLR(o, lambda t: 1.0 if t < 10 else 0.003 / lr)),
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
def test_numbers_that_do_not_follow_are_refused_with_the_line_to_change(make, message):
    with pytest.raises(InputError, match=message) as caught:
        multiple(make)
    assert "\n" not in str(caught.value)


def test_a_rate_to_begin_with_is_a_number_above_0():
    for lr in (None, 0.0, True, "0.1"):
        module = Rated(scheduled(), 0.1)
        rates = rates_of(module, TRAINER, 4, Clock(2, 2, 1))
        module.lr = lr
        with pytest.raises(InputError, match=r"self\.lr must be a number above 0 to begin with; found"):
            multiple_of("lr", module, TRAINER, rates)
    module.lr = [0.1, 0.01]
    with pytest.raises(InputError, match=r"self\.lr must be one number, .* found \[0\.1, 0\.01\]\. Keep one of them"):
        multiple_of("lr", module, TRAINER, rates)
    module.lr = np.float32(0.1)
    assert multiple_of("lr", module, TRAINER, rates) == 1.0


def test_a_schedule_that_is_another_one_at_the_rate_that_was_found_is_told():
    module = Rated(scheduled(lambda o, lr: SCHEDULERS.CosineAnnealingLR(o, 20, eta_min=1e-6)))
    rates = rates_of(module, TRAINER, 21, Clock(5, 5, 1))
    assert multiple_of("lr", module, TRAINER, rates) == 1.0
    assert mind("lr", module, TRAINER, rates, 1.0, 0.5) == ""
    sentence = mind("lr", module, TRAINER, rates, 1.0, 1e-5)
    assert "where self.lr is 1e-05, the rate of step 21 is 0.1 of the largest one and not 0.0001" in sentence
    assert sentence.endswith("Write eta_min=0.01 * self.lr in CosineAnnealingLR.")


def test_a_schedule_is_looked_at_within_the_window_alone():
    module = Rated(scheduled(lambda o, lr: SCHEDULERS.CosineAnnealingLR(o, 20, eta_min=1e-3)), 0.3)
    rates = rates_of(module, TRAINER, 20, Clock(5, 5, 1))
    assert multiple_of("lr", module, TRAINER, rates) == 1.0
    with pytest.raises(InputError, match=r"where it is 0\.003 in place of 0\.3, the rate of step 20 is 0\.3"):
        multiple_of("lr", module, TRAINER, rates, (None, 3e-3))


def test_a_training_begins_with_the_rate_of_the_search_or_is_refused():
    def clamped(module, lr):
        return scheduled(lambda o, _: SCHEDULERS.LambdaLR(o, lambda t: t / 20))(module, min(lr, 0.1))

    module = Rated(clamped)
    rates = rates_of(module, TRAINER, 20, Clock(5, 5, 1))
    multiple = multiple_of("lr", module, TRAINER, rates)
    assert multiple == pytest.approx(0.95)
    assert optimizer_at("lr", module, TRAINER, rates, multiple, 0.09).param_groups[0]["lr"] == 0.09 * multiple
    # A trial's module has the learning rate of the trial.
    assert module.lr == 0.09
    with pytest.raises(
        InputError, match=r"where self\.lr is 0\.2, the training begins at 0\.005 and not 0\.01\. Write"
    ):
        optimizer_at("lr", module, TRAINER, rates, multiple, 0.2)


def test_an_optimizer_has_the_class_and_the_numbers_that_it_has_at_the_rate_of_the_trial():
    def by_rate(module, lr):
        if lr > 0.1:
            return torch.optim.SGD(module.parameters(), lr=lr, momentum=0.9)
        return torch.optim.AdamW(module.parameters(), lr=lr, weight_decay=1e-3 / lr)

    module = Rated(by_rate)
    rates = rates_of(module, TRAINER, 20, Clock(5, 5, 1))
    for rate, kind, name, value in (
        (0.002, torch.optim.AdamW, "weight_decay", 0.5),
        (0.05, torch.optim.AdamW, "weight_decay", 0.02),
        (0.2, torch.optim.SGD, "momentum", 0.9),
    ):
        made = optimizer_at("lr", module, TRAINER, rates, 1.0, rate)
        assert type(made) is kind
        assert (made.param_groups[0]["lr"], made.param_groups[0][name]) == (rate, value)


def test_a_warm_up_from_a_number_of_its_own_is_followed_where_that_is_small_and_named_where_it_is_not():
    class Begins(SCHEDULERS.LRScheduler):
        def get_lr(self):
            share = min(self.last_epoch / 5, 1.0)
            return [1e-4 + (rate - 1e-4) * share for rate in self.base_lrs]

    module = Rated(scheduled(lambda o, lr: Begins(o)))
    rates = rates_of(module, TRAINER, 20, Clock(5, 5, 1))
    multiple = multiple_of("lr", module, TRAINER, rates)
    assert optimizer_at("lr", module, TRAINER, rates, multiple, 0.3).param_groups[0]["lr"] == 0.3
    with pytest.raises(
        InputError, match=r"begins at 0\.0001 and not 1e-05\. Write every rate in Begins as a multiple of"
    ):
        optimizer_at("lr", module, TRAINER, rates, multiple, 0.001)
