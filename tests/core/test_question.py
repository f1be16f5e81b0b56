import dataclasses

import pytest

from etascope.core.errors import InputError
from etascope.core.question import Question


def test_a_question_keeps_what_it_was_given_and_cannot_be_changed():
    question = Question("2 + 2?", ("3", "4"), 1, "Count.")
    assert question.options[question.answer] == "4"
    assert question == Question("2 + 2?", ("3", "4"), 1, "Count.")
    with pytest.raises(dataclasses.FrozenInstanceError):
        question.answer = 0


@pytest.mark.parametrize(
    ("options", "answer", "found"),
    [
        (("a", "a"), 0, r"two or more options that differ; found \('a', 'a'\)"),
        (("a",), 0, r"two or more options that differ; found \('a',\)"),
        ((), 0, r"two or more options that differ; found \(\)"),
        (("a", "b"), 2, "one of 2 options, from 0; found 2"),
        (("a", "b"), -1, "one of 2 options, from 0; found -1"),
    ],
)
def test_a_question_without_exactly_one_right_answer_is_refused(options, answer, found):
    with pytest.raises(InputError, match=found):
        Question("Which?", options, answer, "So.")
