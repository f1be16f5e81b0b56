from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from transformers import Trainer, TrainingArguments

from etascope.core.errors import InputError
from etascope.integrations.transformers.rates import mind, multiple_of, optimizer_of, rates_apart, shape_of
from etascope.integrations.transformers.search import recommend
from tests.integrations.transformers.test_search import one_rate, trainer, vit

pytestmark = pytest.mark.usefixtures("one_torch_thread")


class Fixed(Trainer):
    def create_optimizer(self, *args):
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.002)
        return self.optimizer


class Clamped(Trainer):
    def create_optimizer(self, *args):
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=min(0.05, self.args.learning_rate))
        return self.optimizer


class Peaked(Trainer):
    def create_scheduler(self, num_training_steps, optimizer=None):
        self.lr_scheduler = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.01, total_steps=num_training_steps + 1
        )
        return self.lr_scheduler


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (Fixed, {}, r"create_optimizer must use args\.learning_rate.* groups have 0\.002 and had 0\.002\. Write lr="),
        (
            Clamped,
            {},
            r"create_optimizer must make the same multiple .* where args\.learning_rate is 0\.\d+, it makes 0\.05",
        ),
        (Peaked, {}, r"the schedule must follow args\.learning_rate.* step \d+ has"),
        (
            Trainer,
            {"lr_scheduler_type": "cosine_with_min_lr", "lr_scheduler_kwargs": {"min_lr": 1e-3}},
            r"the schedule must follow args\.learning_rate.* as min_lr_rate in place of min_lr",
        ),
    ],
)
def test_what_does_not_follow_the_arguments_is_refused_and_they_stay_as_they_were(tmp_path, kind, arguments, message):
    one = trainer(tmp_path, kind=kind, learning_rate=0.01, **arguments)
    with pytest.raises(InputError, match=message):
        recommend(one)
    assert one.args.learning_rate == 0.01
    assert one.optimizer is None


class Chosen(Trainer):
    @staticmethod
    def get_optimizer_cls_and_kwargs(args, model=None):
        return torch.optim.SGD, {"lr": 0.002}


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (Trainer, (torch.optim.SGD, {"lr": 0.01}), "optimizer_cls_and_kwargs must use .* leave it out, and name the"),
        (Trainer, (torch.optim.AdamW, {}), "optimizer_cls_and_kwargs must use .* leave it out, and name the"),
        (Fixed, (torch.optim.SGD, {"lr": 0.01}), "create_optimizer must use .* Write lr=self.args.learning_rate there"),
        (Chosen, None, "get_optimizer_cls_and_kwargs must use .* Return args.learning_rate under lr there"),
    ],
)
def test_what_makes_the_optimizer_is_named(tmp_path, kind, given, message):
    one = trainer(tmp_path, kind=kind, trainer={"optimizer_cls_and_kwargs": given}, learning_rate=0.03)
    with pytest.raises(InputError, match=message):
        recommend(one)


def test_a_schedule_is_looked_at_again_at_the_rate_that_was_found(tmp_path):
    how = {"lr_scheduler_type": "cosine_with_min_lr", "learning_rate": 0.3, "num_train_epochs": 6}
    numbers, shares = (
        trainer(tmp_path, lr_scheduler_kwargs=kwargs, **how) for kwargs in ({"min_lr": 1e-3}, {"min_lr_rate": 0.01})
    )
    assert mind(numbers, 90, 0.2) == mind(numbers, 90, None) == mind(shares, 90, 0.01) == ""
    run = recommend(numbers, method=one_rate(0.01))
    assert str(run.choice.reasons[-1]).startswith(
        "Mind the schedule, which does not follow args.learning_rate: where that is 0.01 in place of 0.3, step 90 has "
    )
    assert str(run.choice.reasons[-1]) == mind(numbers, 90, 0.01)
    assert numbers.args.learning_rate == 0.3


def test_a_multiple_of_the_arguments_rate_is_followed(tmp_path):
    class Tenth(Trainer):
        def create_optimizer(self, *args):
            self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.1 * self.args.learning_rate)
            return self.optimizer

    runs = [
        recommend(trainer(tmp_path, vit(dropout=0.0), kind, num_train_epochs=1), method=one_rate(rate))
        for kind, rate in ((Tenth, 0.01), (Trainer, 0.001))
    ]
    np.testing.assert_allclose(runs[0].histories[0].step_loss, runs[1].histories[0].step_loss, rtol=1e-3)
    assert runs[0].torch.ratios == [[pytest.approx(0.1)]]


class InOrder(Trainer):
    losses = None

    def _get_train_sampler(self, *args):
        return torch.utils.data.SequentialSampler(self.train_dataset)


class ByRate(InOrder):
    """Optimizer and loss go by the learning rate of the arguments."""

    def create_optimizer(self, *args):
        rate, weights = self.args.learning_rate, self.model.parameters()
        if rate < 0.03:
            self.optimizer = torch.optim.AdamW(weights, lr=rate, weight_decay=1e-4 / rate)
        else:
            self.optimizer = torch.optim.SGD(weights, lr=rate, momentum=0.9)
        return self.optimizer

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        loss = super().compute_loss(model, inputs) * (1.0 if self.args.learning_rate < 0.01 else 0.3)
        if self.losses is not None and model.training:
            self.losses.append(loss.item())
        return (loss, {}) if return_outputs else loss


def test_every_trial_is_the_training_of_a_trainer_with_its_rate_also_after_an_interruption(tmp_path):
    how = {"lr_scheduler_type": "linear", "warmup_steps": 4}
    one = trainer(tmp_path, vit(dropout=0.0), ByRate, **how)
    kind, arguments = type(one.args), one.args.to_dict()
    run = recommend(one, low=1e-3, high=0.3)
    assert len(run.histories) > 1
    assert type(one.args) is kind
    assert one.args.to_dict() == arguments
    for trial in run.trials:
        other = trainer(tmp_path, vit(dropout=0.0), ByRate, **how, learning_rate=trial.learning_rate)
        other.losses = []
        other.train()
        np.testing.assert_allclose(trial.step_loss, other.losses[: len(trial.step_loss)], rtol=5e-3)


def test_arguments_tell_each_thread_its_own_rate_and_are_what_they_were(tmp_path):
    args = trainer(tmp_path, learning_rate=0.01).args
    with rates_apart(args) as at, ThreadPoolExecutor(4) as pool:

        def rates_at(rate):
            with at(rate):
                return [args.learning_rate for _ in range(50)]

        assert (
            list(pool.map(rates_at, [0.1, 0.2, None, 0.4] * 5)) == [[rate] * 50 for rate in (0.1, 0.2, 0.01, 0.4)] * 5
        )
        args.learning_rate = 0.02
        assert args.learning_rate == args.to_dict()["learning_rate"] == 0.02
    assert (args.learning_rate, type(args)) == (0.02, TrainingArguments)


def test_optimizer_and_schedule_are_those_of_the_trainer_which_stays_as_it_was(tmp_path):
    one = trainer(tmp_path, learning_rate=0.01, lr_scheduler_type="linear")
    assert multiple_of(one, one.model) == 1.0
    optimizer = optimizer_of(one, one.model, 0.05, 1.0)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.05, 0.05])
    np.testing.assert_allclose(shape_of(one, 10), 1 - np.arange(10) / 10)
    assert (one.optimizer, one.lr_scheduler, one.args.learning_rate) == (None, None, 0.01)
    assert shape_of(trainer(tmp_path, lr_scheduler_type="constant"), 10) is None
