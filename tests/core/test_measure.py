import math

import pytest

from etascope.core.errors import InputError
from etascope.core.measure import PLAIN, Measure


def test_a_loss_is_its_own_distance():
    loss = Measure("val_loss")
    assert (loss.best, loss.loss(0.25), loss.value(0.25), loss.words, loss.written(0.123456)) == (
        0.0, 0.25, 0.25, "val_loss", "0.1235",
    )  # fmt: skip


def test_an_accuracy_is_counted_from_one():
    accuracy = Measure("acc", maximize=True)
    assert accuracy.loss(0.9) == pytest.approx(0.1)
    assert accuracy.written(0.1) == "0.9"
    assert accuracy.words == "1 - acc"


@pytest.mark.parametrize(("maximize", "best", "value", "loss"), [(True, 100, 92.5, 7.5), (False, -3000, -2900, 100)])
def test_the_best_value_may_be_any(maximize, best, value, loss):
    measure = Measure("m", maximize, best)
    assert measure.loss(value) == loss
    assert measure.value(loss) == value


@pytest.mark.parametrize(
    ("measure", "value", "advice"),
    [(Measure("acc", maximize=True), 87.5, "best=100"), (Measure("acc", True, 100), 250, "best=1000"),
     (Measure("elbo"), -1200, "best=-10000"), (Measure("elbo"), -1.99, "best=-10")],
)  # fmt: skip
def test_a_value_beyond_the_best_is_refused_with_one_that_would_do(measure, value, advice):
    with pytest.raises(InputError, match=f"found {value:g}") as refused:
        measure.loss(value)
    assert advice in str(refused.value)


def test_rounding_beyond_the_best_is_no_distance():
    assert Measure("acc", maximize=True).loss(1.0000001) == 0


def test_what_is_not_finite_stays_so_whichever_way_is_better():
    for maximize in (False, True):
        measure = Measure("m", maximize)
        assert math.isnan(measure.loss(math.nan))
        assert measure.loss(math.inf) == measure.loss(-math.inf) == math.inf


def test_the_best_value_must_be_finite():
    with pytest.raises(InputError, match="finite"):
        Measure("m", best=math.inf)


def test_a_plain_loss_is_in_nats_and_no_report_of_ones_own():
    assert not PLAIN.reported
    assert Measure("val_loss").reported
    assert (PLAIN.words_with_unit, Measure("val_loss").words_with_unit) == ("validation loss in nats", "val_loss")
    assert [PLAIN.written(0.12345), Measure("val_loss").written(0.12345)] == ["0.12", "0.1235"]
