import math
from dataclasses import replace

import pytest

from etascope.core.choice import Basin, Walls
from etascope.core.numbers import nats
from etascope.selection.words.verdicts import BOUNCE, HARDLY, NEAR_EDGE, NEXT_EDGE, RULES, Evidence, verdict
from tests.selection.closed_form import BLIND

BASIN = Basin(0.05, 0.2)
GOOD = Evidence(0.06, 0.5, (2.0, 1.0, 0.6), "", BLIND, 0.1, 0.45, BASIN, math.inf)
LOW, HIGH = replace(GOOD, rate=0.01, loss=0.9), replace(GOOD, rate=0.4, loss=0.9)
AHEAD = replace(GOOD, where=" at step 20 of 320", rival=(0.1, 0.4), written=nats)
NO_BEST = replace(GOOD, best=None, best_loss=math.nan, basin=None)

CASES = [
    (GOOD, "good: validation loss 0.500, cannot be told apart from the best"),
    (replace(GOOD, rate=0.1), "best: validation loss 0.500; the mean at this rate, 0.450, is the lowest"),
    (replace(GOOD, rate=0.1, measure="scaled loss", crown="fresh"), "best: scaled loss 0.500; fresh"),
    (replace(GOOD, loss=math.inf, ending="gone at step 3"), "diverged: gone at step 3"),
    (replace(GOOD, unjudged="it held nothing out"), "not judged: it held nothing out"),
    (LOW, "slow: validation loss 0.900, against 0.450 at the best rate"),
    (replace(LOW, loss=HARDLY * BLIND + 0.001), "too small: validation loss 2.19, hardly below a blind guess (2.30)"),
    (replace(LOW, loss=HARDLY * BLIND - 0.001), "slow: validation loss 2.19, against 0.450 at the best rate"),
    (HIGH, "too large: validation loss 0.900, against 0.450 at the best rate"),
    (replace(HIGH, trained=(1.0, 1.001 + BOUNCE, 0.5)), "bouncing: training loss rose by 5% in epoch 2, validation lo"),
    (replace(HIGH, trained=(1.0, 0.999 + BOUNCE, 0.5)), "too large: validation loss 0.900"),
    (
        replace(HIGH, trained=(1.0, 0.5, 0.8)),
        "bouncing: training loss rose by 60% in epoch 3",
    ),
    (replace(HIGH, trained=(1.0,)), "too large"),
    (replace(GOOD, trained=(1.0, 0.5, 0.8)), "good"),
    (replace(GOOD, edge=0.06 * NEAR_EDGE - 0.001), "near the edge: validation loss 0.500, but 2 times this rate div"),
    (replace(GOOD, edge=0.06 * NEAR_EDGE + 0.001), "good"),
    (replace(HIGH, edge=0.5), "near the edge: validation loss 0.900, but 1.2 times this rate diverged"),
    (replace(HIGH, edge=0.4), "near the edge: validation loss 0.900, but the same rate in another trial diverged"),
    (replace(GOOD, rate=0.05), "good"),
    (replace(GOOD, rate=0.049), "slow"),
    (replace(GOOD, rate=0.2), "good"),
    (replace(GOOD, rate=0.201), "too large"),
    (replace(GOOD, rate=0.2, walls=Walls(0.01, 0.2)), "too large: validation loss 0.500, against 0.450"),
    (replace(GOOD, rate=0.05, walls=Walls(0.05, 0.3)), "slow: validation loss 0.500, against 0.450"),
    (replace(GOOD, walls=Walls(0.05, 0.2)), "good"),
    (replace(NO_BEST, loss=2.25), "learned nothing: validation loss 2.25, hardly below a blind guess (2.30)"),
    (replace(NO_BEST, loss=1.5), "not judged: validation loss 1.50, and there is no best rate to compare it with yet"),
    (replace(NO_BEST, loss=math.inf, ending="gone"), "diverged: gone"),
    (replace(NO_BEST, loss=9.0), "learned nothing: validation loss 9.00, no lower than a blind guess (2.30)"),
    (
        replace(NO_BEST, loss=9.0, right=0.55, guessing=0.2),
        "not judged: validation loss 9.00, and there is no best rate",
    ),
    (replace(LOW, loss=2.25, right=0.97, guessing=0.2), "slow: validation loss 2.25, against 0.450 at the best rate"),
    (
        replace(LOW, loss=0.4, mean_loss=0.6),
        "slow: validation loss 0.400 in this trial, 0.600 on average at this rate, against 0.450 at the best one",
    ),
    (
        replace(HIGH, loss=0.4, mean_loss=0.4, mean_right=0.8, best_right=0.9),
        "too large: validation loss 0.400, but 80.0 % right on average at this rate, against 90.0 % at the best one",
    ),
    (
        replace(HIGH, loss=0.4, mean_loss=0.4, mean_right=0.9, best_right=0.9, plain=0.6, best_plain=0.5),
        "too large: validation loss 0.400, but a plain loss of 0.600 on average, against 0.500 near the best",
    ),
    (
        replace(LOW, loss=0.0004, mean_loss=0.4, mean_right=0.9, best_right=0.9),
        "not judged: validation loss at most 0.001; outside the basin, and yet 0.400 on average, against 0.450 at the ",
    ),
    (
        replace(LOW, as_good=True),
        "not judged: validation loss 0.900; by accuracy and plain loss this rate did no worse than the recommended one",
    ),
    (replace(GOOD, ending="its script broke off", failed=True), "failed: its script broke off"),
    (AHEAD, "good: validation loss 0.50 at step 20 of 320, where 0.1 had 0.40, cannot be told apart from the best"),
    (replace(AHEAD, early=True), "behind: validation loss 0.50 at step 20 of 320, where 0.1 had 0.40; too early to te"),
    (replace(AHEAD, rate=0.01), "slow: validation loss 0.50 at step 20 of 320, where 0.1 had 0.40"),
    (replace(AHEAD, rate=0.01, even=True), "not judged: validation loss 0.50 at step 20 of 320, where 0.1 had 0.40; "),
    (replace(AHEAD, rate=0.4, trained=(1.0, 2.0), part="quarter {} of its steps"),
     "bouncing: training loss rose by 100% in quarter 2 of its steps, validation loss 0.50 at step 20 of 320"),
    (replace(AHEAD, rate=0.4, edge=0.9, near=NEXT_EDGE, beyond="failed"),
     "near the edge: validation loss 0.50 at step 20 of 320, but 2.2 times this rate failed"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "sentence"), CASES)
def test_each_rule_on_both_sides_of_its_threshold(case, sentence):
    assert str(verdict(case)).startswith(sentence)


def test_every_word_of_the_table_is_tested():
    assert {verdict(case).word for case, _ in CASES} == {word for word, _, _ in RULES}
