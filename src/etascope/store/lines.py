"""What a list of runs shows of each, in columns beside the records, and which run a name means (`one_of`)."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from etascope.core.errors import InputError, first_line
from etascope.core.history import History
from etascope.core.recipe import Recipe
from etascope.core.run import Run
from etascope.core.sentences import Call, Command, say
from etascope.core.stored import Job, RunLine, StoredRun
from etascope.core.trials import trials
from etascope.store.records import DamagedRecord, is_id

if TYPE_CHECKING:
    from sqlalchemy import Row


#: States of a run.
OPEN, FINISHED = "open", "finished"


def recipe_line(recipe: Recipe) -> str:
    """Return a recipe in a line of words.

    Examples
    --------
    >>> recipe_line(Recipe(hidden=(256, 128), schedule="cosine"))
    'momentum, hidden 256-128, batch 16, 5 epochs, cosine'
    """
    hidden = f"hidden {'-'.join(map(str, recipe.hidden))}" if recipe.hidden else "no hidden layer"
    hidden = hidden if recipe.model is None else f"model {recipe.model}"
    epochs = f"{recipe.epochs} epoch{'' if recipe.epochs == 1 else 's'}"
    parts = [recipe.optimizer, hidden, f"batch {recipe.batch_size}", epochs]
    if recipe.schedule != "constant":
        parts.append(recipe.schedule)
    return ", ".join(parts)


def reports_line(recipe: Recipe) -> str:
    """Return what is known of a recipe that a script or a loop has, in a line of words."""
    return f"{recipe.epochs} epoch{'' if recipe.epochs == 1 else 's'}, seed {recipe.seed}"


def job_columns(job: Job) -> dict[str, Any]:
    """Return what is known when a run begins."""
    return {
        "source": _printable(job.data.source),
        "images": job.data.images,
        "fingerprint": _printable(job.data.fingerprint),
        "recipe": (reports_line if job.task.measure.reported else recipe_line)(job.task.recipe),
        "trials": 0,
    }


def new_trials(history: History) -> int:
    """Return how many trials began with this plan; one that goes on from a checkpoint was counted before."""
    return len(history.plan) if history.plan.start == 0 else 0


def answer_columns(run: Run) -> dict[str, Any]:
    """Return what is known when a run ends."""
    evaluation = None if run.trace is None else run.trace.evaluation
    return {
        "trials": len(run.trials),
        "learning_rate": run.choice.learning_rate,
        "test_accuracy": None if evaluation is None else evaluation.accuracy,
        "seconds": run.seconds,
    }


def check_row(row: Row[*tuple[Any, ...]], columns: Iterable[str]) -> None:
    """Raise `DamagedRecord` where a column of the runs' table holds what no etascope wrote there.

    SQLite takes any value in any column.
    """
    for name in columns:
        value = getattr(row, name)
        if not _COLUMNS[name](value):
            raise DamagedRecord(f"its {name} is {value!r:.60}.")
    if row.state not in (OPEN, FINISHED):
        raise DamagedRecord(f"its state is {row.state!r:.60}, and only {OPEN} and {FINISHED} are known.")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value >= 0


def _is_number(value: object, most: float = math.inf) -> bool:
    return value is None or (isinstance(value, int | float) and 0 <= value <= most and math.isfinite(value))


def _is_share(value: object) -> bool:
    return _is_number(value, 1.0)


def _is_time(value: object) -> bool:
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return False
    # Near both ends of the calendar the time of this place cannot be told.
    return when is not None and when.tzinfo is not None and datetime.min.year < when.year < datetime.max.year


def _is_rate(value: object) -> bool:
    return value is None or (_is_number(value) and value != 0)


#: The columns that a list of runs shows, and those that one run is read from.
LISTED = ("id", "created", "source", "images", "recipe", "learning_rate", "test_accuracy", "state", "trials")
READ = (*LISTED, "seconds", "job")
#: What may stand in each column that is looked at.
_COLUMNS: Mapping[str, Callable[[object], bool]] = {
    "id": is_id, **dict.fromkeys(("state", "source", "recipe", "job"), _is_text), "created": _is_time,
    **dict.fromkeys(("images", "trials"), _is_count), "learning_rate": _is_rate, "test_accuracy": _is_share,
    "seconds": _is_number,
}  # fmt: skip


def check_whole(stored: StoredRun, state: str, count: int, tested: float | None) -> None:
    """Raise `DamagedRecord` where the parts of a run do not belong together.

    Its row says `state`, of how many trials it is (`count`), and the test accuracy (`tested`).
    """
    if stored.finished != (state == FINISHED) or (stored.finished and stored.seconds is None):
        raise DamagedRecord(f"its state is {state}, and it has {'an' if stored.finished else 'no'} answer.")
    if tested is not None and stored.trace is None:
        raise DamagedRecord("it has a test accuracy, and the final training that it belongs to is gone.")
    try:
        joined = trials(stored.job.task, stored.histories)
    except (TypeError, ValueError, LookupError, ArithmeticError) as error:
        raise DamagedRecord(f"its histories do not fit together ({first_line(error)}).") from error
    known = len(joined) if stored.finished else sum(map(new_trials, stored.histories))
    if known != count:
        raise DamagedRecord(f"it has {known} trials, and its row says {count}.")


def run_line(row: Row[*tuple[Any, ...]]) -> RunLine:
    """Return the line of a row of the runs' table.

    Raises `DamagedRecord` if a column holds what no etascope wrote there.
    """
    check_row(row, LISTED)
    return RunLine(
        id=row.id,
        created=datetime.fromisoformat(row.created),
        source=row.source,
        images=row.images,
        recipe=row.recipe,
        learning_rate=row.learning_rate,
        test_accuracy=row.test_accuracy,
        finished=row.state == FINISHED,
        trials=row.trials,
    )


def _printable(text: str) -> str:
    """Return a text that every database takes: names of files may hold bytes that are no text."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


LAST = "last"
_SHOWN = 4


def one_of(name: str, ids: Sequence[str], *, exact: bool = False) -> str:
    """Return the id that `name` means.

    A name is an id, a unique beginning of one, or `last`; where `exact`, a whole id alone. `ids` has the latest first.

    Raises `InputError` if it means none or several.

    Examples
    --------
    >>> one_of("last", ["5f2c", "9a41"]), one_of("9", ["5f2c", "9a41"])
    ('5f2c', '9a41')
    >>> one_of("9a14", ["5f2c", "9a41"])
    Traceback (most recent call last):
    etascope.core.errors.InputError: there is no run '9a14'. Did you mean '9a41'? All: etascope runs.
    """
    if name in ids:
        return name
    if not ids:
        raise InputError("there is no run in the store.", say("Begin one: {pick}.", Call("pick")))
    if not exact:
        if name == LAST:
            return ids[0]
        beginning = name.strip().lower()
        matches = [known for known in ids if beginning and known.startswith(beginning)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            more = f" and {len(matches) - _SHOWN} more" if len(matches) > _SHOWN else ""
            raise InputError(
                f"{len(matches)} runs begin with {name!r}: {', '.join(matches[:_SHOWN])}{more}. Give more of the id."
            )
    close = difflib.get_close_matches(name.lower(), [LAST, *ids], n=1, cutoff=0.5)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise InputError(f"there is no run {name!r}.{hint}", say("All: {runs}.", Command("runs")))
