import dataclasses
import json
import math
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from etascope.core.choice import Curve
from etascope.experiments.range_test.report import conclusions, range_document, range_experiment, range_facts
from tests.experiments.made import climb, page_of, ranged
from tests.learn import made


@pytest.mark.parametrize(
    ("rates", "headline"),
    [((0.3, 0.03), "0.03 .. 0.3"), ((0.03, None), "0.03"), ((0.03, 0.03), "0.03"), ((None,), "nothing")],
)
def test_the_headline_is_what_the_rules_suggest(rates, headline):
    assert range_experiment(ranged(rates)).headline == headline


def test_the_measured_answer_stands_beside():
    experiment = range_experiment(ranged())
    assert experiment.others == ("the search beside it: 0.018", "basin 0.01 .. 0.056")
    assert [chart.name for chart in experiment.charts] == ["range-test", "landscape"]
    undecided = range_experiment(ranged(measured=made.run(learning_rate=None)))
    assert undecided.others == ("the search beside it: cannot tell yet",)


def test_without_a_measurement_there_is_no_landscape():
    experiment = range_experiment(ranged(measured=None))
    assert [chart.name for chart in experiment.charts] == ["range-test"]
    assert experiment.others == ("nothing was measured beside it",)


def test_it_says_how_it_was_asked_and_holds_the_document():
    experiment = range_experiment(ranged())
    assert experiment.setup.startswith("The rate climbs from 1e-07 to 10 in 100 steps; 128 hidden units")
    assert experiment.document["schema"] == "etascope/range-test/1"
    assert dict(experiment.known)["fingerprint"] == "9cda"
    assert "Smith" in experiment.references[0]


SCHEMAS = Path(__file__).parents[3] / "docs" / "schema"


def checked(document, name):
    schema = json.loads((SCHEMAS / f"{name}-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    answer = json.loads(json.dumps(document, allow_nan=False))
    jsonschema.Draft202012Validator(schema).validate(answer)
    return answer


@pytest.mark.parametrize(
    "run",
    [
        ranged(),
        ranged(measured=None),
        ranged((None, None)),
        ranged(test=climb(lost=40), own_sweeps=True),
        ranged(measured=made.run({0.1: (math.inf, math.nan)}, learning_rate=None)),
    ],
    ids=["measured", "alone", "nothing suggested", "diverged", "cannot tell"],
)
def test_range_tests_fit_their_schema(run):
    document = checked(range_document(run), "range-test")
    assert document["schema"] == "etascope/range-test/1"
    assert [s["learning_rate"] for s in document["suggestions"]] == [s.learning_rate for s in run.suggestions]
    assert len(document["losses"]) == len(document["learning_rates"]) == 100
    assert (document["measured"] is None) is (run.measured is None)


def test_what_following_loses_is_in_the_document():
    suggested = range_document(ranged((0.1, 1e-6, None)))["suggestions"]
    assert suggested[0]["following"] == {"loss": pytest.approx(5), "at_least": False, "unit": "points"}
    assert suggested[1]["following"]["at_least"] is True
    assert suggested[2]["following"] is None


def test_losses_that_are_no_numbers_are_words():
    document = range_document(ranged(test=climb(lost=40)))
    assert document["losses"][39] == pytest.approx(float(climb().losses[39]))
    assert set(document["losses"][40:]) == {"nan"}
    assert document["diverged_at"] == 40


def test_a_field_that_no_schema_knows_is_refused():
    with pytest.raises(jsonschema.ValidationError):
        checked({**range_document(ranged()), "extra": 1}, "range-test")


def test_the_document_has_the_images_with_every_note():
    document = checked(range_document(replace(ranged(), data=made.run().data)), "range-test")
    assert document["dataset"]["notes"] == ["nothing was resized"]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_the_page_fits_the_terminal(width, ascii):
    text = page_of(ranged(), width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert text.isascii() or not ascii


def test_every_suggestion_has_a_line_with_what_following_it_loses():
    lines = page_of(ranged((0.03, 0.3, None))).splitlines()
    (header,) = [line for line in lines if "suggests" in line]
    assert header.split("  ")[-1] == "rule"
    (first,) = [line for line in lines if line.startswith("a ")]
    assert first.split()[:5] == ["a", "0.03", "x", "1.7", "0.4"]
    (second,) = [line for line in lines if line.startswith("b ")]
    assert "x 17" in second
    assert "46 points" in second
    (third,) = [line for line in lines if line.startswith("c ")]
    assert third.split() == ["c", "nothing", "finder2", "rule"]


def test_without_a_measurement_there_is_no_truth_on_the_page():
    text = page_of(ranged(measured=None))
    assert "would lose" not in text
    assert "basin" not in text
    assert "measure instead of guessing" in text


def test_the_spread_the_best_and_the_worst_are_told():
    sentences = conclusions(ranged((0.018, 0.3)))
    assert "a factor of 17 apart, from 0.018 (finder0 rule) to 0.3 (finder1 rule)" in sentences[0]
    assert "the best is 0.018, with the basin 0.01 .. 0.056; in it: finder0 rule." in sentences[1]
    assert sentences[2] == "Following finder1 rule would have lost 46 points."


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


def test_the_curve_of_the_choice_is_read_where_there_is_one():
    curve = Curve(*(made.np.array(a) for a in ([0.001, 1.0], [3.0, 3.0], [1.0, 1.0], [5.0, 5.0])), "%")
    run = made.run()
    run = dataclasses.replace(run, choice=dataclasses.replace(run.choice, curve=curve))
    assert "3.0 %" in page_of(ranged((0.03,), measured=run))


def test_the_command_that_comes_next_is_the_one_that_was_handed_over():
    assert "etascope pick 'my photos'" in page_of(replace(ranged(), command="etascope pick 'my photos'"), width=120)
    assert "with the same options: etascope.pick" in page_of(ranged(), width=120)


def test_divergence_and_own_sweeps_are_told():
    assert "stopped being a finite number at 0.00" in page_of(ranged(test=climb(lost=60)))
    text = page_of(ranged(own_sweeps=True))
    assert "Each rule read the sweep that its own finder makes" in text


def test_cost_and_the_next_step_are_facts():
    facts = dict(range_facts(ranged(measured=None)))
    assert facts["cost"] == "0.4 of a training for the range test; nothing was measured beside it"
    assert facts["next"] == "measure instead of guessing, with the same options: etascope.pick"


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([0.7, 0.71, 4e9], "the loss never fell, and rose from 0.70 to 4e+09. Let the rate start lower than 1e-07."),
        ([0.7, 0.7, math.nan], "rose from 0.70 until it was no finite number. Let the rate start lower than 1e-07."),
        ([0.7, 0.69, 0.71], "the loss neither fell nor rose clearly. Let the rate end higher than 10, or climb"),
        ([0.7, 0.4, 0.9], "the loss fell from 0.70 to 0.40, yet not as they look for. Climb over more steps."),
        ([math.nan] * 3, "the loss was no finite number from the first step on. Let the rate start lower than 1e-07."),
    ],
)
def test_what_the_loss_did_is_told_where_no_rule_found_a_rate(losses, expected):
    test = dataclasses.replace(climb(steps=3), losses=made.np.array(losses))
    (sentence,) = conclusions(ranged((None, None), measured=None, test=test))
    assert expected in sentence


def test_what_was_measured_is_told_also_where_no_rule_found_a_rate():
    assert conclusions(ranged((None, None)))[1] == (
        "Measured by whole trainings, the best is 0.018, with the basin 0.01 .. 0.056."
    )
    run = made.run(learning_rate=None)
    assert conclusions(ranged((None, None), measured=run))[1] == "The search cannot tell yet which rate is best."


@pytest.mark.parametrize(("cost", "expected"), [(0.4, "0.4 of a training"), (1.0, "1 training"), (20.0, "20 trainings"),
                                            (130.4, "130 trainings"), (12345.0, "12,345 trainings")])  # fmt: skip
def test_a_cost_of_several_trainings_is_told_as_such(cost, expected):
    facts = dict(range_facts(dataclasses.replace(ranged(measured=None), cost=cost)))
    assert facts["cost"].startswith(f"{expected} for the range test;")
