import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.report.charts.theme import CONFIG, DARK, LIGHT, PLASMA, rate_colour, rate_colours, themed


def tokens_in(node):
    if isinstance(node, str):
        return {node} if node.startswith("@") else set()
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return set().union(*map(tokens_in, children))


def test_every_token_is_replaced_at_any_depth():
    spec = {"config": CONFIG, "layer": [{"mark": {"color": "@accent"}, "scale": {"range": "@rates"}}]}
    done = themed(spec, DARK, ["#111111"])
    assert tokens_in(spec) >= {"@accent", "@rates", "@ink", "@quiet", "@grid", "@ground"}
    assert tokens_in(done) == set()
    assert done["layer"][0] == {"mark": {"color": DARK.accent}, "scale": {"range": ["#111111"]}}
    assert done["config"]["background"] == DARK.ground


def test_data_are_left_alone():
    spec = {"data": {"values": [{"said": "@ink"}]}}
    assert themed(spec, LIGHT, []) == spec


def test_both_grounds_name_the_same_tokens():
    assert set(LIGHT.tokens) == set(DARK.tokens)
    assert all(LIGHT.tokens[name] != DARK.tokens[name] for name in LIGHT.tokens)


rates = st.floats(1e-5, 10)


def linear(colour):
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear(colour) @ (0.2126, 0.7152, 0.0722))


def lightness(colour):
    """CIE L* of an sRGB colour."""
    y = luminance(colour)
    return 116 * (y ** (1 / 3) if y > (6 / 29) ** 3 else y / (3 * (6 / 29) ** 2) + 4 / 29) - 16


@pytest.mark.parametrize("dark", [False, True])
def test_lightness_climbs_steadily_with_the_rate(dark):
    steps = [lightness(c) for c in rate_colours(1e-5, 10, 60, dark)[1]]
    differences = [b - a for a, b in itertools.pairwise(steps)]
    assert min(differences) > 0.3
    assert max(differences) < 4 * min(differences)


@given(rates, rates, st.booleans())
def test_a_higher_rate_is_never_darker(a, b, dark):
    low, high = sorted((a, b))
    # A channel is rounded to one of 256, which moves lightness by less than half a unit.
    assert lightness(rate_colour(low, 1e-5, 10, dark)) <= lightness(rate_colour(high, 1e-5, 10, dark)) + 0.5


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_colour_stands_out_from_its_ground(theme):
    ground = luminance(theme.ground)
    for colour in rate_colours(1e-5, 10, 60, theme.dark)[1]:
        lower, higher = sorted((ground, luminance(colour)))
        assert (higher + 0.05) / (lower + 0.05) > 1.6


@pytest.mark.parametrize(("theme", "least"), [(LIGHT, 4.5), (DARK, 4.5)])
def test_text_can_be_read(theme, least):
    ground = luminance(theme.ground)
    for colour in (theme.ink, theme.quiet, theme.accent):
        lower, higher = sorted((ground, luminance(colour)))
        assert (higher + 0.05) / (lower + 0.05) >= least


@given(rates, rates, rates, st.booleans())
def test_any_rate_has_a_colour_and_the_window_is_a_clamp(rate, a, b, dark):
    low, high = sorted((a, b))
    colour = rate_colour(rate, low, high, dark)
    assert len(colour) == 7
    assert colour == rate_colour(min(max(rate, low), high), low, high, dark)


def test_equal_ratios_are_equal_steps_of_the_map():
    assert rate_colour(0.1, 0.001, 10) == rate_colour(0.01, 0.0001, 1)
    assert rate_colour(1.0, 1.0, 1.0) == rate_colour(0.1, 0.01, 1.0)


def test_the_map_is_plasma_and_the_ends_are_cut_off():
    assert (PLASMA[0], PLASMA[15], PLASMA[-1]) == ("0d0887", "cb4779", "f0f921")
    assert rate_colour(1.0, 0.01, 1.0, dark=True) == "#f0f921"
    assert rate_colour(0.01, 0.01, 1.0, dark=True) == "#" + PLASMA[6]
    assert math.isclose(rate_colours(0.01, 1.0, 3)[0][1], 0.1)
