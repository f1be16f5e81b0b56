import sqlite3
from contextlib import closing

import pytest

from etascope.core.errors import InputError
from etascope.store.open import open_store
from tests.store.made import history, job, run


def test_a_damaged_file_keeps_every_row_when_room_is_asked_for(tmp_path):
    path = tmp_path / "runs.sqlite"
    store = open_store(str(path))
    for _ in range(40):
        store.finish(store.begin(job()), run(job(), [history()]))
    with closing(sqlite3.connect(path)) as database:
        root = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'etascope_histories'").fetchone()[0]
        page = database.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(root - 1) * page : root * page] = b"\x05" * page
    path.write_bytes(content)
    with pytest.raises(InputError, match="is damaged"):
        open_store(str(path)).collect()
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["runs.sqlite"]
