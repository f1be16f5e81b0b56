"""What every pipeline stage promises; add a stage to `STAGES` and it is held to it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from etascope.core.recipe import PIXELS, Recipe
from etascope.pipeline.prepare import Flatten, StandardPixels, UnitPixels, stages_of

STAGES = (UnitPixels(), StandardPixels(), Flatten())
TRAIN = arrays(np.uint8, st.tuples(st.integers(1, 5), st.just(4), st.just(3), st.sampled_from([1, 3])))

each_stage = pytest.mark.parametrize("stage", STAGES, ids=lambda stage: type(stage).__name__)


def test_every_stage_of_every_recipe_is_held_to_the_contract():
    used = {type(stage) for pixels in PIXELS for stage in stages_of(Recipe(pixels=pixels))}
    assert used <= {type(stage) for stage in STAGES}


@each_stage
@given(train=TRAIN, data=st.data())
def test_a_row_is_prepared_the_same_alone_and_among_others(stage, train, data):
    other = data.draw(arrays(np.uint8, (3, *train.shape[1:])))
    prepare = stage.fit(train)
    together = prepare(other)
    assert len(together) == 3
    for i in range(3):
        np.testing.assert_array_equal(prepare(other[i : i + 1])[0], together[i])


@each_stage
@given(train=TRAIN)
def test_what_was_learned_stays_when_the_training_rows_change_later(stage, train):
    rows = train.copy()
    prepare = stage.fit(rows)
    before = prepare(train).copy()
    rows[:] = 255 - rows
    np.testing.assert_array_equal(prepare(train), before)


@each_stage
@given(train=TRAIN)
def test_the_input_is_left_as_it_is(stage, train):
    before = train.copy()
    stage.describe(train)
    stage.fit(train)(train)
    np.testing.assert_array_equal(train, before)


@each_stage
@given(train=TRAIN)
def test_equal_training_rows_teach_the_same(stage, train):
    np.testing.assert_array_equal(stage.fit(train)(train), stage.fit(train.copy())(train))
    assert stage.describe(train) == stage.describe(train.copy())


@each_stage
@pytest.mark.parametrize("rows", [0, 2])
def test_any_number_of_rows_can_be_prepared(stage, rows):
    train = np.zeros((5, 4, 3, 1), np.uint8)
    assert len(stage.fit(train)(train[:rows])) == rows


@each_stage
@given(train=TRAIN)
def test_the_description_is_one_line_without_a_full_stop(stage, train):
    sentence = stage.describe(train)
    assert sentence
    assert "\n" not in sentence
    assert not sentence.endswith(".")
    assert sentence[0].islower()


@each_stage
def test_a_stage_is_a_frozen_value(stage):
    assert stage == type(stage)()
    assert hash(stage) == hash(type(stage)())
