import io
import re
import sys
from dataclasses import replace

import pytest

import etascope
from etascope.learn.quiz import run_quiz, trace_quiz
from etascope.report.terminal.run import print_choice, print_trace, printed
from tests.experiments.made import ranged
from tests.learn import made
from tests.report.reported import reported_run

WIDTHS = [80, 120]


@pytest.mark.parametrize("width", [40, *WIDTHS])
@pytest.mark.parametrize("ascii", [False, True])
def test_every_line_fits_and_ascii_is_ascii(written, trace, diverged, run, undecided, width, ascii):
    texts = [
        written(print_trace, trace, trace_quiz(trace), width=width, ascii=ascii),
        written(print_trace, diverged, trace_quiz(diverged), width=width, ascii=ascii),
        written(print_choice, run, width=width, ascii=ascii),
        written(print_choice, undecided, width=width, ascii=ascii),
    ]
    for text in texts:
        assert max(map(len, text.splitlines())) <= max(width, 60)
        assert all(line == line.rstrip() for line in text.splitlines())
        assert "\x1b" not in text
        assert not ascii or text.encode("ascii")


def test_the_five_sections_stand_in_order_and_the_answers_last(written, trace):
    text = written(print_trace, trace, trace_quiz(trace))
    titles = re.findall(r"^── (.*?) ─+$", text, re.MULTILINE)
    assert titles == [
        "1 Data flow, five stages",
        "2 Training, epoch by epoch",
        "3 Prediction, layer by layer: test image 3",
        "4 Quiz",
        "5 Key insight",
        "Answers to the quiz",
    ]


def test_without_questions_there_is_no_quiz(written, trace):
    text = written(print_trace, trace)
    assert "Quiz" not in text
    assert "4 Key insight" in text


def test_every_stage_epoch_and_insight_is_told(written, trace):
    text = " ".join(re.sub(r"[│\s]+", " ", written(print_trace, trace, width=120)).split())
    for stage in trace.stages:
        assert stage.action in text
        assert " \u00d7 ".join(map(str, stage.shape_in)) in text
        assert stage.example in text
    for sentence in (*trace.insight, *(e.observation for e in trace.epochs[1:])):
        assert sentence.replace("->", "→") in text
    assert "fold 0 of 5" in text


def test_a_diverged_training_says_that_there_is_nothing_to_predict_with(written, diverged):
    text = written(print_trace, diverged)
    assert "there is no model to test" in text
    assert "no model to predict with" in text
    assert "at step 78 of 250" in text


def test_the_answers_name_the_right_letters(written, trace):
    questions = trace_quiz(trace)
    questions_text, answered = written(print_trace, trace, questions, width=120).split("Answers to the quiz")
    for number, question in enumerate(questions, 1):
        letter = "abcd"[question.answer]
        assert f"{number}  {letter})  {question.options[question.answer]}" in answered
        assert question.reason not in questions_text


def test_the_answer_of_a_search_in_full(written, run):
    text = written(print_choice, run, width=120)
    assert "learning rate   0.018      basin 0.01 .. 0.056\n" in text
    assert "84.0 % of 200 images right, ± 5.1 points; loss 0.56" in text
    assert "87.4 % right, loss 0.42; it ranked the rates, so it is a little lucky" in text
    assert "45 trials of 5 epochs each = 36 training equivalents, 0.9 s; 1.2 s in all" in text
    assert "torch.optim.SGD(model.parameters(), lr=0.018, momentum=0.9)" in text
    for sentence in map(str, (*run.choice.reasons, run.choice.not_tried)):
        assert sentence in text


def test_a_search_that_cannot_tell_says_so_and_what_to_do(written, undecided):
    text = written(print_choice, undecided)
    assert "learning rate   cannot tell yet" in text
    assert "with the same options and epochs=10 in the recipe" in " ".join(text.split())
    assert "nan" not in text
    assert "None" not in text


def test_a_final_training_that_diverged_is_said(written):
    nan = float("nan")
    assert "none: the final training diverged" in written(print_choice, made.run(final=(2.0, nan)))


def test_colour_goes_to_terminals_and_no_color_is_heeded(monkeypatch, run):
    from rich.console import Console

    def colours():
        stream = io.StringIO()
        print_choice(Console(file=stream, force_terminal=True, width=80, color_system="standard"), run)
        return re.findall(r"\x1b\[[0-9;]*3[0-7]m", stream.getvalue())

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colours()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours()


def test_names_with_markup_are_written_as_they_are(written, run):
    object.__setattr__(run.data, "source", "/data/[bold]digits[/bold]")
    assert "/data/[bold]digits[/bold]" in written(print_choice, run)


def test_the_quiz_of_a_search_is_printed_with_its_trace(written, run):
    text = written(print_trace, run.trace, run_quiz(run), width=120)
    assert "5 of 45 trials diverged" in text


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_the_headline_is_one_line_where_it_fits(written, full_run, width):
    first, second, *_ = written(print_choice, full_run, width=width).splitlines()
    if width == 60:
        assert first == "learning rate   0.018  basin 0.01 .. 0.056"
        assert second == " " * 16 + "likely within 1 point of the best"
    else:
        assert first.startswith("learning rate   0.018  ")
        assert first.endswith("  likely within 1 point of the best")
        assert second == ""


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", [80, 100, 120])
def test_all_that_a_choice_says_fits_the_page(written, full_run, width, ascii):
    text = written(print_choice, full_run, width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert all(f"\n{name} " in text for name in ("walls", "cost", "luck", "worth it?", "not tried", "test", "next"))
    assert "too slow" in text
    assert ("\\__" if ascii else "╰──") in text


def test_the_lowest_bar_is_said_to_be_a_blind_guess_or_worse(written, run):
    assert "the lowest a blind guess or worse" in " ".join(written(print_choice, run).split())


@pytest.mark.parametrize(("worst", "cut"), [(40.0, True), (0.2, False)])
def test_bars_of_another_number_say_where_they_are_cut(written, worst, cut):
    run = reported_run(loss=lambda rate, epoch: 0.05 + min(worst * rate, worst) * 50, diverges=1e9)
    text = " ".join(written(print_choice, run).split())
    assert "a higher bar is a lower number" in text
    assert ("the lowest 10 times the best or more" in text) is cut


@pytest.mark.parametrize(
    ("shown", "part"),
    [
        (made.run(), "learning rate   0.018      basin 0.01 .. 0.056"),
        (made.run(learning_rate=None), "learning rate   cannot tell yet"),
        (replace(ranged((0.03, 0.3)), data=made.run().data), "The suggestions lie a factor of 10 apart"),
        (replace(made.trace(), data=made.run().data), "epoch by epoch"),
    ],
    ids=["run", "cannot tell", "range test", "trace"],
)
def test_print_shows_the_page_with_images_and_notes(shown, part):
    text = str(shown)
    assert etascope.__all__
    assert text.startswith("10 classes (0, 1, 2, 3, 4, 5, ...), 1,000 images\nnote: nothing was resized\n\n")
    assert part in text
    assert "array(" not in text
    assert len(text) < 12_000
    assert all(len(line) <= 100 for line in text.splitlines())


def test_a_script_has_a_page_too():
    assert printed(reported_run()).startswith("learning rate ")


def test_it_is_ascii_where_the_output_holds_nothing_else(monkeypatch):
    class Plain:
        encoding = "ascii"

    assert not printed(made.run()).isascii()
    monkeypatch.setattr(sys, "stdout", Plain())
    assert printed(made.run()).isascii()
