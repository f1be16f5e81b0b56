import math
from dataclasses import replace

import numpy as np
import pytest

import etascope
from etascope.core.choice import Basin, Confidence, Cost, Luck, Verdict, Walls, WorthTuning
from etascope.core.recipe import Recipe
from etascope.report.charts.landscape import landscape_chart
from etascope.report.words.answer import accuracy_at_the_end, facts, headline, known_basin, rate_rows
from tests.learn import made


def changed(run, **parts):
    return replace(run, choice=replace(run.choice, **parts))


def test_what_a_method_does_not_say_is_left_out(run):
    assert [name for name, _ in facts(run)] == ["cost", "not tried", "validation", "test", "next"]
    assert headline(run.choice) == ("0.018", "basin 0.01 .. 0.056")


def test_a_method_that_says_all_is_told_in_full(full_run):
    said = dict(facts(full_run))
    assert list(said) == ["walls", "cost", "luck", "worth it?", "not tried", "validation", "test", "next"]
    assert said["walls"] == "0.003 and below learn clearly too little in this time; 0.1 and above diverge or are " \
                            "clearly worse"  # fmt: skip
    assert said["luck"] == (
        "87.4 % ranked the rates; such a headline typically shrinks by 0.2 points (give or take 0.5); on 2 fresh seeds "
        "it was 87.1 %"
    )
    assert said["worth it?"] == (
        "not settled: the customary 0.01 would have cost 0.8 points (0.2 to 1.5), and yet lies in the basin: it cannot "
        "be told apart"
    )
    narrow = changed(full_run, basin=Basin(0.012, 0.056))
    assert dict(facts(narrow))["worth it?"] == "yes: the customary 0.01 would have cost 0.8 points (0.2 to 1.5)"
    assert "lucky" not in said["validation"]


@pytest.mark.parametrize(
    ("word", "tolerance", "target", "part"),
    [
        ("likely", 1.0, "accuracy", "likely within 1 point of the best"),
        ("probable", 0.5, "accuracy", "probable within 0.5 points of the best"),
        ("likely", 2.0, "loss", "likely within 2 % of the lowest loss"),
        ("not settled", 1.0, "accuracy", "not settled, whether it is within 1 point of the best"),
    ],
)
def test_confidence_in_words(run, word, tolerance, target, part):
    choice = replace(run.choice, confidence=Confidence(word, tolerance, "Train 3 more seeds.", 0.5), target=target)
    assert headline(choice)[2] == part


def test_what_would_settle_it_is_said(run):
    unsure = changed(run, confidence=Confidence("not settled", 1.0, "Train 3 more seeds.", 0.5))
    assert dict(facts(unsure))["to settle"] == "Train 3 more seeds."


def test_no_answer_is_said_with_the_next_move(undecided):
    assert headline(undecided.choice) == ("cannot tell yet",)
    said = dict(facts(undecided))
    assert "validation" not in said
    assert "test" not in said
    assert said["next"].endswith("with the same options and epochs=10 in the recipe")
    commanded = dict(facts(undecided, lambda run, settings: f"{len(settings)} settings"))
    assert commanded["next"] == "train longer, so that the rates part, 1 settings"


def test_one_wall_that_was_not_seen_is_said(run):
    assert dict(facts(changed(run, walls=Walls(low=0.003))))["walls"].endswith("; rates too high were not seen")
    assert dict(facts(changed(run, walls=Walls(high=3.0))))["walls"].startswith("rates too low were not seen; ")


@pytest.mark.parametrize(
    ("cost", "low", "high", "said"),
    [
        (0.8, 0.2, 1.5, "yes: the customary 0.01 would have cost 0.8 points (0.2 to 1.5)"),
        (0.3, -0.01, 0.9, "not settled: the customary 0.01 would have cost 0.3 points (0.0 to 0.9)"),
        (0.0, -0.1, 0.01, "no: the customary 0.01 would have done as well"),
    ],
)
def test_whether_tuning_was_worth_it(run, cost, low, high, said):
    narrow = changed(run, basin=Basin(0.012, 0.056), worth_tuning=WorthTuning(0.01, cost, low, high))
    assert dict(facts(narrow))["worth it?"] == said


@pytest.mark.parametrize(
    ("seeds", "said"), [((7,), "on a fresh seed it was 87.9 %"), ((1, 2, 3), "on 3 fresh seeds it was 87.9 %")]
)
def test_fresh_seeds_are_counted(run, seeds, said):
    assert dict(facts(changed(run, luck=Luck(0.2, 0.4, 0.881, 0.879, seeds))))["luck"].endswith(said)
    assert "fresh" not in dict(facts(changed(run, luck=Luck(0.2, 0.4, 0.881))))["luck"]


def test_trials_of_halving_are_not_said_to_be_whole(run):
    assert "epochs each" in dict(facts(run))["cost"]
    assert "epochs at most" in dict(facts(changed(run, regime="dear")))["cost"]


def test_for_plain_descent_a_rival_is_named(run):
    assert "a rival" not in dict(facts(run))
    plain = replace(run, task=replace(run.task, recipe=Recipe(optimizer="sgd")))
    assert "Prodigy" in dict(facts(plain))["a rival"]


def test_a_single_rate_shows_no_basin(run):
    alone = made.choice({0.02: (0.4, 0.9)}, 0.02, (0.02, 0.02))
    assert known_basin(alone) is None
    assert headline(alone) == ("0.02",)
    assert known_basin(run.choice) == run.choice.basin


def test_under_halving_the_validation_is_not_told_as_that_of_a_whole_training(full_run):
    assert dict(facts(changed(full_run, regime="dear")))["validation"].endswith("where they stood")


def test_an_accuracy_over_the_last_fifth_is_told_beside_the_one_of_the_end():
    run = etascope.pick("digits", recipe=etascope.Recipe(hidden=(), epochs=1))
    luck = run.choice.luck
    again = [t for t in run.trials if t.learning_rate == run.choice.learning_rate and t.seed in luck.seeds]
    ended, over = (float(np.mean([t.valid_accuracy[-n:].mean() for t in again])) for n in (1, 3))
    assert (accuracy_at_the_end(run), luck.fresh) == (pytest.approx(ended), pytest.approx(over))
    assert dict(facts(run))["validation"] == (
        f"{100 * over:.1f} % right over the last fifth of the training, {100 * ended:.1f} % at its end with loss "
        f"{run.choice.valid_loss:.2f}"
    )
    assert run.trace.epochs[-1].valid_accuracy == pytest.approx(ended)
    chosen = next(row for row in rate_rows(run) if row.chosen)
    assert chosen.cells[2] == f"{100 * ended:.1f} %"
    title = landscape_chart(run.choice).title
    assert f"gets {100 * over:.1f} % of the validation images right over the last fifth of the training" in title


def test_a_single_trial_is_counted_as_one(run):
    one = replace(run, choice=replace(run.choice, cost=Cost(1, 1, 1.0, 0.5)))
    assert dict(facts(one))["cost"].startswith("1 trial of 1 epoch each = 1 training equivalent, 0.5 s")


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
