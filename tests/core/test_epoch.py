from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.data import NO_FOLD
from etascope.core.epoch import ends_high
from etascope.core.recipe import Recipe, epoch_size, steps_per_epoch
from etascope.core.schedules import SCHEDULES, schedule_row
from tests.core.test_recipe import split


@pytest.mark.parametrize(
    ("rows", "batch", "size"),
    [
        # The final training has 1,000 rows: 8 of 32 are the last batch, as of 776.
        (1000, 32, 776),
        (1200, 32, 944),
        (800, 16, 640),
        # 992 of 1,000 fill the last batch; 700 of 800 would be 12 % fewer.
        (1000, 256, 760),
        # Less than a batch stays as it is.
        (50, 64, 40),
    ],
)
def test_the_last_batch_of_a_fold_is_as_that_of_the_final_training(rows, batch, size):
    here = split(rows, list(range(5)) * (rows // 5))
    assert epoch_size(here, Recipe(batch_size=batch), 0) == size
    assert epoch_size(here, Recipe(batch_size=batch), NO_FOLD) == rows


@given(rows=st.integers(20, 3000), batch=st.integers(1, 300), drop=st.booleans())
def test_a_fold_leaves_out_few_rows(rows, batch, drop):
    here, recipe = split(rows, list(np.arange(rows) % 4)), Recipe(batch_size=batch, drop_last=drop)
    for fold in (0, NO_FOLD):
        size, every = epoch_size(here, recipe, fold), here.train_size(fold)
        assert 0 < size <= every
        if drop:
            assert size == (every // batch * batch or every)
        else:
            assert size >= (0.95 * every if fold == 0 else every)
        assert steps_per_epoch(here, recipe, fold) == -(-size // batch)


def test_a_split_says_which_training_its_folds_are_like():
    # The test rows validate: all others train, as they do in the end.
    here = replace(split(1200, [NO_FOLD] * 1000 + [0] * 200), n_final=1000)
    assert epoch_size(here, Recipe(batch_size=32), 0) == 1000


def test_a_rate_that_comes_down_does_not_end_high():
    high = {name for name in SCHEDULES if ends_high(schedule_row(name, 0.1, 100))}
    assert high == {"constant"}
    assert not ends_high(np.empty(0))
