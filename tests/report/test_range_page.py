import dataclasses

import pytest

from etascope.core.choice import Curve
from etascope.report.range_page import conclusions, print_range_test, range_facts
from tests.learn import made
from tests.report.ranging import climb, ranged


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_the_page_fits_the_terminal(written, width, ascii):
    text = written(print_range_test, ranged(), width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert text.isascii() or not ascii


def test_every_suggestion_has_a_line_with_what_following_it_loses(written):
    lines = written(print_range_test, ranged((0.03, 0.3, None))).splitlines()
    (header,) = [line for line in lines if "suggests" in line]
    assert header.split("  ")[-1] == "rule"
    (first,) = [line for line in lines if line.startswith("a ")]
    assert first.split()[:5] == ["a", "0.03", "x", "1.7", "0.4"]
    (second,) = [line for line in lines if line.startswith("b ")]
    assert "x 17" in second
    assert "46 points" in second
    (third,) = [line for line in lines if line.startswith("c ")]
    assert third.split() == ["c", "nothing", "finder2", "rule"]


def test_without_a_measurement_there_is_no_truth_on_the_page(written):
    text = written(print_range_test, ranged(measured=None))
    assert "would lose" not in text
    assert "basin" not in text
    assert "measure instead of guessing" in text


def test_the_spread_the_best_and_the_worst_are_told():
    told = conclusions(ranged((0.018, 0.3)))
    assert "a factor of 17 apart, from 0.018 (finder0 rule) to 0.3 (finder1 rule)" in told[0]
    assert "the best is 0.018, with the basin 0.01 .. 0.056; in it: finder0 rule." in told[1]
    assert told[2] == "Following finder1 rule would have lost 46 points."


def test_suggestions_outside_the_basin_are_told_so():
    assert "no suggestion lies in it" in conclusions(ranged((0.5, 1e-6)))[1]
    assert "at least 26 points" in conclusions(ranged((0.02, 1e-6)))[2]


def test_one_suggestion_has_no_spread():
    assert conclusions(ranged((0.02, None)))[0] == "1 of 2 rules suggest a rate, 0.02."


def test_no_suggestion_at_all_is_a_sentence():
    assert "No rule found anything" in conclusions(ranged((None, None)))[0]


def test_a_search_that_cannot_tell_judges_nobody():
    run = made.run(learning_rate=None)
    assert "none of them can be judged" in conclusions(ranged(measured=run))[-1]


def test_the_curve_of_the_choice_is_read_where_there_is_one(written):
    curve = Curve(*(made.np.array(a) for a in ([0.001, 1.0], [3.0, 3.0], [1.0, 1.0], [5.0, 5.0])), "%")
    run = made.run()
    run = dataclasses.replace(run, choice=dataclasses.replace(run.choice, curve=curve))
    assert "3.0 %" in written(print_range_test, ranged((0.03,), measured=run))


def test_the_command_that_comes_next_names_the_data(written):
    assert "etascope pick 'my photos'" in written(print_range_test, ranged(source="my photos"), width=120)


def test_divergence_and_own_sweeps_are_told(written):
    assert "stopped being a finite number at 0.00" in written(print_range_test, ranged(test=climb(lost=60)))
    text = written(print_range_test, ranged(own_sweeps=True))
    assert "Each rule read the sweep that its own finder makes" in text


def test_cost_and_the_next_step_are_facts():
    facts = dict(range_facts(ranged(measured=None)))
    assert facts["cost"] == "0.4 of a training for the range test; nothing was measured beside it"
    assert facts["next"].endswith("etascope pick")
