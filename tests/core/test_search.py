"""A plan whose trials are kept as they are done: what an interruption leaves, and what the rest comes to."""

import os
import signal
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from etascope.core import search
from etascope.core.errors import InputError
from etascope.core.history import put_together, settled
from etascope.core.interrupting import Interrupted, signals_taken
from etascope.core.protocols import Progress
from etascope.core.recipe import Recipe
from etascope.core.search import train_in_parts
from etascope.training.dense.engine import DenseEngine
from etascope.workbench import pick
from tests.training import made

SPLIT = made.split(90, side=3, folds=3)
RECIPE = Recipe((200,), batch_size=8, epochs=2)


def plan(rates=9):
    """Four trials a group at most, so three groups a fold."""
    return made.kept(made.constant(np.tile(np.geomspace(0.01, 3e38, rates), 2), 16, folds=np.arange(2 * rates) % 2))


def train(plan, progress):
    return DenseEngine(1).train(SPLIT, RECIPE, plan, progress)


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(search, "SECONDS", 0)


class Stop(Exception):
    pass


def stopping_after(parts, kept):
    def keep(history):
        kept.append(history)

    count = [0]

    def train_some(plan, progress):
        def look(event):
            progress(event)
            if event.part is not None:
                count[0] += 1
                if count[0] == parts:
                    raise Stop

        return train(plan, look)

    return train_some, keep


def test_a_short_plan_is_kept_once_and_whole():
    kept, request = [], plan()
    histories = train_in_parts(train, request, [], lambda event: None, kept.append)
    assert histories.plan is request
    assert [history.part for history in kept] == [None]
    assert made.bits(kept[0]) == made.bits(histories) == made.bits(train(request, lambda event: None))


def test_without_a_recorder_nothing_is_kept():
    request = plan()
    assert made.bits(train_in_parts(train, request, [], print, None)) == made.bits(train(request, lambda event: None))


def test_a_long_plan_is_kept_in_parts_that_make_the_whole(at_once):
    kept, request = [], plan()
    histories = train_in_parts(train, request, [], lambda event: None, kept.append)
    assert len(kept) == 6
    (whole,), left = settled(kept)
    assert left == []
    assert made.bits(whole) == made.bits(histories)
    assert sorted(row for part in kept for row in part.part.rows) == list(range(18))


@pytest.mark.parametrize("seconds", [0, 99])
@pytest.mark.parametrize("parts", range(1, 7))
def test_what_is_done_is_kept_when_something_is_raised_and_not_trained_again(monkeypatch, seconds, parts):
    monkeypatch.setattr(search, "SECONDS", seconds)
    kept, request = [], plan()
    train_some, keep = stopping_after(parts, kept)
    with pytest.raises(Stop):
        train_in_parts(train_some, request, [], lambda event: None, keep)
    done = {row for part in kept for row in (part.part.rows if part.part else range(18))}
    assert sorted(done) == sorted(train_group_rows(request, parts))
    if len(done) == 18:
        ((whole,), left) = settled(kept)
        assert (made.bits(whole), left) == (made.bits(train(request, lambda event: None)), [])
        return
    asked_again = []

    def rest(plan, progress):
        asked_again.append(plan)
        return train(plan, progress)

    before, again = list(kept), []
    histories = train_in_parts(rest, request, before, lambda event: None, again.append)
    assert histories.plan is request
    assert made.bits(histories) == made.bits(train(request, lambda event: None))
    assert sum(map(len, asked_again)) == 18 - len(done)
    (whole,), left = settled([*before, *again])
    assert left == []
    assert made.bits(whole) == made.bits(histories)


def train_group_rows(request, parts):
    groups = DenseEngine(1).groups(SPLIT, RECIPE, request)
    return [row for group in groups[:parts] for row in group]


def test_progress_counts_what_was_kept_before(at_once):
    kept, request, events = [], plan(), []
    train_some, keep = stopping_after(3, kept)
    with pytest.raises(Stop):
        train_in_parts(train_some, request, [], lambda event: None, keep)
    train_in_parts(train, request, kept, events.append, lambda history: None)
    assert {event.total for event in events} == {18}
    assert events[0].done >= 9
    assert events[-1].done == 18
    assert all(event.part is None for event in events)


def test_parts_of_another_plan_are_not_heeded(at_once):
    kept, request = [], plan()
    train_some, keep = stopping_after(2, kept)
    with pytest.raises(Stop):
        train_in_parts(train_some, request, [], lambda event: None, keep)
    other = replace(request, rates=request.rates * 1.5)
    histories = train_in_parts(train, other, kept, lambda event: None, None)
    assert made.bits(histories) == made.bits(train(other, lambda event: None))


def test_a_plan_whose_parts_are_all_there_is_not_trained(at_once):
    kept, request = [], plan()
    whole = train_in_parts(train, request, [], lambda event: None, kept.append)
    histories = train_in_parts(None, request, kept, print, None)
    assert made.bits(histories) == made.bits(whole) == made.bits(put_together(kept))


def test_an_engine_that_hands_out_nothing_is_kept_whole():
    kept, request = [], plan()
    histories = train_in_parts(lambda plan, progress: train(plan, lambda p: None), request, [], print, kept.append)
    assert made.bits(kept[0]) == made.bits(histories)


def test_a_signal_while_trials_are_kept_comes_after_they_are(at_once):
    kept = []

    def keep(history):
        os.kill(os.getpid(), signal.SIGTERM)
        kept.append(history)

    with pytest.raises(Interrupted), signals_taken():
        train_in_parts(train, plan(), [], lambda event: None, keep)
    assert len(kept) == 1


def test_a_signal_that_was_dropped_ends_the_training_all_the_same():
    def train_some(plan, progress):
        # As Python does in a destructor.
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        progress(Progress("training", 0, 1, "trainings"))

    with pytest.raises(Interrupted), signals_taken():
        train_in_parts(train_some, plan(), [], lambda event: None, None)


def test_histories_of_another_length_or_division_are_refused():
    long, short = (Recipe(hidden=(), epochs=epochs) for epochs in (2, 1))
    run = pick("digits", recipe=long, folds=5)
    for recipe, folds in ((short, 5), (long, 1)):
        with pytest.raises(InputError, match="of the same data and recipe"):
            pick("digits", recipe=recipe, folds=folds, histories=run.histories)
