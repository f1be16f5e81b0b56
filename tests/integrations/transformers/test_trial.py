import warnings

import numpy as np
import pytest
import torch
from transformers import Trainer, TrainerCallback

from etascope.core.errors import InputError
from etascope.integrations.transformers.search import recommend, set_learning_rate
from etascope.integrations.transformers.trial import counted, has_classes
from tests.integrations.transformers.test_search import Images, one_rate, trainer, vit

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def one_score():
    model = vit()
    model.config.num_labels, model.num_labels = 1, 1
    model.classifier = torch.nn.Linear(16, 1)
    return model


class Floating(Images):
    def __getitem__(self, i):
        one = super().__getitem__(i)
        return {**one, "labels": float(one["labels"])}


def test_labels_are_classes_where_they_are_whole_numbers_and_there_are_scores(tmp_path):
    one = trainer(tmp_path)
    assert has_classes(one, one.get_eval_dataloader(), "labels")
    floating = trainer(tmp_path, trainer={"eval_dataset": Floating(slice(300, 450))})
    assert not has_classes(floating, floating.get_eval_dataloader(), "labels")
    with pytest.raises(InputError, match="batches must be dicts with nope; found pixel_values, labels"):
        has_classes(one, one.get_eval_dataloader(), "nope")


def test_one_score_of_whole_numbers_is_judged_by_its_loss_or_told_what_that_needs(tmp_path):
    class Squared(Trainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            outputs = model(inputs["pixel_values"]).logits[:, 0]
            return (outputs - inputs["labels"].float()).square().mean()

    run = recommend(trainer(tmp_path, one_score(), Squared, num_train_epochs=1), method=one_rate(0.01))
    assert run.torch.loss_unit != 1
    assert run.torch.untouched.same
    # What transformers makes of whole numbers itself trains.
    assert recommend(trainer(tmp_path, one_score(), num_train_epochs=1), method=one_rate(0.01)).torch.loss_unit != 1

    class Strict(Trainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            outputs = model(inputs["pixel_values"]).logits[:, 0]
            return torch.nn.functional.binary_cross_entropy_with_logits(outputs, inputs["labels"])

    with pytest.raises(InputError, match=r"must be floating point numbers; found torch\.int64.* Give float\("):
        recommend(trainer(tmp_path, one_score(), Strict))
    data = {"train_dataset": Floating(slice(300)), "eval_dataset": Floating(slice(300, 450))}
    floating = trainer(tmp_path, one_score(), trainer=data, num_train_epochs=1)
    assert recommend(floating, method=one_rate(0.01)).torch.loss_unit != 1


def test_a_loss_of_the_trainers_own_model_is_refused_and_leaves_no_gradients(tmp_path):
    class Own(Trainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            return self.model(**inputs).loss

    one = trainer(tmp_path, kind=Own)
    with pytest.raises(InputError, match=r"compute_loss must use the weights of the copy .* place of self\.model or"):
        recommend(one)
    assert all(p.grad is None for p in one.model.parameters())


class Warming(Trainer):
    """Its loss goes by the step and the epoch, in the order of the data."""

    losses = None

    def _get_train_sampler(self, *args):
        return torch.utils.data.SequentialSampler(self.train_dataset)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        loss = super().compute_loss(model, inputs) * (self.state.global_step + 1) / self.state.max_steps
        loss = loss * (1 - 0.3 * self.state.epoch / self.state.num_train_epochs) * (1.0 if self.is_in_train else 2.0)
        if self.losses is not None and model.training:
            self.losses.append(loss.item())
        return (loss, {}) if return_outputs else loss


@pytest.mark.parametrize("how", [{"num_train_epochs": 3}, {"max_steps": 34}])
def test_trials_see_the_state_of_a_training_also_after_an_interruption(tmp_path, how):
    def made(rate):
        return trainer(tmp_path, vit(dropout=0.0), Warming, learning_rate=rate, max_grad_norm=0.0, **how)

    one = made(0.01)
    state = one.state
    run = recommend(one)
    assert one.state is state
    assert not one.is_in_train
    assert (state.global_step, state.epoch, state.max_steps) == (0, 0, 0)
    assert len(run.histories) > 1
    longest = max(run.trials, key=lambda trial: len(trial.step_loss))
    other = made(longest.learning_rate)
    other.losses = []
    other.train()
    np.testing.assert_allclose(longest.step_loss, other.losses[: len(longest.step_loss)], rtol=2e-3)


class Counting(Trainer):
    calls = 0

    def compute_loss(self, *args, **kwargs):
        self.calls += 1
        self.later = 2.0
        return super().compute_loss(*args, **kwargs)


def test_a_count_of_the_trainer_itself_is_told_and_put_back(tmp_path):
    one = trainer(tmp_path, kind=Counting)
    run = recommend(one, method=one_rate(0.01))
    assert "Mind self.calls, self.later of the Trainer: all trials moved it" in str(run.choice.reasons[-1])
    assert "calls" not in vars(one)
    assert "later" not in vars(one)
    assert counted([]) == ""
    assert not [
        reason for reason in recommend(trainer(tmp_path), method=one_rate(0.01)).choice.reasons if "Mind" in str(reason)
    ]


class Setting(Trainer):
    def training_step(self, *given, **named):
        self.optimizer.param_groups[0]["lr"] = 1e-5
        return super().training_step(*given, **named)


class Sets(TrainerCallback):
    def on_step_begin(self, args, state, control, optimizer=None, **kwargs):
        if state.global_step == 20:
            optimizer.param_groups[0]["lr"] = 0.5


@pytest.mark.parametrize(
    ("kind", "callbacks", "message"),
    [
        (Setting, [], "is 1e-05 in step 1 of the training, .* Mind training_step: trials do not call it"),
        (Trainer, [Sets], "is 0.5 in step 21 of the training, .* Mind Sets: trials do not call it"),
    ],
)
def test_a_rate_that_something_changes_after_the_search_is_told_while_it_trains(tmp_path, kind, callbacks, message):
    one = trainer(tmp_path, kind=kind, trainer={"callbacks": callbacks})
    set_learning_rate(one, method=one_rate(0.01))
    with pytest.warns(UserWarning, match=message):
        one.train()


@pytest.mark.parametrize(
    "how",
    [{}, {"lr_scheduler_type": "cosine", "warmup_steps": 5, "gradient_accumulation_steps": 2, "num_train_epochs": 5}],
)
def test_a_training_that_has_the_rates_of_its_schedule_is_not_told_of(tmp_path, how):
    one = trainer(tmp_path, **how)
    for _ in range(2):
        set_learning_rate(one, method=one_rate(0.02))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="The learning rate")
        one.train()
    assert len([kind for kind in one.callback_handler.callbacks if type(kind).__name__ == "Look"]) == 1
    # Who sets another rate himself is told nothing.
    other = trainer(tmp_path, **how)
    set_learning_rate(other, method=one_rate(0.02))
    other.args.learning_rate = 0.5
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="The learning rate")
        other.train()
