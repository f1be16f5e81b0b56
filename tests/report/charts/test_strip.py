import pytest

from etascope.report.charts.strip import ROW, Named, strip_height, strip_panel
from tests.report.charts.drawing import layers, rows_of

ENDS = (1e-4, 1.0)
TEXT = {"color": "@ink"}


def test_every_rate_has_a_row_of_its_own_so_that_no_labels_meet():
    named = [Named(f"rule {i}", 0.01 * (1 + 1e-4 * i)) for i in range(7)]
    panel = strip_panel(named, ENDS, "rates")
    rows = [row["row"] for row in rows_of(panel, "text", **TEXT)]
    assert rows == [i + 0.5 for i in range(7)]
    assert panel["height"] == strip_height(named) == 7 * ROW
    assert ROW > 12 * 1.5
    assert [row["rate"] for row in rows_of(panel, "point")] == [one.rate for one in named]


@pytest.mark.parametrize(("rate", "align"), [(2e-4, "left"), (5e-3, "left"), (0.02, "right"), (0.9, "right")])
def test_the_label_stands_where_there_is_more_room(rate, align):
    (label,) = layers(strip_panel([Named("a rule", rate)], ENDS, ""), "text", **TEXT)
    assert label["mark"]["align"] == align
    assert (label["mark"]["dx"] > 0) == (align == "left")
    assert label["mark"]["text"] == "a rule"


def test_what_has_no_rate_is_said_and_not_marked():
    panel = strip_panel([Named("a rule: nothing", None)], ENDS, "")
    assert layers(panel, "point") == []
    (label,) = layers(panel, "text")
    assert label["mark"]["text"] == "a rule: nothing"
    assert label["encoding"]["x"] == {"value": 0}


def test_a_line_joins_only_what_is_to_be_joined():
    named = [Named("a", 0.1, joined=True), Named("b", 0.2), Named("c", 0.3, joined=True)]
    panel = strip_panel(named, ENDS, "")
    assert [row["rate"] for row in rows_of(panel, "line")] == [0.1, 0.3]
    assert layers(strip_panel([Named("a", 0.1)], ENDS, ""), "line") == []


def test_weight_shape_and_tooltip_are_drawn():
    panel = strip_panel([Named("a", 0.1, True, shape="square", hover={"would lose": "0.5 points"})], ENDS, "rates")
    (mark,) = layers(panel, "point", shape="square")
    assert mark["encoding"]["tooltip"] == [{"field": "would lose", "type": "nominal"}]
    assert mark["data"]["values"][0]["would lose"] == "0.5 points"
    assert mark["encoding"]["color"]["scale"]["range"] == "@rates"
    assert {label["mark"]["fontWeight"] for label in layers(panel, "text")} == {700}
    assert mark["encoding"]["y"]["axis"]["title"] == "rates"


def test_layers_behind_come_first_and_nothing_is_still_a_panel():
    behind = {"mark": {"type": "rect"}, "encoding": {}}
    panel = strip_panel([], ENDS, "", behind=[behind])
    assert panel["layer"] == [behind]
    assert panel["height"] == ROW
