import json
import re
from pathlib import Path

import jsonschema
import pytest

from etascope.core.recipe import Recipe
from etascope.experiments.scaling.record import Scaling
from etascope.experiments.scaling.report import scaling_document, scaling_experiment, setting_table, varied
from etascope.experiments.scaling.run import judge
from tests.experiments.made import page_of
from tests.experiments.referee.test_record import DATA
from tests.experiments.scaling.test_run import setting

FALLING = [setting(5, 0.02), setting(10, 0.015), setting(20, 0.005)]
SCALED = Scaling(
    DATA, Recipe(), (judge("epochs", FALLING), judge("width", [setting(64, None), setting(128, 0.02)])), 1.5
)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_every_line_fits_and_ascii_is_ascii(width, ascii):
    text = page_of(SCALED, width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.isascii() == ascii


def test_every_setting_is_told_and_what_the_best_rate_does():
    text = page_of(SCALED, width=120)
    assert re.search(r"^ +20 +0.005 +0.00333\.\.0.0075 +87\.4 %", text, re.MULTILINE)
    assert re.search(r"^ +64  cannot tell", text, re.MULTILINE)
    assert "The best rate falls as epochs^-1.00" in text
    assert "!  the rate chosen at 5 epochs, 0.02, lies above the basin at 20 epochs" in text
    assert "Fewer than two answers, so nothing can be said of how the best rate moves with width." in text
    assert "nan" not in text


def test_the_table_has_a_row_a_setting():
    header, rows = setting_table(SCALED.axes[1])
    assert header[:3] == ("width", "rate", "basin")
    assert [row[:2] for row in rows] == [("64", "cannot tell"), ("128", "0.02")]
    assert all(len(row) == len(header) for row in rows)


@pytest.mark.parametrize(
    ("axes", "expected"),
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
def test_the_head_names_what_was_varied_with_its_values(axes, expected):
    judged = tuple(judge(name, [setting(value, 0.02) for value in values]) for name, values in axes)
    record = Scaling(DATA, Recipe(), judged, 1.5)
    assert varied(record) == expected
    assert expected in " ".join(page_of(record, width=120).split())
    assert expected in scaling_experiment(record).setup


def scaling_of(*axes):
    return scaling_experiment(Scaling(DATA, Recipe(), axes, 1.5))


@pytest.mark.parametrize(
    ("rates", "headline"),
    [
        ((0.02, 0.01, 0.005), "it falls"),
        ((0.005, 0.01, 0.02), "it rises"),
        ((0.01, 0.01, 0.01), "no"),
        ((0.01, None, None), "cannot tell yet"),
    ],
)
def test_the_headline_says_whether_the_best_rate_moves(rates, headline):
    settings = [setting(value, rate) for value, rate in zip((5, 10, 20), rates, strict=True)]
    reply = scaling_of(judge("epochs", settings))
    assert reply.label == "can the best rate be told to move with epochs?"
    assert reply.headline == headline


def test_every_axis_has_its_chart_and_its_warnings():
    falling = judge("epochs", [setting(5, 0.02), setting(10, 0.01), setting(20, 0.005)])
    reply = scaling_of(falling, judge("width", [setting(64, None), setting(128, 0.02)]))
    assert [chart.name for chart in reply.charts] == ["scaling-epochs", "scaling-width"]
    assert reply.others[0].startswith("power -1.00 (90 %: ")
    assert reply.others[1] == "with width: cannot tell yet"
    assert any(sentence.startswith("The rate chosen at 5 epochs, 0.02, lies above") for sentence in reply.sentences)
    assert reply.document["schema"] == "etascope/scaling/1"


SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "scaling-1.schema.json"


def test_the_document_fits_its_schema_and_is_strict_json():
    document = json.loads(json.dumps(scaling_document(SCALED), allow_nan=False))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    epochs, width = document["axes"]
    assert [s["learning_rate"] for s in epochs["settings"]] == [0.02, 0.015, 0.005]
    assert epochs["law"]["moves"]
    assert epochs["law"]["exponent"] == SCALED.axes[0].law.exponent
    assert epochs["warnings"] == list(SCALED.axes[0].warnings)
    assert (width["law"], width["settings"][0]["basin"], width["settings"][0]["valid_accuracy"]) == (None, None, None)
