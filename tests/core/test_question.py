import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.errors import InputError
from etascope.core.question import Bands, Question, ask


def test_a_question_keeps_what_it_was_given_and_cannot_be_changed():
    question = Question("2 + 2?", ("3", "4"), 1, "Count.")
    assert question.options[question.answer] == "4"
    assert question == Question("2 + 2?", ("3", "4"), 1, "Count.")
    with pytest.raises(dataclasses.FrozenInstanceError):
        question.answer = 0


@pytest.mark.parametrize(
    ("options", "answer", "message"),
    [
        (("a", "a"), 0, r"two or more options that differ; found \('a', 'a'\)"),
        (("a",), 0, r"two or more options that differ; found \('a',\)"),
        ((), 0, r"two or more options that differ; found \(\)"),
        (("a", "b"), 2, "one of 2 options, from 0; found 2"),
        (("a", "b"), -1, "one of 2 options, from 0; found -1"),
    ],
)
def test_a_question_without_exactly_one_right_answer_is_refused(options, answer, message):
    with pytest.raises(InputError, match=message):
        Question("Which?", options, answer, "So.")


BANDS = Bands((1.0, 2.0), ("low", "middle", "high"), "lost")


@pytest.mark.parametrize(
    ("number", "answer"),
    [(0.99, "low"), (1.0, "middle"), (1.99, "middle"), (2.0, "high"), (math.inf, "lost"), (math.nan, "lost")],
)
def test_a_number_belongs_to_one_band(number, answer):
    question = BANDS.ask("Where?", number, "There.")
    assert question.options == ("low", "middle", "high", "lost")
    assert question.options[question.answer] == answer


@given(
    place=st.integers(0, 50), wrong=st.lists(st.sampled_from("abcdef"), min_size=1).filter(lambda w: set(w) != {"a"})
)
def test_the_right_answer_stands_at_its_place_among_at_most_three_others(place, wrong):
    question = ask("Which?", "a", wrong, "So.", place)
    assert question.options[question.answer] == "a"
    assert len(question.options) == 1 + min(3, len(set(wrong) - {"a"}))
    assert question.answer == place % len(question.options)
