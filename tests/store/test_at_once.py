"""Many processes on one store at the same moment lose nothing."""

import sqlite3
from pathlib import Path

import pytest

from etascope.store.open import open_store
from tests.store.made import history, same
from tests.store.postgres import postgres_url
from tests.store.processes import SECONDS, open_and_list, processes, write_runs

PROCESSES, RUNS, APPENDS = 8, 3, 4


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_eight_processes_write_to_one_new_store(kind, tmp_path):
    url = f"{tmp_path}/runs.sqlite" if kind == "sqlite" else postgres_url()
    context = processes()
    barrier = context.Barrier(PROCESSES)
    writers = [
        context.Process(target=write_runs, args=(url, f"writer{n}", barrier, RUNS, APPENDS)) for n in range(PROCESSES)
    ]
    wait_for(writers)
    store = open_store(url)
    lines = store.find()
    assert {line.source for line in lines} == {f"writer{n}/{k}" for n in range(PROCESSES) for k in range(RUNS)}
    assert len({line.id for line in lines}) == PROCESSES * RUNS == len(lines)
    for line in lines:
        assert (line.finished, line.trials) == (True, APPENDS)
        assert same(store.get(line.id).histories, tuple(history((0.1 + plan,)) for plan in range(APPENDS)))


def test_eight_processes_open_an_old_store_and_one_migrates(tmp_path):
    path = tmp_path / "runs.sqlite"
    old = sqlite3.connect(path)
    old.executescript((Path(__file__).parent / "version1.sql").read_text(encoding="utf-8"))
    old.close()
    context = processes()
    barrier, results = context.Barrier(PROCESSES), context.Queue()
    wait_for([context.Process(target=open_and_list, args=(str(path), barrier, results)) for _ in range(PROCESSES)])
    assert [results.get(timeout=SECONDS) for _ in range(PROCESSES)] == [2] * PROCESSES
    results.close()
    results.join_thread()


def wait_for(started):
    for process in started:
        process.start()
    for process in started:
        process.join(SECONDS)
    codes = [process.exitcode for process in started]
    for process in started:
        process.kill()
    assert codes == [0] * len(started)
