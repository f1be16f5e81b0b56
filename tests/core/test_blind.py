import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.blind import BlindGuess
from etascope.core.recipe import Recipe, Task
from tests.core.test_recipe import split


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=20).filter(any))
def test_no_constant_answer_has_less_loss_or_more_right(counts):
    counts = np.array(counts)
    guess = BlindGuess.of(counts, tuple(map(str, range(len(counts)))))
    assert guess.accuracy == counts.max() / counts.sum()
    assert (guess.answer == str(counts.argmax())) == ((counts == counts.max()).sum() == 1)
    assert guess.loss <= math.log(len(counts)) + 1e-12
    if (counts > 0).sum() > 1:
        shares = counts / counts.sum()
        for other in np.random.default_rng(0).dirichlet(np.ones(len(counts)) * 3, 20):
            assert -(shares * np.log(other)).sum() >= guess.loss - 1e-12


def test_of_classes_equally_many_it_is_an_even_one():
    assert BlindGuess.even(10) == BlindGuess(math.log(10), 0.1)
    assert BlindGuess.of(np.full(10, 7), "abcdefghij").loss == pytest.approx(math.log(10))
    # One class alone leaves nothing to compare a loss with.
    assert BlindGuess.of(np.array([5, 0]), "ab") == BlindGuess(math.log(2), 1.0, "a")
    assert BlindGuess.even(0).loss > 0


def test_a_task_knows_that_of_its_rows():
    here = split(10, [0, 1] * 5)
    here.y[:] = [0] * 8 + [2] * 2
    assert Task.of(here, Recipe()).blind == BlindGuess.of(np.array([8, 0, 2]), ("a", "b", "c"))
    assert Task(Recipe(), 4, 100, 5, 5).blind == BlindGuess(math.log(4), 0.25)
    assert Task(Recipe(), 4, 100, 5, 5).majority == 0.25
