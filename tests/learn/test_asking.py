import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.learn.asking import Bands, ask

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
