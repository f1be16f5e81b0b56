import numpy as np
import pytest

from etascope.core.recipe import Recipe
from etascope.experiments.referee.record import Followed, Referee
from etascope.experiments.referee.words import adviser_table, conclusion, points, rates_in_words
from tests.experiments.referee.test_record import DATA

OWN = Followed("etascope pick", "its search", (0.02, 0.02), (0.02, 0.02), 60.0, (0.3, 0.5))


def row(name="TPE", lost=(0.1, 0.2), difference=(-0.25, -0.5, 0.1), rates=(0.01, 0.03), **more):
    return Followed(name, "asked so", rates, more.pop("scored", rates), 16.0, lost, difference, **more)


def found(*rows, floor=0.4, left_out=()):
    followed = tuple(sorted((OWN, *rows), key=lambda r: r.mean))
    accuracy = np.array([[0.5, 0.9, 0.1], [0.9, 0.8, 0.1]])
    rates = np.array([0.01, 0.1, 1.0])
    return Referee(DATA, Recipe(), rates, accuracy, (7, 8), followed, OWN.adviser, left_out, floor, 1.0)


def test_own_pick_is_told_with_its_cost():
    assert conclusion(found())[0] == (
        "Following etascope pick loses 0.40 points of test accuracy in the mean and 0.50 at worst, for 60 training "
        "equivalents."
    )


def test_a_rival_that_wins_is_said_to_win():
    told = " ".join(conclusion(found(row(difference=(-0.25, -0.5, -0.1)))))
    assert "Ahead of it: TPE by 0.25 (0.10 .. 0.50) points, 90 % intervals." in told
    assert "Behind" not in told
    assert "noise" not in told


def test_a_rival_in_front_within_the_noise_is_not_said_to_win():
    told = conclusion(found(row()))
    assert told[1] == "TPE lost least here (0.15 in the mean), but the difference is within the noise."
    assert told[2] == "Not told apart from it by so few seeds, better or worse: TPE."


def test_who_is_behind_is_said_with_the_interval():
    told = " ".join(conclusion(found(row("A", (9, 9), (8, 7, 9)), row("B", (5, 5), (4, 3, 5)))))
    assert "Behind it: B by 4.00 (3.00 .. 5.00) and A by 8.00 (7.00 .. 9.00) points" in told


def test_an_optimizer_of_its_own_may_be_better_than_the_recipes_best():
    prodigy = row("Prodigy", (-2.0, -1.0, 30.0), (1, -5, 9), (None, None), own_optimizer=True)
    told = " ".join(conclusion(found(prodigy)))
    assert "2 of its 3 trainings did; its median is 1.00 points better, its worst training 30.00 points worse." in told
    assert "no rate" not in told
    assert rates_in_words(prodigy) == "its own"


def test_a_rate_that_was_not_given_is_said():
    silent = row("slide", rates=(0.03, None), scored=(0.03, 0.01))
    assert "slide gave no rate in 1 of 2 cases; the customary 0.01 was scored there." in conclusion(found(silent))
    assert rates_in_words(silent) == "0.03"
    assert rates_in_words(row(rates=(None, None), scored=(0.01, 0.01))) == "none"


@pytest.mark.parametrize(("floor", "last"), [(0.4, "0.40 points on the other half: so much is luck"), (None, "Foll")])
def test_luck_is_told_where_it_is_known(floor, last):
    assert last in conclusion(found(floor=floor))[-1]


def test_the_table_has_a_row_an_adviser():
    header, rows = adviser_table(found(row()))
    assert [r[0] for r in rows] == ["TPE", "etascope pick"]
    assert dict(zip(header, rows[1], strict=True)) == {
        "adviser": "etascope pick", "median lost": "0.40", "mean lost": "0.40", "worst lost": "0.50", "cost": "60.0",
        "rates suggested": "0.02", "against pick": "",
    }  # fmt: skip


def test_nothing_lost_is_written_without_a_sign():
    assert (points(-0.001), points(-1.5), points(12.345)) == ("0.00", "-1.50", "12.35")
