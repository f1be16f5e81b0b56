import json
from pathlib import Path

import jsonschema
import pytest

from etascope.experiments.referee.chart import adviser_table, points, rates_in_words
from etascope.experiments.referee.report import (
    conclusion,
    questions,
    referee_document,
    referee_experiment,
    spent,
)
from tests.experiments.made import page_of
from tests.experiments.referee.made import judged, row

FULL = judged(
    row("Optuna TPE-20"),
    row("torch-lr-finder steepest", (60.0, 70.0), (64.0, 50.0, 75.0), (0.000115, 0.000614)),
    row("Prodigy at rate 1", (-2.0, 30.0), (1, -5, 9), (None, None), own_optimizer=True),
    left_out=(("Somebody", "x not installed: pip install 'etascope[referee]'"),),
)


def test_the_headline_is_what_the_own_pick_loses():
    experiment = referee_experiment(judged(row()))
    assert experiment.title == "here: points of accuracy that following etascope pick loses 0.40"
    assert experiment.others == ("0.50 at worst", "best rate 0.1: 85.0 % of 2 test images right")
    assert [chart.name for chart in experiment.charts] == ["referee"]


def test_it_says_that_the_test_images_are_spent_and_how_each_was_asked():
    experiment = referee_experiment(judged(row(), left_out=(("Somebody", "not installed"),)))
    assert "are spent" in experiment.sentences[-1]
    facts = dict(experiment.facts)
    assert facts["etascope pick"] == "its search"
    assert facts["Somebody"] == "left out: not installed"
    assert experiment.document["schema"] == "etascope/referee/1"


SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "referee-1.schema.json"


def test_the_document_fits_its_schema_and_is_strict_json():
    document = json.loads(json.dumps(referee_document(FULL), allow_nan=False))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["best"] == {"learning_rate": 0.1, "accuracy": FULL.best[1]}
    assert [a["name"] for a in document["advisers"]] == [row.adviser for row in FULL.followed]
    own = next(a for a in document["advisers"] if a["name"] == document["own"])
    assert own["against_own"] is None
    prodigy = next(a for a in document["advisers"] if a["own_optimizer"])
    assert prodigy["lost"] == {"each": [-2.0, 30.0], "median": 14.0, "mean": 14.0, "worst": 30.0}
    assert prodigy["against_own"] == {"told": "not told", "mean": 1, "low": -5, "high": 9}
    assert document["truth"]["accuracy"] == FULL.accuracy.tolist()
    assert document["left_out"][0]["adviser"] == "Somebody"


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_every_line_fits_and_ascii_is_ascii(width, ascii):
    text = page_of(FULL, width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.isascii() == ascii


def test_a_row_an_adviser_what_loses_least_first():
    text = page_of(FULL, width=120)
    table = text.partition("adviser\n")[2].partition("\n\n")[0].splitlines()[1:]
    names = ["Optuna TPE-20", "etascope pick", "Prodigy at rate 1", "torch-lr-finder steepest"]
    assert [line.split("  ")[-1].strip() for line in table] == names
    assert table[0].split() == ["0.15", "0.15", "0.20", "16.0", "0.01..0.03", "not", "told", "Optuna", "TPE-20"]
    assert table[3].split()[4:6] == ["0.000115..0.000614", "behind"]


def test_the_page_says_that_the_test_images_are_spent_and_who_was_left_out():
    text = " ".join(page_of(FULL).split())
    assert "The 2 test images judged advisers here and are spent" in text
    assert "Somebody left out: x not installed: pip install 'etascope[referee]'" in text
    assert "Optuna TPE-20 asked so; so too Prodigy at rate 1, torch-lr-finder steepest" in text
    assert "85.0 % of 2 test images right at the best rate, 0.1; 3 rates x 2 fresh seeds" in text


def test_nothing_lost_has_no_sign():
    table = page_of(judged(row("zero", (-0.001, -0.002))), width=120).partition("adviser\n")[2]
    assert table.splitlines()[1].split()[:3] == ["0.00", "0.00", "0.00"]


def test_the_same_is_told_elsewhere():
    assert spent(FULL).startswith("The 2 test images judged advisers here and are spent")
    assert dict(questions(FULL))["Optuna TPE-20"] == "asked so; so too Prodigy at rate 1, torch-lr-finder steepest"


def test_own_pick_is_told_with_its_cost():
    assert conclusion(judged())[0] == (
        "Following etascope pick loses 0.40 points of test accuracy in the mean and 0.50 at worst, for 60 training "
        "equivalents."
    )


def test_a_rival_that_wins_is_said_to_win():
    text = " ".join(conclusion(judged(row(difference=(-0.25, -0.5, -0.1)))))
    assert "Ahead of it: TPE by 0.25 (0.10 .. 0.50) points, 90 % intervals." in text
    assert "Behind" not in text
    assert "noise" not in text


def test_a_rival_in_front_within_the_noise_is_not_said_to_win():
    text = conclusion(judged(row()))
    assert text[1] == "TPE lost least here (0.15 in the mean), but the difference is within the noise."
    assert text[2] == "Not told apart from it by so few seeds, better or worse: TPE."


def test_who_is_behind_is_said_with_the_interval():
    text = " ".join(conclusion(judged(row("A", (9, 9), (8, 7, 9)), row("B", (5, 5), (4, 3, 5)))))
    assert "Behind it: B by 4.00 (3.00 .. 5.00) and A by 8.00 (7.00 .. 9.00) points" in text


def test_an_optimizer_of_its_own_may_be_better_than_the_recipes_best():
    prodigy = row("Prodigy", (-2.0, -1.0, 30.0), (1, -5, 9), (None, None), own_optimizer=True)
    text = " ".join(conclusion(judged(prodigy)))
    assert "2 of its 3 trainings did; its median is 1.00 points better, its worst training 30.00 points worse." in text
    assert "no rate" not in text
    assert rates_in_words(prodigy) == "its own"


def test_a_rate_that_was_not_given_is_said():
    silent = row("slide", rates=(0.03, None), scored=(0.03, 0.01))
    assert "slide gave no rate in 1 of 2 cases; the customary 0.01 was scored there." in conclusion(judged(silent))
    assert rates_in_words(silent) == "0.03"
    assert rates_in_words(row(rates=(None, None), scored=(0.01, 0.01))) == "none"


@pytest.mark.parametrize(("floor", "last"), [(0.4, "0.40 points on the other half: so much is luck"), (None, "Foll")])
def test_luck_is_told_where_it_is_known(floor, last):
    assert last in conclusion(judged(floor=floor))[-1]


def test_the_table_has_a_row_an_adviser():
    header, rows = adviser_table(judged(row()))
    assert [r[0] for r in rows] == ["TPE", "etascope pick"]
    assert dict(zip(header, rows[1], strict=True)) == {
        "adviser": "etascope pick", "median lost": "0.40", "mean lost": "0.40", "worst lost": "0.50", "cost": "60.0",
        "rates suggested": "0.02", "against pick": "",
    }  # fmt: skip


def test_nothing_lost_is_written_without_a_sign():
    assert (points(-0.001), points(-1.5), points(12.345)) == ("0.00", "-1.50", "12.35")
