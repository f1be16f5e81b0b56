import gc
import sqlite3

import pytest

from etascope.core.errors import InputError
from etascope.store.address import find_address
from etascope.store.connect import WRITING, connect
from etascope.store.open import open_store
from etascope.store.records import DamagedRecord
from etascope.store.schema import tables
from tests.store.made import checkpoint, history, job, run
from tests.store.postgres import postgres_url


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
    with pytest.raises(InputError, match=r"cannot be used\. The database says: refused\."):
        store.append(run_id, history(checkpoints=(checkpoint(), None)))
    assert count(path, "histories") == 0
    store.append(run_id, history())
    assert len(store.get(run_id).histories) == 1


def test_rows_of_runs_that_are_gone_are_collected(path):
    store = open_store(path)
    request = job()
    kept = store.begin(request)
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
    request = job()
    good, bad = store.begin(request), store.begin(request)
    for run_id in (good, bad):
        store.finish(run_id, run(request, [history()]))
    database = sqlite3.connect(path)
    database.execute("UPDATE etascope_runs SET choice = x'00' WHERE id = ?", [bad])
    database.commit()
    database.close()
    with pytest.raises(InputError, match="a choice in the store cannot be read"):
        store.get(bad)
    assert store.get(good).finished
    assert len(store.find()) == 2


def test_nothing_is_pickled(path):
    store = open_store(path)
    request = job()
    run_id = store.begin(request)
    store.append(run_id, history(checkpoints=(checkpoint(), None)))
    store.finish(run_id, run(request, [history()]))
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


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request, tmp_path):
    """A store with a finished run and one that is open; its address and their ids."""
    url = str(tmp_path / "runs.sqlite") if request.param == "sqlite" else postgres_url()
    store = open_store(url)
    done = store.begin(job())
    store.append(done, history())
    store.finish(done, run(job(), [history()]))
    begun = store.begin(job())
    for rates in ((0.1, 0.2), (0.3,)):
        store.append(begun, history(rates))
    return url, done, begun


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ("etascope_runs SET created = 'yesterday'", "its created is 'yesterday'"),
        ("etascope_runs SET created = '2026-11-30'", "its created is '2026-11-30'"),
        ("etascope_runs SET state = 'banana'", "its state is 'banana'"),
        ("etascope_runs SET state = ''", "its state is ''"),
        ("etascope_runs SET state = CASE state WHEN 'open' THEN 'finished' ELSE 'open' END", "answer"),
        ("etascope_runs SET images = -5", "its images is -5"),
        ("etascope_runs SET trials = 7", "its row says 7"),
        ("etascope_runs SET learning_rate = -0.1", "its learning_rate is -0.1"),
        ("etascope_runs SET test_accuracy = 1.5", "its test_accuracy is 1.5"),
        ("etascope_runs SET seconds = -1", "its seconds is -1"),
        ("etascope_runs SET job = '{}'", "a job in the store cannot be read"),
        ("etascope_runs SET job = '[1, '", "a job in the store cannot be read"),
        ("etascope_runs SET job = replace(job, '\"epochs\": 5', '\"epochs\": 0')", "epochs must be a whole number"),
        ("etascope_runs SET job = replace(job, '\"epochs\": 5', '\"epochs\": true')", "True should be of the type int"),
        ("etascope_histories SET number = number + 5", "not numbered one after the other"),
    ],
)
def test_what_no_etascope_wrote_is_told_with_the_run_and_what_to_do(kept, change, part):
    from sqlalchemy import text

    url, *ids = kept
    with connect(find_address(url)).connect().execution_options(**WRITING) as connection, connection.begin():
        connection.execute(text(f"UPDATE {change.replace(': ', chr(92) + ': ')}"))
    store = open_store(url)
    for run_id in ids:
        with pytest.raises(DamagedRecord, match=f"run {run_id} in the store .* is damaged: ") as error:
            store.get(run_id)
        assert part in str(error.value)
        assert str(error.value).endswith(f"Forget it with etascope rm {run_id}, or put back a copy of the store.")
        store.remove(run_id)
    assert store.find() == []


def test_a_damaged_run_does_not_hide_the_others_from_who_asks_to_be_told(kept):
    url, done, begun = kept
    with connect(find_address(url)).connect().execution_options(**WRITING) as connection, connection.begin():
        connection.exec_driver_sql(f"UPDATE etascope_runs SET state = 'zombie' WHERE id = '{begun}'")
    store, errors = open_store(url), []
    assert [line.id for line in store.find(tell=errors.append)] == [done]
    assert [f"run {begun} in the store" in str(error) for error in errors] == [True]
    with pytest.raises(DamagedRecord, match="zombie"):
        store.find()


def test_an_answer_that_is_another_record_is_damaged_and_one_of_a_newer_version_newer(kept):
    from etascope.core.choice import Basin, Choice
    from etascope.store.npz import read_npz, write_npz
    from etascope.store.records import pack

    url, done, _ = kept
    text, arrays = read_npz(pack(run(job(), [history()]).choice, Choice))
    newer = write_npz(text[:-1] + ', "zzz": 1}', arrays)
    for content, said in (
        (pack(Basin(0.1, 1.0), Basin), rf"run {done} in the store .* is damaged: a choice in the store cannot be read"),
        (newer, rf"run {done} in the store .*: a newer etascope wrote this: Choice has no field 'zzz' here\. Upgrade"),
    ):
        with connect(find_address(url)).connect().execution_options(**WRITING) as connection, connection.begin():
            runs = tables().runs
            connection.execute(runs.update().where(runs.c.id == done).values(choice=content))
        with pytest.raises(InputError, match=said):
            open_store(url).get(done)


def test_nothing_is_added_to_a_run_in_a_state_that_is_not_known(kept):
    url, _, begun = kept
    with connect(find_address(url)).connect().execution_options(**WRITING) as connection, connection.begin():
        connection.exec_driver_sql("UPDATE etascope_runs SET state = 'banana'")
    with pytest.raises(InputError, match=f"run {begun} is banana, so nothing can be added"):
        open_store(url).append(begun, history())


def test_a_list_of_any_length_can_be_asked_for(kept):
    assert len(open_store(kept[0]).find(10**30)) == 2
