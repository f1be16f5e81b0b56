import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.errors import InputError
from etascope.core.plan import Checkpoint, Plan, check_rates, sweep
from etascope.core.recipe import Recipe
from etascope.core.schedules import SCHEDULES, schedule_row

RATES = st.lists(st.floats(1e-7, 1e4), min_size=1, max_size=6)


def plan(trials, steps=3, **more):
    rates = np.linspace(0.1, 1, trials * steps).reshape(trials, steps)
    return Plan(rates, np.arange(trials), np.arange(trials) % 2, **more)


def checkpoint(step):
    return Checkpoint(step, (np.zeros((2, 2), np.float32), np.zeros(2, np.float32)), {})


@pytest.mark.parametrize(
    ("rate", "message"), [(0.0, "0"), (-0.1, "-0.1"), (np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")]
)
def test_a_rate_must_be_finite_and_above_0(rate, message):
    sentence = f"a learning rate must be a finite number above 0; found {message}. Try 0.01."
    rates = np.array([[0.1, 0.1], [0.1, rate]])
    for broken in (lambda: check_rates(rates), lambda: Plan(rates, np.zeros(2, int), np.zeros(2, int))):
        with pytest.raises(InputError) as error:
            broken()
        assert str(error.value) == sentence
    with pytest.raises(InputError) as error:
        sweep(Recipe(), 4, [0.1, rate], [0])
    assert str(error.value) == sentence


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False))
def test_every_finite_rate_above_0_is_accepted(rate):
    check_rates(np.array([rate]))


@pytest.mark.parametrize(
    "parts",
    [
        (np.ones(3), np.zeros(3, int), np.zeros(3, int)),
        (np.ones((3, 2)), np.zeros(2, int), np.zeros(3, int)),
        (np.ones((3, 2)), np.zeros(3, int), np.zeros(2, int)),
    ],
)
def test_rates_seeds_and_folds_must_agree(parts):
    with pytest.raises(InputError, match="one seed and one fold a trial"):
        Plan(*parts)


def test_checkpoints_must_stand_where_the_plan_starts():
    resumed = plan(2, start=4, resume=(checkpoint(4), checkpoint(4)))
    assert len(resumed) == 2
    with pytest.raises(InputError, match=r"all stand at the plan's start 4; found steps \[4, 3\]"):
        plan(2, start=4, resume=(checkpoint(4), checkpoint(3)))
    with pytest.raises(InputError, match=r"found steps \[4\]"):
        plan(2, start=4, resume=(checkpoint(4),))
    with pytest.raises(InputError, match="starts at step 4 needs checkpoints"):
        plan(2, start=4)


@given(st.lists(st.integers(0, 5), max_size=8), st.booleans())
def test_take_keeps_the_rows_asked_for_in_order(trials, resumed):
    more = {"start": 7, "resume": tuple(checkpoint(7) for _ in range(6))} if resumed else {}
    whole = plan(6, keep_checkpoints=True, **more)
    part = whole.take(trials)
    rows = np.array(trials, int)
    np.testing.assert_array_equal(part.rates, whole.rates[rows])
    np.testing.assert_array_equal(part.seeds, whole.seeds[rows])
    np.testing.assert_array_equal(part.folds, whole.folds[rows])
    assert (part.steps, part.start, part.keep_checkpoints) == (3, whole.start, True)
    if resumed:
        assert [id(c) for c in part.resume] == [id(whole.resume[i]) for i in trials]
    else:
        assert part.resume is None


def test_the_learning_rate_of_a_trial_is_its_highest():
    rates = np.array([[0.1, 0.3, 0.2], [1, 1, 1]])
    assert Plan(rates, np.zeros(2, int), np.zeros(2, int)).learning_rates.tolist() == [0.3, 1]
    assert plan(0).learning_rates.shape == (0,)


@given(
    rates=RATES,
    folds=st.lists(st.integers(-1, 5), min_size=1, max_size=4, unique=True),
    seeds=st.lists(st.integers(0, 99), max_size=3, unique=True),
    schedule=st.sampled_from(SCHEDULES),
    warmup=st.sampled_from([0.0, 0.3]),
)
def test_a_sweep_is_every_rate_with_every_seed_on_every_fold(rates, folds, seeds, schedule, warmup):
    recipe = Recipe(schedule=schedule, warmup=warmup, seed=42)
    swept = sweep(recipe, 9, rates, folds, seeds)
    units = [(seed, fold) for seed in seeds or [42] for fold in folds]
    expected = [(seed, fold, rate) for seed, fold in units for rate in rates]
    assert [(s, f) for s, f, _ in expected] == [*zip(swept.seeds.tolist(), swept.folds.tolist(), strict=True)]
    shape = schedule_row(schedule, warmup, 9)
    np.testing.assert_allclose(swept.rates, [rate * shape for _, _, rate in expected])
    assert swept.rates.dtype == np.float64
    assert swept.seeds.dtype == swept.folds.dtype == np.int64


@pytest.mark.parametrize("at", [(0,), (5,), (2, 2), (3, 1), (-1,)])
def test_evaluations_must_ascend_within_the_plan(at):
    with pytest.raises(InputError, match="must ascend within the plan's steps 1 to 4"):
        Plan(np.ones((1, 4)), np.zeros(1, int), np.zeros(1, int), evaluate_at=at)
