"""What a list of runs shows of each: the columns beside the records."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from etascope.core.history import History
from etascope.core.recipe import Recipe
from etascope.core.run import Run
from etascope.core.stored import Job, RunLine

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


def asked_columns(job: Job) -> dict[str, Any]:
    """Return what is known when a run begins."""
    return {
        "source": _printable(job.data.source),
        "images": job.data.images,
        "fingerprint": _printable(job.data.fingerprint),
        "recipe": recipe_line(job.task.recipe) if job.task.measure is None else reports_line(job.task.recipe),
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


def run_line(row: Row[*tuple[Any, ...]]) -> RunLine:
    """Return the line of a row of the runs' table."""
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
