import asyncio
from contextlib import aclosing

import jsonschema
import pytest
from starlette.testclient import TestClient

from etascope.core.recipe import Recipe
from etascope.studio.app import create_app
from etascope.studio.requests import dial_rates
from etascope.studio.sweeps import landscape
from etascope.studio.worker_pool import WorkerPool
from tests.studio.answers import DIGITS, QUICK, SCHEMAS, events


def test_a_landscape_comes_in_parts_and_ends_in_a_run(client):
    first, *parts, last = events(client.get("/api/landscape", params=QUICK))
    assert first["rates"] == dial_rates()
    assert {part["event"] for part in parts} == {"trials"}
    rates = sorted(trial["learning_rate"] for part in parts for trial in part["trials"])
    assert rates == dial_rates()
    assert len(parts[0]["trials"]) <= 7
    run = last["run"]
    jsonschema.validate(run, SCHEMAS["pick-1"])
    assert run["basin"]["low"] <= run["learning_rate"] <= run["basin"]["high"]
    assert run["walls"]["high"] is not None
    assert len(run["quiz"]) == 3
    again = client.get("/api/landscape", params=QUICK)
    assert events(again)[-1]["run"]["seconds"] == run["seconds"], "a landscape that is known is not trained again"


def test_the_same_recipe_gives_the_same_landscape_whatever_came_first(client):
    one, other = (
        events(client.get("/api/landscape", params={**QUICK, "seed": 7, "page": page}))[-1]["run"]["trials"]
        for page in ("a", "b")
    )
    assert one == other
    with TestClient(create_app(None)) as fresh:
        trials = events(fresh.get("/api/landscape", params={**QUICK, "seed": 7}))[-1]["run"]["trials"]
    assert trials == one


def test_all_folds_of_a_landscape(client):
    messages = events(client.get("/api/landscape", params={"hidden": "", "epochs": 1, "folds": 5}))
    run = messages[-1]["run"]
    assert len(run["trials"]) == 125
    assert {trial["fold"] for trial in run["trials"]} == set(range(5))


def test_a_rate_beside_those_of_the_dial_is_trained_as_they_are(client):
    plain = events(client.get("/api/landscape", params=QUICK))[-1]["run"]["trials"]
    more = events(client.get("/api/landscape", params={**QUICK, "also": 0.02}))[-1]["run"]["trials"]
    assert sorted([*dial_rates(), 0.02]) == sorted(trial["learning_rate"] for trial in more)
    losses = {trial["learning_rate"]: trial["valid_loss"] for trial in more}
    for trial in plain:
        if trial["status"] == "finished" and trial["learning_rate"] < 0.1:
            assert losses[trial["learning_rate"]] == pytest.approx(trial["valid_loss"], rel=1e-3)
    same = events(client.get("/api/landscape", params={**QUICK, "also": 0.01}))[-1]["run"]["trials"]
    assert len(same) == len(plain)


def test_what_the_page_asks_later_waits_behind_a_landscape_that_has_begun():
    async def ask():
        pool = WorkerPool(1)
        try:
            async with aclosing(landscape(pool, "page", DIGITS, Recipe(hidden=(16,), epochs=2))) as stream:
                assert (await anext(stream))["event"] == "begin"
                later = asyncio.ensure_future(pool.run("page", sum, [1]))
                assert (await anext(stream))["event"] == "trials"
                behind = not later.done()
                later.cancel()
                return behind
        finally:
            pool.close()

    assert asyncio.run(ask())


def test_a_race_is_told_step_by_step(client):
    answer = client.get("/api/race", params={**QUICK, "rates": "0.1,0.001,0.01"}).json()
    assert [runner["learning_rate"] for runner in answer["runners"]] == [0.001, 0.01, 0.1]
    assert all(len(runner["step_loss"]) == answer["steps"] == 80 for runner in answer["runners"])
    # All start from the same weights, on the same batch.
    assert len({runner["step_loss"][0] for runner in answer["runners"]}) == 1
