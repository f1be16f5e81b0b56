import re

import pytest

from etascope.core.recipe import Recipe
from etascope.experiments.scaling.record import Scaling
from etascope.experiments.scaling.report import scaling_experiment
from etascope.experiments.scaling.run import judge
from etascope.experiments.scaling.terminal import setting_table, varied
from tests.experiments.made import page_of
from tests.experiments.referee.test_record import DATA
from tests.experiments.scaling.test_run import setting

FALLING = [setting(5, 0.02), setting(10, 0.015), setting(20, 0.005)]
TOLD = Scaling(DATA, Recipe(), (judge("epochs", FALLING), judge("width", [setting(64, None), setting(128, 0.02)])), 1.5)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_every_line_fits_and_ascii_is_ascii(width, ascii):
    text = page_of(TOLD, width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.isascii() == ascii


def test_every_setting_is_told_and_what_the_best_rate_does():
    text = page_of(TOLD, width=120)
    assert re.search(r"^ +20 +0.005 +0.00333\.\.0.0075 +87\.4 %", text, re.MULTILINE)
    assert re.search(r"^ +64  cannot tell", text, re.MULTILINE)
    assert "The best rate falls as epochs^-1.00" in text
    assert "!  the rate chosen at 5 epochs, 0.02, lies above the basin at 20 epochs" in text
    assert "Fewer than two answers, so nothing can be said of how the best rate moves with width." in text
    assert "nan" not in text


def test_the_table_has_a_row_a_setting():
    header, rows = setting_table(TOLD.axes[1])
    assert header[:3] == ("width", "rate", "basin")
    assert [row[:2] for row in rows] == [("64", "cannot tell"), ("128", "0.02")]
    assert all(len(row) == len(header) for row in rows)


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        ([("batch size", (4, 64))], "128 hidden units, momentum 0.9, batches of 4 and 64, 5 epochs"),
        ([("epochs", (5, 10, 20))], "128 hidden units, momentum 0.9, batches of 16, epochs: 5, 10 and 20"),
        ([("width", (64,))], "first hidden layer: 64 units, momentum 0.9, batches of 16, 5 epochs"),
        (
            [("epochs", (5, 10)), ("batch size", (8, 16))],
            "128 hidden units, momentum 0.9, batches of 8 and 16, epochs: 5 and 10, one varied at a time",
        ),
    ],
)
def test_the_head_names_what_was_varied_with_its_values(axes, told):
    judged = tuple(judge(name, [setting(value, 0.02) for value in values]) for name, values in axes)
    found = Scaling(DATA, Recipe(), judged, 1.5)
    assert varied(found) == told
    assert told in " ".join(page_of(found, width=120).split())
    assert told in scaling_experiment(found).setup
