"""Runs in SQLite or PostgreSQL, through the same statements: `SqlStore`."""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from etascope.core.checks import checked
from etascope.core.choice import Choice
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.run import Run
from etascope.core.stored import Job, RunLine, StoredRun
from etascope.core.trace import Trace
from etascope.store.connect import WRITING, require_sound, size, vacuum
from etascope.store.failures import damaged, in_sentences
from etascope.store.lines import (
    FINISHED,
    LISTED,
    OPEN,
    READ,
    answer_columns,
    check_row,
    check_whole,
    job_columns,
    new_trials,
    one_of,
    run_line,
)
from etascope.store.records import (
    DamagedRecord,
    from_json,
    histories_of,
    naming_run,
    pack,
    pack_history,
    to_json,
    unpack,
    without_arrays,
)
from etascope.store.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection, Engine, Row

#: More runs than any database holds, and a number that each of them takes.
_MOST = 2**62


class SqlStore:
    """Keeps runs in a database; every change is one transaction, durable when the method returns.

    Made by `etascope.store.open.open_store`, which brings the schema up to date. Safe to share between threads, and
    between processes through the same address.

    Parameters
    ----------
    engine
        Of a database whose schema is the latest.
    place
        Where it is, for people.

    Raises
    ------
    StoreTrouble
        From every method: if the place cannot be used just now.
    """

    def __init__(self, engine: Engine, place: str) -> None:
        self.place = place
        self._engine = engine
        self._known: dict[str, int] = {}
        # A database in memory is its connection, which Python warns of when nobody closes it.
        weakref.finalize(self, engine.dispose)

    def begin(self, job: Job) -> str:
        """Keep what is asked and return the id of the new run: eight hexadecimal digits.

        Raises
        ------
        InputError
            If the job's options are nothing that JSON can hold.
        """
        now, runs = _now(), tables().runs
        values = {
            "id": secrets.token_hex(4), "created": now, "updated": now, "state": OPEN,
            "job": to_json(job, Job), **job_columns(job),
        }  # fmt: skip
        with self._writing() as connection:
            while connection.execute(runs.select().where(runs.c.id == values["id"])).first() is not None:
                values["id"] = secrets.token_hex(4)
            connection.execute(runs.insert().values(values))
        self._known[values["id"]] = 0
        return values["id"]

    def append(self, run_id: str, history: History) -> None:
        """Keep one more plan's history, or a part of it, with its checkpoints: durable when this returns.

        Raises
        ------
        InputError
            If there is no such run, it is finished, or another process went on with it since this store read it.
        """
        with self._writing() as connection:
            number, count = self._open_run(connection, run_id)
            self._insert(connection, number, count, history)
            self._change(connection, number, {"trials": tables().runs.c.trials + new_trials(history)})
        self._known[run_id] = count + 1

    def finish(self, run_id: str, run: Run) -> None:
        """Keep the answer, the trace and the whole histories, kept in parts or not; drop what only the search needed.

        From then on checkpoints come back with their step and last rate, and without arrays, and `example_losses` of
        every history as None.

        Raises
        ------
        InputError
            As `append`.
        """
        choice = pack(run.choice, Choice)
        trace = None if run.trace is None else pack(run.trace, Trace)
        checkpoints = tables().checkpoints
        with self._writing() as connection:
            number, _ = self._open_run(connection, run_id)
            histories = tables().histories
            connection.execute(histories.delete().where(histories.c.run == number))
            for index, history in enumerate(run.histories):
                self._insert(connection, number, index, without_arrays(history))
            connection.execute(checkpoints.delete().where(checkpoints.c.run == number))
            answer = {"state": FINISHED, "choice": choice, "trace": trace, **answer_columns(run)}
            self._change(connection, number, answer)
        self._known.pop(run_id, None)

    def get(self, run_id: str) -> StoredRun:
        """Return a run by its id, a unique beginning of it, or `last`.

        Raises
        ------
        InputError
            If there is none, there are several, or the record is damaged.
        """
        t = tables()
        with self._reading() as connection:
            number = self._find(connection, run_id)
            row = connection.execute(t.runs.select().where(t.runs.c.number == number)).one()
            of_run = t.histories.c.run == number
            histories = connection.execute(t.histories.select().where(of_run).order_by(t.histories.c.number)).all()
            checkpoints = connection.execute(t.checkpoints.select().where(t.checkpoints.c.run == number)).all()
        with naming_run(row.id, self.place):
            check_row(row, READ)
            stored = StoredRun(
                id=row.id,
                created=datetime.fromisoformat(row.created),
                job=from_json(row.job, Job),
                histories=histories_of(histories, checkpoints),
                choice=None if row.choice is None else unpack(row.choice, Choice),
                trace=None if row.trace is None else unpack(row.trace, Trace),
                seconds=row.seconds,
            )
            check_whole(stored, row.state, row.trials, row.test_accuracy)
        self._known[row.id] = len(histories)
        return stored

    @checked
    def find(self, limit: int | None = None, tell: Callable[[InputError], None] | None = None) -> list[RunLine]:
        """Return runs, the latest first, at most `limit`; a damaged one is told and left out, else it raises."""
        from sqlalchemy import select

        c = tables().runs.c
        shown: list[Column[Any]] = [c[name] for name in LISTED]
        with self._reading() as connection:
            most = None if limit is None else min(limit, _MOST)
            rows = connection.execute(select(*shown).order_by(c.number.desc()).limit(most)).all()
        return [line for row in rows if (line := self._line(row, tell)) is not None]

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all runs, the latest first."""
        with self._reading() as connection:
            return tuple(self._numbers(connection))

    def remove(self, run_id: str) -> None:
        """Forget a run, given as to `get`.

        Raises
        ------
        InputError
            If there is none, or there are several.
        """
        runs = tables().runs
        with self._writing() as connection:
            number = self._find(connection, run_id)
            connection.execute(runs.delete().where(runs.c.number == number))

    def collect(self) -> int:
        """Drop checkpoints of finished runs and rows of runs that are gone, give the room back, and return the bytes.

        Finished and unfinished runs stay. Others that write wait meanwhile.
        """
        from sqlalchemy import select

        t = tables()
        with self._reading() as connection:
            require_sound(connection, self.place)
            before = size(connection)
        known, ended = select(t.runs.c.number), select(t.runs.c.number).where(t.runs.c.state == FINISHED)
        with self._writing() as connection:
            connection.execute(t.checkpoints.delete().where(t.checkpoints.c.run.in_(ended)))
            for table in (t.checkpoints, t.histories):
                connection.execute(table.delete().where(table.c.run.not_in(known)))
        with in_sentences(self.place):
            vacuum(self._engine)
        with self._reading() as connection:
            return max(0, before - size(connection))

    def _open_run(self, connection: Connection, run_id: str) -> tuple[int, int]:
        """Return the number of a run that is not finished, and how many histories it has; others wait from now on."""
        from sqlalchemy import func, select

        t = tables()
        number = self._find(connection, run_id, exact=True)
        state = connection.execute(
            select(t.runs.c.state).where(t.runs.c.number == number).with_for_update()
        ).scalar_one()
        if state != OPEN:
            raise InputError(f"run {run_id} is {state:.40}, so nothing can be added. Begin a new one.")
        histories = t.histories
        count = connection.execute(
            select(func.count()).select_from(histories).where(histories.c.run == number)
        ).scalar_one()
        # Of two processes that go on with one run, each would train from where it read it: the slower one stops here.
        if self._known.get(run_id, count) != count:
            raise InputError(f"another process goes on with run {run_id}. Let it, or end it and resume again.")
        return number, count

    def _insert(self, connection: Connection, number: int, index: int, history: History) -> None:
        t = tables()
        record, checkpoints = pack_history(history)
        connection.execute(t.histories.insert().values(run=number, number=index, record=record))
        from sqlalchemy import select

        kept = set(connection.execute(select(t.checkpoints.c.digest).where(t.checkpoints.c.run == number)).scalars())
        for digest in checkpoints.keys() - kept:
            connection.execute(t.checkpoints.insert().values(run=number, digest=digest, record=checkpoints[digest]))

    def _change(self, connection: Connection, number: int, values: dict[str, Any]) -> None:
        runs = tables().runs
        connection.execute(runs.update().where(runs.c.number == number).values({"updated": _now(), **values}))

    def _find(self, connection: Connection, run_id: str, *, exact: bool = False) -> int:
        numbers = self._numbers(connection)
        return numbers[one_of(run_id, tuple(numbers), exact=exact)]

    def _numbers(self, connection: Connection) -> dict[str, int]:
        from sqlalchemy import select

        c = tables().runs.c
        rows = connection.execute(select(c.id, c.number).order_by(c.number.desc())).all()
        for row in rows:
            if not isinstance(row.id, str):
                raise damaged(self.place, f"a run has the id {row.id!r:.60}")
        return {row.id: row.number for row in rows}

    def _line(self, row: Row[*tuple[Any, ...]], tell: Callable[[InputError], None] | None) -> RunLine | None:
        try:
            with naming_run(row.id, self.place):
                return run_line(row)
        except DamagedRecord as error:
            if tell is None:
                raise
            return tell(error)

    @contextmanager
    def _reading(self) -> Generator[Connection]:
        with in_sentences(self.place), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Generator[Connection]:
        with (
            in_sentences(self.place),
            self._engine.connect().execution_options(**WRITING) as connection,
            connection.begin(),
        ):
            yield connection


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
