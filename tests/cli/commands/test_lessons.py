"""The quiz at a terminal: each answer judged at once, a count at the end; without a terminal the answers come last."""

import re
import signal
import time

import pytest

from etascope.core.question import Question
from etascope.learn.quiz import run_quiz
from etascope.workbench import Recipe, pick
from tests.cli.running import SMALL, Terminal, run

PROMPT = "Your answer"
LETTERS = "abcd"


@pytest.fixture(scope="module")
def questions():
    return run_quiz(pick("digits", recipe=Recipe(hidden=(), epochs=1)))


def answered(*answers, **variables):
    """Type a line at each question (more where one is asked again), and return exit code, what was said, questions."""
    with Terminal("quiz", *SMALL, **variables) as terminal:
        since = 0
        for answer in answers:
            since = terminal.read_until(PROMPT, since)
            terminal.type(answer)
        code, output = terminal.end()
    return code, re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", output)


def flat(text):
    return " ".join(text.split())


def test_right_answers_are_right_at_once_and_counted(questions):
    code, output = answered(*(f"{LETTERS[q.answer]}\n" for q in questions))
    assert code == 0
    assert output.count("   Right.\n") == 3
    assert output.endswith("\n3 of 3 right.\n")
    for question in questions:
        judged = output.index("   Right.\n", output.index(f"{question.text[:40]}"))
        assert flat(question.reason) in flat(output[judged:])


def test_a_wrong_answer_is_told_the_right_one_and_why(questions):
    wrong = [LETTERS[(q.answer + 1) % len(q.options)] for q in questions]
    right = LETTERS[questions[1].answer]
    code, output = answered(f"{wrong[0]}\n", f"{right.upper()}\n", f"  {wrong[2]}  \n")
    assert code == 0
    assert f"No, the answer is {LETTERS[questions[0].answer]}.\n" in output
    assert f"No, the answer is {LETTERS[questions[2].answer]}.\n" in output
    assert output.endswith("\n1 of 3 right.\n")


def test_what_is_no_answer_is_asked_again():
    code, output = answered("z\n", "\n", "ab\n", "a\n", "a\n", "a\n")
    assert code == 0
    assert output.count("   Type a, b, c or d.\n") == 3
    assert re.search(r"\n\d of 3 right\.\n$", output)


def test_the_end_of_the_input_ends_the_quiz_with_a_count(questions):
    code, output = answered(f"{LETTERS[questions[0].answer]}\n", "\x04")
    assert code == 0
    assert output.endswith("\n1 of 3 right, 2 not answered.\n")


def test_ctrl_c_ends_the_quiz_with_a_sentence():
    with Terminal("quiz", *SMALL) as terminal:
        terminal.read_until(PROMPT)
        while terminal.process.poll() is None:
            # Between writing the prompt and reading the answer Python hears a signal only with the next one.
            terminal.process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        code, output = terminal.end()
    assert code == 130
    assert re.search(r"\netascope: stopped by (a second )?Ctrl-C\.\n$", output)
    assert "Traceback" not in output


def test_nothing_gives_the_answer_away_before_it_is_given(questions):
    with Terminal("quiz", *SMALL) as terminal:
        terminal.read_until(PROMPT)
        assert flat(questions[0].reason)[:30] not in flat(terminal.output.decode())
        assert questions[1].text[:30] not in terminal.output.decode()


@pytest.mark.parametrize("columns", [60, 80])
def test_questions_fit_the_terminal_in_ascii_too(columns):
    with Terminal("quiz", *SMALL, "--ascii", columns=columns, NO_COLOR=1) as terminal:
        terminal.read_until(PROMPT)
        terminal.type("\x04")
        _, output = terminal.end()
    lines = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", output).splitlines()
    assert max(map(len, lines)) <= columns
    assert output.isascii()


def test_without_a_terminal_the_answers_come_after_all_questions(questions):
    ended = run("quiz", *SMALL)
    assert (ended.code, ended.err) == (0, "")
    questions_text, _, answers = ended.out.partition("Answers to the quiz")
    for question in questions:
        assert flat(question.text) in flat(questions_text)
        assert flat(question.reason) not in flat(questions_text)
        assert flat(question.reason) in flat(answers)
        assert f"{LETTERS[question.answer]})  {question.options[question.answer]}"[:40] in answers


def test_questions_are_the_records_of_the_run(questions):
    assert len(questions) == 3
    assert all(isinstance(question, Question) and len(question.options) <= len(LETTERS) for question in questions)


def test_help_teaches_how_to_start_and_how_to_end():
    ended = run("studio", "--help")
    assert ended.code == 0
    assert "etascope studio --no-open" in ended.out
    assert "Ctrl-C" in ended.out
    assert "studio" in run("--help").out


def test_a_port_that_is_none_is_refused():
    ended = run("studio", "--port", "99999")
    assert ended.code == 2
    assert "99999" in ended.err
    assert "Traceback" not in ended.err


def test_an_address_that_is_not_ours_is_told_in_a_sentence(tmp_path):
    ended = run("studio", "--no-open", "--host", "203.0.113.7", "--store", str(tmp_path / "runs.sqlite"))
    assert ended.code == 2
    assert "cannot be had" in ended.err
