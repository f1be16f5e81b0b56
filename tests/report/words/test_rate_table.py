import math
from dataclasses import replace

from etascope.core.choice import Verdict
from etascope.report.words.rate_table import rate_rows
from tests.learn import made


def test_a_row_a_rate_with_loss_accuracy_and_verdict(run):
    rows = rate_rows(run)
    assert [row.learning_rate for row in rows] == sorted(made.MEASURED)
    assert rows[3].cells == ("0.018", "0.420", "87.4 %")
    assert rows[-1].cells == ("3", "", "")
    assert [row.verdict for row in rows] == ["learned"] * 8 + ["diverged"]
    assert [row.learning_rate for row in rows if row.chosen] == [0.018]
    assert [row.learning_rate for row in rows if row.within] == [0.01, 0.018, 0.032, 0.056]


def test_trials_that_were_judged_differently_are_counted(run):
    verdicts = [Verdict("good", "0.5") if i // 9 < 3 else Verdict("near the edge", "0.6") for i in range(45)]
    rows = rate_rows(replace(run, choice=replace(run.choice, verdicts=tuple(verdicts))))
    assert {row.verdict for row in rows} == {"good (3 of 5), near the edge (2 of 5)"}


def test_nothing_is_marked_where_it_cannot_be_told(undecided):
    rows = rate_rows(undecided)
    assert not any(row.chosen or row.within for row in rows)


def test_a_rate_without_a_trial_is_not_tried(run):
    table = {**made.MEASURED, 10.0: (math.nan, math.nan), 30.0: (1e5, 0.1)}
    rows = rate_rows(replace(run, choice=replace(made.choice(table), verdicts=run.choice.verdicts)))
    assert rows[-2].verdict == "not tried"
    assert rows[-2].cells == ("10", "", "")
    assert rows[-1].cells == ("30", "1e+05", "10.0 %")


def test_a_recommended_rate_that_was_not_tried_has_its_row(run):
    choice = replace(run.choice, learning_rate=0.025, valid_loss=0.41, valid_accuracy=0.88)
    rows = rate_rows(replace(run, choice=choice))
    assert [row.learning_rate for row in rows] == sorted([*made.MEASURED, 0.025])
    (chosen,) = [row for row in rows if row.chosen]
    assert chosen.cells == ("0.025", "0.410", "88.0 %")
    assert chosen.verdict == "recommended, between rates that were tried"


def test_under_halving_the_numbers_between_rates_are_said_to_be_read(run):
    choice = replace(run.choice, learning_rate=0.025, valid_loss=0.41, valid_accuracy=0.88, regime="dear")
    row = next(row for row in rate_rows(replace(run, choice=choice)) if row.chosen)
    assert row.verdict == "recommended, between rates that were tried, and its numbers too"
