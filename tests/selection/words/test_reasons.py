import re

import numpy as np

from etascope.core.choice import Landscape
from etascope.selection.words import reasons as words
from etascope.selection.words.reasons import not_tried
from tests.selection.closed_form import BLIND, task

LIMITS = (1e-7, 1e4)


def no_answer(*of):
    return [str(sentence) for sentence in words.no_answer(*of)]


def landscape(rates, loss):
    table = np.array(loss, np.float64)
    accuracy = np.where(np.isfinite(table), np.exp(-table), np.nan)
    return Landscape(np.array(rates), tuple((0, f) for f in range(table.shape[1])), table, accuracy)


HERE = landscape([0.01, 0.1, 0.2, 1.0], [[1.9, 2.1], [0.4, 0.5], [0.41, 0.5], [0.9, np.inf]])


def test_no_answer_says_why_and_the_next_move():
    broken = landscape([0.01, 0.1], [[np.inf, 1], [np.inf, np.inf]])
    assert no_answer(task(), broken, None, LIMITS)[0] == "Every learning rate from 0.01 to 0.1 diverged in some trial."
    assert no_answer(task(), broken, None, LIMITS)[1].startswith("Allow lower rates. ")
    blind = landscape([0.01], [[BLIND, BLIND]])
    assert no_answer(task(), blind, 0, LIMITS)[0] == (
        "No learning rate tried (0.01) learned: the lowest mean validation loss is 2.30 nats, at 0.01, and a blind "
        "guess has 2.30."
    )
    assert no_answer(task(), blind, 0, LIMITS)[1].startswith("Check that the labels")
    assert no_answer(task(), blind, 0, (0.01, 0.01))[1].startswith("Allow other rates. Check that the labels")
    dull = landscape([0.01, 0.1], [[BLIND, BLIND], [BLIND, BLIND]])
    assert no_answer(task(), dull, 1, (1e-7, 0.1))[1].startswith("Allow higher rates. ")
    assert no_answer(task(), dull, 0, (0.01, 1e4))[1].startswith("Allow lower rates. ")
    for best, start in ((1, "highest rate that was tried did best, .* above 0.1, up to 10000"), (0, "lowest .* 0.01")):
        assert re.match(f"The {start}.* Check that the labels", no_answer(task(), dull, best, LIMITS)[1])
    falling = landscape([0.01, 0.1], [[1, 1.1], [0.5, 0.6]])
    assert "is the highest rate that was tried" in no_answer(task(), falling, 1, LIMITS)[0]
    rising = landscape([0.01, 0.1], [[0.5, 0.6], [1, 1.1]])
    assert "is the lowest rate that was tried" in no_answer(task(), rising, 0, LIMITS)[0]
    assert no_answer(task(), rising, 0, LIMITS)[1] == "Let the search go on towards 1e-07: allow it more rounds."


def test_what_was_not_tried_names_the_window_and_the_recipe():
    assert str(not_tried(task(optimizer="adam", schedule="cosine"), HERE)) == (
        "rates outside 0.01 to 1 and between the 4 that were tried; any optimizer but adam, schedule but "
        "cosine, batch size but 16, number of epochs but 5 or seed but 0; other models."
    )
