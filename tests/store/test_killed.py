"""A search that is killed, again and again, ends with the same bits as one that never was."""

import random
import time
from dataclasses import replace

import pytest

from etascope.store.open import open_store
from tests.store.made import same
from tests.store.processes import SECONDS, processes, search_and_tell

KILLS = 25


@pytest.mark.parametrize("method", ["grid", "halves"])
def test_a_search_killed_at_random_moments_loses_at_most_the_plan_in_flight(method, tmp_path):
    url, dice = f"{tmp_path}/runs.sqlite", random.Random(0)
    start_and_kill(f"{tmp_path}/warm.sqlite", method, None, SECONDS)
    began = time.monotonic()
    assert not start_and_kill(f"{tmp_path}/never-killed.sqlite", method, None, SECONDS)["killed"]
    whole = time.monotonic() - began
    reference = without_seconds(open_store(f"{tmp_path}/never-killed.sqlite").get("last").run)
    kills, lost = 0, []
    while kills < KILLS:
        run_id, before = None, 0
        while True:
            ended = start_and_kill(url, method, run_id, dice.uniform(0, whole))
            run_id = run_id or ended.get("id")
            kills += ended["killed"]
            if run_id is not None:
                stored = open_store(url).get(run_id)
                assert ended.get("kept", before) <= len(stored.histories) <= ended.get("training", before - 1) + 1
                before = len(stored.histories)
                lost.append(len(reference.histories) - len(stored.histories))
            if not ended["killed"]:
                break
            whole *= 1.02  # A machine that became slower still comes to the end.
        assert same(without_seconds(open_store(url).get(run_id).run), reference)
    assert len(set(lost)) > 1, "kills always hit the same plan"
    for line in open_store(url).find():
        open_store(url).get(line.id)


def start_and_kill(url, method, run_id, after):
    """Search for so many seconds; return what the process told before it was killed, or ended."""
    context = processes()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=search_and_tell, args=(url, method, run_id, theirs))
    process.start()
    theirs.close()
    process.join(after)
    process.kill()
    process.join(SECONDS)
    results = {}
    try:
        while ours.poll():
            what, value = ours.recv()
            results[what] = value
    except EOFError:
        pass
    ours.close()
    results["killed"] = process.exitcode != 0
    process.close()
    return results


def without_seconds(run):
    """Return a run without what a clock measured."""
    cost = replace(run.choice.cost, seconds=0.0)
    histories = tuple(replace(history, seconds=0.0) for history in run.histories)
    return replace(run, choice=replace(run.choice, cost=cost), histories=histories)
