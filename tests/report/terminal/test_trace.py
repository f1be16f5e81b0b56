import io
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.trace import Layer
from etascope.learn.quiz import trace_quiz
from etascope.report.terminal.page import Page, open_console
from etascope.report.terminal.trace import answers, data_flow, loss_chart, prediction, quiz, training
from tests.learn import made


def printed(section, record, width=80):
    stream = io.StringIO()
    section(Page(open_console(stream, width=width)), record)
    return stream.getvalue()


def test_the_example_image_hangs_under_the_first_stage_and_a_line_joins_the_stages(trace):
    lines = printed(data_flow, trace).splitlines()
    starts = [lines.index(f"{i} {stage.name}") for i, stage in enumerate(trace.stages, 1)]
    assert any("█" in line for line in lines[starts[0] : starts[1]])
    assert not any("█" in line for line in lines[starts[1] :])
    assert "│   the example image, labelled 7" in lines
    assert all(line.startswith(("│", "1", "2", "3", "4")) for line in lines[: starts[4]])
    assert not any(line.startswith("│") for line in lines[starts[4] :])


def test_a_black_image_is_still_drawn(trace):
    object.__setattr__(trace, "sample", trace.sample * 0)
    assert "the example image, labelled 7" in printed(data_flow, trace)


def test_epochs_after_divergence_hold_no_number(diverged):
    text = printed(training, diverged, 120)
    assert re.search(r"^ +2 +diverged +diverged: .* at step 28 of 50$", text, re.MULTILINE)
    assert "nan" not in text


def test_questions_hide_their_answers_and_answers_name_the_letter(trace):
    questions = trace_quiz(trace)
    questions_text, answered = printed(quiz, questions, 120), printed(answers, questions, 120)
    for number, question in enumerate(questions, 1):
        assert all(option in questions_text for option in question.options)
        assert question.reason not in questions_text
        letter = "abcd"[question.answer]
        assert f"{number}  {letter})  {question.options[question.answer]}\n" in answered


def test_the_prediction_is_told_with_its_layers_and_its_verdict(written, trace):
    text = printed(prediction, trace, width=120)
    lit = int((trace.prediction.image > 0).sum())
    active = int((trace.prediction.layers[1].values > 0).sum())
    assert f"784 values of 784 pixels, {lit} of them lit; the strongest is 1.00" in text
    assert f"784 \u00d7 128 weights → {active} of 128 units active" in text
    assert re.search(r"^ +7 +█+.* %  predicted and label$", text, re.MULTILINE)
    assert f"Predicted 7 with a confidence of {100 * trace.prediction.confidence:.1f} %" in text
    assert "the label is 7: right." in text


def test_a_wrong_prediction_is_called_wrong(written, trace):
    object.__setattr__(trace, "prediction", made.prediction(label=3, predicted=8))
    text = printed(prediction, trace)
    assert "the label is 3: wrong." in text
    assert re.search(r"^ +3 .* %  label$", text, re.MULTILINE)


def test_many_classes_are_cut_to_the_most_probable(written, trace):
    object.__setattr__(trace, "prediction", made.prediction(n_classes=40))
    object.__setattr__(trace, "class_names", tuple(f"class {i}" for i in range(40)))
    text = printed(prediction, trace)
    assert "and 28 more classes, together" in text


def test_softmax_regression_has_no_hidden_layer_to_tell(written, trace):
    object.__setattr__(trace, "prediction", made.prediction(hidden=()))
    text = printed(prediction, trace)
    assert "units active" not in text
    assert "784 \u00d7 10 weights → 10 scores" in text


def test_validation_columns_appear_only_where_there_is_any(written, trace):
    assert re.search(r"train +train +valid +valid\n", printed(training, trace))
    assert "valid" not in printed(training, made.trace())


def test_a_line_break_in_a_class_name_breaks_no_line(trace):
    names = tuple(f"kind\n{i}" for i in range(10))
    object.__setattr__(trace, "class_names", names)
    text = printed(prediction, trace)
    assert all(f"kind\\n{i}  " in text for i in range(10))
    assert "Predicted kind\\n7" in text
    assert "labelled kind\\n7" in printed(data_flow, trace)


def test_long_class_names_keep_to_a_narrow_page(trace):
    object.__setattr__(
        trace, "class_names", tuple(f"{i} of a kind whose name is far too long to show" for i in range(10))
    )
    for section in (data_flow, prediction):
        assert max(map(len, printed(section, trace, 60).splitlines())) <= 60


def test_layers_of_images_tell_where_they_are_strongest(trace):
    values = np.zeros((1, 2, 3, 4), np.float32)
    values[0, 1, 2, 0] = 1.0
    image = np.zeros((3, 4, 1), np.uint8)
    layers = (
        Layer("input", "input", (), values[:, 1:]),
        Layer("conv (Conv2d)", "hidden", (2, 1, 3, 3), -values),
        Layer("act + Sigmoid", "relu", (), values, (0.0, 1.0)),
        Layer("squash + Tanh", "hidden", (), values, (-1.0, 1.0)),
    )
    lines = printed(prediction, replace(trace, prediction=replace(trace.prediction, image=image, layers=layers)), 200)
    assert "the strongest is 1.00 (row 3, column 1)" in lines
    assert "24 values from -1.00 to 0.00, the strongest in channel 2 (row 3, column 1)" in lines
    assert "1 of 24 units active, the strongest in channel 2 (row 3, column 1) at 1.00" in lines
    assert "24 values from 0.00 to 1.00, 4.2 % of them saturated" in lines


LOSS = st.one_of(st.floats(0, 1e30), st.sampled_from([math.nan, math.inf, 0.0]))


@given(
    steps=st.lists(LOSS, min_size=1, max_size=60),
    per_epoch=st.integers(1, 70),
    width=st.integers(1, 130),
    height=st.integers(1, 15),
    ascii=st.booleans(),
)
def test_any_curve_is_drawn_within_the_width(steps, per_epoch, width, height, ascii):
    lines = loss_chart(np.array(steps, np.float64), per_epoch, width, height, ascii)
    drawing = lines[: max(height, 3) + 3]
    assert all(len(line) <= max(width, 20) for line in drawing)
    assert drawing[0].strip() == "nats"
    assert drawing[-1].startswith("epoch  1")
    if ascii:
        assert "".join(lines).isascii()


def test_axes_name_nats_and_epochs():
    lines = loss_chart(made.batches(made.HEALTHY), made.STEPS, 72, 9)
    assert lines[1].split("┤")[0].strip() == "2.30"
    assert lines[9].split("┤")[0].strip() == "0"
    assert lines[-2].split() == ["epoch", "1", "2", "3", "4", "5"]
    assert lines[-3].count("┬") == 5


def test_a_falling_loss_falls_on_the_page():
    lines = loss_chart(np.linspace(4, 0, 40), 40, 40 + 7, 5, ascii=True)[1:6]
    columns = [max((i for i, line in enumerate(lines) if line[7 + c : 8 + c] == "*"), default=-1) for c in range(40)]
    assert columns[0] == 0
    assert columns[-1] == 4
    assert columns == sorted(columns)


def test_a_constant_curve_is_one_row():
    lines = loss_chart(np.full(30, 1.0), 10, 37, 5, ascii=True)
    assert [line.count("*") for line in lines[1:6]] == [30, 0, 0, 0, 0]


def test_zero_loss_lies_on_the_floor():
    lines = loss_chart(np.zeros(3), 3, 37, 5, ascii=True)
    assert lines[5].count("*") == 30


def test_steps_after_divergence_stay_empty_and_the_step_is_named():
    loss = np.full(100, 1.0)
    loss[50:] = math.nan
    lines = loss_chart(loss, 50, 107, 5, ascii=True)
    assert lines[1].count("*") == 50
    assert lines[-1] == "The loss stopped being a finite number at step 51 of 100."


def test_an_explosion_is_cut_off_and_said():
    lines = loss_chart(np.array([2.0, 1.0, 900.0, 1.0]), 4, 47, 5, ascii=True)
    assert "Cut off at 5.00; the highest column is 900.00." in lines
    assert not any("Cut off" in line for line in loss_chart(np.array([2.0, 4.9]), 2))


def test_columns_are_plain_means_and_say_of_how_many_steps():
    lines = loss_chart(np.tile([1.0, 3.0], 100), 200, 107, 5, ascii=True)
    assert lines[1].count("*") == 100
    assert lines[1].startswith(" 2.00")
    assert lines[-1] == "Each dot column is the mean of about 2 steps."


@pytest.mark.parametrize("epochs", [1, 9, 50, 1000])
def test_epoch_numbers_never_run_into_each_other(epochs):
    numbers = loss_chart(np.ones(epochs), 1, 60)[-1 if epochs < 100 else -2]
    shown = [int(word) for word in numbers.split()[1:]]
    assert shown[0] == 1
    assert len(set(np.diff(shown))) <= 1
    assert max(shown) <= epochs
