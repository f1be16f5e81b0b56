"""The tables that both databases share, as they stand after the last migration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table


@dataclass(frozen=True)
class Tables:
    """The tables. Their names have a prefix because a PostgreSQL database may be shared with other programs.

    Attributes
    ----------
    runs
        A row a run: what was asked (`job`, JSON), the answer (`choice`, `trace`, packed records), and what a list of
        runs shows, in columns of its own. `number` counts up, so it tells the latest.
    histories
        A row a plan that was trained: the packed record, `number` from 0.
    checkpoints
        A row a checkpoint, by the digest of its content.
    schema
        A row a migration that was done.
    """

    meta: MetaData
    runs: Table
    histories: Table
    checkpoints: Table
    schema: Table


@cache
def tables() -> Tables:
    """Return the tables."""
    from sqlalchemy import Column, Double, ForeignKey, Integer, LargeBinary, MetaData, Table, Text

    class Bytes(LargeBinary):
        """Bytes as the driver gives them: SQLAlchemy would make n bytes of a number n that stands in their place."""

        def result_processor(self, dialect: object, coltype: object) -> None:
            return None

    meta = MetaData()
    run = "etascope_runs.number"
    runs = Table(
        "etascope_runs",
        meta,
        Column("number", Integer, primary_key=True),
        Column("id", Text, nullable=False, unique=True),
        Column("created", Text, nullable=False),
        Column("updated", Text, nullable=False),
        Column("state", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("images", Integer, nullable=False),
        Column("fingerprint", Text, nullable=False),
        Column("recipe", Text, nullable=False),
        Column("trials", Integer, nullable=False),
        Column("learning_rate", Double),
        Column("test_accuracy", Double),
        Column("seconds", Double),
        Column("job", Text, nullable=False),
        Column("choice", Bytes),
        Column("trace", Bytes),
    )
    histories = Table(
        "etascope_histories",
        meta,
        Column("run", Integer, ForeignKey(run, ondelete="CASCADE"), primary_key=True),
        Column("number", Integer, primary_key=True),
        Column("record", Bytes, nullable=False),
    )
    checkpoints = Table(
        "etascope_checkpoints",
        meta,
        Column("run", Integer, ForeignKey(run, ondelete="CASCADE"), primary_key=True),
        Column("digest", Text, primary_key=True),
        Column("record", Bytes, nullable=False),
    )
    schema = Table(
        "etascope_schema",
        meta,
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("applied", Text, nullable=False),
    )
    return Tables(meta, runs, histories, checkpoints, schema)
