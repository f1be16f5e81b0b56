"""The JSON documents of the commands: valid, alone on standard output, and true to the records in Python."""

import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import etascope
from etascope import Recipe
from tests.cli.running import SMALL, run, start

SCHEMAS = Path(__file__).parents[1] / "docs" / "schema"
SMALL_RECIPE = Recipe(hidden=(), epochs=1)


def strict(text):
    """Parse a text that is one JSON document, as the standard has it: NaN and Infinity are no numbers."""

    def refuse(word):
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


def document(*arguments, code=0):
    """Return the document that a command writes to standard output, checked against its schema."""
    ended = run(*arguments, "--json", "-")
    assert (ended.code, ended.err) == (code, "")
    assert ended.out.startswith("{")
    assert ended.out.endswith("}\n")
    document = strict(ended.out)
    schema = json.loads((SCHEMAS / f"{arguments[0]}-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["schema"] == f"etascope/{arguments[0]}/1"
    return document


def without_seconds(document):
    return {**document, "seconds": 0, "cost": {**document["cost"], "seconds": 0}}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("trace",), 0),
        (("trace", *SMALL, "--optimizer", "adam", "--pixels", "standard", "--schedule", "cosine"), 0),
        (("trace", "--epochs", "2", "--lr", "1e30"), 0),
        (("pick", *SMALL), 0),
        (("pick", *SMALL, "--schedule", "one-cycle", "--warmup", "0.1"), 0),
        (("pick", *SMALL, "--folds", "1"), 0),
        (("pick", *SMALL, "--low", "1e-9", "--high", "2e-9"), 1),
        (("pick", "--epochs", "1", "--low", "1e25", "--high", "1e30"), 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_documents_fit_their_schema(arguments, code):
    document(*arguments, code=code)


def test_standard_output_is_the_document_alone_also_in_a_process_of_its_own():
    process = start("pick", *SMALL, "--json", "-")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert without_seconds(strict(out.decode("ascii"))) == without_seconds(document("pick", *SMALL))


def test_a_diverged_training_is_written_with_words_and_nulls():
    answer = document("trace", "--lr", "1e30", "--epochs", "2")
    assert {epoch["train_loss"] for epoch in answer["epochs"]} == {"nan"}
    assert answer["step_loss"][-1] == "nan"
    assert isinstance(answer["step_loss"][0], float)
    assert (answer["evaluation"], answer["prediction"]) == (None, None)


def test_a_loss_beyond_measure_is_a_number_or_a_word_never_something_else():
    answer = document("trace", "--lr", "1e6")
    assert all(isinstance(loss, float) or loss in ("nan", "inf") for loss in answer["step_loss"])
    assert max(loss for loss in answer["step_loss"] if isinstance(loss, float)) > 1e6


def test_an_answer_that_cannot_be_told_has_its_trials_all_the_same():
    answer = document("pick", *SMALL, "--low", "1e-9", "--high", "2e-9", code=1)
    assert [answer[name] for name in ("learning_rate", "basin", "test", "valid", "trace")] == [None] * 5
    assert len(answer["trials"]) == answer["cost"]["trials"] > 0
    assert answer["reason"]


def test_the_trace_in_a_document_is_the_trace_in_python():
    answer = document("trace", "--lr", "0.05", "--epochs", "2", "--hidden", "16", "--image", "7")
    known = etascope.trace("digits", learning_rate=0.05, recipe=Recipe(epochs=2, hidden=(16,)), image=7)
    assert answer["step_loss"] == pytest.approx(known.step_loss.tolist(), abs=0)
    assert [epoch["train_loss"] for epoch in answer["epochs"]] == [epoch.train_loss for epoch in known.epochs]
    assert [epoch["observation"] for epoch in answer["epochs"]] == [epoch.observation for epoch in known.epochs]
    assert answer["evaluation"] == {"accuracy": known.evaluation.accuracy, "loss": known.evaluation.loss}
    assert answer["prediction"]["probabilities"] == known.prediction.probabilities.tolist()
    assert answer["prediction"]["image"] == known.prediction.image.tolist()
    assert [stage["shape_out"] for stage in answer["stages"]] == [list(stage.shape_out) for stage in known.stages]
    assert answer["insight"] == list(known.insight)


def test_the_answer_in_a_document_is_the_run_in_python():
    answer = document("pick", *SMALL)
    known = etascope.pick("digits", recipe=SMALL_RECIPE)
    assert answer["learning_rate"] == known.choice.learning_rate
    assert answer["basin"] == {"low": known.choice.basin.low, "high": known.choice.basin.high}
    assert answer["valid"] == {"accuracy": known.choice.valid_accuracy, "loss": known.choice.valid_loss}
    assert answer["test"] == {"accuracy": known.trace.evaluation.accuracy, "loss": known.trace.evaluation.loss}
    ends = [trial.epoch_ends(known.task.steps_per_epoch) for trial in known.trials]
    for name in ("train_loss", "valid_loss"):
        values = [getattr(trial, name)[end].tolist() for trial, end in zip(known.trials, ends, strict=True)]
        assert [trial[name] for trial in answer["trials"]] == values
    assert [trial["fold"] for trial in answer["trials"]] == known.history.plan.folds.tolist()
    assert [trial["verdict"] for trial in answer["trials"]] == list(map(str, known.choice.verdicts))
    assert answer["cost"]["trials"] == len(known.history.plan)
    assert answer["dataset"]["fingerprint"] == etascope.open_images("digits").fingerprint
    assert answer["trace"]["learning_rate"] == answer["learning_rate"]


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle"])
def test_the_recommended_rate_is_one_that_was_tried_on_every_fold(schedule):
    answer = document("pick", *SMALL, "--schedule", schedule)
    trials = [trial for trial in answer["trials"] if math.isclose(trial["learning_rate"], answer["learning_rate"])]
    assert sorted(trial["fold"] for trial in trials) == [0, 1, 2, 3, 4]
    assert np.mean([trial["valid_loss"][-1] for trial in trials]) == pytest.approx(answer["valid"]["loss"])
    assert all(trial["verdict"].startswith("best: ") for trial in trials)


def test_the_same_seed_gives_the_same_answer_however_many_workers():
    first = without_seconds(document("pick", *SMALL))
    assert without_seconds(document("pick", *SMALL)) == first
    for workers in (1, 2):
        assert without_seconds(document("pick", *SMALL, "--workers", workers)) == first


def test_another_seed_is_another_training():
    first, other = (document("trace", *SMALL, "--seed", seed) for seed in (0, 1))
    assert first["step_loss"][0] != other["step_loss"][0]
    assert first["stages"][3]["example"] != other["stages"][3]["example"]
    assert first["prediction"]["image"] != other["prediction"]["image"]
