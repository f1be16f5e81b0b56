import math

import pytest

from etascope.core.errors import InputError
from etascope.training.command_metric import LineMetric

ISSUE = "val_loss[=: ]+([0-9.eE+-]+)"


@pytest.mark.parametrize(
    ("line", "value"),
    [("val_loss: 0.31", 0.31), ("epoch 3, loss=0.2 val_loss=3.1e-2, acc 0.9", 0.031), ("val_loss = -1.5", -1.5),
     ("val_loss: 0.5 ... val_loss: 0.4", 0.4), ("nothing here", None), ("val_loss: -", None), ("val_loss: 1.2.3", None),
     ("val_loss: ", None)],
)  # fmt: skip
def test_a_pattern_finds_the_last_number_of_a_line(line, value):
    assert LineMetric(ISSUE).read(line) == value


@pytest.mark.parametrize("word", ["nan", "NaN", "-nan", "inf", "-Infinity", "+INF"])
def test_a_pattern_for_numbers_also_finds_what_is_no_number_any_more(word):
    assert not math.isfinite(LineMetric(ISSUE).read(f"val_loss: {word}"))


def test_words_that_only_look_like_it_are_left_alone():
    assert LineMetric(ISSUE).read("val_loss: information") is None
    assert LineMetric(r"(\w+) loss").read("banana loss") is None


def test_without_a_group_all_of_the_match_is_the_number():
    assert LineMetric(r"\d+\.\d+$").read("score 0.75") == 0.75


@pytest.mark.parametrize(
    ("line", "value"),
    [('{"val_loss": 0.5}', 0.5), ('12:03 INFO {"epoch": 1, "val_loss": "0.25"}', 0.25), ('{"val_loss": null}', None),
     ('{"val_loss": true}', None), ('{"other": 1}', None), ("val_loss 3", None), ('{"val_loss": 0.5', None),
     ('{"val_loss": [1]}', None), ("[1, 2]", None), ("{" * 100_000, None)],
)  # fmt: skip
def test_a_key_is_read_from_lines_of_json(line, value):
    assert LineMetric(key="val_loss").read(line) == value


def test_a_key_leads_into_inner_objects_unless_it_is_one_itself():
    assert LineMetric(key="valid.loss").read('{"valid": {"loss": 2}}') == 2
    assert LineMetric(key="valid.loss").read('{"valid.loss": 3, "valid": {"loss": 2}}') == 3
    assert LineMetric(key="valid.loss").read('{"valid": 2}') is None


def test_json_has_numbers_that_are_none():
    assert math.isnan(LineMetric(key="l").read('{"l": NaN}'))
    assert LineMetric(key="l").read('{"l": 1' + "0" * 400 + "}") == math.inf


@pytest.mark.parametrize(
    ("metric", "name"),
    [(LineMetric(ISSUE), "val_loss"), (LineMetric(r"^\s*mAP50[:=]\s*(\S+)"), "mAP50"), (LineMetric(key="a.b"), "a.b"),
     (LineMetric(r"(\d+)"), "the metric")],
)  # fmt: skip
def test_a_metric_has_a_name(metric, name):
    assert metric.name == name


@pytest.mark.parametrize(
    ("given", "told"),
    [({}, "needs a pattern or a key"), ({"pattern": "a", "key": "b"}, "not both"), ({"pattern": "loss ("}, "'loss \\(' "
     "is none"), ({"key": "a..b"}, "found 'a..b'")],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(given, told):
    with pytest.raises(InputError, match=told):
        LineMetric(**given)
