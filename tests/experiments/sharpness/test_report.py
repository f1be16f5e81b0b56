import dataclasses
from dataclasses import replace

import pytest

from etascope.core.recipe import Recipe
from etascope.experiments.sharpness.report import (
    sharpness_document,
    sharpness_experiment,
    sharpness_sentences,
    wall_chart,
    wall_key,
)
from tests.experiments.made import page_of, walled
from tests.experiments.range_test.test_report import checked
from tests.learn import made


@pytest.mark.parametrize(
    ("limits", "headline"),
    [((3.4, 0.5), "0.5 .. 3.4"), ((2.0,), "2"), ((None, 2.0), "2"), ((None,), "no limit"), ((), "no limit")],
)
def test_the_headline_is_the_range_of_limits(limits, headline):
    assert sharpness_experiment(walled(limits)).headline == headline


def test_the_measured_wall_stands_beside():
    assert sharpness_experiment(walled()).others == ("measured wall: 0.1", "recommended rate: 0.018")
    alone = sharpness_experiment(replace(walled(measured=None), best=None))
    assert alone.others == ("the wall was not measured",)


def test_the_landscape_has_a_chart_of_its_own_where_it_is_known():
    assert [chart.name for chart in sharpness_experiment(walled()).charts] == ["sharpness"]
    experiment = sharpness_experiment(replace(walled(), choice=made.choice()))
    assert [chart.name for chart in experiment.charts] == ["sharpness", "landscape"]


def test_it_says_where_theory_fails_and_comes_from():
    experiment = sharpness_experiment(walled())
    assert experiment.sentences[-1] == "It fails at times."
    assert len(experiment.references) == 2
    assert experiment.document["schema"] == "etascope/sharpness/1"
    assert "along a training at 0.018" in experiment.setup
    assert "at the start" in sharpness_experiment(walled(learning_rate=None)).setup


@pytest.mark.parametrize(
    "wall",
    [
        walled(),
        walled(measured=None, learning_rate=None, limits=(1.0,)),
        walled((None, None), formula="", recipe=Recipe(optimizer="adam")),
    ],
    ids=["momentum", "start alone", "adam"],
)
def test_sharpness_walls_fit_their_schema(wall):
    document = checked(sharpness_document(wall), "sharpness")
    assert [p["limit"] for p in document["points"]] == [p.limit for p in wall.points]
    assert document["ratio"] == wall.ratio


def test_the_document_has_the_images_with_every_note():
    document = checked(sharpness_document(replace(walled(), data=made.run().data, diverged=True)), "sharpness")
    assert document["dataset"]["notes"] == ["nothing was resized"]
    assert document["diverged"]


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
    ("limits", "measured", "expected"),
    [
        ((1.0, 0.9), 1.2, "1.2 times the limit at the start, so theory is about right here"),
        ((3.4, 0.5), 0.1, "34 times lower than the limit at the start, and 5 times lower than any"),
        ((3.4, 0.5), 0.75, "4.5 times lower than the limit at the start, and between the limits met on the way"),
        ((1.0, 0.5), 30.0, "30 times higher than the limit at the start, so theory does not explain it"),
    ],
)
def test_the_measured_wall_is_set_beside_the_limit(limits, measured, expected):
    assert any(expected in sentence for sentence in sharpness_sentences(walled(limits, measured)))


def test_the_reason_why_it_fails_is_always_told():
    assert sharpness_sentences(walled())[-1] == "It fails at times."


def test_adaptive_optimizers_have_no_limit():
    wall = walled((None, None), formula="", recipe=Recipe(optimizer="adam"))
    assert "limit" not in page_of(wall).split("sharpness s")[1].split("Goh")[0]
    assert sharpness_sentences(wall)[-1] == "It fails at times. The measured wall is at 0.1."


def test_an_unmeasured_wall_is_not_made_up():
    sentences = sharpness_sentences(walled(measured=None))
    assert any("was not measured here" in sentence for sentence in sentences)


def test_a_start_without_curvature_gives_no_limit():
    assert any("no limit there" in sentence for sentence in sharpness_sentences(walled((None, 1.0))))


def test_a_value_that_did_not_settle_is_marked():
    wall = walled()
    first = dataclasses.replace(wall.points[0], converged=False)
    wall = dataclasses.replace(wall, points=(first, *wall.points[1:]))
    assert "initial weights; not settled" in page_of(wall)


def test_the_start_alone_has_no_after():
    sentences = sharpness_sentences(walled((2.0,), learning_rate=None))
    assert sentences[0] == "The sharpness is 1.9 at the start."


def test_a_training_that_diverged_is_said_to_have():
    wall = dataclasses.replace(walled((3.4,), None, 1e30), diverged=True)
    assert "The training at 1e+30 diverged: nothing is known beyond the start." in sharpness_sentences(wall)
    wall = dataclasses.replace(walled((3.4, 0.5), None, 1e30), diverged=True)
    assert "The training at 1e+30 diverged: nothing is known beyond step 10." in sharpness_sentences(wall)
    assert "diverged:" not in " ".join(sharpness_sentences(walled()))


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_marks_stand_in_the_order_of_the_rates(width, ascii):
    rows = wall_chart(walled((3.4, 0.5, 0.9), 0.1), width, ascii=ascii)
    mark, dotted = ("X", ":") if ascii else ("◆", "┊")
    places = [row.index(mark) for row in rows[:3]]
    assert places[1] < places[2] < places[0]
    assert {row.index(dotted) for row in rows[:3]} == {rows[0].index(dotted)}
    assert rows[0].index(dotted) < places[1]
    best = rows[3].index("^" if ascii else "▲")
    assert best < rows[0].index(dotted)
    assert max(map(len, rows)) <= width
    assert "".join(rows).isascii() or not ascii


def test_a_wall_above_the_limit_is_drawn_above_it():
    row = wall_chart(walled((0.5,), 3.0), 80, ascii=True)[0]
    assert row.index("X") < row.index(":")


def test_a_moment_without_a_limit_has_no_row():
    assert len(wall_chart(walled((None, 1.0)), 80)) == 1 + 2


def test_nothing_is_drawn_where_there_is_nothing_to_compare():
    assert wall_chart(walled((None, None)), 80) == []
    assert wall_chart(walled(measured=None), 80) == []


def test_the_key_names_every_mark():
    assert wall_key(walled(), ascii=True) == (
        ": where the wall was measured, X where theory puts it, ^ the recommended rate"
    )
    assert "┊" in wall_key(walled())
