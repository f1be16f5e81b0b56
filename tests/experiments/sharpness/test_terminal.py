import dataclasses

import pytest

from etascope.core.recipe import Recipe
from etascope.experiments.sharpness.terminal import sharpness_sentences
from tests.experiments.made import page_of, walled


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_the_page_fits_the_terminal(width, ascii):
    text = page_of(walled(), width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert text.isascii() or not ascii
    assert "Goh 2017" in text
    assert "Cohen et al. 2021" in text


def test_the_table_has_a_line_a_moment():
    lines = page_of(walled()).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("step"))
    assert "limit (2 + 2 x 0.9) / s" in lines[start]
    assert [line.split()[0] for line in lines[start + 2 : start + 5]] == ["0", "10", "20"]
    assert lines[start + 2].split()[2] == "3.4"


@pytest.mark.parametrize(
    ("limits", "measured", "told"),
    [
        ((1.0, 0.9), 1.2, "1.2 times the limit at the start, so theory is about right here"),
        ((3.4, 0.5), 0.1, "34 times lower than the limit at the start, and 5 times lower than any"),
        ((3.4, 0.5), 0.75, "4.5 times lower than the limit at the start, and between the limits met on the way"),
        ((1.0, 0.5), 30.0, "30 times higher than the limit at the start, so theory does not explain it"),
    ],
)
def test_the_measured_wall_is_set_beside_the_limit(limits, measured, told):
    assert any(told in sentence for sentence in sharpness_sentences(walled(limits, measured)))


def test_the_reason_why_it_fails_is_always_told():
    assert sharpness_sentences(walled())[-1] == "It fails at times."


def test_adaptive_optimizers_have_no_limit():
    wall = walled((None, None), formula="", recipe=Recipe(optimizer="adam"))
    assert "limit" not in page_of(wall).split("sharpness s")[1].split("Goh")[0]
    assert sharpness_sentences(wall)[-1] == "It fails at times. The measured wall is at 0.1."


def test_an_unmeasured_wall_is_not_made_up():
    told = sharpness_sentences(walled(measured=None))
    assert any("was not measured here" in sentence for sentence in told)


def test_a_start_without_curvature_gives_no_limit():
    assert any("no limit there" in sentence for sentence in sharpness_sentences(walled((None, 1.0))))


def test_a_value_that_did_not_settle_is_marked():
    wall = walled()
    first = dataclasses.replace(wall.points[0], converged=False)
    wall = dataclasses.replace(wall, points=(first, *wall.points[1:]))
    assert "initial weights; not settled" in page_of(wall)


def test_the_start_alone_has_no_after():
    told = sharpness_sentences(walled((2.0,), learning_rate=None))
    assert told[0] == "The sharpness is 1.9 at the start."


def test_a_training_that_diverged_is_said_to_have():
    wall = dataclasses.replace(walled((3.4,), None, 1e30), diverged=True)
    assert "The training at 1e+30 diverged: nothing is known beyond the start." in sharpness_sentences(wall)
    wall = dataclasses.replace(walled((3.4, 0.5), None, 1e30), diverged=True)
    assert "The training at 1e+30 diverged: nothing is known beyond step 10." in sharpness_sentences(wall)
    assert "diverged:" not in " ".join(sharpness_sentences(walled()))
