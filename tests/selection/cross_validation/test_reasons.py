import re
from dataclasses import replace

import numpy as np

from etascope.core.choice import Confidence, Landscape
from etascope.selection.cross_validation.reasons import (
    Measured,
    confidence,
    no_answer,
    reasons,
)
from etascope.selection.cross_validation.walls import measured_walls
from etascope.selection.estimate import settle
from etascope.selection.words.refuted import Refuted
from tests.selection.closed_form import BLIND, task
from tests.selection.test_estimate import LIMITS, X, scores

RATES = 10.0**X


def table(loss):
    columns = np.repeat(np.asarray(loss, np.float64)[:, None], 5, axis=1)
    return Landscape(RATES, tuple((0, fold) for fold in range(5)), columns, np.exp(-columns))


SETTLED = settle(scores(), "accuracy", None, LIMITS)
SCORED = table(np.exp(SETTLED.scores.mean))


def sentences_of(settled=SETTLED, sure=None, plain=SCORED, scored=SCORED, limits=LIMITS):
    walls = measured_walls(scored, settled.basin)
    of = Measured(settled, sure or confidence(settled), plain, scored, scored, limits, walls, Refuted())
    return [str(sentence) for sentence in reasons(of)]


def test_three_sentences_say_why_the_walls_and_how_sure():
    why, walls, sure = sentences_of()
    assert why == (
        f"{SETTLED.learning_rate:g} is where the curve through 13 rates, each trained to the end 5 times, promises to "
        "lose least: temperature-scaled loss about 0.40 nats, accuracy 0.900."
    )
    assert walls == "Below it, 0.00215 is too slow (0.50); above it, 0.0464 is too large (0.50)."
    assert sure.startswith(f"The basin, {SETTLED.basin.low:g} to {SETTLED.basin.high:g} (0.")
    assert sure.endswith("held the best rate about 9 times in 10 where the best was known; it is likely within 1 point "
                         "of the best.")  # fmt: skip


def test_what_is_not_settled_and_another_unit_are_said():
    open_question = sentences_of(sure=Confidence("not settled", 0.5, "", 0.5))[2]
    assert open_question.endswith("whether it is within 0.5 points of the best is not settled.")
    loss = settle(scores(), "loss", 2.0, LIMITS)
    assert "validation loss about 0.40" in sentences_of(loss)[0]
    assert "within 2 % of loss of the best" in sentences_of(loss)[2]


def test_where_no_wall_was_seen_the_reasons_say_how_far_it_looked():
    flat = table([0.4] * 13)
    assert sentences_of(scored=flat)[1] == (
        "Below it, no rate down to 0.001 is clearly worse; above it, no rate up to 0.1 is clearly worse."
    )
    assert "0.1, the highest allowed, is" in sentences_of(scored=flat, limits=(1e-4, 0.1))[1]
    assert "0.001, the lowest allowed, is" in sentences_of(scored=flat, limits=(0.001, 1.0))[1]


def test_a_rate_that_diverged_is_a_wall_and_an_edge_to_mind():
    loss = np.exp(SETTLED.scores.mean)
    broken = table(np.where(SETTLED.learning_rate * 1.5 < RATES, np.inf, loss))
    sentences = sentences_of(scored=broken)
    assert "diverged in 5 of 5 trials" in sentences[1]
    assert sentences[3].startswith("Mind the edge: ")
    assert len(sentences_of(scored=table(np.where(RATES > 0.05, np.inf, loss)))) == 3


def test_an_end_of_the_window_is_said():
    at_end = settle(scores(best=-4.0), "accuracy", None, (0.001, 0.1))
    assert "It lies at the end of what was allowed" in sentences_of(at_end, limits=(0.001, 0.1))[-1]
    alone = replace(at_end, basin=replace(at_end.basin, high=at_end.basin.low))
    assert sentences_of(alone, limits=(0.001, 0.1))[2].startswith("No other rate that was allowed comes into question")
    wide = replace(SETTLED, basin=replace(SETTLED.basin, low=0.001))
    assert sentences_of(wide)[-1] == "The basin reaches to the end of what was tried, so it may be wider."


def test_plain_loss_that_is_lowest_a_good_deal_lower_is_said():
    x = np.log10(RATES)
    low = table(0.3 * np.exp(0.5 * (x + 2.6) ** 2))
    assert sentences_of(plain=low)[-1].startswith("Plain validation loss is lowest at 0.00215, 0.30 against about 0.3")
    assert len(sentences_of(plain=table(0.3 * np.exp(0.5 * (x + 1.5) ** 2)))) == 3
    assert len(sentences_of(plain=table(0.3 * np.exp(0.05 * (x + 2.6) ** 2)))) == 3
    assert len(sentences_of(settle(scores(), "loss", None, LIMITS), plain=low)) == 3


def test_one_allowed_rate_has_no_walls():
    of = Measured(SETTLED, None, SCORED, SCORED, SCORED, (0.01, 0.01), measured_walls(SCORED), Refuted())
    one = [str(sentence) for sentence in reasons(of)]
    assert "is the only learning rate that was allowed" in one[0]
    assert one[1].startswith("No wall was looked for")


FREE = (1e-7, 1e4)


def none(here, limits=FREE):
    return [str(sentence) for sentence in no_answer(task(), here, limits, here)]


def landscape(rates, loss):
    table = np.array(loss, np.float64)
    accuracy = np.where(np.isfinite(table), np.exp(-table), np.nan)
    return Landscape(np.array(rates), tuple((0, f) for f in range(table.shape[1])), table, accuracy)


def test_no_answer_says_why_and_the_next_move():
    broken = landscape([0.01, 0.1], [[np.inf, 1], [np.inf, np.inf]])
    assert none(broken)[0] == "Every learning rate from 0.01 to 0.1 diverged in some trial."
    assert none(broken)[1].startswith("Search lower: limit the rates to those below 0.01, down to 1e-07. Look")
    blind = landscape([0.01], [[BLIND, BLIND]])
    assert none(blind)[0] == (
        "No learning rate tried (0.01) learned: the lowest mean validation loss is 2.30 nats, at 0.01, and a blind "
        "guess has 2.30."
    )
    assert none(blind)[1].startswith("Check that the labels")
    assert none(blind, (0.01, 0.01))[1].startswith("Allow other rates. Check that the labels")
    rising, falling = ([[BLIND + tilt, BLIND + tilt] for tilt in tilts] for tilts in ((0, 1e-3), (0, -1e-3)))
    low, high = landscape([0.01, 0.1], rising), landscape([0.01, 0.1], falling)
    assert none(high, (1e-7, 0.1))[1].startswith("Allow higher rates. ")
    assert none(low, (0.01, 1e4))[1].startswith("Allow lower rates. ")
    for dull, start in (
        (high, "highest rate that was tried did best, .* above 0.1, up to 10000"),
        (low, "lowest .* 0.01"),
    ):
        assert re.match(f"The {start}.* Check that the labels", none(dull)[1])
    falling = landscape([0.01, 0.1], [[1, 1.1], [0.5, 0.6]])
    assert "is the highest rate that was tried" in none(falling)[0]
    rising = landscape([0.01, 0.1], [[0.5, 0.6], [1, 1.1]])
    assert "is the lowest rate that was tried" in none(rising)[0]
    assert none(rising)[1] == "Let the search go on towards 1e-07: allow it more rounds."
