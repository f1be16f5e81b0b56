import numpy as np
from bench.grid_search import reasons

from etascope.core.choice import Basin, Landscape

LIMITS = (1e-7, 1e4)


def landscape(rates, loss):
    table = np.array(loss, np.float64)
    accuracy = np.where(np.isfinite(table), np.exp(-table), np.nan)
    return Landscape(np.array(rates), tuple((0, f) for f in range(table.shape[1])), table, accuracy)


HERE = landscape([0.01, 0.1, 0.2, 1.0], [[1.9, 2.1], [0.4, 0.5], [0.41, 0.5], [0.9, np.inf]])


def test_an_answer_has_its_numbers_walls_and_width():
    assert reasons(HERE, 1, Basin(0.1, 0.2), LIMITS) == (
        "0.1 has the lowest mean validation loss, 0.450 nats over 2 trials (accuracy 0.638); "
        "next comes 0.2 with 0.455.",
        "Below it, 0.01 is too slow (2.00); above it, 1 diverged in 1 of 2 trials.",
        "Rates from 0.1 to 0.2 (0.3 decades) cannot be told apart from it, compared in pairs over 2 trials a rate.",
    )


def test_a_wall_that_was_not_seen_is_said():
    flat = landscape([0.01, 0.1, 0.2], [[0.5, 0.52], [0.5, 0.5], [0.51, 0.5]])
    assert reasons(flat, 1, Basin(0.01, 0.2), LIMITS)[1:] == (
        "Below it, no rate down to 0.01 is clearly worse; above it, no rate up to 0.2 is clearly worse.",
        "Rates from 0.01 to 0.2 (1.3 decades) cannot be told apart from it, compared in pairs over 2 trials a rate.",
        "The basin reaches to the end of what was tried, so it may be wider.",
    )
    assert "no rate down to 0.01, the lowest allowed, is" in reasons(flat, 1, Basin(0.01, 0.2), (0.01, 1))[1]
    assert "no rate up to 0.2, the highest allowed, is" in reasons(flat, 1, Basin(0.01, 0.2), (0.01, 0.2))[1]
    assert len(reasons(flat, 1, Basin(0.01, 0.2), (0.01, 0.2))) == 3


def test_one_trial_a_rate_is_said_to_be_compared_by_a_margin():
    sentences = reasons(landscape([0.01, 0.1, 1], [[1.9], [0.4], [1]]), 1, Basin(0.1, 0.1), LIMITS)
    assert sentences[0].startswith("0.1 has the lowest mean validation loss, 0.400 nats over 1 trial (")
    assert sentences[1] == "Below it, 0.01 is too slow (1.90); above it, 1 is too large (1.00)."
    assert (
        sentences[2]
        == "Every other rate that was tried can be told apart from it, by 5 % of loss, with one trial a rate."
    )


def test_the_edge_is_near_up_to_twice_the_rate():
    for wall, near in ((0.199, True), (0.201, False)):
        here = landscape([0.01, 0.1, wall], [[1.9, 2.1], [0.4, 0.5], [np.inf, np.inf]])
        assert any("Mind the edge" in sentence for sentence in reasons(here, 1, Basin(0.1, 0.1), LIMITS)) is near
