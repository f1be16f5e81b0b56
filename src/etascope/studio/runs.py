"""The kept runs of a studio, as far as each page may see them: `Runs`."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import PurePath

from etascope.core.data import SENT
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.protocols import Store
from etascope.core.run import Run
from etascope.core.stored import Job, RunLine, StoredRun
from etascope.core.visible import visible
from etascope.studio.dialect import on_page

#: Runs that cannot be read, that a list names.
MOST_NOTES = 5


@dataclass(eq=False)
class Runs:
    """A store as pages may know it: without the place where it is, and without what others have sent.

    A run of an upload is opened by a name that cannot be guessed, which its own search alone is given, and is listed
    for whoever names the upload; both for as long as the studio runs.
    """

    store: Store
    _own: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    def begin(self, job: Job) -> str:
        """Keep the job and return the id of the new run."""
        with self._placeless():
            run_id = self.store.begin(job)
        if job.data.source == SENT:
            self._own[secrets.token_hex(16)] = run_id, PurePath(job.options["data"]).name
        return run_id

    def append(self, run_id: str, history: History) -> None:
        """Keep one more plan's history."""
        with self._placeless():
            self.store.append(run_id, history)

    def finish(self, run_id: str, run: Run) -> None:
        """Keep the answer and the trace."""
        with self._placeless():
            self.store.finish(run_id, run)

    def name(self, run_id: str) -> str:
        """Return the name by which a run of this studio is opened."""
        return next((name for name, (of, _) in self._own.items() if of == run_id), run_id)

    def get(self, name: str) -> StoredRun:
        """Return a run by its name, or refuse: there is none, it cannot be read, or somebody else sent its images."""
        own = self._own.get(name)
        with self._placeless():
            stored = self.store.get(name if own is None else own[0])
        if own is None and stored.job.data.source == SENT:
            raise InputError(f"there is no run {name!r} for this page.")
        return stored

    def find(self, limit: int, uploads: Collection[str]) -> tuple[list[RunLine], list[str]]:
        """Return runs, the latest first, those of `uploads` among them; and a sentence for each that cannot be read."""
        names = {run_id: name for name, (run_id, upload) in self._own.items() if upload in uploads}
        unread = list[InputError]()
        with self._placeless():
            lines = self.store.find(tell=unread.append)
        shown = (
            replace(line, id=names.get(line.id, line.id)) for line in lines if line.source != SENT or line.id in names
        )
        return list(islice(shown, limit)), [self._sentence(error) for error in unread[:MOST_NOTES]]

    @contextmanager
    def _placeless(self) -> Generator[None]:
        """Say what is wrong with the store, and not where it is; no page can give another."""
        try:
            yield
        except InputError as error:
            raise InputError(self._sentence(error)) from error

    def _sentence(self, error: InputError) -> str:
        place = visible(getattr(self.store, "place", ""))
        whole = error.sentences[0].written(on_page)
        said = whole.replace(f"the store {place}", "the store of this studio") if place else whole
        return said if said == whole else f"{said} Whoever started it can put that right."
