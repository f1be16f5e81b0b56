import copy
import math

import numpy as np
import pytest
import torch
from bench.grid_search import GridSearch
from sklearn.datasets import load_digits
from torch.utils.data import Dataset
from transformers import Trainer, TrainerCallback, TrainingArguments, ViTConfig, ViTForImageClassification

from etascope.core.errors import InputError
from etascope.integrations.transformers.search import recommend, set_learning_rate, uncalled
from etascope.training.pytorch.custom.fingerprint import fingerprint
from tests.training.pytorch.networks import same_module

pytestmark = pytest.mark.usefixtures("one_torch_thread")

DIGITS = load_digits()
ORDER = np.random.default_rng(0).permutation(len(DIGITS.target))


class Images(Dataset):
    def __init__(self, rows):
        self.rows = ORDER[rows]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        row = self.rows[i]
        return {
            "pixel_values": torch.tensor(DIGITS.images[row] / 16, dtype=torch.float32)[None],
            "labels": int(DIGITS.target[row]),
        }


def vit(dropout=0.1, hidden=16):
    torch.manual_seed(0)
    return ViTForImageClassification(
        ViTConfig(
            hidden_size=hidden, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=8,
            patch_size=4, num_channels=1, num_labels=10, hidden_dropout_prob=dropout,
        )
    )  # fmt: skip


def trainer(tmp_path, model=None, kind=Trainer, rows=300, trainer=None, **arguments):
    quiet = {"report_to": [], "save_strategy": "no", "logging_strategy": "no", "disable_tqdm": True, "use_cpu": True}
    given = TrainingArguments(
        output_dir=str(tmp_path), per_device_train_batch_size=20, **{**quiet, "num_train_epochs": 2, **arguments}
    )
    data = {"train_dataset": Images(slice(rows)), "eval_dataset": Images(slice(rows, rows + 150))}
    how = {**({"model": model or vit()} if "model_init" not in (trainer or {}) else {}), **data, **(trainer or {})}
    return kind(args=given, **how)


def one_rate(rate, seed=0):
    """Train at one rate to the end."""
    return GridSearch(1, low=rate, high=rate, seeds=(seed,))


def test_the_trainer_is_what_it_was_and_trains_at_the_rate_to_a_sensible_accuracy(tmp_path):
    one = trainer(tmp_path, vit(hidden=32), rows=1000, num_train_epochs=12, learning_rate=1e-5)
    started, arguments = copy.deepcopy(one.model), one.args.to_dict()
    before, loaders = fingerprint(one.model), len(one.accelerator._dataloaders)
    run = recommend(one)
    assert run.torch.untouched.same
    assert fingerprint(one.model) == before
    assert (one.optimizer, one.lr_scheduler, len(one.accelerator._dataloaders)) == (None, None, loaders)
    assert one.args.to_dict() == arguments
    assert run.choice.target == "accuracy"
    assert run.recipe.model == "ViTForImageClassification"
    assert (run.recipe.schedule, run.recipe.optimizer, run.recipe.epochs) == ("linear", "adamw", 12)
    assert 1e-4 < run.choice.learning_rate < 0.2
    assert set_learning_rate(one, histories=run.histories).choice.learning_rate == one.args.learning_rate
    assert one.args.learning_rate == run.choice.learning_rate
    one.train()
    accuracy = (one.predict(one.eval_dataset).predictions.argmax(1) == DIGITS.target[one.eval_dataset.rows]).mean()
    assert accuracy > 0.7
    slow = trainer(tmp_path, started, rows=1000, num_train_epochs=12, learning_rate=1e-5)
    slow.train()
    lazy = (slow.predict(slow.eval_dataset).predictions.argmax(1) == DIGITS.target[slow.eval_dataset.rows]).mean()
    assert accuracy > lazy + 0.3


@pytest.mark.parametrize("more", [{}, {"label_smoothing_factor": 0.3}, {"gradient_accumulation_steps": 4}])
def test_a_trial_is_the_training_of_the_trainer_step_by_step(tmp_path, more):
    """Without dropout and in the order of the data, both losses are the same but for rounding."""

    class InOrder(Trainer):
        losses = None

        def _get_train_sampler(self, *args):
            return torch.utils.data.SequentialSampler(self.train_dataset)

        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            value = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            if self.losses is not None and model.training:
                self.losses.append((value[0] if return_outputs else value).item())
            return value

    how = {
        "learning_rate": 0.01, "warmup_steps": 4, "lr_scheduler_type": "cosine", "weight_decay": 0.1,
        "max_grad_norm": 0.5, **more,
    }  # fmt: skip
    one = trainer(tmp_path, vit(dropout=0.0), InOrder, **how)
    run = recommend(one, method=one_rate(0.01))
    step_loss = run.histories[0].step_loss[0]
    one.losses = []
    one.train()
    parts = one.args.gradient_accumulation_steps
    assert len(one.losses) == 30
    if parts == 1:
        np.testing.assert_allclose(step_loss, one.losses, rtol=2e-4)
    else:
        # The Trainer divides each part by all examples of its step, so that a step's loss is the sum; an epoch of
        # fifteen batches ends with a step of three.
        sums = [
            sum(one.losses[at : at + size])
            for epoch in (0, 15)
            for at, size in zip((epoch, epoch + 4, epoch + 8, epoch + 12), (4, 4, 4, 3), strict=True)
        ]
        np.testing.assert_allclose(step_loss, sums, rtol=2e-4)
    other = trainer(tmp_path, vit(dropout=0.0), InOrder, **{**how, "max_grad_norm": 0.0})
    assert recommend(other, method=one_rate(0.01)).histories[0].step_loss.tobytes() != step_loss.tobytes()


def test_parameter_groups_optimizer_and_schedule_are_those_of_the_trainer(tmp_path):
    made = []

    class Slower(Trainer):
        def create_optimizer(self, *args):
            head = list(self.model.classifier.parameters())
            rest = [p for p in self.model.parameters() if all(p is not q for q in head)]
            rate = self.args.learning_rate
            self.optimizer = torch.optim.SGD([{"params": head}, {"params": rest, "lr": 0.1 * rate}], lr=rate)
            made.append(self.optimizer)
            return self.optimizer

    run = recommend(trainer(tmp_path, kind=Slower, learning_rate=0.5), method=one_rate(0.1))
    assert [round(r, 9) for r in run.torch.ratios[0]] == [1.0, 0.1]
    assert made[-1].param_groups[1]["lr"] == pytest.approx(0.1 * made[-1].param_groups[0]["lr"])
    usual = recommend(trainer(tmp_path, weight_decay=0.1, optim="adagrad"), method=one_rate(0.1))
    assert usual.recipe.optimizer == "adagrad"
    assert usual.torch.ratios == [[1.0, 1.0]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ("linear", 0.0)),
        ({"lr_scheduler_type": "constant"}, ("constant", 0.0)),
        ({"lr_scheduler_type": "cosine"}, ("cosine", 0.0)),
        ({"lr_scheduler_type": "constant_with_warmup", "warmup_steps": 0.2}, ("constant", 0.2)),
    ],
)
def test_a_schedule_is_told_by_the_nearest_name(tmp_path, arguments, expected):
    run = recommend(trainer(tmp_path, **arguments), method=one_rate(0.01))
    assert run.recipe.schedule == expected[0]
    assert abs(run.recipe.warmup - expected[1]) <= 1.01 / 30


def test_epochs_steps_and_accumulation_are_those_of_the_arguments(tmp_path):
    for arguments, steps, batch in [
        ({"gradient_accumulation_steps": 4}, 8, 80),
        ({"max_steps": 17}, 17, 20),
        ({"num_train_epochs": 1.5}, math.ceil(1.5 * 15), 20),
    ]:
        one = trainer(tmp_path, **arguments)
        run = recommend(one, method=one_rate(0.01))
        assert run.history.plan.rates.shape[1] == steps
        assert run.recipe.batch_size == batch
        one.train()
        assert one.state.global_step == steps


def test_precision_smoothing_and_seed_change_what_is_trained(tmp_path):
    losses = []
    for arguments in ({}, {"bf16": True}, {"label_smoothing_factor": 0.3}, {"seed": 7}):
        run = recommend(trainer(tmp_path, num_train_epochs=1, **arguments), method=one_rate(0.01))
        losses.append(run.histories[0].step_loss[0])
        assert run.recipe.seed == arguments.get("seed", 42)
    assert len({row.tobytes() for row in losses}) == 4


def test_rounds_see_the_same_epochs_and_a_search_repeats_itself(tmp_path):
    runs = [recommend(trainer(tmp_path), low=0.001, high=0.1) for _ in range(2)]
    assert len(runs[0].histories) > 1
    assert [h.step_loss.tobytes() for h in runs[0].histories] == [h.step_loss.tobytes() for h in runs[1].histories]


def test_a_model_init_makes_the_weights_that_the_trainer_begins_with(tmp_path):
    config, begun = vit().config, []

    class Recording(Trainer):
        def create_optimizer(self, *args):
            begun.append(copy.deepcopy(self.model))
            return super().create_optimizer(*args)

    one = trainer(
        tmp_path,
        kind=Recording,
        trainer={"model_init": lambda: ViTForImageClassification(config)},
        seed=5,
        num_train_epochs=1,
    )
    kept, before = one.model, copy.deepcopy(one.model)
    run = recommend(one, method=one_rate(0.01, seed=5))
    assert one.model is kept
    assert same_module(kept, before)
    assert run.recipe.seed == 5
    assert run.recipe.model == "model_init"
    one.train()
    assert len(begun) > 2
    assert all(same_module(begun[-1], other) for other in begun)


def test_targets_that_are_no_classes_are_judged_by_compute_loss(tmp_path):
    class Several(Images):
        def __getitem__(self, i):
            one = super().__getitem__(i)
            return {**one, "labels": torch.nn.functional.one_hot(torch.tensor(one["labels"]), 10).float()}

    model = vit()
    model.config.problem_type = "multi_label_classification"
    data = {"train_dataset": Several(slice(300)), "eval_dataset": Several(slice(300, 400))}
    run = recommend(trainer(tmp_path, model, trainer=data))
    assert run.choice.target == "loss"
    assert run.choice.learning_rate is not None
    assert run.torch.loss_unit != 1
    assert run.torch.untouched.same


def test_a_search_that_cannot_tell_leaves_the_rate(tmp_path):
    one = trainer(tmp_path, learning_rate=0.0123)
    with pytest.warns(UserWarning, match=r"cannot be told yet, and stays 0\.0123"):
        set_learning_rate(one, low=1e-9, high=2e-9)
    assert one.args.learning_rate == 0.0123


def test_what_cannot_be_searched_is_refused_in_a_sentence(tmp_path):
    model = vit()
    sgd = torch.optim.SGD(model.parameters(), lr=0.1)
    images = Images(slice(100))
    for how, arguments, message in [
        ({"optimizers": (sgd, None)}, {}, "must make its optimizer and scheduler itself"),
        ({"eval_dataset": None}, {}, "must have a train_dataset and an eval_dataset"),
        ({"eval_dataset": {"a": images, "b": images}}, {}, "one eval_dataset; found a dict"),
        ({}, {"lr_scheduler_type": "reduce_lr_on_plateau", "eval_strategy": "epoch"}, "found reduce_lr_on_plateau"),
        ({}, {"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({}, {"label_names": ["labels", "boxes"]}, "one entry of labels; found labels, boxes"),
    ]:
        one = trainer(tmp_path, model, trainer=how, **arguments)
        before = fingerprint(one.model)
        with pytest.raises(InputError, match=message):
            recommend(one)
        assert fingerprint(one.model) == before
    with pytest.raises(InputError, match="found 'epochs'"):
        recommend(trainer(tmp_path, model), epochs=3)
    with pytest.raises(InputError, match="a Trainer of transformers must be given; found ViTForImageClassification"):
        recommend(model)


def test_a_trainer_that_has_trained_is_refused(tmp_path):
    one = trainer(tmp_path, num_train_epochs=1)
    one.train()
    with pytest.raises(InputError, match="a Trainer that has not trained yet"):
        recommend(one)


def test_an_error_in_compute_loss_leaves_the_trainer_as_it_was(tmp_path):
    class Broken(Trainer):
        def compute_loss(self, *args, **kwargs):
            raise RuntimeError("no loss today")

    one = trainer(tmp_path, kind=Broken)
    before = fingerprint(one.model)
    with pytest.raises(InputError, match="it raised RuntimeError: no loss today"):
        recommend(one)
    assert fingerprint(one.model) == before
    assert one.optimizer is None


class Halving(Trainer):
    def training_step(self, *given, **named):
        for group in self.optimizer.param_groups:
            group["lr"] = 0.01
        return super().training_step(*given, **named)


class Begins(TrainerCallback):
    def on_step_begin(self, args, state, control, optimizer=None, **kwargs):
        optimizer.param_groups[0]["lr"] = 0.01


class Ends(TrainerCallback):
    def on_train_end(self, args, state, control, **kwargs):
        print(state.global_step)


def test_methods_and_callbacks_that_trials_do_not_call_are_told(tmp_path):
    assert uncalled(trainer(tmp_path)) == uncalled(trainer(tmp_path, trainer={"callbacks": [Ends]})) == ""
    one = trainer(tmp_path, kind=Halving, trainer={"callbacks": [Begins]})
    assert uncalled(one).startswith("Mind training_step, Begins: trials do not call them. Where")
    run = recommend(one, method=one_rate(0.01))
    assert uncalled(one) in map(str, run.choice.reasons)
