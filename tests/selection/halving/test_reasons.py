import re
from dataclasses import replace

import numpy as np
import pytest

from etascope.core.choice import Basin
from etascope.core.history import Status
from etascope.core.trials import trials
from etascope.selection.basin import within_walls
from etascope.selection.halving import reasons as words
from etascope.selection.halving.budgets import budgets_for
from etascope.selection.halving.method import Halving
from etascope.selection.halving.outcome import Outcome
from etascope.selection.halving.reasons import _way, trial_verdict
from etascope.selection.halving.state import Milestone, State, read_state, score_trials
from etascope.selection.halving.window import window_of
from tests.selection.learning_curves import Curves, job, moving_valley, run_method


def verdict(*of):
    return str(trial_verdict(*of))


def reasons(*of):
    return [str(sentence) for sentence in words.reasons(*of)]


def no_answer(*of):
    return [str(sentence) for sentence in words.no_answer(*of)]


def outcome_of(curves, target="accuracy", histories=None, **limits):
    task = job()
    if histories is None:
        histories, _ = run_method(Halving(target=target, **limits), task, curves)
    scored = score_trials(trials(task, histories), 0, target)
    window = window_of(task.recipe, 7, **limits)
    return Outcome(task, window, read_state(task, scored, budgets_for(3), window), scored, target), trials(
        task, histories
    )


def verdicts_of(curves, answer, basin):
    outcome, tried = outcome_of(curves)
    return {t.learning_rate: verdict(outcome, t, answer, basin) for t in tried}


def test_where_a_rate_stands_decides_its_word():
    verdicts = verdicts_of(Curves(moving_valley(-1.5, width=0.8), wall=-0.7), 0.03, Basin(0.02, 0.05))
    words = [verdicts[rate].partition(":")[0] for rate in sorted(verdicts)]
    assert words[0] in ("too small", "slow")
    assert words[-1] == "diverged"
    assert words.count("best") == 1
    assert "near the edge" in words or "too large" in words


def test_one_that_was_stopped_is_compared_with_the_best_at_its_own_step():
    verdicts = verdicts_of(Curves(moving_valley(-1.5), noise=0), 0.03, Basin(0.02, 0.05))
    stopped = [v for v in verdicts.values() if "stopped at step 20 of 320" in v]
    assert len(stopped) == 2
    outcome, _ = outcome_of(Curves(moving_valley(-1.5), noise=0))
    best = np.exp(outcome.scored[outcome.best].score(20))
    assert any(f"{outcome.best:.3g} had {best:.2f}" in v for v in stopped)


def test_one_that_was_stopped_within_the_basin_is_not_called_good():
    verdicts = verdicts_of(Curves(moving_valley(-1.5, width=6)), 0.03, Basin(1e-4, 1.0))
    stopped = [v for v in verdicts.values() if "when it was stopped" in v]
    assert stopped
    assert all(v.startswith(("slow", "behind")) and v.endswith("too early to tell it from the best") for v in stopped)


def test_an_end_of_the_basin_that_is_a_wall_is_called_what_it_is():
    curves = Curves(moving_valley(-1.5, width=0.8, drift=0), noise=0)
    outcome, _ = outcome_of(curves)
    walls = outcome.walls(10**-1.5, Basin(0.03, 0.033))
    ends = Basin(walls.low, walls.high)
    # Nearest to the wall, the answer would make it the best.
    for answer in (10**-1.5, walls.high / 1.01, walls.low * 1.01):
        assert outcome.walls(answer, ends) == walls
        verdicts = verdicts_of(curves, answer, ends)
        assert verdicts[walls.low].startswith(("too small", "slow"))
        assert verdicts[walls.high].startswith(("too large", "near the edge", "bouncing"))
        assert "too early to tell" not in verdicts[walls.low] + verdicts[walls.high]
        inside = within_walls(ends, answer, walls)
        assert walls.low < inside.low <= answer <= inside.high < walls.high
        assert reasons(outcome, answer, inside, 20)[2].startswith(f"The basin, {inside.low:.3g} to ")
    wider = reasons(outcome, 10**-1.5, Basin(0.03, 0.033), 20)[2]
    assert wider.startswith("The basin, 0.03 to 0.033 (")


def test_a_training_loss_that_rises_bounces():
    def loss(x, share):
        return moving_valley(-1.5)(x, share) * np.where((x > -1.1) & (share > 0.03), 3.0, 1.0)

    verdicts = verdicts_of(Curves(loss), 0.03, Basin(0.02, 0.05))
    assert any(v.startswith("bouncing: training loss rose by") for v in verdicts.values())


def test_the_reasons_carry_their_numbers():
    outcome, _ = outcome_of(Curves(moving_valley(-1.5, width=0.8), wall=-0.7))
    first, walls, basin, way, *_ = reasons(outcome, 0.0305, Basin(0.02, 0.05), 20)
    assert first.startswith(
        "0.0305 is where the curve through the trials' temperature-scaled loss promises to lose least"
    )
    assert "step 240 of 320" in first
    assert "is too slow (about" in walls
    assert "The basin, 0.02 to 0.05 (0.4 decades), held the best rate" in basin
    assert "came to step 20" in way
    assert way.endswith("each went on from its checkpoint.")


def test_loss_is_called_validation_loss_where_it_is_the_target():
    outcome, _ = outcome_of(Curves(moving_valley(-1.5)), target="loss")
    assert "the trials' validation loss promises" in reasons(outcome, 0.03, Basin(0.02, 0.05), 20)[0]


def test_an_edge_close_above_is_minded():
    outcome, _ = outcome_of(Curves(moving_valley(-1.5, width=3), wall=-1.2))
    edge = outcome.walls(0.03, Basin(0.02, 0.05)).high
    assert reasons(outcome, edge / 1.5, Basin(0.02, 0.05), 20)[-1].startswith("Mind the edge:")


def test_walls_are_the_nearest_rates_that_are_clearly_worse():
    outcome, _ = outcome_of(Curves(moving_valley(-1.5, width=0.8, drift=0)))
    walls = outcome.walls(10**-1.5, Basin(0.03, 0.033))
    assert walls.low < 10**-1.5 < walls.high
    between = [r for r in outcome.state.rates if walls.low < r < walls.high]
    scores = dict(zip(outcome.state.rates, outcome.scores.tolist(), strict=True))
    assert between
    assert all(scores[r] < outcome.scores.min() + 0.2 for r in between)
    assert scores[walls.low] >= outcome.scores.min() + 0.2
    wide = outcome.walls(10**-1.5, Basin(walls.low * 0.9, walls.high))
    assert wide.low < walls.low * 0.9
    assert wide.high == walls.high


def test_a_single_milestone_has_nothing_to_go_on_from():
    outcome, _ = outcome_of(Curves(moving_valley(-1.5)))
    alone = replace(outcome, state=State(None, (0.1, 0.2), (Milestone(320, (0.1, 0.2)),)))
    assert str(_way(alone, 320)) == "Of 2 trials, 2 came to step 320."


def test_a_first_milestone_that_had_to_wait_is_told():
    outcome, _ = outcome_of(Curves(moving_valley(-1.5, pace=1.5)))
    said = "Nothing had learned by step 20, where they were to be compared first"
    assert said in reasons(outcome, 0.03, Basin(0.02, 0.05), 20)[3]
    assert said not in reasons(outcome, 0.03, Basin(0.02, 0.05), 80)[3]


def test_a_basin_that_reaches_the_end_of_what_was_tried_is_minded():
    outcome, _ = outcome_of(Curves(moving_valley(-1.5)))
    wider = "The basin reaches to the end of what was tried, so it may be wider."
    first, last = outcome.state.rates[0], outcome.state.rates[-1]
    assert wider in reasons(outcome, 0.03, Basin(first, 0.05), 20)
    assert wider in reasons(outcome, 0.03, Basin(0.02, last), 20)
    assert wider not in reasons(outcome, 0.03, Basin(0.02, 0.05), 20)
    limited, _ = outcome_of(Curves(moving_valley(-1.5)), high=last)
    assert wider not in reasons(limited, 0.03, Basin(0.02, last), 20)


@pytest.mark.parametrize(
    ("limits", "word"), [({"high": 1e-3}, "higher"), ({"low": 1.0}, "lower"), ({"low": 0.1, "high": 0.1}, "other")]
)
def test_where_limits_left_nothing_that_learns_others_are_asked_for(limits, word):
    slope = {"higher": -0.001, "lower": 0.001, "other": 0.0}[word]
    outcome, _ = outcome_of(Curves(lambda x, share: np.full_like(share, 2.31 + slope * x), noise=0), **limits)
    assert no_answer(outcome)[1].startswith(f"Allow {word} rates. Check that the labels")


@pytest.mark.parametrize(
    ("slope", "words"), [(-0.001, ("highest", "above", "up")), (0.001, ("lowest", "below", "down"))]
)
def test_where_an_end_did_best_and_nothing_learned_the_way_on_is_named(slope, words):
    outcome, _ = outcome_of(Curves(lambda x, share: np.full_like(share, 2.31 + slope * x), noise=0))
    end = outcome.state.rates[0 if slope > 0 else -1]
    assert no_answer(outcome)[1].startswith(f"The {words[0]} rate that was tried did best, so that ")
    assert f"limit the rates to those {words[1]} {end:.3g}, {words[2]} to " in no_answer(outcome)[1]


def test_where_all_diverged_lower_rates_are_asked_for_though_a_limit_was_set():
    outcome, _ = outcome_of(Curves(moving_valley(-1.5), wall=-20), low=5.0)
    assert no_answer(outcome)[1].startswith("Allow lower rates. ")


@pytest.mark.parametrize(
    ("curves", "start"),
    [
        (Curves(moving_valley(-1.5), wall=-20), "Every learning rate from"),
        (Curves(lambda x, share: np.full_like(share, 2.302), noise=0.001), "No learning rate from"),
        (Curves(lambda x, share: np.full_like(share, 2.302), noise=0), "All 7 trials have the same temperature-scaled"),
    ],
)
def test_why_there_is_no_answer(curves, start):
    outcome, tried = outcome_of(curves)
    assert no_answer(outcome)[0].startswith(start)
    assert all(verdict(outcome, t, None, None).startswith(("diverged", "learned nothing")) for t in tried)


@pytest.mark.parametrize("limits", [{}, {"low": 1e-3, "high": 0.5}])
def test_trials_that_are_all_the_same_have_no_answer_and_are_not_sent_to_other_rates(limits):
    outcome, tried = outcome_of(Curves(lambda x, share: 2.0 - 1.5 * share, noise=0), **limits)
    assert not outcome.answered
    assert len(tried) == 7
    first, second = no_answer(outcome)
    assert re.match(r"All 7 trials have the same temperature-scaled loss, \S+ nats in the end, whatever", first)
    assert "No other rate will tell" in second


def test_trials_of_another_seed_are_not_judged():
    outcome, _ = outcome_of(Curves(moving_valley(-1.5)))
    other = job(seed=8)
    histories, _ = run_method(Halving(), other, Curves(moving_valley(-1.5)))
    trial = trials(other, histories)[0]
    assert verdict(outcome, trial, 0.03, Basin(0.02, 0.05)).startswith("not judged")


def test_where_all_that_went_on_was_lost_the_others_are_not_called_lost():
    outcome, _ = outcome_of(Curves(moving_valley(-1.5)))
    finalists = outcome.state.finalists
    scored = {
        r: replace(s, trial=replace(s.trial, status=Status.DIVERGED)) if r in finalists else s
        for r, s in outcome.scored.items()
    }
    none = (*outcome.state.reached[:-1], replace(outcome.state.reached[-1], rates=()))
    lost = replace(outcome, scored=scored, state=replace(outcome.state, reached=none))
    assert lost.best is None
    first, second = no_answer(lost)
    assert first.startswith(
        f"Every training that went on diverged, from {min(finalists):.3g} to {max(finalists):.3g}; the"
    )
    assert "were left behind early" in first
    assert second
