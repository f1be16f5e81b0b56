import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.core.schedules import SCHEDULES, schedule_row
from etascope.torch import pick
from etascope.training.pytorch.custom.schedule import nearest, schedule_sentences, shaped, waiting_schedulers
from tests.test_torch import loaders
from tests.training.pytorch.networks import Linear


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.25])
def test_a_schedule_that_has_a_name_is_found_by_its_factors(schedule, warmup):
    row = schedule_row(schedule, warmup, 40)
    if schedule == "one-cycle" and warmup:
        # It climbs by itself; with a warm-up before it, it is no curve of its own any more.
        return
    assert nearest(row) == (schedule, warmup)
    assert nearest(0.3 * row) == (schedule, warmup)
    recipe, factors = shaped(Recipe(), row, 40)
    assert (recipe.schedule, recipe.warmup) == (schedule, warmup)
    np.testing.assert_allclose(factors, 1)


def test_what_trains_is_the_shape_itself_whatever_the_name():
    generator = np.random.default_rng(0)
    for _ in range(20):
        shape = generator.uniform(0, 1, 30)
        recipe, factors = shaped(Recipe(epochs=3), shape, 30)
        np.testing.assert_allclose(schedule_row(recipe.schedule, recipe.warmup, 30) * factors, shape, atol=1e-12)


def test_a_schedule_of_torch_with_a_climb_from_zero_is_told_by_the_nearest_name():
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: t / 10 if t < 10 else (100 - t) / 90)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    name, warmup = nearest(np.array(rates))
    assert name == "linear"
    assert 0.09 < warmup < 0.12
    assert shaped(Recipe(), rates, 100)[1][0] == 0


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ([1.0] * 9, "each of the 10 steps of the training; found 9"),
        ([1.0] * 9 + [-0.1], "at least 0, not all of them 0; found -0.1 to 1"),
        ([0.0] * 10, "found 0 to 0"),
        ([np.nan] * 10, "finite factors"),
        ([np.inf] * 10, "finite factors"),
        ([[1.0] * 5] * 2, r"found an array of shape \(2, 5\)"),
        (0.5, "found one number"),
        (["fast"] * 10, "schedule must be a list of factors .* found list, of which numpy says ValueError"),
        ({1: 2}, "found dict, of which numpy says"),
        ((t for t in range(10)), "found generator, of which numpy says"),
        (lambda t: 1 / (t - 3), "for step 3 it raised ZeroDivisionError"),
        (lambda: 1.0, "for step 0 it raised TypeError"),
        (lambda t: "fast", "for step 0 it raised ValueError"),
        (lambda t: None, "for step 0 it raised TypeError"),
        (lambda t: -1.0, "found -1 to -1"),
        (lambda t: 0.0, "found 0 to 0"),
    ],
)
def test_a_shape_that_is_none_is_refused(shape, message):
    with pytest.raises(InputError, match=message):
        shaped(Recipe(), shape, 10)


def test_a_function_that_says_otherwise_when_it_is_asked_again_is_refused():
    factors = iter(np.linspace(1, 0.1, 20).tolist())
    with pytest.raises(InputError, match=r"for step 0 it returned 1 and then 0\.\d+\. Compute it from the step alone"):
        shaped(Recipe(), lambda t: next(factors), 10)


def test_a_function_of_the_step_is_a_shape_as_lambdalr_takes_it():
    def factor(t):
        return 0.5 * (1 + np.cos(np.pi * (t % 10) / 10))

    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule, rates = torch.optim.lr_scheduler.LambdaLR(optimizer, factor), []
    for _ in range(40):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    (one, factors), (other, same) = shaped(Recipe(), factor, 40), shaped(Recipe(), rates, 40)
    assert (one.schedule, one.warmup) == (other.schedule, other.warmup)
    assert (factors == same).all()
    assert shaped(Recipe(), lambda t: torch.tensor(1.0), 4)[1].tolist() == [1.0] * 4


def test_a_schedule_that_hardly_trains_is_told():
    assert schedule_sentences(schedule_row("one-cycle", 0.0, 100)) == ()
    assert schedule_sentences(np.array([1.0] * 5 + [0.0] * 5)) == ()
    assert "6 of its 10 steps" in schedule_sentences(np.array([1.0] * 4 + [0.001] * 6))[0]
    assert "largest factor is 100" in schedule_sentences(np.full(4, 100.0))[0]
    assert len(schedule_sentences(np.array([1e-3] + [0.0] * 9))) == 2


def sgd():
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)


def test_a_scheduler_is_noticed_however_it_is_made_and_only_inside_the_block():
    class Own(ReduceLROnPlateau):
        pass

    plain, optimizers = ReduceLROnPlateau.__init__, [sgd() for _ in range(3)]
    with waiting_schedulers() as made:
        ReduceLROnPlateau(optimizers[0], patience=3)
        ReduceLROnPlateau(optimizer=optimizers[1])
        assert Own(optimizers[2], "max").mode == "max"
        torch.optim.lr_scheduler.StepLR(sgd(), 3)
    assert [id(one) for one in made] == [id(one) for one in optimizers]
    assert ReduceLROnPlateau.__init__ is plain
    with pytest.raises(TypeError), waiting_schedulers():
        ReduceLROnPlateau(sgd(), patience="long", never="heard of")
    assert ReduceLROnPlateau.__init__ is plain


def test_a_block_inside_keeps_what_it_collects():
    with waiting_schedulers() as outer:
        with waiting_schedulers() as inner:
            ReduceLROnPlateau(sgd())
        ReduceLROnPlateau(sgd())
    assert (len(outer), len(inner)) == (1, 1)


def test_that_of_transformers_too():
    from transformers.optimization import GreedyLR

    with waiting_schedulers() as made:
        GreedyLR(sgd())
    assert len(made) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_one_of_a_factory_is_refused(kept):
    schedulers = []

    def factory(groups, learning_rate):
        optimizer = torch.optim.SGD(groups, lr=learning_rate)
        scheduler = ReduceLROnPlateau(optimizer)
        schedulers.extend([scheduler] if kept else [])
        return optimizer

    with pytest.raises(InputError, match="a scheduler beside it has no say; found one of SGD"):
        pick(Linear(), *loaders(), factory, epochs=1)
