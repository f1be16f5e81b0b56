import sqlite3
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from etascope.core.data import SENT
from etascope.core.errors import InputError
from etascope.store.open import open_store
from etascope.studio.app import create_app
from etascope.studio.runs import MOST_NOTES, Runs
from tests.store.made import history, job, run
from tests.studio.answers import QUICK, error, events
from tests.studio.served import two_kinds, zipped
from tests.studio.test_hostile_uploads import ELSEWHERE

UPLOAD = "upload-0123"


def sent(name=UPLOAD):
    request = job()
    return replace(request, data=replace(request.data, source=SENT), options={"data": f"/tmp/etascope-studio-1/{name}"})


def finished(runs, request):
    run_id = runs.begin(request)
    runs.append(run_id, history())
    runs.finish(run_id, run(request, [history()]))
    return run_id


@pytest.fixture
def place(tmp_path):
    return f"{tmp_path}/a. Place of its own/runs.sqlite"


@pytest.fixture
def kept(place, tmp_path):
    (tmp_path / "a. Place of its own").mkdir()
    return Runs(open_store(place))


def test_a_run_of_an_upload_is_seen_by_who_knows_of_it_alone(kept):
    mine, others = finished(kept, sent()), finished(kept, job())
    name = kept.name(mine)
    assert (len(name), kept.name(others)) == (32, others)
    assert [line.id for line in kept.find(20, [])[0]] == [others]
    assert [line.id for line in kept.find(20, ["upload-4", ""])[0]] == [others]
    assert [line.id for line in kept.find(20, [UPLOAD])[0]] == [others, name]
    assert [line.id for line in kept.find(1, [])[0]] == [others]
    assert kept.get(name).job.data.source == SENT
    for guess in (mine, mine[:4], UPLOAD, name[:8]):
        with pytest.raises(InputError, match="there is no run"):
            kept.get(guess)
    finished(kept, sent("upload-5"))
    with pytest.raises(InputError, match="for this page"):
        kept.get("last")
    # The next studio knows of none of them; the command line does.
    assert [line.id for line in Runs(kept.store).find(20, [UPLOAD])[0]] == [others]
    assert kept.store.get(mine).finished


def test_another_page_gets_neither_images_nor_names_of_classes(client, store):
    mine = client.post("/api/uploads", content=zipped(two_kinds(rows=12))).json()["name"]
    pick = client.post("/api/picks", params={**QUICK, "data": mine}).json()["id"]
    assert len(pick) == 32
    name = events(client.get(f"/api/picks/{pick}/events"))[-1]["kept"]
    run_id = store.ids()[0]
    listed = client.get("/api/runs").text
    assert name not in listed
    assert run_id not in listed
    assert client.get("/api/runs", params={"names": mine}).json()["runs"][0]["id"] == name
    rate = {"learning_rate": 0.1}
    for path in (f"runs/{run_id}", f"runs/{run_id}/code", "runs/last", f"picks/{run_id}/events"):
        said = error(client.get(f"/api/{path}", params=rate), 400)
        assert "dark" not in said
    assert client.get(f"/api/runs/{name}").json()["trace"]["class_names"] == ["dark", "light"]


def broken(place, change):
    database = sqlite3.connect(place)
    database.execute(change)
    database.commit()
    database.close()


def test_a_run_that_cannot_be_read_is_told_beside_the_others_and_not_where_it_is(kept, place):
    good, *bad = [finished(kept, job()) for _ in range(MOST_NOTES + 3)]
    broken(place, f"UPDATE etascope_runs SET state = 'zombie' WHERE id != '{good}'")
    with TestClient(create_app(kept.store)) as client:
        answer = client.get("/api/runs").json()
        assert [line["id"] for line in answer["runs"]] == [good]
        assert len(answer["notes"]) == MOST_NOTES
        assert answer["notes"][0].startswith(f"run {bad[-1]} in the store of this studio is damaged: its state is 'zom")
        assert answer["notes"][0].endswith("are known. Whoever started it can put that right.")
        said = [*answer["notes"], error(client.get(f"/api/runs/{bad[0]}"), 400)]
    for sentence in said:
        assert "runs.sqlite" not in sentence
        assert not ELSEWHERE.search(sentence)


@pytest.mark.parametrize(
    "change",
    ["DROP TABLE etascope_runs", "ALTER TABLE etascope_runs DROP COLUMN trials",
     "UPDATE etascope_runs SET choice = x'00'", "UPDATE etascope_runs SET job = '{'", "UPDATE etascope_runs SET id = 5",
     "CREATE TRIGGER no BEFORE INSERT ON etascope_runs BEGIN SELECT RAISE(ABORT, 'no'); END", None],
)  # fmt: skip
def test_no_trouble_of_the_store_says_where_it_is(change, kept, place):
    run_id = finished(kept, job())
    if change is None:
        with open(place, "wb") as file:
            file.write(b"garbage" * 100)
    else:
        broken(place, change)
    sentences = []
    calls = (
        lambda: kept.find(5, []), lambda: kept.get(run_id), lambda: kept.begin(job()),
        lambda: kept.append(run_id, history()), lambda: kept.finish(run_id, run(job(), [history()])),
    )  # fmt: skip
    for call in calls:
        try:
            call()
        except InputError as wrong:
            sentences.append(str(wrong))
    assert sentences
    for sentence in sentences:
        assert "runs.sqlite" not in sentence
        assert "Place of its own" not in sentence
        assert not ELSEWHERE.search(sentence)
        assert "path" not in sentence


def test_a_search_says_in_words_of_the_page_that_it_is_not_kept(kept, place):
    broken(place, "DROP TABLE etascope_runs")
    with TestClient(create_app(kept.store)) as client:
        begun = client.post("/api/picks", params={**QUICK, "epochs": 1}).json()["id"]
        last = events(client.get(f"/api/picks/{begun}/events"))[-1]
    assert (last["event"], last["kept"]) == ("run", None)
    assert last["notes"] == [
        "the store of this studio cannot be used. Whoever started it can put that right. This run is not kept; the "
        "search goes on."
    ]
