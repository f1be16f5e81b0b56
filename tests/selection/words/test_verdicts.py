import math
from dataclasses import replace

import numpy as np
import pytest

from etascope.core.choice import Basin, Walls
from etascope.core.data import NO_FOLD
from etascope.core.history import Status
from etascope.core.plan import sweep
from etascope.core.trials import trials
from etascope.selection.landscape import read_landscape
from etascope.selection.words.verdicts import BOUNCE, EDGE, HARDLY, RULES, Evidence, verdict, verdicts
from tests.selection.closed_form import BLIND, ClosedForm, task, valley

BASIN = Basin(0.05, 0.2)
GOOD = Evidence(0.06, 0.5, (2.0, 1.0, 0.6), "", BLIND, 0.1, 0.45, BASIN, math.inf)
LOW, HIGH = replace(GOOD, rate=0.01, loss=0.9), replace(GOOD, rate=0.4, loss=0.9)
NO_BEST = replace(GOOD, best=None, best_loss=math.nan, basin=None)

CASES = [
    (GOOD, "good: validation loss 0.500, cannot be told apart from the best"),
    (replace(GOOD, rate=0.1), "best: validation loss 0.500; the mean at this rate, 0.450, is the lowest"),
    (replace(GOOD, rate=0.1, measure="scaled loss", crown="fresh"), "best: scaled loss 0.500; fresh"),
    (replace(GOOD, loss=math.inf, ending="gone at step 3"), "diverged: gone at step 3"),
    (replace(GOOD, loss=math.nan), "not judged: this trial held nothing out to validate on"),
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
    (replace(GOOD, edge=0.06 * EDGE - 0.001), "near the edge: validation loss 0.500, but 2 times this rate diverged"),
    (replace(GOOD, edge=0.06 * EDGE + 0.001), "good"),
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
]


@pytest.mark.parametrize(("seen", "sentence"), CASES)
def test_each_rule_on_both_sides_of_its_threshold(seen, sentence):
    assert str(verdict(seen)).startswith(sentence)


def test_every_word_of_the_table_is_tested():
    assert {verdict(seen).word for seen, _ in CASES} == {word for word, _, _ in RULES}


def test_a_verdict_for_each_trial_in_the_order_of_the_history():
    job, engine = task(), ClosedForm(valley(-1), wall=0.0, noise=0, shared=0)
    histories = [engine.train(job, sweep(job.recipe, job.steps, [1.0, 0.1, 0.0001, 0.03], [0, 1]))]
    told = [
        str(one) for one in verdicts(job, trials(job, histories), read_landscape(job, histories), 0.1, Basin(0.1, 0.1))
    ]
    assert [sentence.split(":")[0] for sentence in told] == ["diverged", "best", "too small", "slow"] * 2


def test_how_a_trial_diverged_is_told():
    job = task()
    history = ClosedForm(valley(-1), wall=-2).train(job, sweep(job.recipe, job.steps, [0.1], [0]))
    told = [str(one) for one in verdicts(job, trials(job, [history]), read_landscape(job, [history]), None, None)]
    assert told == ["diverged: the training loss was no longer a finite number at step 2 of 10"]
    finished = replace(history, status=(Status.FINISHED,), valid_loss=np.full((1, 5), np.nan))
    told = [str(one) for one in verdicts(job, trials(job, [finished]), read_landscape(job, [finished]), None, None)]
    assert told == ["diverged: the validation loss is not a finite number"]


def test_a_trial_without_validation_is_not_judged():
    job = task()
    history = ClosedForm(valley(-1)).train(job, sweep(job.recipe, job.steps, [0.1], [NO_FOLD]))
    assert verdicts(job, trials(job, [history]), read_landscape(job, []), None, None)[0].word == "not judged"
