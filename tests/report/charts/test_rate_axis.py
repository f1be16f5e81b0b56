from dataclasses import replace

import numpy as np
import pytest

from etascope.core.choice import Walls, WorthTuning
from etascope.report.charts.rate_axis import (
    NEAR,
    ROW,
    Named,
    basin,
    beyond,
    chosen,
    domain,
    ground,
    place,
    rule,
    strip_height,
    strip_panel,
    window,
    x_axis,
)
from tests.learn import made
from tests.report.charts.drawing import layers, rows_of
from tests.report.filled import filled

ENDS = (1e-4, 1.0)
TEXT = {"color": "@ink"}


def marks(layers):
    return [layer["mark"]["type"] for layer in layers]


def spans(layers):
    return [tuple(layer["data"]["values"][0].values()) for layer in layers if layer["mark"]["type"] == "rect"]


def words(layers):
    return [layer["mark"]["text"] for layer in layers if layer["mark"]["type"] == "text"]


def test_the_window_is_what_was_tried_and_one_rate_gets_room():
    assert window(made.choice()) == (0.001, 3.0)
    one = made.choice({0.3: (0.5, 0.9)}, 0.3, (0.3, 0.3))
    assert window(one) == pytest.approx((0.1, 0.9))


@pytest.mark.parametrize(
    ("ends", "ticks"),
    [((0.01, 1.0), [0.01, 0.03, 0.1, 0.3, 1]), ((1e-5, 10.0), [1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10])],
)
def test_ticks_are_round_and_within_the_axis(ends, ticks):
    axis = x_axis(ends)
    assert axis["axis"]["values"] == ticks
    assert axis["scale"]["domain"] == list(domain(ends))
    assert domain(ends)[0] < ends[0] < ends[1] < domain(ends)[1]


def test_basin_walls_and_the_customary_rate_are_marked():
    choice = filled(made.run()).choice
    layers = ground(choice, window(choice), 300)
    low, high = domain(window(choice))
    assert spans(layers) == [(0.01, 0.056), (low, 0.001), (0.3, high)]
    assert marks(layers).count("rule") == 1
    assert set(words(layers)) == {"too small to learn", "diverged or clearly worse", "customary 0.01"}
    assert words(ground(choice, window(choice), 300, words=False)) == []


@pytest.mark.parametrize("walls", [Walls(low=0.05), Walls(high=0.2), Walls(low=0.0011), Walls(high=2.9)])
def test_the_label_of_a_wall_keeps_clear_of_the_customary_rate(walls):
    ends, moved = (0.001, 3.0), set()
    for usual in np.geomspace(*ends, 200).tolist():
        choice = replace(made.choice(), walls=walls, worth_tuning=WorthTuning(usual, 1.0, 0.5, 2.0))
        label = next(
            layer for layer in ground(choice, ends, 260)
            if layer["mark"].get("angle") and layer["mark"]["color"] == "@ink"
        )  # fmt: skip
        at = label["data"]["values"][0]["rate"]
        # Turned by a quarter, what was down is to the right.
        beside = 720 * (place(at, ends) - place(usual, ends)) + label["mark"]["dy"]
        assert abs(beside) >= 12 * 0.9
        moved.add(at == usual)
    assert moved == {False, True}


def test_walls_are_striped_with_hard_edges():
    choice = filled(made.run()).choice
    stops = ground(choice, window(choice), 300)[1]["mark"]["fill"]["stops"]
    offsets = [stop["offset"] for stop in stops]
    assert offsets == sorted(offsets)
    assert offsets[0] == 0
    assert offsets[-1] == 1
    assert {stop["color"] for stop in stops} == {"@quiet", "@ground"}
    assert len(stops) > 100


def test_what_is_not_known_or_out_of_sight_is_not_marked():
    choice = replace(made.choice(learning_rate=None), walls=Walls(1e-9, 1e9))
    ends = window(choice)
    assert ground(choice, ends, 300) == []
    assert chosen(choice, ends) == []
    far = replace(choice, worth_tuning=WorthTuning(30.0, 1, 1, 1))
    assert ground(far, ends, 300) == []


def test_the_chosen_rate_has_accent_weight_and_label():
    choice = made.choice()
    rule, label = chosen(choice, window(choice))
    assert rule["mark"]["color"] == label["mark"]["color"] == "@accent"
    assert rule["mark"]["strokeWidth"] > 2
    assert label["mark"]["text"] == "0.018, basin 0.01 to 0.056"


@pytest.mark.parametrize(("rate", "align"), [(0.001, "left"), (0.05, "center"), (3.0, "right")])
def test_the_label_stays_within_the_chart(rate, align):
    choice = replace(made.choice(), learning_rate=rate)
    assert chosen(choice, window(choice))[1]["mark"]["align"] == align


def test_a_wall_at_every_place_gives_a_span_in_the_axis():
    choice = made.choice()
    ends = window(choice)
    low, high = domain(ends)
    for at in np.geomspace(1e-5, 100, 30):
        for walls in (Walls(low=at), Walls(high=at)):
            for start, end in spans(ground(replace(choice, walls=walls, basin=None), ends, 100)):
                assert low <= start < end <= high


def test_a_wide_axis_has_more_room_at_its_ends_and_no_zeros_to_count():
    low, high = domain((1e-8, 10.0))
    assert low < 1e-8 / 1.8
    assert high > 18
    assert domain((0.01, 1.0)) == pytest.approx((0.01 / 1.35, 1.35))
    assert "'~e'" in x_axis((1e-8, 10.0))["axis"]["labelExpr"]
    assert x_axis((0.01, 1.0))["axis"]["format"] == "~g"


def test_on_a_wider_axis_walls_are_hatched_no_further_than_was_tried():
    choice = filled(made.run()).choice
    low, high = domain(window(choice))
    assert spans(ground(choice, (1e-8, 1e4), 300)) == [(0.01, 0.056), (low, 0.001), (0.3, high)]


def test_places_go_from_end_to_end():
    ends = (0.01, 1.0)
    assert [place(at, ends) for at in (domain(ends)[0], 0.1, domain(ends)[1])] == pytest.approx([0, 0.5, 1])


def test_the_customary_label_stays_within_the_chart():
    choice = replace(filled(made.run()).choice, worth_tuning=WorthTuning(0.0015, 1, 1, 1))
    ends = window(choice)
    assert place(0.0015, ends) < NEAR
    (label,) = [layer for layer in ground(choice, ends, 300) if layer["mark"].get("text") == "customary 0.0015"]
    assert label["mark"]["align"] == "left"


def test_single_marks_can_be_had():
    ends = (0.01, 1.0)
    assert spans(beyond(0.1, ends, 100)) == [(0.1, domain(ends)[1])]
    assert beyond(5.0, ends, 100) == []
    assert spans(beyond(1e-9, ends, 100)) == [domain(ends)]
    assert spans(basin(made.choice(), ends)) == [(0.01, 0.056)]
    assert basin(made.choice(learning_rate=None), ends) == []
    assert rule(0.1, ends, {"color": "@ink"})["data"]["values"] == [{"rate": 0.1}]


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
