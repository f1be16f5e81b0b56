import gc
import sqlite3

import pytest

from etascope.core.errors import InputError
from etascope.store.open import open_store
from tests.store.made import checkpoint, history, job, run


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "runs.sqlite")


def count(path, table):
    database = sqlite3.connect(path)
    [[rows]] = database.execute(f"SELECT count(*) FROM etascope_{table}").fetchall()
    database.close()
    return rows


def test_a_removed_run_leaves_no_row(path):
    store = open_store(path)
    store.append(run_id := store.begin(job()), history(checkpoints=(checkpoint(), None)))
    assert [count(path, table) for table in ("runs", "histories", "checkpoints")] == [1, 1, 1]
    store.remove(run_id)
    assert [count(path, table) for table in ("runs", "histories", "checkpoints")] == [0, 0, 0]


def test_a_checkpoint_that_two_plans_share_is_kept_once(path):
    store = open_store(path)
    run_id = store.begin(job())
    ends = checkpoint(seed=1), checkpoint(seed=2)
    store.append(run_id, history(checkpoints=ends))
    store.append(run_id, history((0.2,), start=2, resume=ends[1:]))
    assert count(path, "checkpoints") == 2


def test_a_history_is_kept_whole_or_not_at_all(path):
    store = open_store(path)
    run_id = store.begin(job())
    database = sqlite3.connect(path)
    database.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON etascope_checkpoints BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )
    database.close()
    with pytest.raises(InputError, match="cannot be used: refused"):
        store.append(run_id, history(checkpoints=(checkpoint(), None)))
    assert count(path, "histories") == 0
    store.append(run_id, history())
    assert len(store.get(run_id).histories) == 1


def test_rows_of_runs_that_are_gone_are_collected(path):
    store = open_store(path)
    asked = job()
    kept = store.begin(asked)
    store.append(kept, history(checkpoints=(checkpoint(), None)))
    database = sqlite3.connect(path)
    database.execute("INSERT INTO etascope_histories VALUES (99, 0, zeroblob(100000))")
    database.execute("INSERT INTO etascope_checkpoints VALUES (99, 'x', zeroblob(100000))")
    database.commit()
    database.close()
    assert store.collect() >= 190_000
    assert [count(path, table) for table in ("runs", "histories", "checkpoints")] == [1, 1, 1]


def test_damage_in_one_run_leaves_others_readable(path):
    store = open_store(path)
    asked = job()
    good, bad = store.begin(asked), store.begin(asked)
    for run_id in (good, bad):
        store.finish(run_id, run(asked, [history()]))
    database = sqlite3.connect(path)
    database.execute("UPDATE etascope_runs SET choice = x'00' WHERE id = ?", [bad])
    database.commit()
    database.close()
    with pytest.raises(InputError, match="a Choice in the store is damaged"):
        store.get(bad)
    assert store.get(good).finished
    assert len(store.find()) == 2


def test_nothing_is_pickled(path):
    store = open_store(path)
    asked = job()
    run_id = store.begin(asked)
    store.append(run_id, history(checkpoints=(checkpoint(), None)))
    store.finish(run_id, run(asked, [history()]))
    database = sqlite3.connect(path)
    [[record]] = database.execute("SELECT record FROM etascope_histories").fetchall()
    database.close()
    assert record.startswith(b"PK")
    assert b"numpy" not in record.lower().replace(b"\x93numpy", b"")


def test_a_store_in_memory_that_nobody_has_any_more_closes_its_connection():
    store = open_store("sqlite://")
    store.begin(job())
    engine = store._engine
    assert engine.pool.checkedin() == 1
    del store
    gc.collect()
    assert engine.pool.checkedin() == 0
