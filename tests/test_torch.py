"""A search for a model of one's own, and the proof that nothing of it was touched."""

import copy
import inspect
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from bench.grid_search import GridSearch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

import etascope
from etascope import InputError
from etascope.core.run import Run
from etascope.selection.automatic import Automatic
from etascope.torch import TrainingOptions, pick
from etascope.training.pytorch.custom.fingerprint import fingerprint
from tests.core.failing import FailingRecorder
from tests.training.pytorch.networks import Linear, Small
from tests.training.pytorch.worded import NAMES, worded

pytestmark = pytest.mark.usefixtures("one_torch_thread")

ROOT = Path(__file__).parents[1]
GENERATOR = torch.Generator().manual_seed(0)
Y = torch.arange(150) % 3
X = torch.rand(150, 1, 8, 8, generator=GENERATOR) + Y[:, None, None, None] * 0.3


@pytest.fixture
def one_torch_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Augmented(Dataset):
    """Draws from every generator there is, and counts how often it was asked."""

    def __init__(self):
        self.rng, self.reads = np.random.default_rng(1), 0

    def __len__(self):
        return 120

    def __getitem__(self, i):
        self.reads += 1
        noise = torch.rand(1) + random.random() + np.random.random() + self.rng.random()
        return X[i] + 0.01 * noise.float(), Y[i]


def loaders(batch=12):
    train = DataLoader(Augmented(), batch, shuffle=True, generator=torch.Generator().manual_seed(3))
    return train, DataLoader(TensorDataset(X[120:], Y[120:]), 15)


def sgd(groups, learning_rate):
    return torch.optim.SGD(groups, lr=learning_rate, momentum=0.9)


def used(model):
    """Return the model as it is in the middle of a training: gradients, buffers and modes that are not the first."""
    model(X[:12]).sum().backward()
    model.act.eval()
    return model


def bits(run):
    return [h.step_loss.tobytes() + h.valid_loss.tobytes() for h in run.histories]


def test_a_search_ends_in_an_answer_and_leaves_everything_as_it_was():
    model, (train, valid) = used(Small()), loaders()
    before = fingerprint(model, train, valid)
    kept = copy.deepcopy(model.state_dict())
    run = etascope.torch.pick(model, train, valid, sgd, epochs=3, schedule="cosine", warmup=0.1)
    assert isinstance(run, Run)
    low, high = run.choice.basin.low, run.choice.basin.high
    assert 1e-4 < low <= run.choice.learning_rate <= high < 10
    assert run.torch.untouched.same
    assert fingerprint(model, train, valid) == before
    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), kept.values(), strict=True))
    assert run.recipe.schedule == "cosine"
    assert run.history.plan.rates.shape[1] == 30
    text = " ".join(str(run).split())
    assert f"learning rate {run.choice.learning_rate:.3g}" in text
    assert f"untouched the same bits before and after: weights and buffers {before['weights and buffers'][:8]}" in text
    assert "any optimizer but SGD" in text


def test_the_same_search_gives_the_same_bits_and_goes_on_where_it_stopped():
    whole = pick(Small(), *loaders(), sgd, epochs=2)
    model = Small()
    runs = [pick(model, *loaders(), sgd, epochs=2, **worded(how)) for how in ({}, {"trials_in_memory": 2})]
    assert bits(runs[0]) == bits(runs[1]) != bits(whole)
    late = pick(model, *loaders(), sgd, epochs=2, histories=runs[0].histories[:1])
    assert bits(late) == bits(runs[0])
    assert late.choice.learning_rate == runs[0].choice.learning_rate
    assert late.seconds > sum(history.seconds for history in late.histories[1:]) + runs[0].histories[0].seconds


@pytest.mark.parametrize("fails", ["begin", "append", "finish"])
def test_a_recorder_in_trouble_costs_a_warning(fails):
    with pytest.warns(RuntimeWarning, match="failed with TypeError: broken") as caught:
        run = pick(Small(), *loaders(), sgd, epochs=1, recorder=FailingRecorder(fails, TypeError("broken")))
    assert len(caught) == 1
    assert run.choice.learning_rate > 0


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_search_that_is_broken_off_leaves_everything_as_it_was(error):
    model, (train, valid) = used(Small()), loaders()
    before, events = fingerprint(model, train, valid), []

    def break_off(event):
        events.append(event)
        if len(events) == 3:
            raise error

    with pytest.raises(error):
        pick(model, train, valid, sgd, epochs=2, progress=break_off)
    assert fingerprint(model, train, valid) == before


#: Prints when it trains, and what a Ctrl-C then leaves.
INTERRUPTED = """
    import torch
    from etascope.torch import pick
    from etascope.training.pytorch.custom.fingerprint import fingerprint
    from tests.test_torch import Small, loaders, sgd, used

    torch.set_num_threads(1)
    model, (train, valid) = used(Small()), loaders()
    next(iter(train))
    before, told = fingerprint(model, train, valid), []

    def watch(event):
        told.append(event)
        if len(told) == {after}:
            print("training", flush=True)

    try:
        pick(model, train, valid, sgd, epochs=100000, low=1e-3, high=1.0, progress=watch)
    except KeyboardInterrupt:
        print("interrupted", fingerprint(model, train, valid) == before, len(told) >= {after}, flush=True)
"""


@pytest.mark.parametrize("after", [1, 9])
def test_ctrl_c_leaves_everything_as_it_was(after):
    script = textwrap.dedent(INTERRUPTED).replace("{after}", str(after))
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables
    )
    try:
        assert process.stdout.readline() == "training\n", process.stderr.read()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (out, err, process.returncode) == ("interrupted True True\n", "", 0)


class Crowded(Linear):
    """Memory runs out where more than `most` of them live, as far as PyTorch knows."""

    living, most, calls, last = weakref.WeakSet(), 10**9, 0, 10**9

    def forward(self, x):
        kind = type(self)
        kind.living.add(self)
        kind.calls += 1
        if len(kind.living) > kind.most or kind.calls > kind.last:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().forward(x)


def crowded(most=10**9, last=10**9):
    kind = type("Crowded", (Crowded,), {"living": weakref.WeakSet(), "most": most, "calls": 0, "last": last})
    torch.manual_seed(0)
    return kind()


def test_where_memory_runs_out_fewer_trials_are_trained_at_once_and_the_answer_is_the_same():
    small = pick(crowded(), *loaders(), sgd, epochs=2, training=TrainingOptions(trials_in_memory=2))
    units, (train, valid) = [], loaders()
    model = crowded(most=4)
    before = fingerprint(model, train, valid)
    run = pick(model, train, valid, sgd, epochs=2, progress=lambda event: units.append(event.unit))
    assert bits(run) == bits(small)
    assert (run.choice.learning_rate, run.choice.basin) == (small.choice.learning_rate, small.choice.basin)
    assert run.choice.verdicts == small.choice.verdicts
    held = {int(unit.split(", ")[1].split()[0]) for unit in units if " at a time" in unit}
    assert held
    assert max(held) <= 4
    assert run.torch.untouched.same
    assert fingerprint(model, train, valid) == before


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"last": 0}, "memory ran out for one model and one batch. Give smaller batches with accumulate"),
        ({"last": 5}, "memory ran out while one trial trained alone. Try smaller batches and accumulate"),
    ],
)
def test_where_memory_does_not_hold_one_trial_a_sentence_says_so(limits, sentence):
    model, (train, valid) = crowded(**limits), loaders()
    before = fingerprint(model, train, valid)
    with pytest.raises(InputError, match=re.escape(sentence)):
        pick(model, train, valid, sgd, epochs=2)
    assert fingerprint(model, train, valid) == before


def test_rates_that_diverge_are_results_and_leave_everything_as_it_was():
    model, (train, valid) = used(Small()), loaders()
    before = fingerprint(model, train, valid)
    run = pick(model, train, valid, sgd, epochs=1, low=1e30, high=1e38)
    assert run.history.diverged.all()
    assert run.choice.learning_rate is None
    assert "cannot tell yet" in str(run)
    assert fingerprint(model, train, valid) == before


def test_a_refused_input_leaves_everything_as_it_was():
    model, (train, valid) = used(Small()), loaders()
    before = fingerprint(model, train, valid)
    with pytest.raises(InputError, match="found NoneType without one"):
        pick(model, train, valid, lambda groups, learning_rate: None)
    assert fingerprint(model, train, valid) == before


def test_one_pass_over_the_loader_serves_every_trial():
    train, valid = loaders()
    run = pick(Small(), train, valid, sgd, epochs=2, method=Automatic(budget=7.4))
    longest = max(h.plan.start + h.plan.steps for h in run.histories)
    batches_drawn = sum(-(-(h.plan.start + h.plan.steps) // 10) for h in run.histories)
    assert longest == 20
    # One batch is looked at before anything trains; a pass is loaded once for all trials of a round.
    assert train.dataset.reads <= 120 * batches_drawn + 2 * 12


@pytest.mark.parametrize("seedable", [False, True])
def test_loaders_that_accelerate_prepared_are_left_as_they_were(seedable):
    from accelerate import Accelerator
    from accelerate.utils import DataLoaderConfiguration

    accelerator = Accelerator(cpu=True, dataloader_config=DataLoaderConfiguration(use_seedable_sampler=seedable))
    train, valid = accelerator.prepare(*loaders())
    model = Small()
    runs = [pick(model, train, valid, sgd, epochs=2) for _ in range(2)]
    assert all(run.torch.untouched.same for run in runs)
    assert bits(runs[0]) == bits(runs[1])


def test_parameter_groups_keep_their_ratios_and_it_is_said():
    optimizers = []

    def optimizer(groups, learning_rate):
        made = torch.optim.AdamW(groups, lr=learning_rate)
        optimizers.append(made)
        return made

    def groups(model):
        return [{"params": model.head.parameters()}, {"params": model.conv.parameters(), "lr": 0.1}]

    run = pick(Small(), *loaders(), optimizer, epochs=1, training=TrainingOptions(groups=groups))
    assert [[round(r, 12) for r in row] for row in run.torch.ratios] == [[1.0, 0.1]]
    rates = [[g["lr"] for g in one.param_groups] for one in optimizers]
    assert all(b == pytest.approx(0.1 * a) for a, b in rates)
    assert "parameter groups keep theirs: 1, 0.1" in str(run)


def test_accumulation_clipping_and_precision_change_the_training_and_work():
    model, answers = Linear(), []
    for how in ({}, {"accumulate": 3}, {"clip_norm": 0.01}, {"precision": "bf16-mixed"}):
        run = pick(model, *loaders(), sgd, epochs=2, **worded(how))
        assert run.history.plan.rates.shape[1] == (8 if "accumulate" in how else 20)
        answers.append(run.histories[0].step_loss[-1].tobytes())
    assert len(set(answers)) == 4


def test_several_optimizers_go_through_a_step_of_ones_own():
    def optimizers(groups, learning_rate):
        return [torch.optim.SGD(groups[:2], lr=learning_rate), torch.optim.AdamW(groups[2:], lr=0.1 * learning_rate)]

    def step(model, pair, inputs, targets):
        loss = nn.functional.cross_entropy(model(inputs), targets)
        for one in pair:
            one.zero_grad()
        loss.backward()
        for one in pair:
            one.step()
        return loss

    model = Small()
    own = pick(model, *loaders(), optimizers, epochs=1, training=TrainingOptions(step=step))
    usual = pick(model, *loaders(), optimizers, epochs=1)
    assert bits(own) == bits(usual)
    assert own.torch.ratios == [[1.0], [pytest.approx(0.1)]]
    assert "any optimizer but SGD and AdamW" in str(own.choice.not_tried)


def test_a_loss_of_ones_own_trains_and_validation_stays_with_the_labels():
    def own(model, inputs, targets):
        return nn.functional.cross_entropy(model(inputs), targets)

    model = Small()
    runs = [
        pick(model, *loaders(), sgd, epochs=2, training=TrainingOptions(accumulate=3, train_loss=loss))
        for loss in (None, own)
    ]
    assert bits(runs[0]) == bits(runs[1])
    assert runs[1].choice.target == "accuracy"
    assert runs[1].torch.untouched.same


def test_a_schedule_of_ones_own_is_trained_step_by_step():
    rates = []

    class Recording(torch.optim.SGD):
        def step(self):
            rates.append(self.param_groups[0]["lr"])
            return super().step()

    def recording(groups, learning_rate):
        return Recording(groups, lr=learning_rate)

    model, shape = Small(), 1 - np.arange(20) / 20
    named = pick(model, *loaders(), sgd, epochs=2, schedule="linear")
    own = pick(model, *loaders(), sgd, epochs=2, schedule=shape)
    assert bits(named) == bits(own)
    assert (own.recipe.schedule, own.recipe.warmup) == ("linear", 0.0)
    # One that has no name: two steps at nothing, then the rate itself.
    other = pick(
        model, *loaders(), recording, epochs=1, schedule=[0, 0, *[1.0] * 8], method=GridSearch(1, low=0.1, high=0.1)
    )
    assert rates[-10:] == [0, 0, *[pytest.approx(0.1)] * 8]
    assert other.trials[0].learning_rate == pytest.approx(0.1)


class Scheduled:
    """A step with a scheduler of PyTorch, made when the first trial comes, as the closure of a loop has it."""

    def __init__(self, make, every=1):
        self.make, self.every, self.calls, self.scheduler = make, every, 0, None

    def __call__(self, model, optimizer, inputs, targets):
        if self.scheduler is None:
            self.scheduler = self.make(optimizer)
        loss = plain_step(model, optimizer, inputs, targets)
        self.calls += 1
        if self.calls % self.every == 0:
            self.scheduler.step(*([1.0] if isinstance(self.scheduler, LR.ReduceLROnPlateau) else []))
        return loss


LR = torch.optim.lr_scheduler


def plain_step(model, optimizer, inputs, targets):
    loss = nn.functional.cross_entropy(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def by_hand(model, optimizer, inputs, targets):
    optimizer.param_groups[0]["lr"] = 0.01
    return plain_step(model, optimizer, inputs, targets)


def hooked(groups, learning_rate):
    made = torch.optim.AdamW(groups, lr=learning_rate)
    made.register_step_post_hook(lambda optimizer, *_: optimizer.param_groups[0].update(lr=0.01))
    return made


def with_scheduler(groups, learning_rate):
    made = torch.optim.SGD(groups, lr=learning_rate)
    LR.OneCycleLR(made, max_lr=learning_rate, total_steps=20)
    return made


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"step": Scheduled(lambda o: LR.StepLR(o, 5, 0.1))}, "a scheduler beside it has no say; found one of SGD"),
        ({"step": Scheduled(lambda o: LR.StepLR(o, 1, 0.1), every=40)}, "a scheduler beside it has no say"),
        ({"step": Scheduled(lambda o: LR.LambdaLR(o, lambda t: 0.9**t))}, "a scheduler beside it has no say"),
        ({"step": Scheduled(lambda o: LR.ReduceLROnPlateau(o, patience=4))}, "a scheduler beside it has no say"),
        ({"step": by_hand}, r"and was 0\.01 after step 1 of SGD"),
        ({"optimizer": hooked}, r"and was 0\.01 after step 1 of AdamW"),
        ({"optimizer": with_scheduler}, "a scheduler beside it has no say"),
        ({"optimizer": lambda g, r: torch.optim.AdamW(g, lr=0.002)}, r"found AdamW at 0\.002 whatever it is"),
        ({"optimizer": lambda g, r: torch.optim.SGD(g, lr=min(r, 0.01))}, "the same multiple of every learning rate"),
        (
            {"optimizer": lambda g, r: torch.optim.SGD(g, lr=min(r, 0.01)), "high": 0.02},
            "the same multiple of every learning rate",
        ),
        (
            {"optimizer": lambda g, r: [torch.optim.SGD(g[:2], lr=r), torch.optim.AdamW(g[2:], lr=1e-3)]},
            r"parameter group 2 of 2 \(AdamW\) at 0\.001 whatever",
        ),
        ({"train_loss": None, "low": -1.0}, "low"),
    ],
)
def test_a_rate_that_does_not_arrive_or_stay_is_refused_and_everything_is_as_it_was(how, message):
    model, (train, valid) = used(Small()), loaders()
    before = fingerprint(model, train, valid)
    with pytest.raises(InputError, match=message) as caught:
        pick(model, train, valid, how.pop("optimizer", sgd), epochs=3, **worded(how))
    assert "\n" not in str(caught.value)
    assert fingerprint(model, train, valid) == before


def test_a_clamp_within_what_the_search_may_try_is_no_matter():
    one = pick(Linear(), *loaders(), lambda g, r: torch.optim.SGD(g, lr=min(r, 0.1), momentum=0.9), epochs=1, high=0.1)
    assert one.choice.learning_rate is None or one.choice.learning_rate <= 0.1


def test_the_rate_that_is_told_is_the_one_that_the_optimizer_is_given():
    model, rates = Linear(), []

    class Recording(torch.optim.SGD):
        def step(self):
            rates.append(self.param_groups[0]["lr"])
            return super().step()

    def tenth(groups, learning_rate):
        return Recording(groups, lr=0.1 * learning_rate, momentum=0.9)

    run = pick(model, *loaders(), tenth, epochs=1, method=GridSearch(1, low=0.5, high=0.5, seeds=(0,)))
    # Before, a few updates tell whether it trains at what it is given, and comes out the same again.
    assert rates[-10:] == [pytest.approx(0.05)] * 10
    same = pick(model, *loaders(), sgd, epochs=1, method=GridSearch(1, low=0.05, high=0.05, seeds=(0,)))
    np.testing.assert_allclose(run.histories[0].step_loss, same.histories[0].step_loss, rtol=1e-5)
    assert run.trials[0].learning_rate == 0.5
    assert "parameter groups train at these multiples of the rate: 0.1" in str(run)


@pytest.mark.parametrize("kind", ["prodigy", "tensor", "scaled"])
def test_optimizers_that_adapt_and_steps_that_put_the_rate_back_are_left_alone(kind):
    from prodigyopt import Prodigy

    def scaled(model, optimizer, inputs, targets):
        optimizer.param_groups[0]["lr"] *= 0.5
        loss = plain_step(model, optimizer, inputs, targets)
        optimizer.param_groups[0]["lr"] *= 2
        return loss

    make = {
        "prodigy": lambda g, r: Prodigy(g, lr=r),
        "tensor": lambda g, r: torch.optim.Adam(g, lr=torch.tensor(r)),
        "scaled": sgd,
    }[kind]
    run = pick(Small(), *loaders(), make, epochs=2, training=TrainingOptions(step=scaled if kind == "scaled" else None))
    assert run.torch.untouched.same


def test_a_step_with_an_optimizer_of_its_own_cannot_be_told():
    def own(model, optimizer, inputs, targets):
        return plain_step(model, torch.optim.SGD(model.parameters(), lr=0.05), inputs, targets)

    run = pick(Linear(), *loaders(), sgd, epochs=2, training=TrainingOptions(step=own))
    assert run.choice.learning_rate is None
    assert re.match(r"All \d+ trials have the same .* whatever the learning rate", str(run.choice.reasons[0]))
    assert "look whether what trains uses the optimizer that it is given" in str(run.choice.reasons[1])


def test_a_shape_may_be_a_function_of_the_step_and_one_that_hardly_trains_is_told():
    model = Small()
    rows = [
        pick(model, *loaders(), sgd, epochs=2, schedule=shape) for shape in (lambda t: 0.9**t, 0.9 ** np.arange(20))
    ]
    assert bits(rows[0]) == bits(rows[1])
    idle = pick(model, *loaders(), sgd, epochs=2, schedule=lambda t: 1.0 if t < 4 else 0.0)
    assert "Mind the schedule: 16 of its 20 steps" in str(idle.choice.reasons[-1])


def test_validation_that_is_trained_on_or_tiny_is_told():
    train, valid = loaders()
    plain = pick(Linear(), train, valid, sgd, epochs=1)
    assert not any(sentence.startswith("Mind the validation") for sentence in map(str, plain.choice.reasons))
    same = DataLoader(TensorDataset(X[:120].clone(), Y[:120].clone()), 30)
    for other in (train, same):
        whole = DataLoader(TensorDataset(X[:120], Y[:120]), 12, shuffle=True) if other is same else train
        text = str(pick(Linear(), whole, other, sgd, epochs=2).choice.reasons[-1])
        assert text.startswith("Mind the validation: its examples are trained on too")
    one = pick(Linear(), train, [(X[120:121], Y[120:121])], sgd, epochs=1)
    assert "it has only one example" in str(one)


class UsedUp:
    def __init__(self):
        self.batches = iter([(X[i : i + 12], Y[i : i + 12]) for i in range(0, 120, 12)])

    def __iter__(self):
        return self.batches


def test_a_loader_that_gives_a_used_up_iterator_is_refused_in_a_sentence():
    train, valid = loaders()
    for given, name in (((UsedUp(), valid), "train_loader"), ((train, UsedUp()), "valid_loader")):
        with pytest.raises(InputError, match=f"{name} must give the same .* none later"):
            pick(Linear(), *given, sgd, epochs=1)


def test_targets_that_are_no_labels_are_ranked_by_loss_with_metrics_beside():
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))
    train, valid = (DataLoader(TensorDataset(x, y.float()), 15) for x, y in ((X[:120], Y[:120]), (X[120:], Y[120:])))
    square = {"square": lambda outputs, targets: ((outputs - targets) ** 2).mean()}
    error = {"mean absolute error": lambda outputs, targets: (outputs - targets).abs().mean(), **square}
    for loss in (nn.MSELoss(), square["square"]):
        run = pick(model, train, valid, sgd, loss=loss, epochs=20, metrics=error)
        assert run.choice.target == "loss"
        last = {trial.learning_rate: trial.valid_loss[-1] * run.torch.loss_unit for trial in run.trials}
        for learning_rate, metrics in run.torch.metrics.items():
            assert metrics["square"] == pytest.approx(last[learning_rate], rel=1e-4)
            assert 0 < metrics["mean absolute error"] < metrics["square"] ** 0.5
        best = min(run.torch.metrics, key=lambda r: run.torch.metrics[r]["mean absolute error"])
        # Two thirds is what a model loses that knows the mean only.
        assert run.torch.metrics[best]["mean absolute error"] < 0.5
        assert run.choice.basin.low / 5 <= best <= run.choice.basin.high * 5
        assert "mean absolute error" in str(run)
        assert "nan" not in str(run)
        assert run.choice.luck is None


def test_frozen_layers_stay_frozen_and_a_factory_is_called_with_the_seed():
    seeds = []

    def factory(seed):
        seeds.append(seed)
        model = Small()
        model.conv.requires_grad_(False)
        return model

    run = pick(factory, *loaders(), sgd, epochs=1, seed=5)
    assert set(seeds) == {5}
    assert run.recipe.model == "factory"
    weights = [h.checkpoints[0].parameters[0] for h in run.histories if h.checkpoints and h.checkpoints[0]]
    assert all((w == weights[0]).all() for w in weights)


def test_everyday_mistakes_are_refused_in_a_sentence():
    model, (train, valid) = Small(), loaders()
    for how, message in [
        ({"step": lambda *_: 0.0, "accumulate": 2}, "step does the whole step itself"),
        ({"step": lambda *_: 0.0, "train_loss": lambda *_: 0.0}, "train_loss beside it"),
        ({"schedule": [1.0] * 50, "warmup": 0.1}, "factors are the whole schedule"),
        ({"schedule": [1.0] * 49}, "each of the 50 steps"),
        ({"precision": "fp8"}, "precision must be one of bf16-mixed"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1"),
        ({"schedule": "cosin"}, "Did you mean 'cosine'"),
        ({"target": "speed"}, "target must be one of accuracy, loss"),
        ({"device": "cuda:99"}, "cuda:99"),
    ]:
        with pytest.raises(InputError, match=message):
            pick(model, train, valid, sgd, **worded(how))
    with pytest.raises(InputError, match="exhausted after one pass"):
        pick(model, (batch for batch in train), valid, sgd)


@pytest.mark.parametrize("name", [*sorted(NAMES), "shape"])
def test_a_keyword_of_an_earlier_version_answers_with_the_new_one(name):
    new = "schedule=None" if name == "shape" else f"training=TrainingOptions({name}=...)"
    with pytest.raises(InputError, match=f"in place of {name}. Write {re.escape(new)}"):
        pick(Small(), *loaders(), sgd, **{name: None})


@pytest.mark.parametrize(
    ("name", "value"), [("budget", 3), ("low", 0.1), ("high", 1.0), ("target", "loss"), ("tolerance", 2.0)]
)
def test_a_word_of_the_search_beside_a_method_is_refused(name, value):
    with pytest.raises(InputError, match=f"found {name} beside it. Leave one of them out"):
        pick(Small(), *loaders(), sgd, method=Automatic(), **{name: value})


def test_what_stood_in_the_result_of_an_earlier_version_answers_with_its_place():
    run = pick(Small(), *loaders(), sgd, epochs=1)
    with pytest.raises(AttributeError, match=r"Run\.run is the run itself now"):
        _ = run.run
    with pytest.raises(AttributeError, match=r"Run\.untouched is run\.torch\.untouched now"):
        _ = run.untouched
    assert not hasattr(run, "nothing")
    assert len(inspect.signature(pick).parameters) <= 20


class Subtracts(Linear):
    def forward(self, x):
        return super().forward(x.sub_(0.5))


def test_a_model_that_works_in_place_leaves_the_owners_batches_alone():
    batches = [(X[i : i + 12].clone(), Y[i : i + 12]) for i in range(0, 120, 12)]
    pick(Subtracts(), batches, batches[:3], sgd, epochs=1)
    assert all(torch.equal(x, X[12 * i : 12 * i + 12]) for i, (x, _) in enumerate(batches))


def test_it_trains_where_gradients_are_off_around_it():
    with torch.inference_mode():
        quiet = pick(lambda seed: Linear(), *loaders(), sgd, epochs=1)
    assert bits(quiet) == bits(pick(lambda seed: Linear(), *loaders(), sgd, epochs=1))


def test_layers_that_wait_for_their_first_batch_stay_so():
    model = nn.Sequential(nn.Flatten(), nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(3))
    assert pick(model, *loaders(), sgd, epochs=1).torch.untouched.same
    assert nn.parameter.is_lazy(model[1].weight)
