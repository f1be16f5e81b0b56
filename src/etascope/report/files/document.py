"""The one serializer: a trace or a run as a JSON document."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray

from etascope.core.choice import Choice, Cost
from etascope.core.measure import Measure
from etascope.core.question import Question
from etascope.core.recipe import Recipe, Task
from etascope.core.run import DataSummary, Run, versions
from etascope.core.trace import Epoch, Layer, Prediction, Stage, Trace
from etascope.core.trials import Trial
from etascope.report.files.evidence import evidence
from etascope.report.files.whole_file import write_whole
from etascope.report.words.job import data_understood

TRACE_SCHEMA = "etascope/trace/1"
PICK_SCHEMA = "etascope/pick/1"

#: Layers of more numbers than this are described without their values: those of a large model fill megabytes.
MOST_VALUES = 16_384

Document = dict[str, Any]


def number(value: float | None) -> float | str | None:
    """Return a number as JSON can hold it: not finite becomes "nan", "inf" or "-inf", nothing stays None."""
    return value if value is None or math.isfinite(value) else str(float(value))


def trace_document(trace: Trace, questions: Sequence[Question] = ()) -> Document:
    """Return a trace as plain dicts, lists, strings and numbers, described by `docs/schema/trace-1.schema.json`."""
    evaluation = trace.evaluation
    return {
        "schema": TRACE_SCHEMA,
        "learning_rate": trace.learning_rate,
        "recipe": _recipe(trace.recipe),
        "source": trace.source,
        "class_names": list(trace.class_names),
        "dataset": None if trace.data is None else dataset_document(trace.data),
        "stages": [_stage(stage) for stage in trace.stages],
        "epochs": [_epoch(epoch) for epoch in trace.epochs],
        "evaluation": None if evaluation is None else _result(evaluation.accuracy, evaluation.loss),
        "prediction": None if trace.prediction is None else _prediction(trace.prediction, trace.class_names),
        "insight": list(trace.insight),
        "validation": trace.validation,
        "sample": {"image": trace.sample.tolist(), "label": trace.sample_label},
        "step_loss": _numbers(trace.step_loss),
        "quiz": [_question(question) for question in questions],
        "versions": versions(),
    }


def pick_document(run: Run, questions: Sequence[Question] = ()) -> Document:
    """Return a run as plain dicts, lists, strings and numbers, described by `docs/schema/pick-1.schema.json`."""
    choice = run.choice
    evaluation = None if run.trace is None else run.trace.evaluation
    told = choice.learning_rate is not None
    return {
        "schema": PICK_SCHEMA,
        "learning_rate": choice.learning_rate,
        "basin": None if choice.basin is None else {"low": choice.basin.low, "high": choice.basin.high},
        "test": None if evaluation is None else _result(evaluation.accuracy, evaluation.loss),
        "valid": _valid(choice) if told else None,
        "reason": list(choice.reason),
        "not_tried": choice.not_tried,
        **evidence(choice),
        "trials": [trial_document(t, run.task, word) for t, word in zip(run.trials, choice.verdicts, strict=True)],
        "cost": _cost(choice.cost),
        "seconds": run.seconds,
        "recipe": None if choice.measure.reported else _recipe(run.recipe),
        "dataset": None if choice.measure.reported else dataset_document(run.data),
        "reports": _reports(run, choice.measure) if choice.measure.reported else None,
        "versions": dict(run.versions),
        "trace": None if run.trace is None else trace_document(run.trace),
        "quiz": [_question(question) for question in questions],
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


def _numbers(values: NDArray[Any] | Iterable[float]) -> list[float | str | None]:
    return [number(float(value)) for value in values]


def _result(accuracy: float, loss: float) -> Document:
    return {"accuracy": number(accuracy), "loss": number(loss)}


def _valid(choice: Choice) -> Document:
    result = _result(choice.valid_accuracy, choice.valid_loss)
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


def _recipe(recipe: Recipe) -> Document:
    return {
        "hidden": list(recipe.hidden),
        "optimizer": recipe.optimizer,
        "schedule": recipe.schedule,
        "warmup": recipe.warmup,
        "batch_size": recipe.batch_size,
        "epochs": recipe.epochs,
        "momentum": recipe.momentum,
        "weight_decay": recipe.weight_decay,
        "pixels": recipe.pixels,
        "seed": recipe.seed,
        "model": recipe.model,
    }


def dataset_document(data: DataSummary) -> Document:
    """Return what the images were, with what they were understood as and every note on them."""
    return {
        "source": data.source,
        "fingerprint": data.fingerprint,
        "images": data.images,
        "image_shape": list(data.image_shape),
        "development": data.development,
        "test": data.test,
        "class_names": list(data.class_names),
        "notes": list(data.notes),
        "whole": data.whole or None,
        "own_test": data.own_test,
        "left_out": data.left_out,
        "folders": [asdict(folder) for folder in data.folders],
        "test_source": data.test_source or None,
        "understood": data_understood(data),
    }


def _cost(cost: Cost) -> Document:
    return {
        "trials": cost.trials,
        "epochs": cost.epochs,
        "training_equivalents": cost.training_equivalents,
        "seconds": cost.seconds,
    }


def _stage(stage: Stage) -> Document:
    return {
        "name": stage.name,
        "shape_in": list(stage.shape_in),
        "action": stage.action,
        "shape_out": list(stage.shape_out),
        "example": stage.example,
    }


def _epoch(epoch: Epoch) -> Document:
    return {
        "epoch": epoch.epoch,
        "train_loss": number(epoch.train_loss),
        "train_accuracy": number(epoch.train_accuracy),
        "valid_loss": number(epoch.valid_loss),
        "valid_accuracy": number(epoch.valid_accuracy),
        "observation": epoch.observation,
    }


def _prediction(seen: Prediction, names: Sequence[str]) -> Document:
    return {
        "number": seen.number,
        "image": seen.image.tolist(),
        "label": seen.label,
        "label_name": names[seen.label],
        "predicted": seen.predicted,
        "predicted_name": names[seen.predicted],
        "confidence": seen.confidence,
        "correct": seen.correct,
        "probabilities": _numbers(seen.probabilities),
        "layers": list(map(layer_document, seen.layers)),
    }


def layer_document(layer: Layer) -> Document:
    """Return what one layer makes of the first of its inputs; a layer of very many values has none of them."""
    return {
        "name": layer.name,
        "kind": layer.kind,
        "weights": list(layer.weights),
        "shape": list(layer.values.shape[1:]),
        "active": layer.active,
        "saturated": layer.saturated,
        "values": _numbers(layer.values[0].ravel()) if layer.values[0].size <= MOST_VALUES else [],
    }


def _question(question: Question) -> Document:
    return {
        "text": question.text,
        "options": list(question.options),
        "answer": question.answer,
        "reason": question.reason,
    }


def trial_document(trial: Trial, task: Task, verdict: str | None = None) -> Document:
    """Return a trial as plain dicts, lists, strings and numbers, its losses by epoch."""
    ends = trial.epoch_ends(task.steps_per_epoch)
    return {
        "learning_rate": trial.learning_rate,
        "fold": trial.fold,
        "seed": trial.seed,
        "status": trial.status.name.lower(),
        "steps": trial.steps,
        "train_loss": _numbers(trial.train_loss[ends]),
        "train_accuracy": _numbers(trial.train_accuracy[ends]),
        "valid_loss": _numbers(trial.valid_loss[ends]),
        "valid_accuracy": _numbers(trial.valid_accuracy[ends]),
        "verdict": verdict,
        "metric": _metric(trial, task.measure),
        "remark": trial.remark,
    }


def _metric(trial: Trial, measure: Measure) -> list[float | str | None] | None:
    return [number(measure.value(loss)) for loss in trial.valid_loss.tolist()] if measure.reported else None
