import pytest

from etascope.store.address import find_address
from etascope.store.connect import connect
from etascope.store.open import open_store
from etascope.store.tables import tables
from tests.store.postgres import postgres_url


@pytest.fixture(params=["sqlite", "postgresql"])
def inspector(request, tmp_path):
    url = f"{tmp_path}/runs.sqlite" if request.param == "sqlite" else postgres_url()
    from sqlalchemy import inspect

    open_store(url)
    return inspect(connect(find_address(url)))


def test_the_tables_are_what_the_migrations_make(inspector):
    meta = tables().meta
    assert set(inspector.get_table_names()) == set(meta.tables)
    for table in meta.tables.values():
        made = {column["name"]: column for column in inspector.get_columns(table.name)}
        assert set(made) == set(table.columns.keys())
        for column in table.columns:
            assert made[column.name]["nullable"] == column.nullable or column.primary_key
            assert made[column.name]["type"].python_type is column.type.python_type
        assert inspector.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
        for key in inspector.get_foreign_keys(table.name):
            assert (key["constrained_columns"], key["referred_table"]) == (["run"], "etascope_runs")
