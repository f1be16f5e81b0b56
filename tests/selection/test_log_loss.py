import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.data import Dataset
from etascope.core.recipe import Recipe
from etascope.selection.log_loss import raised_by_error
from etascope.workbench import pick

ALL = np.array([True, True, True])
MANY = np.full(3, 1000.0)


def test_a_rate_that_fails_on_some_folds_cannot_win_by_its_logarithms():
    mean, error = np.array([-2.0, -2.5, -1.0]), np.array([0.01, 0.3, 0.02])
    raised = mean + raised_by_error(mean, error, MANY, ALL, 0.75)
    assert raised.argmin() == 0
    clearly = 0.29 - 2 * np.sqrt(0.31 / 1000)
    np.testing.assert_allclose(raised[1], -2.0 + clearly / (0.75 * 0.01))
    assert raised[[0, 2]].tolist() == [-2.0, -1.0]


def test_errors_that_chance_explains_raise_nothing():
    mean, error = np.array([-2.0, -2.5, -1.0]), np.array([0.10, 0.12, 0.3])
    assert raised_by_error(mean, error, MANY / 10, ALL, 0.75).tolist() == [0, 0, 0]


def test_a_rate_whose_loss_says_that_it_is_worse_is_left_as_it_is():
    mean, error = np.array([-2.0, -1.5, -1.0]), np.array([0.01, 0.3, 0.9])
    assert raised_by_error(mean, error, MANY, ALL, 0.75).tolist() == [0, 0, 0]


def test_a_rate_that_may_not_win_is_no_measure():
    mean, error = np.array([-3.0, -2.0, -1.0]), np.array([0.0, 0.3, 0.4])
    assert raised_by_error(mean, error, MANY, np.array([False, True, True]), 0.75).tolist() == [0, 0, 0]


@given(
    st.lists(st.tuples(st.floats(-6, 2), st.floats(0, 1)), min_size=1, max_size=12),
    st.integers(10, 1000),
)
def test_nothing_is_lowered_and_a_rate_without_clear_errors_is_the_best(rates, n):
    mean, error = np.array(rates).T
    full, examples = np.ones(len(mean), bool), np.full(len(mean), float(n))
    added = raised_by_error(mean, error, examples, full, 0.75)
    assert (added >= 0).all()
    best = int((mean + added).argmin())
    assert error[best] <= error.min() + 2 * np.sqrt((error[best] + error.min()) / n) + 1e-9


def test_on_easy_data_the_answer_is_among_the_rates_that_get_all_right():
    """Two classes that differ in brightness: some folds have next to no loss at rates at which others fail."""
    rng = np.random.default_rng(2)
    labels = np.arange(120) % 2
    images = (rng.integers(0, 120, (120, 8, 8, 1)) + 90 * labels[:, None, None, None]).astype(np.uint8)
    run = pick(Dataset(images, labels, ("dark", "bright"), "made"), recipe=Recipe(optimizer="adam"))
    # By its logarithms alone 1.47 was chosen, with 0.60.
    assert run.choice.learning_rate < 0.1
    assert run.choice.valid_accuracy > 0.9
