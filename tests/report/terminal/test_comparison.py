import re
from dataclasses import replace

import pytest

from etascope.core.choice import Confidence, Walls
from etascope.core.recipe import Recipe
from etascope.report.terminal.comparison import print_comparison
from tests.learn import made
from tests.report.reported import reported_run
from tests.report.words.test_comparison import A, other, stored

CHANGED = other(0.09, 0.06, 0.1, task=replace(A.task, recipe=Recipe(optimizer="adam", hidden=(), seed=3)))


def rows(text):
    """Return the lines of the table by their names."""
    lines = [line for line in text.splitlines()[2:] if re.match(r"\S+ {2,}\S", line)]
    return {line.split()[0]: re.split(r" {2,}", line)[1:] for line in lines}


def test_equal_lines_say_so_and_others_show_both(written):
    table = rows(written(print_comparison, stored(A, "aaaa"), stored(CHANGED, "bbbb"), width=120))
    assert table["run"] == ["aaaa", "bbbb"]
    assert table["data"] == ["digits, 1,000 images, fingerprint 9cda0c11", "the same"]
    assert table["rate"] == ["0.018", "0.09"]
    assert table["basin"] == ["0.01 .. 0.056 (0.75 decades)", "0.06 .. 0.1 (0.22 decades)"]
    assert table["validation"][1] == table["test"][1] == table["cost"][1] == "the same"


def test_recipes_are_compared_line_by_line(written):
    table = rows(written(print_comparison, stored(A), stored(CHANGED)))
    assert table["optimizer"] == ["momentum", "adam"]
    assert table["hidden"] == ["128", "none"]
    assert table["momentum"] == ["0.9", "0"]
    assert table["seed"] == ["0", "3"]
    assert not {"epochs", "recipe"} & set(table)
    same = rows(written(print_comparison, stored(A), stored(A), width=120))
    assert same["recipe"] == ["128 hidden units, momentum 0.9, batches of 16, 5", "the same"]


def test_what_else_was_asked_has_a_line_each(written):
    limited = replace(A, options={"low": 0.05, "high": 0.2, "budget": 2.5})
    table = rows(written(print_comparison, stored(limited), stored(A), width=120))
    assert table["low"] == ["0.05", "by itself"]
    assert table["high"] == ["0.2", "by itself"]
    assert table["budget"] == ["2.5", "by itself"]
    assert table["recipe"][1] == "the same"
    script = written(print_comparison, stored(A), stored(reported_run()), width=120)
    assert "batch size" not in script
    assert rows(script)["recipe"][1].endswith("compared by val_loss")


def test_confidence_and_walls_are_shown_where_there_are_any(written):
    sure = replace(A.choice, confidence=Confidence("likely", 1.0, "", 0.9), walls=Walls(0.001, 3.0))
    by_loss = replace(sure, confidence=Confidence("probable", 5.0, "", 0.7), target="loss", walls=Walls(None, 3.0))
    table = rows(written(print_comparison, stored(A), stored(replace(A, choice=sure)), width=120))
    assert table["confidence"] == ["unknown", "likely within 1 point of the best"]
    assert table["walls"] == ["unknown", "0.001 too small, 3 too large"]
    table = rows(written(print_comparison, stored(A), stored(replace(A, choice=by_loss)), width=120))
    assert table["confidence"][1] == "probable within 5 % of the lowest loss"
    assert table["walls"][1] == "3 too large"
    assert not {"confidence", "walls"} & set(rows(written(print_comparison, stored(A), stored(A))))


def test_other_software_is_named(written):
    newer = replace(A, versions={**A.versions, "numpy": "9.9"})
    job = replace(stored(A).job, versions=newer.versions)
    table = rows(written(print_comparison, stored(A), replace(stored(newer), job=job)))
    assert table["software"] == [f"numpy {A.versions['numpy']}", "numpy 9.9"]


def test_the_conclusion_stands_below_as_a_sentence(written):
    text = written(print_comparison, stored(A), stored(CHANGED))
    assert "B's best rate lies 5 times higher, outside A's basin, and the basins do not overlap." in " ".join(
        text.split()
    )
    assert "The basins overlap" in written(print_comparison, stored(A), stored(other(0.02, 0.015, 0.1)))


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("b", [A, CHANGED, made.run(learning_rate=None)], ids=["same", "changed", "untold"])
def test_every_line_fits_and_ascii_is_ascii(written, b, width, ascii):
    text = written(print_comparison, stored(A), stored(b), width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    assert not ascii or text.encode("ascii")


@pytest.mark.parametrize("width", [1, 12])
def test_a_terminal_that_is_too_narrow_for_it_gets_it_all_the_same(written, width):
    assert "began" in written(print_comparison, stored(A), stored(CHANGED), width=width)
