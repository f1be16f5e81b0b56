import copy
import io
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from etascope.core.choice import Confidence, Curve
from etascope.core.errors import InputError
from etascope.core.plain import number
from etascope.learn.quiz import run_quiz, trace_quiz
from etascope.report.files.document import choice_document, pick_document, trace_document, write_json

SCHEMAS = Path(__file__).parents[3] / "docs" / "schema"


def schema(kind):
    return json.loads((SCHEMAS / f"{kind}-1.schema.json").read_text(encoding="utf-8"))


def strict(text):
    """Parse JSON as the standard has it: NaN and Infinity are no numbers."""

    def refuse(word):
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


def through_json(document):
    stream = io.StringIO()
    write_json(document, stream)
    return strict(stream.getvalue())


def check(document, kind):
    jsonschema.Draft202012Validator(schema(kind)).validate(document)


@pytest.fixture
def documents(trace, diverged, run, undecided, full_run):
    return [
        ("trace", trace_document(trace, trace_quiz(trace))),
        ("trace", trace_document(diverged)),
        ("pick", pick_document(run, run_quiz(run))),
        ("pick", pick_document(undecided)),
        ("pick", pick_document(full_run)),
    ]


def test_documents_survive_json_and_fit_their_schema(documents):
    for kind, document in documents:
        read = through_json(document)
        assert read == document
        check(read, kind)


@pytest.mark.parametrize("kind", ["trace", "pick"])
def test_the_schema_itself_is_sound_and_describes_every_field(kind):
    jsonschema.Draft202012Validator.check_schema(schema(kind))

    def visit(node):
        if isinstance(node, dict):
            for name, field in node.get("properties", {}).items():
                assert field.get("description"), name
            for value in node.values():
                visit(value)
        elif isinstance(node, list):
            for value in node:
                visit(value)

    visit(schema(kind))


def test_every_field_written_is_in_the_schema(documents):
    for kind, document in documents:
        whole = schema(kind)

        def visit(value, node, whole=whole):
            if "$ref" in node:
                return visit(value, whole["$defs"][node["$ref"].rsplit("/", 1)[1]])
            if isinstance(value, dict) and "additionalProperties" not in node:
                for option in node.get("anyOf", ()):
                    if option != {"type": "null"}:
                        return visit(value, option)
                assert set(value) == set(node["properties"]) == set(node["required"])
                for name, field in value.items():
                    visit(field, node["properties"][name])
            elif isinstance(value, list):
                for item in value:
                    visit(item, node["items"])
            return None

        visit(document, whole)


def test_both_schemas_say_the_same_of_a_trace():
    alone, within = schema("trace"), schema("pick")["$defs"]
    assert within["trace"]["properties"] == alone["properties"]
    assert {name: within[name] for name in alone["$defs"]} == alone["$defs"]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("trace", ("stages",)),
        ("trace", ("stages", 0, "shape_in")),
        ("trace", ("epochs", 1, "observation")),
        ("trace", ("evaluation", "loss")),
        ("pick", ("learning_rate",)),
        ("pick", ("basin", "low")),
        ("pick", ("test", "accuracy")),
        ("pick", ("trials", 3, "verdict")),
        ("pick", ("trace", "insight")),
        ("pick", ("cost", "training_equivalents")),
        ("pick", ("walls", "high")),
        ("pick", ("worth_tuning",)),
    ],
)
def test_a_document_without_a_required_field_is_refused(documents, kind, path):
    document = copy.deepcopy(next(d for k, d in documents if k == kind))
    check(document, kind)
    *way, last = path
    node = document
    for step in way:
        node = node[step]
    del node[last]
    with pytest.raises(jsonschema.ValidationError):
        check(document, kind)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("epochs", 0, "train_loss"), "NaN"),
        (("epochs", 0, "train_loss"), None),
        (("stages",), []),
        (("learning_rate",), 0),
        (("learning_rate",), "nan"),
        (("schema",), "etascope/trace/2"),
    ],
)
def test_a_document_with_a_wrong_value_is_refused(trace, path, value):
    document = trace_document(trace)
    *way, last = path
    node = document
    for step in way:
        node = node[step]
    node[last] = value
    with pytest.raises(jsonschema.ValidationError):
        check(document, "trace")


def test_a_bare_nan_is_never_written(trace, tmp_path):
    document = trace_document(trace)
    document["learning_rate"] = math.nan
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(document, tmp_path / "trace.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "written"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf"), (None, None), (0.5, 0.5)]
)
def test_numbers_that_are_not_finite_become_words(value, written):
    assert number(value) == written


def test_a_diverged_training_is_written_with_words_and_nulls(diverged):
    document = trace_document(diverged)
    assert [e["train_loss"] for e in document["epochs"]] == [2.1, "nan", "nan", "nan", "nan"]
    assert document["step_loss"][76:78] == [pytest.approx(float(diverged.step_loss[76])), "nan"]
    assert document["evaluation"] is None
    assert document["prediction"] is None


def test_trials_carry_rate_fold_status_and_verdict_in_order(run):
    trials = pick_document(run)["trials"]
    assert len(trials) == 45
    assert [t["learning_rate"] for t in trials[:2]] == [0.001, 0.003]
    assert [t["fold"] for t in trials[::9]] == [0, 1, 2, 3, 4]
    assert trials[8] == {
        "learning_rate": 3.0,
        "fold": 0,
        "seed": 0,
        "status": "diverged",
        "steps": 200,
        "train_loss": [pytest.approx(math.log(10)), "nan", "nan", "nan", "nan"],
        "train_accuracy": [pytest.approx(0.1), "nan", "nan", "nan", "nan"],
        "valid_loss": [pytest.approx(math.log(10) + 0.05), "nan", "nan", "nan", "nan"],
        "valid_accuracy": [pytest.approx(0.1), "nan", "nan", "nan", "nan"],
        "verdict": "diverged",
        "word": "diverged",
        "metric": None,
        "remark": "",
    }


def test_an_answer_holds_basin_test_and_validation(run, undecided):
    document = pick_document(run)
    assert document["learning_rate"] == 0.018
    assert document["basin"] == {"low": 0.01, "high": 0.056}
    assert document["test"] == {"accuracy": 0.84, "loss": 0.563}
    assert document["valid"]["loss"] == pytest.approx(0.42)
    assert document["cost"] == {"trials": 45, "epochs": 5, "training_equivalents": 36.0, "seconds": 0.913}
    nothing = pick_document(undecided)
    assert [nothing[name] for name in ("learning_rate", "basin", "test", "valid", "trace")] == [None] * 5


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(trace, tmp_path):
    path = tmp_path / "trace.json"
    path.write_text("old")
    write_json(trace_document(trace), str(path))
    assert strict(path.read_text())["schema"] == "etascope/trace/1"
    assert [p.name for p in tmp_path.iterdir()] == ["trace.json"]
    umask = os.umask(0)
    os.umask(umask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize("where", ["no/such/trace.json", "", "file/trace.json"])
def test_a_path_that_cannot_be_written_is_one_sentence(trace, tmp_path, where):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"cannot be written: .* Name a file in a directory that exists"):
        write_json(trace_document(trace), tmp_path / where)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_pipe_is_written_to_and_not_replaced(trace, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_json({"schema": "small"}, pipe)
    assert strict(os.read(reader, 1000)) == {"schema": "small"}
    os.close(reader)
    assert pipe.is_fifo()


def test_a_trace_by_itself_has_its_images_with_every_note(trace, run):
    document = trace_document(replace(trace, data=run.data))
    check(through_json(document), "trace")
    assert document["dataset"]["notes"] == ["nothing was resized"]
    assert document["dataset"]["understood"].startswith("10 classes (0, 1, 2")
    assert trace_document(trace)["dataset"] is None


EVIDENCE = ("regime", "target", "confidence", "walls", "luck", "worth_tuning", "curve")


def test_a_method_that_says_little_leaves_nothing_but_names(run):
    written = choice_document(run.choice)
    assert {name: written[name] for name in EVIDENCE} == {
        "regime": "cheap",
        "target": "accuracy",
        "confidence": None,
        "walls": {"low": None, "high": None},
        "luck": None,
        "worth_tuning": None,
        "curve": None,
    }


def test_all_that_a_choice_can_hold(full_run):
    held = choice_document(replace(full_run.choice, target="loss", regime="dear"))
    assert (held["target"], held["regime"]) == ("loss", "dear")
    assert held["confidence"] == {"word": "likely", "tolerance": 1.0, "settle": ""}
    assert held["walls"] == {"low": 0.003, "high": 0.1}
    assert held["luck"] == {"expected": 0.2, "spread": 0.5, "shown": 0.874, "fresh": 0.871, "seeds": [1, 2]}
    assert held["worth_tuning"] == {"learning_rate": 0.01, "cost": 0.8, "low": 0.2, "high": 1.5}
    assert held["curve"]["learning_rates"] == [0.01, 0.018, 0.032]
    assert held["curve"]["mean"] == [0.8, 0.0, 0.3]
    assert held["curve"]["unit"] == "points"


def test_the_share_behind_a_word_stays_inside(full_run):
    unsure = replace(full_run.choice, confidence=Confidence("not settled", 1.0, "Train three more seeds.", 0.4))
    assert choice_document(unsure)["confidence"] == {
        "word": "not settled", "tolerance": 1.0, "settle": "Train three more seeds."
    }  # fmt: skip


@pytest.mark.parametrize(("value", "written"), [(math.inf, "inf"), (math.nan, "nan"), (0.5, 0.5)])
def test_a_curve_that_is_not_finite_is_written_in_words(full_run, value, written):
    one = np.array([0.1])
    curve = Curve(one, one, one, np.array([value]), "%")
    assert choice_document(replace(full_run.choice, curve=curve))["curve"]["high"] == [written]
