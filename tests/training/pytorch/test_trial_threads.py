import dataclasses
import random
import threading

import numpy as np
import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.core.history import Status
from etascope.core.recipe import Recipe
from etascope.training.pytorch.batches import SplitBatches
from etascope.training.pytorch.networks import AnyNetworks, recipe_optimizer, trainable
from etascope.training.pytorch.objective import CrossEntropy
from etascope.training.pytorch.running_trial import RunningTrial, Settings
from etascope.training.pytorch.trial_threads import WORTH, OneByOne, RandomDrawn, TrialThreads, threads_for
from etascope.training.pytorch.unit import Training, beside_each_other, train_unit
from tests.training import made
from tests.training.pytorch.networks import CLASSES, Small, images

RECIPE = Recipe((), "adamw", batch_size=8, epochs=2)
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _two_threads(_one_thread):
    torch.set_num_threads(2)


class Plain(Small):
    """Draws nothing; BatchNorm has buffers that every step moves."""

    def __init__(self):
        super().__init__()
        self.drop = nn.Identity()


def training(make=Plain, threads=2, settings=None):
    networks = AnyNetworks(lambda seed: make(), lambda m, rate: [recipe_optimizer(RECIPE, trainable(m), rate)])
    batches = SplitBatches(images(), RECIPE, CPU)
    return Training(networks, batches, CrossEntropy(3), settings or Settings(CPU), RECIPE.epochs, threads=threads)


def plan(rates=(0.01, 0.003, 0.01, 0.001, 0.03), steps=10, **more):
    return dataclasses.replace(made.kept(made.constant(rates, steps, folds=0)), keep_examples=True, **more)


def run(own, request):
    return train_unit(own, request, lambda done: None)


def in_turn(request, make=Plain):
    """Return what trials come to one after the other on one thread of PyTorch, which is what each has here."""
    torch.set_num_threads(1)
    try:
        return run(training(make, threads=1), request)
    finally:
        torch.set_num_threads(2)


def begun():
    return [thread for thread in threading.enumerate() if thread.name.startswith("trial")]


@pytest.mark.parametrize("stops", [None, (1, 2, 7, 10), tuple(range(1, 11))])
def test_trials_on_threads_come_to_the_same_bits_as_in_turn(stops):
    request = plan(evaluate_at=stops)
    one, other = in_turn(request), run(training(), request)
    assert made.bits(one) == made.bits(other)
    np.testing.assert_array_equal(one.example_losses, other.example_losses)


def test_a_trial_that_diverges_is_told_of_at_its_step_and_disturbs_nobody():
    request = plan(rates=(0.01, 3e38, 0.003))
    one, other = in_turn(request), run(training(), request)
    assert other.status == (Status.FINISHED, Status.DIVERGED, Status.FINISHED)
    np.testing.assert_array_equal(one.diverged_at, other.diverged_at)
    np.testing.assert_array_equal(one.step_loss, other.step_loss)
    assert made.bits(one, [0, 2]) == made.bits(other, [0, 2])


def test_a_training_in_two_plans_is_bit_for_bit_the_training_in_one():
    whole = run(training(), plan(evaluate_at=(3, 7)))
    early = run(training(), dataclasses.replace(plan(evaluate_at=(3,)), rates=plan().rates[:, :3]))
    late = run(
        training(),
        dataclasses.replace(plan(evaluate_at=(7,)), rates=plan().rates[:, 3:], start=3, resume=early.checkpoints),
    )
    np.testing.assert_array_equal(np.hstack([early.step_loss, late.step_loss]), whole.step_loss)
    assert made.bits(late)["checkpoints"] == made.bits(whole)["checkpoints"]


def test_trials_that_draw_after_all_are_trained_anew_in_turn():
    started = []

    def make():
        started.append(1)
        return Small()

    history = run(training(make), plan())
    assert len(started) == 2 * len(plan())
    assert made.bits(history) == made.bits(run(training(Small, threads=1), plan()))


def test_threads_end_and_pytorch_has_its_own_back():
    run(training(), plan())
    assert not begun()
    assert torch.get_num_threads() == 2
    later = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert later == [2]


def test_an_interrupt_leaves_no_thread_behind():
    def interrupt(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_unit(training(), plan(), interrupt)
    assert not begun()
    assert torch.get_num_threads() == 2


class Number(int):
    """A trial that holds no generator."""

    generators = ()


def numbered(*numbers):
    return [Number(number) for number in numbers]


def test_what_a_trial_raises_is_raised_when_the_others_are_done():
    done = []

    def do(trial):
        if trial == 1:
            raise InputError("the rule")
        done.append(int(trial))

    with TrialThreads(2) as threads, pytest.raises(InputError, match="the rule"):
        threads.each(numbered(0, 1, 2, 3), 5, do)
    assert sorted(done) == [0, 2, 3]


def test_each_is_in_order_and_refuses_what_draws():
    with TrialThreads(2) as threads:
        assert threads.each(numbered(3, 1, 2), 5, lambda trial: trial * 10) == [30, 10, 20]
        with pytest.raises(RandomDrawn):
            threads.each(numbered(1, 2), 5, lambda trial: torch.rand(1))
    assert OneByOne().each(numbered(1, 2), 5, lambda trial: float(torch.rand(1)) + trial)[1] - 1 == pytest.approx(
        OneByOne().each(numbered(1), 5, lambda trial: float(torch.rand(1)) + trial)[0]
    )


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_of_pytorch_are_dealt_out(threads):
    torch.set_num_threads(4)
    with TrialThreads(threads) as pool:
        assert set(pool.each(numbered(0, 1, 2), 5, lambda trial: torch.get_num_threads())) == {4 // threads}


def a_batch():
    return SplitBatches(images(), RECIPE, CPU).first


def tried(make=Plain, settings=None, multiplications=WORTH):
    settings = settings or Settings(CPU)

    def trial():
        torch.manual_seed(0)
        module = make()
        return RunningTrial(module, [torch.optim.SGD(module.parameters(), lr=1.0)], CrossEntropy(CLASSES), settings)

    return threads_for(trial, a_batch, settings, multiplications)


def test_every_thread_of_pytorch_takes_a_trial_where_nothing_is_drawn():
    assert tried() == 2
    torch.set_num_threads(4)
    assert tried() == 4


class DrawsInNumpy(Plain):
    def forward(self, x):
        return super().forward(x) * float(np.random.uniform(1, 1.01))


class DrawsInPython(Plain):
    def forward(self, x):
        return super().forward(x) if random.random() < 2 else x


class DrawsWhenJudged(Plain):
    def forward(self, x):
        return super().forward(x) + (0 if self.training else torch.rand(1))


@pytest.mark.parametrize("make", [Small, DrawsInNumpy, DrawsInPython, DrawsWhenJudged])
def test_who_draws_trains_in_turn(make):
    assert tried(make) == 1


class InItsClass(Plain):
    """Holds its input in its class from the first layer to the last."""

    held = None

    def forward(self, x):
        InItsClass.held = x
        outputs = super().forward(x)
        return outputs * (1 + InItsClass.held.mean())


class WhenJudged(InItsClass):
    def forward(self, x):
        return Plain.forward(self, x) if self.training else super().forward(x)


FEATURES = {}


class ByHook(Plain):
    """Looks at what a hook of one of its layers took down for all."""

    def __init__(self):
        super().__init__()
        self.act.register_forward_hook(lambda _, __, output: FEATURES.update(act=output))

    def forward(self, x):
        return super().forward(x) + FEATURES["act"].mean() if FEATURES else super().forward(x)


class Backward(torch.autograd.Function):
    held = None

    @staticmethod
    def forward(ctx, x):
        Backward.held = x.detach()
        return x * x

    @staticmethod
    def backward(ctx, gradient):
        return 2 * gradient * Backward.held


class InItsGradient(Plain):
    def forward(self, x):
        return Backward.apply(super().forward(x))


@pytest.mark.parametrize("make", [InItsClass, WhenJudged, ByHook, InItsGradient])
def test_who_shares_what_is_held_from_layer_to_layer_trains_in_turn(make):
    assert tried(make) == 1


class FullBatches(Plain):
    def forward(self, x):
        if len(x) != 8:
            raise ValueError("eight at a time")
        return super().forward(x)


def test_who_takes_full_batches_only_may_train_beside_others():
    assert tried(FullBatches) == 2


class TakesTooMuch(Plain):
    def forward(self, x):
        raise MemoryError


class Refuses(Plain):
    def forward(self, x):
        raise ValueError("not these")


def test_where_memory_does_not_hold_one_trial_training_says_so_and_not_the_try():
    assert tried(TakesTooMuch) == 1
    with pytest.raises(InputError, match="not these"):
        tried(Refuses)


def test_who_may_share_what_threads_must_not_trains_in_turn():
    assert tried(settings=Settings(CPU, step=lambda *given: 0.0)) == 1
    assert tried(settings=Settings(CPU, train_loss=lambda *given: 0.0)) == 1
    assert tried(settings=Settings(torch.device("meta"))) == 1
    assert tried(multiplications=0.9 * WORTH) == 1
    with torch.autocast("cpu"):
        assert tried() == 1
    torch.set_num_threads(1)
    assert tried() == 1


def test_a_training_finds_its_threads_and_does_not_ask_where_they_do_not_pay():
    def never():
        raise AssertionError

    assert beside_each_other(training(threads=1), WORTH, lambda: SplitBatches(images(), RECIPE, CPU).first).threads == 2
    assert beside_each_other(training(threads=1), 1.0, never).threads == 1
