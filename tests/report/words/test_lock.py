from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.choice import Basin, Confidence
from etascope.core.data import Dataset
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.core.stored import Job, StoredRun
from etascope.report.words.lock import Lock, data_moved, rate_moved, recipe_moved, result_moved
from tests.learn import made

LOCK = Lock(0.03, Basin(0.01, 0.1), Recipe(), "9c", 4, (2, 2, 1), 2, 0.9, 0.3, 0.9)
DATA = Dataset(np.zeros((4, 2, 2, 1), np.uint8), np.array([0, 1, 0, 1]), ("cat", "dog"), "photos")


def stored(run, **changes):
    job = Job(run.data, run.task, {"data": "digits", "workers": 2})
    stored = StoredRun("3f2a", datetime.now(UTC), job, run.histories, run.choice, run.trace, run.seconds)
    return replace(stored, **changes)


def test_a_lock_holds_what_the_run_came_to():
    run = made.run()
    lock = Lock.of(stored(run))
    assert (lock.learning_rate, lock.basin) == (0.018, Basin(0.01, 0.056))
    assert (lock.recipe, lock.fingerprint, lock.images, lock.classes) == (run.recipe, "9cda0c11", 1000, 10)
    assert (lock.valid_accuracy, lock.valid_loss) == (run.choice.valid_accuracy, run.choice.valid_loss)
    assert (lock.test_accuracy, lock.run, lock.versions) == (0.84, "3f2a", run.versions)
    assert (lock.confidence, lock.tolerance, lock.target) == (None, None, "accuracy")


def test_a_lock_holds_the_confidence():
    run = made.run()
    sure = replace(run, choice=replace(run.choice, confidence=Confidence("likely", 1.5, "", 0.9), target="loss"))
    lock = Lock.of(stored(sure))
    assert (lock.confidence, lock.tolerance, lock.target) == ("likely", 1.5, "loss")


def test_a_final_model_that_diverged_leaves_no_accuracy():
    assert Lock.of(stored(made.run(final=(2.1, np.nan)))).test_accuracy is None


def test_without_an_answer_there_is_nothing_to_lock():
    with pytest.raises(InputError, match=r"run 3f2a cannot tell its best rate yet.*etascope show 3f2a"):
        Lock.of(stored(made.run(learning_rate=None)))
    with pytest.raises(InputError, match="etascope resume 3f2a"):
        Lock.of(stored(made.run(), choice=None))


@given(st.floats(1e-6, 1e3), st.floats(1, 100), st.floats(0, 1))
def test_what_lies_in_the_basin_holds_however_it_is_rounded(low, wide, share):
    lock = replace(LOCK, basin=Basin(low, low * wide))
    inside = low * wide**share
    assert rate_moved(lock, float(f"{inside:.12g}")) is None
    assert rate_moved(lock, low / 1.01) is not None
    assert rate_moved(lock, low * wide * 1.01) is not None


def test_a_lock_that_was_edited_is_found_out():
    assert rate_moved(LOCK) is None
    edited = replace(LOCK, learning_rate=0.3)
    assert rate_moved(edited) == "the rate has moved: the locked rate 0.3 lies outside the locked basin 0.01 .. 0.1."
    assert rate_moved(edited, 0.03) is None


def test_only_fields_that_are_used_are_compared():
    assert recipe_moved(LOCK, {}) is None
    assert recipe_moved(LOCK, {"epochs": 5, "optimizer": "momentum"}) is None
    used = {"epochs": 6, "hidden": (), "batch_size": 16, "momentum": 0.95}
    assert recipe_moved(LOCK, used) == (
        "the recipe has moved: epochs is 6, locked is 5; hidden is none, locked is 128; momentum is 0.95, locked is "
        "0.9."
    )


def test_equal_data_hold_and_others_say_how_they_differ():
    assert data_moved(replace(LOCK, fingerprint=DATA.fingerprint), DATA) is None
    assert data_moved(LOCK, DATA) == (
        "the data have moved: photos is not what was locked (as many images and classes, but other pixels, labels or "
        "test rows)."
    )
    moves = data_moved(replace(LOCK, images=1200, classes=3, image_shape=(28, 28, 3)), DATA)
    assert (
        "(images: 4, locked 1,200; classes: 2, locked 3; the shape of an image: 2 x 2 x 1, locked 28 x 28 x 3)" in moves
    )


def test_a_new_result_must_lie_in_the_basin():
    assert result_moved(LOCK, made.choice()) is None
    assert result_moved(replace(LOCK, basin=Basin(0.02, 0.1)), made.choice()) == (
        "the result has moved: a new search finds 0.018 best, outside the locked basin 0.02 .. 0.1."
    )
    assert "cannot tell" in result_moved(LOCK, made.choice(learning_rate=None))


def test_a_training_of_ones_own_cannot_be_locked():
    from tests.report.reported import reported_run

    run = reported_run()
    stored = StoredRun("aa", datetime.now(UTC), Job(run.data, run.task), run.histories, run.choice, None, 1.0)
    with pytest.raises(InputError, match="your own"):
        Lock.of(stored)
