import lightning.pytorch as pl
import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.integrations.lightning.attribute import attribute_of, made_with, put, where


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
