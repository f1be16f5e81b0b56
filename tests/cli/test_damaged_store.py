"""Stores that were damaged, edited, or are somebody else's: a sentence, exit code 2, and every byte as it was."""

import random
import shutil
import sqlite3
from contextlib import closing

import pytest

from tests.cli.kept import ids, keep, searched, untold
from tests.cli.running import refused, run
from tests.long import cases

#: What SQLite takes in any column, of every type it knows.
VALUES = (
    None, "", "yesterday", "2020-01-01", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "banana", "open",
    "finished", "\x1b]0;x\x07", "null", "[]", "{}", '{"data": 1}', "[" * 100_000, "0.5", "nan", b"", b"\xff\x00", b"PK",
    0, 1, -1, 7, 2**31, 2**63 - 1, -(2**63), 0.5, -0.5, 1.5, 1e308, float("inf"), float("-inf"),
)  # fmt: skip
COLUMNS = {
    "etascope_runs": (
        "number", "id", "created", "updated", "state", "source", "images", "fingerprint", "recipe", "trials",
        "learning_rate", "test_accuracy", "seconds", "job", "choice", "trace",
    ),
    "etascope_histories": ("run", "number", "record"),
    "etascope_checkpoints": ("run", "digest", "record"),
    "etascope_schema": ("version", "applied"),
}  # fmt: skip
READING = ("runs", "show", "compare", "export", "code", "lock")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A store with a finished run, one that cannot tell, and one that was stopped; beside it their ids."""
    path = tmp_path_factory.mktemp("whole") / "runs.sqlite"
    keep(path, searched())
    keep(path, untold())
    keep(path, searched(), rounds=1)
    return path, ids(path)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where a damaged copy stands; the working directory is beside it."""
    for name in ("desk", "stores"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "stores" / "runs.sqlite"


def commands(known):
    stopped, _, finished = known
    return [
        ("runs",), ("runs", "--json", "-"), ("show", finished), ("show", stopped), ("show", "last"), ("compare",),
        ("compare", finished, stopped), ("export", finished, "-"), ("code", finished), ("lock", finished),
        ("resume",), ("resume", stopped), ("rm", finished, "--yes"), ("rm", stopped, "--yes"), ("gc",),
        ("pick", "--hidden", "0", "--epochs", "0"),
    ]  # fmt: skip


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def ends_well(place, arguments):
    """Run a command on a store; check that it leaves what it may not touch, and return how it ended."""
    before = content(place.parent)
    ended = run(*arguments, ETASCOPE_STORE=place)
    assert ended.code in (0, 1, 2)
    if ended.code == 2:
        refused(type(ended)(ended.code, "", ended.err.splitlines()[-1] + "\n"))
    if ended.code == 2 or arguments[0] in READING:
        assert content(place.parent) == before
    return ended


def damage(path, draw):
    """Write one wrong value somewhere; return where, or None where the database does not take it there."""
    table = draw.choice((*COLUMNS, "etascope_runs", "etascope_runs"))
    column, value = draw.choice(COLUMNS[table]), draw.choice(VALUES)
    expression = draw.choice(("?", "?", "?", "CAST(? AS BLOB)", "CAST(X'78ff' || ? AS TEXT)"))
    with closing(sqlite3.connect(path)) as database:
        rows = [row for (row,) in database.execute(f"SELECT rowid FROM {table}")] or [0]
        try:
            with database:
                change = f"UPDATE {table} SET {column} = {expression} WHERE rowid = ?"
                if not database.execute(change, (value, draw.choice(rows))).rowcount:
                    return None
        except (sqlite3.IntegrityError, sqlite3.OperationalError):
            return None
    return table, column, expression, value


@pytest.mark.long
def test_any_wrong_value_in_any_column_of_any_table_is_a_sentence(whole, place):
    path, known = whole
    count = 0
    for number in range(cases(120, 4_000)):
        draw = random.Random(number)
        shutil.copy(path, place)
        where = damage(place, draw)
        if where is not None:
            arguments = draw.choice(commands(known))
            count += ends_well(place, arguments).code == 2
    print(f"{number + 1} values, {count} told")
    assert count > number / 10


def flip(path, draw):
    """Flip bytes of a file, or cut it."""
    data = bytearray(path.read_bytes())
    if draw.random() < 0.2:
        del data[draw.randrange(len(data)) :]
    else:
        start = draw.choice((0, 0, 0, draw.randrange(len(data))))
        for _ in range(draw.choice((1, 3, 30, 300))):
            data[min(start + draw.randrange(8_192), len(data) - 1)] = draw.randrange(256)
    path.write_bytes(data)


@pytest.mark.long
def test_flipped_bytes_are_a_sentence_and_the_file_stays(whole, place):
    path, known = whole
    count = 0
    for number in range(cases(40, 300)):
        draw = random.Random(number)
        shutil.copy(path, place)
        flip(place, draw)
        for arguments in draw.sample(commands(known), cases(3, 16)):
            copy = place.read_bytes()
            count += ends_well(place, arguments).code == 2
            place.write_bytes(copy)
    print(f"{number + 1} files, {count} commands told")
    assert count > number / 4


def test_what_is_damaged_can_be_forgotten_as_the_sentence_says(whole, place):
    path, (stopped, _, finished) = whole
    shutil.copy(path, place)
    with closing(sqlite3.connect(place)) as database, database:
        database.execute("UPDATE etascope_runs SET state = 'banana' WHERE id = ?", (stopped,))
    for arguments in (("resume", stopped), ("show", stopped), ("runs",), ("resume",)):
        text = ends_well(place, arguments).err
        assert f"run {stopped} in the store {place} is damaged: its state is 'banana'" in text
    assert f"Forget it with etascope rm {stopped}" in text
    assert ends_well(place, ("rm", stopped, "--yes")).code == 0
    assert finished in ends_well(place, ("runs",)).out


def test_an_answer_whose_final_training_is_gone_is_not_shown_as_whole(whole, place):
    path, (_, _, finished) = whole
    shutil.copy(path, place)
    with closing(sqlite3.connect(place)) as database, database:
        database.execute("UPDATE etascope_runs SET trace = NULL")
    for arguments in (("show", finished), ("export", finished, "-"), ("lock", finished)):
        assert "the final training that it belongs to is gone" in refused(ends_well(place, arguments))


def test_no_file_is_made_by_a_command_that_only_looks(place):
    for arguments in commands(["3f2a"] * 3):
        assert ends_well(place, arguments).code in (0, 2)
        assert list(place.parent.iterdir()) == []


@pytest.mark.parametrize("limit", ["1", "9" * 30, str(2**63 - 1), str(2**62 + 1)])
def test_a_list_of_any_length_can_be_asked_for(whole, place, limit):
    shutil.copy(whole[0], place)
    assert ends_well(place, ("runs", "--limit", limit)).code == 0
