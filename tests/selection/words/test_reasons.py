import re

import numpy as np

from etascope.core.choice import Basin, Landscape
from etascope.selection.words import reasons as words
from etascope.selection.words.reasons import not_tried, reasons
from tests.selection.closed_form import BLIND, task

LIMITS = (1e-7, 1e4)


def no_answer(*of):
    return [str(sentence) for sentence in words.no_answer(*of)]


def landscape(rates, loss):
    table = np.array(loss, np.float64)
    accuracy = np.where(np.isfinite(table), np.exp(-table), np.nan)
    return Landscape(np.array(rates), tuple((0, f) for f in range(table.shape[1])), table, accuracy)


HERE = landscape([0.01, 0.1, 0.2, 1.0], [[1.9, 2.1], [0.4, 0.5], [0.41, 0.5], [0.9, np.inf]])


def test_an_answer_has_its_numbers_walls_and_width():
    assert reasons(HERE, 1, Basin(0.1, 0.2), LIMITS) == (
        "0.1 has the lowest mean validation loss, 0.450 nats over 2 trials (accuracy 0.638); "
        "next comes 0.2 with 0.455.",
        "Below it, 0.01 is too slow (2.00); above it, 1 diverged in 1 of 2 trials.",
        "Rates from 0.1 to 0.2 (0.3 decades) cannot be told apart from it, compared in pairs over 2 trials a rate.",
    )


def test_a_wall_that_was_not_seen_is_said():
    flat = landscape([0.01, 0.1, 0.2], [[0.5, 0.52], [0.5, 0.5], [0.51, 0.5]])
    assert reasons(flat, 1, Basin(0.01, 0.2), LIMITS)[1:] == (
        "Below it, no rate down to 0.01 is clearly worse; above it, no rate up to 0.2 is clearly worse.",
        "Rates from 0.01 to 0.2 (1.3 decades) cannot be told apart from it, compared in pairs over 2 trials a rate.",
        "The basin reaches to the end of what was tried, so it may be wider.",
    )
    assert "no rate down to 0.01, the lowest allowed, is" in reasons(flat, 1, Basin(0.01, 0.2), (0.01, 1))[1]
    assert "no rate up to 0.2, the highest allowed, is" in reasons(flat, 1, Basin(0.01, 0.2), (0.01, 0.2))[1]
    assert len(reasons(flat, 1, Basin(0.01, 0.2), (0.01, 0.2))) == 3


def test_one_trial_a_rate_is_said_to_be_compared_by_a_margin():
    told = reasons(landscape([0.01, 0.1, 1], [[1.9], [0.4], [1]]), 1, Basin(0.1, 0.1), LIMITS)
    assert told[0].startswith("0.1 has the lowest mean validation loss, 0.400 nats over 1 trial (")
    assert told[1] == "Below it, 0.01 is too slow (1.90); above it, 1 is too large (1.00)."
    assert (
        told[2] == "Every other rate that was tried can be told apart from it, by 5 % of loss, with one trial a rate."
    )


def test_the_edge_is_near_up_to_twice_the_rate():
    for wall, near in ((0.199, True), (0.201, False)):
        here = landscape([0.01, 0.1, wall], [[1.9, 2.1], [0.4, 0.5], [np.inf, np.inf]])
        assert any("Mind the edge" in sentence for sentence in reasons(here, 1, Basin(0.1, 0.1), LIMITS)) is near


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
