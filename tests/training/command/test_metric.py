import math
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etascope.core.errors import InputError
from etascope.training.command.metric import LONGEST, LineMetric, text_lines

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


def test_a_pattern_without_a_word_is_helped_by_one_without_a_word():
    with pytest.raises(InputError, match=r"finds '05' of '7\.65e-05' .* Try '\(\[0-9\.eE\+-\]\+\)'\."):
        LineMetric("([0-9.]+)").read("7.65e-05")
    assert LineMetric("([0-9.eE+-]+)").read("7.65e-05") == 7.65e-05


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
     (LineMetric(r"(\d+)"), "metric")],
)  # fmt: skip
def test_a_metric_has_a_name(metric, name):
    assert metric.name == name


@pytest.mark.parametrize(
    ("given", "message"),
    [({}, "needs a pattern or a key"), ({"pattern": "a", "key": "b"}, "not both"), ({"pattern": "loss ("}, "'loss \\(' "
     "is none"), ({"key": "a..b"}, "found 'a..b'")],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        LineMetric(**given)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("a{99999999999999999999}", "the repetition number is too large"), ("(" * 9_000 + ")" * 9_000, "none: "),
     ("(?L)a", "bad inline flags"), ("*", "nothing to repeat"), ("a{5,2}", "min repeat"), ("(?P<a>", "none: "),
     ("\\", "bad escape"), ("(?P<1>a)", "bad character"), ("[z-a]", "bad character range"),
     ("(?<=a+)b", "look-behind"), ("(" * 100_000, "none: ")],
)  # fmt: skip
def test_a_pattern_that_cannot_be_compiled_is_a_short_sentence(pattern, message):
    with pytest.raises(InputError, match=message) as refused:
        LineMetric(pattern)
    assert len(str(refused.value)) < 400
    assert "\n" not in str(refused.value)


def test_a_pattern_that_a_later_python_reads_in_another_way_is_read_without_a_word():
    assert LineMetric("[[a]x ([0-9]+)").read("ax 5") == 5


@given(st.lists(st.sampled_from(["", "loss 1", "loss nan", "INFO loss inf", "information", "x", "loss -Infinity nan"])))
def test_lines_that_cannot_hold_a_metric_are_passed_over_and_no_others(lines):
    metric = LineMetric("loss ([0-9.]+)")
    alone = [value for line in lines if (value := metric.read(line)) is not None]
    np.testing.assert_array_equal(metric.read_all(lines), alone)


@pytest.mark.parametrize(
    "pattern",
    ["val_loss ([0-9.]+)", r"val_loss (\d+\.\d+)", r"val_loss (\d\.\d{4})", r"val_loss (\d+)", "val_loss.*?([0-9.]+)"],
)
@pytest.mark.parametrize("word", ["nan", "inf"])
def test_what_is_no_number_is_found_by_patterns_that_know_digits_only(pattern, word):
    assert not math.isfinite(LineMetric(pattern).read(f"epoch 1 val_loss {word} lr 0.1"))
    assert LineMetric(pattern.replace("val", "valid")).read(f"epoch 1 val_loss {word}") is None


@pytest.mark.parametrize(
    ("pattern", "line", "cut", "whole"),
    [
        ("val_loss ([0-9.]+)", "val_loss 9.1e-05", "9.1", "9.1e-05"), (r"val_loss (\d+)", "val_loss 0.35", "0", "0.35"),
        ("val_loss.*([0-9.]+)", "val_loss 0.35", "5", "0.35"), ("loss.*?([0-9.]+)", "loss -0.35", "0.35", "-0.35"),
    ],
)  # fmt: skip
def test_a_pattern_that_cuts_numbers_off_is_refused(pattern, line, cut, whole):
    with pytest.raises(InputError, match="metric must match whole numbers") as refused:
        LineMetric(pattern).read(line)
    assert f"finds '{cut}' of '{whole}'" in str(refused.value)


@pytest.mark.parametrize(
    ("pattern", "line", "value"),
    [
        (r"loss (\d\.\d\d)", "loss 0.351", 0.35), (r"acc-([\d.]+)%", "acc-93.5%", 93.5),
        (r"e\d+-([\d.]+)", "e3-0.5", 0.5),
        ("loss ([0-9.]+)", "the loss 0.5.", 0.5), (r"loss=(\S+)", "loss=0.5, acc=0.1", 0.5),
        ("([0-9.]+)s", "took 12.5s", 12.5),
    ],
)  # fmt: skip
def test_what_is_cut_on_purpose_or_ends_a_sentence_is_a_number(pattern, line, value):
    assert LineMetric(pattern).read(line) == value


@pytest.mark.parametrize(
    ("line", "cut", "whole"),
    [
        ("val_loss 0,3010", "0", "0,3010"),
        ("epoch 3, val_loss 12,5", "12", "12,5"),
        ("val_loss 1,234.5 acc 0.3", "1", "1,234.5"),
        ("val_loss 3,0e-05", "3", "3,0e-05"),
    ],
)
def test_a_number_with_a_comma_is_not_cut_off(line, cut, whole):
    with pytest.raises(InputError, match=re.escape(f"finds '{cut}' of '{whole}'")):
        LineMetric(pattern="val_loss ([0-9.]+)").read(line)


@pytest.mark.parametrize(
    ("pattern", "line", "value"),
    [
        ("val_loss ([0-9.]+)", "val_loss 0.31,0.52", 0.31),
        ("val_loss ([0-9.]+)", "val_loss 3, 5 left", 3.0),
        ("^([0-9]+),", "3,5", 3.0),
        (r"val_loss \[([0-9]+)", "val_loss [3,5]", 3.0),
        ("val_loss=([0-9]+)", "val_loss=3,acc=5", 3.0),
        ("val_loss ([0-9.]+)", "epoch 1,5 val_loss 0.3", 0.3),
        ("^([0-9]+)", "3,5,7", 3.0),
    ],
)
def test_commas_between_numbers_are_no_matter(pattern, line, value):
    assert LineMetric(pattern=pattern).read(line) == value


@pytest.mark.parametrize(
    "pattern",
    ["val_loss [0-9.]+", r"loss: \d+\.\d+", "val_loss(x)?", "val_loss ()", "(?P<loss>loss) [0-9.]+", "(loss)"],
)
def test_a_pattern_that_can_find_no_number_is_refused_at_once(pattern):
    with pytest.raises(InputError, match="must have the number in parentheses"):
        LineMetric(pattern=pattern)


@pytest.mark.parametrize(
    "pattern", ["[0-9.]+", r"(?<=val_loss )[0-9.]+", "nan|[0-9.]+", r"\d+\.\d+e-\d+", "(val_)?loss ([0-9.]+)", "a (.*)"]
)
def test_a_pattern_that_can_find_one_is_taken(pattern):
    assert LineMetric(pattern=pattern).name


PIECES = st.sampled_from([
    b"\n", b"\r", b"\r\n", b" ", b"\t", b"a", b"val_loss 0.5", b"\x1b[0m", b"\x1b[1;32m", b"\x1b[", b"\x1b", b"\xff",
    b"\x00", "é".encode(), b"\xc3", b"\x0b", b"\xe2\x80\xa8", b"\x1c", b"5000m",
])  # fmt: skip


def plainly(content):
    """The same, a line at a time."""
    lines = (line.decode("utf-8", "replace") for line in re.split(rb"\r\n|\n|\r", content))
    return [text for line in lines if (text := re.sub(r"\x1b\[[0-9;?]*[ -/]*[@-~]", "", line).rstrip())]


@example(b"\x1b[\x1b[0ma")
@given(st.lists(PIECES, max_size=60).map(b"".join))
def test_all_lines_at_once_are_those_taken_one_by_one(content):
    assert text_lines(content) == plainly(content)


def test_of_a_line_without_an_end_the_end_is_kept():
    (line,) = text_lines(b"x" * 3_000_000 + b"end")
    assert len(line) == LONGEST
    assert line.endswith("end")


def test_many_colours_are_taken_out():
    content = b"".join(b"\x1b[38;5;%dmstep\x1b[0m\n" % colour for colour in range(9_999))
    assert text_lines(content) == ["step"] * 9_999
