"""A store that etascope wrote at 3a08fb7, before the rooms were redesigned, still opens: every command reads it.

It holds a halving, a cross-validation and a search with `--command` that came to their ends, and a halving and
a search with `--command` that were killed when the first part of their second round was kept. The numbers below are
those that 3a08fb7 itself answered, also when it went on with the killed ones.
"""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from etascope.core.measure import PLAIN
from etascope.store.open import open_store
from tests.cli.running import run

HALVING, FOLDS, COMMAND = "88941832", "14688422", "db97d135"
KILLED, KILLED_COMMAND = "e7845c1d", "61016fcb"
#: By run: its learning rate, its validation loss, its trials and its test accuracy.
ANSWERS = {
    HALVING: (2.06, 1.3926106616448313, 11, 0.8),
    FOLDS: (3.28, 1.0399220881902038, 45, 0.725),
    COMMAND: (0.0983, 0.3641703721361615, 12, None),
}
RESUMED = {KILLED: (1.72, 1.772860842371206, 12, 0.755), KILLED_COMMAND: (0.103, 0.2797027657552254, 13, None)}
#: The script that `--command` ran.
TRAIN = """import sys
rate, epochs = float(sys.argv[1]), int(sys.argv[2])
for epoch in range(epochs):
    print(f"val_loss {abs(rate - 0.1) + 1 / (epoch + 2):.6f}", flush=True)
"""


@pytest.fixture
def old(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(TRAIN, encoding="utf-8")
    Path("runs.sqlite").write_bytes(gzip.decompress(Path(__file__).with_name("at_3a08fb7.sqlite.gz").read_bytes()))
    with closing(sqlite3.connect("runs.sqlite")) as database, database:
        # A script goes on in the folder that it began in.
        database.execute("UPDATE etascope_runs SET job = replace(job, '/tmp/old/made', ?)", [str(tmp_path)])

    def call(*arguments):
        result = run(*arguments, ETASCOPE_STORE="runs.sqlite")
        assert result.code in (0, 1), result.err
        return result.out

    return call


def answer(run_id):
    stored = open_store("runs.sqlite").get(run_id).run
    tested = stored.trace and stored.trace.evaluation.accuracy
    return stored.choice.learning_rate, stored.choice.valid_loss, len(stored.trials), tested


def test_its_runs_are_listed_and_what_they_were_compared_by_is_known(old):
    listed = old("runs")
    for run_id in (*ANSWERS, *RESUMED):
        assert run_id in listed
    for run_id, (rate, *_) in ANSWERS.items():
        assert answer(run_id) == ANSWERS[run_id]
        choice = open_store("runs.sqlite").get(run_id).run.choice
        assert (choice.learning_rate, choice.measure.reported) == (rate, run_id == COMMAND)
        assert choice.measure == PLAIN or choice.measure.name == "val_loss"
        assert len(choice.verdicts) == ANSWERS[run_id][2]


@pytest.mark.parametrize("run_id", [*ANSWERS, *RESUMED])
def test_a_run_is_shown(old, run_id):
    shown = old("show", run_id)
    assert f"{ANSWERS[run_id][0]:g}" in shown if run_id in ANSWERS else "8 trials" in shown or "7 trials" in shown


@pytest.mark.parametrize("run_id", ANSWERS)
def test_a_run_is_exported(old, run_id):
    document = json.loads(old("export", run_id, "-"))
    rate, loss, trials, tested = ANSWERS[run_id]
    assert (document["learning_rate"], document["valid"]["loss"], len(document["trials"])) == (rate, loss, trials)
    assert (document["test"] or {}).get("accuracy") == tested
    assert (document["reports"] is not None) == (run_id == COMMAND)


def test_two_runs_are_compared_and_one_is_locked(old):
    assert "3.28" in old("compare", HALVING, FOLDS)
    assert old("compare", FOLDS, COMMAND)
    old("lock", FOLDS)
    assert '"learning_rate": 3.28' in Path("etascope.lock.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("run_id", RESUMED)
def test_a_killed_search_goes_on_to_the_answer_that_it_would_have_had(old, run_id):
    before = len(open_store("runs.sqlite").get(run_id).histories)
    old("resume", run_id)
    assert before == 2
    rate, loss, trials, tested = answer(run_id)
    assert (rate, trials, tested) == RESUMED[run_id][:1] + RESUMED[run_id][2:]
    assert loss == pytest.approx(RESUMED[run_id][1])
