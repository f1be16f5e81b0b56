"""What every store does, on SQLite in memory, an SQLite file, and a PostgreSQL server."""

import re
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.protocols import Store
from etascope.core.recipe import Recipe
from etascope.core.trace import Evaluation, Trace
from etascope.store.open import open_store
from tests.store.made import checkpoint, history, job, run, same, values
from tests.store.postgres import postgres_url


@dataclass(frozen=True)
class Place:
    store: Store
    url: str | None

    def again(self):
        """The store as another process would open it."""
        return self.store if self.url is None else open_store(self.url)


@pytest.fixture(params=["memory", "file", "postgresql"])
def place(request, tmp_path):
    if request.param == "memory":
        return Place(open_store("sqlite://"), None)
    url = f"sqlite:///{tmp_path}/runs.sqlite" if request.param == "file" else postgres_url()
    return Place(open_store(url), url)


@pytest.fixture
def store(place):
    return place.store


def test_a_run_that_begins_is_there_with_what_was_asked(place):
    before = datetime.now(UTC)
    request = job("ph\0tos\udcff/é", images="photos", lr=[0.1, None], share=0.2)
    run_id = place.store.begin(request)
    stored = place.again().get(run_id)
    assert same(stored.job, request)
    assert before <= stored.created <= datetime.now(UTC)
    assert (stored.id, stored.histories, stored.choice, stored.trace, stored.seconds) == (run_id, (), None, None, None)
    assert not stored.finished
    assert re.fullmatch("[0-9a-f]{8}", run_id)


def test_histories_are_there_in_order_and_to_the_bit(place):
    run_id = place.store.begin(job())
    kept = [history((0.1 * n,)) for n in range(1, 4)]
    for number, one in enumerate(kept, 1):
        place.store.append(run_id, one)
        assert same(place.again().get(run_id).histories, tuple(kept[:number]))
    assert [(line.trials, line.finished) for line in place.again().find()] == [(3, False)]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=values(History))
def test_any_history_comes_back_to_the_bit(place, one):
    run_id = place.store.begin(job())
    place.store.append(run_id, one)
    assert same(place.store.get(run_id).histories, (one,))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trace=values(Trace))
def test_any_trace_comes_back_to_the_bit(place, trace):
    request = job()
    run_id = place.store.begin(request)
    ended = run(request, [history()], trace=replace(trace, evaluation=Evaluation(0.875, 0.5)))
    place.store.finish(run_id, ended)
    assert same(place.store.get(run_id).run, ended)


def test_a_finished_run_holds_the_answer(place):
    request = job("digits")
    run_id = place.store.begin(request)
    place.store.append(run_id, history())
    ended = run(request, [history()], 0.031)
    place.store.finish(run_id, ended)
    stored = place.again().get(run_id)
    assert stored.finished
    assert same(stored.run, ended)
    [line] = place.again().find()
    assert (line.id, line.created, line.finished, line.trials) == (run_id, stored.created, True, 2)
    assert (line.source, line.images, line.learning_rate, line.test_accuracy) == ("digits", 1000, 0.031, None)
    assert line.recipe == "momentum, no hidden layer, batch 16, 5 epochs"


def test_a_run_that_cannot_tell_is_finished_too(store):
    request = job()
    run_id = store.begin(request)
    store.finish(run_id, run(request, [history()], None))
    assert store.find()[0].finished
    assert store.find()[0].learning_rate is None


def test_finish_keeps_histories_that_were_not_appended(store):
    request = job()
    run_id = store.begin(request)
    store.append(run_id, history((0.1,)))
    store.finish(run_id, run(request, [history((0.1,)), history((0.2,))]))
    assert same(store.get(run_id).histories, (history((0.1,)), history((0.2,))))


def test_checkpoints_are_there_until_the_run_is_finished(place):
    request = job()
    run_id = place.store.begin(request)
    ends = checkpoint(seed=1), checkpoint(seed=2)
    first = history((0.1, 0.2), checkpoints=ends)
    second = history((0.2,), start=2, resume=ends[1:], checkpoints=(None,))
    for one in (first, second):
        place.store.append(run_id, one)
    assert same(place.again().get(run_id).histories, (first, second))
    assert place.store.find()[0].trials == 2
    place.store.finish(run_id, run(request, [first, second]))
    stored = place.again().get(run_id).histories
    bare = tuple(replace(one, parameters=(), state={}) for one in ends)
    assert same(stored[0], replace(first, checkpoints=bare))
    assert same(stored[1], replace(second, plan=replace(second.plan, resume=bare[1:])))


def test_losses_of_single_examples_are_there_until_the_run_is_finished(place):
    request = job()
    run_id = place.store.begin(request)
    one, two = (
        replace(history((0.1, rate)), example_losses=np.full((2, 1, 6, 9), rate, np.float32)) for rate in (1, 2)
    )
    place.store.append(run_id, one)
    assert same(place.again().get(run_id).histories, (one,))
    place.store.finish(run_id, run(request, [one, two]))
    bare = tuple(replace(whole, example_losses=None) for whole in (one, two))
    assert same(place.again().get(run_id).histories, bare)


def test_runs_are_listed_the_latest_first(store):
    assert store.find() == []
    ids = [store.begin(job(f"photos{n}")) for n in range(3)]
    assert [line.id for line in store.find()] == ids[::-1]
    assert [line.source for line in store.find(2)] == ["photos2", "photos1"]
    assert store.find(0) == []


def test_the_list_says_the_recipe_in_words(store):
    request = job()
    recipe = Recipe(hidden=(64, 32), optimizer="adam", schedule="cosine", epochs=1)
    store.begin(replace(request, task=replace(request.task, recipe=recipe)))
    assert store.find()[0].recipe == "adam, hidden 64-32, batch 16, 1 epoch, cosine"


def test_a_run_is_found_by_a_beginning_and_as_the_last(store):
    ids = [store.begin(job(f"photos{n}")) for n in range(17)]
    assert store.get("last").job.data.source == "photos16"
    for n, run_id in enumerate(ids):
        short = next(run_id[:k] for k in range(1, 9) if sum(i.startswith(run_id[:k]) for i in ids) == 1)
        assert store.get(short.upper()).job.data.source == f"photos{n}"
    crowded = next(i[0] for i in ids if sum(j[0] == i[0] for j in ids) > 1)  # 17 ids, 16 digits
    with pytest.raises(InputError, match=f"runs begin with '{crowded}': {crowded}"):
        store.get(crowded)


def test_a_run_that_is_not_there_is_told(store):
    for ask in (store.get, store.remove):
        with pytest.raises(InputError, match="there is no run in the store"):
            ask("last")
    run_id = store.begin(job())
    wrong = run_id[:-1] + ("0" if run_id[-1] != "0" else "1")
    for ask in (store.get, store.remove, lambda i: store.append(i, history())):
        with pytest.raises(InputError, match=f"no run '{wrong}'. Did you mean '{run_id}'"):
            ask(wrong)
    for odd in ("%", "", "_" * 8, "'; DROP TABLE etascope_runs; --"):
        with pytest.raises(InputError, match="there is no run"):
            store.get(odd)
    with pytest.raises(InputError, match="there is no run"):
        store.append(run_id[:4], history())


def test_a_removed_run_is_gone(place):
    kept, gone = place.store.begin(job("kept")), place.store.begin(job("gone"))
    for run_id in (kept, gone):
        place.store.append(run_id, history(checkpoints=(checkpoint(), None)))
    place.store.remove("last")
    assert [line.id for line in place.again().find()] == [kept]
    assert len(place.again().get(kept).histories) == 1
    with pytest.raises(InputError, match="there is no run"):
        place.store.append(gone, history())


def test_nothing_is_added_to_a_finished_run(store):
    request = job()
    run_id = store.begin(request)
    ended = run(request, [history()])
    store.finish(run_id, ended)
    for add in (lambda: store.append(run_id, history()), lambda: store.finish(run_id, ended)):
        with pytest.raises(InputError, match=f"run {run_id} is finished"):
            add()
    assert same(store.get(run_id).run, ended)


@pytest.mark.parametrize("place", ["file", "postgresql"], indirect=True)
def test_two_that_go_on_with_one_run_are_told(place):
    run_id = place.store.begin(job())
    other = place.again()
    other.get(run_id)
    place.store.append(run_id, history())
    with pytest.raises(InputError, match=f"another process goes on with run {run_id}"):
        other.append(run_id, history())
    assert len(other.get(run_id).histories) == 1
    other.append(run_id, history())


def test_threads_share_a_store(store):
    def search(n):
        try:
            run_id = store.begin(job(f"photos{n}"))
            for rate in (0.1, 0.2, 0.3):
                store.append(run_id, history((rate,)))
                store.find()
            ids.append(run_id)
        except BaseException as error:
            failed.append(error)

    ids, failed = [], []
    threads = [threading.Thread(target=search, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed
    assert len(set(ids)) == 6
    for run_id in ids:
        assert same(store.get(run_id).histories, tuple(history((rate,)) for rate in (0.1, 0.2, 0.3)))


def test_collecting_gives_room_back_and_loses_nothing(place):
    request = job()
    ids = [place.store.begin(request) for _ in range(3)]
    weights = np.random.default_rng(0).standard_normal(600_000).astype(np.float32)
    big = replace(checkpoint(), parameters=(weights,))
    for run_id in ids:
        place.store.append(run_id, history(checkpoints=(big, None)))
    place.store.finish(ids[0], run(request, [history(checkpoints=(big, None))]))
    place.store.remove(ids[1])
    before = place.again().get(ids[0]), place.again().get(ids[2])
    assert place.again().collect() > 2 * weights.nbytes
    after = place.again().get(ids[0]), place.again().get(ids[2])
    assert all(map(same, before, after))
    assert same(after[1].histories[0].checkpoints[0], big)
    assert place.again().collect() == 0


def test_a_run_of_a_script_comes_back_as_it_was(place):
    from etascope.core.stored import Job
    from tests.report.reported import reported_run

    run = reported_run()
    run_id = place.store.begin(Job(run.data, run.task, {"command": run.data.command}))
    for part in run.histories:
        place.store.append(run_id, part)
    place.store.finish(run_id, run)
    back = place.again().get(run_id).run
    assert (back.data, back.task, back.trace) == (run.data, run.task, None)
    assert back.choice.measure == run.choice.measure
    assert [h.remarks for h in back.histories] == [h.remarks for h in run.histories]
    assert [t.status for t in back.trials] == [t.status for t in run.trials]
    assert (place.store.find()[0].source, place.store.find()[0].images) == (run.data.source, 0)
