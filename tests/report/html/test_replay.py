import json
from dataclasses import replace

import numpy as np
import pytest

from etascope.core.trace import Layer
from etascope.report.charts.rate_axis import window
from etascope.report.files.document import pick_document
from etascope.report.html import replay
from etascope.report.html.run import run_html
from tests.learn import made
from tests.report.filled import filled
from tests.report.reported import reported_run


def numbers(document):
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        return [found for item in document for found in numbers(item)]
    return [document] if isinstance(document, float) else []


def test_trials_are_those_of_the_one_document_in_four_digits(run):
    told, whole = replay.replay_document(run)["run"], pick_document(run)
    assert [t["learning_rate"] for t in told["trials"]] == [t["learning_rate"] for t in whole["trials"]]
    for short, full in zip(told["trials"], whole["trials"], strict=True):
        assert (short["status"], short["word"]) == (full["status"], full["word"])
        for course in ("train_loss", "valid_loss", "valid_accuracy"):
            pairs = zip(short[course], full[course], strict=True)
            assert all(a == b if isinstance(b, str) else a == pytest.approx(b, rel=1e-3) for a, b in pairs)
    for name in ("learning_rate", "basin", "walls"):
        assert told[name] == whole[name]


def test_numbers_are_short(run):
    document = replay.replay_document(filled(run))
    found = numbers(document["run"]["trials"]) + numbers(document["trace"]["step_loss"])
    assert len(found) > 300
    assert max(len(f"{number:.9g}") for number in found) <= len("-1.234e-05")
    json.dumps(document, allow_nan=False)


def test_a_colour_means_the_same_rate_as_on_the_charts(run):
    document, ends = replay.replay_document(run), window(run.choice)
    assert (document["colours"]["rates"][0], document["colours"]["rates"][-1]) == pytest.approx(ends)
    assert document["axis"]["low"] < ends[0]
    assert document["axis"]["high"] > ends[1]
    assert len(document["colours"]["light"]) == len(document["colours"]["dark"]) == len(document["colours"]["rates"])


def test_the_needle_starts_at_the_answer_or_in_the_middle(run, undecided):
    assert replay.replay_document(run)["start"] == 0.018
    found = replay.replay_document(undecided)
    assert found["axis"]["low"] < found["start"] < found["axis"]["high"]
    assert found["trace"] is None


def test_a_training_that_diverged_is_told_as_strings():
    lost = replay.replay_document(made.run(final=(2.1, *[float("nan")] * 4)))["trace"]
    assert lost["prediction"] is None
    assert [epoch["train_loss"] for epoch in lost["epochs"]] == [2.1, *["nan"] * 4]


def test_the_loss_of_many_steps_becomes_means(run):
    steps = np.linspace(2, 1, 10_001).astype(np.float32)
    found = replay.replay_document(replace(run, trace=replace(run.trace, step_loss=steps)))["trace"]["step_loss"]
    assert len(found) == replay.PARTS
    assert np.mean(found) == pytest.approx(1.5, abs=0.01)


def test_a_script_brings_its_own_number():
    found = replay.replay_document(reported_run())["run"]
    assert found["reports"]["metric"] == "val_loss"
    assert found["trials"][0]["valid_loss"]


def test_large_searches_and_models_keep_what_there_is_room_for(run, monkeypatch):
    monkeypatch.setattr(replay, "MOST_OF_TRIALS", 100)
    assert {len(t["valid_loss"]) for t in replay.replay_document(run)["run"]["trials"]} == {1}
    wide = Layer("wide", "relu", (), np.ones((1, 8, 60, 30), np.float32))
    small = Layer("small", "relu", (), np.ones((1, 4, 6, 6), np.float32))
    seen = replace(run.trace.prediction, layers=(wide, wide, wide, wide, small))
    deep = replace(run, trace=replace(run.trace, prediction=seen))
    layers = replay.replay_document(deep)["trace"]["prediction"]["layers"]
    assert [len(layer["values"]) for layer in layers] == [14_400, 14_400, 14_400, 0, 144]
    assert layers[3]["shape"] == [8, 60, 30]


def test_hidden_characters_of_names_are_shown_as_such(run):
    trace = replace(run.trace, class_names=("a\u202eb", *"123456789"))
    assert replay.replay_document(replace(run, trace=trace))["trace"]["class_names"][0] == "a\N{REPLACEMENT CHARACTER}b"


def test_the_replay_takes_little_of_the_page(run):
    size = len(json.dumps(replay.replay_document(filled(run)), separators=(",", ":")))
    assert size < 40_000
    assert len(replay.replay_script()) < 60_000


def test_every_part_has_its_place(run, undecided):
    for one, parts in ((run, ("landscape", "epochs", "prediction")), (undecided, ("landscape",))):
        html = run_html(one)
        assert [part for part in ("landscape", "epochs", "prediction") if replay.place(part) in html] == list(parts)
