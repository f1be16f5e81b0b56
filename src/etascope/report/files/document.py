"""What a trace or a run is as a JSON document: `trace_document`, `pick_document`, their parts, and `write_json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from etascope.core.choice import Choice, Verdict
from etascope.core.data import DataSummary
from etascope.core.measure import Measure
from etascope.core.plain import Document, number, plain
from etascope.core.question import Question
from etascope.core.recipe import Task
from etascope.core.run import Run, versions
from etascope.core.trace import Evaluation, Layer, Prediction, Trace
from etascope.core.trials import Trial
from etascope.report.files.whole_file import write_whole
from etascope.report.words.job import data_understood

TRACE_SCHEMA = "etascope/trace/1"
PICK_SCHEMA = "etascope/pick/1"

#: Layers of more numbers than this are described without their values: those of a large model fill megabytes.
MOST_VALUES = 16_384

_OF_TRIAL = ("learning_rate", "fold", "seed", "status", "steps", "remark")
_BY_EVALUATION = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")


def trace_document(trace: Trace, questions: Sequence[Question] = ()) -> Document:
    """Return a trace as plain dicts, lists, strings and numbers, described by `docs/schema/trace-1.schema.json`."""
    return {
        "schema": TRACE_SCHEMA,
        **plain(trace, without=("sample", "sample_label", "data", "prediction")),
        "dataset": None if trace.data is None else dataset_document(trace.data),
        "prediction": None if trace.prediction is None else _prediction(trace.prediction, trace.class_names),
        "sample": {"image": trace.sample.tolist(), "label": trace.sample_label},
        "quiz": plain(questions),
        "versions": versions(),
    }


def pick_document(run: Run, questions: Sequence[Question] = ()) -> Document:
    """Return a run as plain dicts, lists, strings and numbers, described by `docs/schema/pick-1.schema.json`."""
    choice = run.choice
    return {
        "schema": PICK_SCHEMA,
        **choice_document(choice),
        "test": None if run.trace is None else plain(run.trace.evaluation),
        "valid": None if choice.learning_rate is None else _valid(choice),
        "trials": [trial_document(t, run.task, v) for t, v in zip(run.trials, choice.verdicts, strict=True)],
        "seconds": run.seconds,
        "recipe": None if choice.measure.reported else plain(run.recipe),
        "dataset": None if choice.measure.reported else dataset_document(run.data),
        "measure": measure_document(choice.measure),
        "guess": None if choice.measure.reported or run.task.guess is None else plain(run.task.guess),
        "reports": _reports(run, choice.measure) if choice.measure.reported else None,
        "versions": dict(run.versions),
        "trace": None if run.trace is None else trace_document(run.trace),
        "quiz": plain(questions),
    }


def measure_document(measure: Measure) -> Document:
    """Return by what number trainings are compared, with what distances from the best of it are called."""
    return {**plain(measure), "words": measure.words}


def choice_document(choice: Choice) -> Document:
    """Return an answer with what it rests on; the trials it was read from, and what they scored, are others' part.

    The share behind the confidence stays out: it carries no two digits, and its word was calibrated.
    """
    return {
        **plain(choice, without=("reasons", "valid_loss", "valid_accuracy", "landscape", "verdicts", "measure")),
        "reason": plain(choice.reasons),
        "confidence": plain(choice.confidence, without=("share",)),
    }


def write_json(document: Document, target: str | Path | IO[str]) -> None:
    """Write a document as strict JSON, a top-level field a line.

    A file appears whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written.
    ValueError
        If the document holds a number that is not finite.
    """
    fields = (f"{json.dumps(name)}: {json.dumps(value, allow_nan=False)}" for name, value in document.items())
    text = "{\n" + ",\n".join(fields) + "\n}\n"
    if not isinstance(target, str | Path):
        target.write(text)
        return
    write_whole(target, text)


def dataset_document(data: DataSummary) -> Document:
    """Return what the images were, with what they were understood as and every note on them."""
    return {
        **plain(data, without=("command", "labels")),
        "whole": data.whole or None,
        "test_source": data.test_source or None,
        "understood": data_understood(data),
    }


def trial_document(trial: Trial, task: Task, verdict: Verdict | None = None) -> Document:
    """Return a trial as plain dicts, lists, strings and numbers, its losses by epoch."""
    ends, measure = trial.epoch_ends(task.steps_per_epoch), task.measure
    return {
        **{name: plain(getattr(trial, name)) for name in _OF_TRIAL},
        **{name: plain(getattr(trial, name)[ends]) for name in _BY_EVALUATION},
        "verdict": None if verdict is None else str(verdict),
        "word": None if verdict is None else verdict.word,
        "metric": [number(measure.value(x)) for x in trial.valid_loss.tolist()] if measure.reported else None,
    }


def layer_document(layer: Layer) -> Document:
    """Return what one layer makes of the first of its inputs; a layer of very many values has none of them."""
    first = layer.values[0]
    return {
        **plain(layer, without=("values", "ends")),
        "shape": list(first.shape),
        "active": layer.active,
        "saturated": layer.saturated,
        "values": plain(first.ravel()) if first.size <= MOST_VALUES else [],
    }


def _prediction(shown: Prediction, names: Sequence[str]) -> Document:
    return {
        **plain(shown, without=("layers",)),
        "label_name": names[shown.label],
        "predicted_name": names[shown.predicted],
        "confidence": shown.confidence,
        "correct": shown.correct,
        "layers": list(map(layer_document, shown.layers)),
    }


def _valid(choice: Choice) -> Document:
    result = plain(Evaluation(choice.valid_accuracy, choice.valid_loss))
    return {**result, "metric": choice.measure.value(choice.valid_loss)} if choice.measure.reported else result


def _reports(run: Run, measure: Measure) -> Document:
    return {
        "source": run.data.source,
        "command": run.data.command or None,
        "metric": measure.name,
        "maximize": measure.maximize,
        "best": measure.best,
        "epochs": run.recipe.epochs,
        "seed": run.recipe.seed,
    }
