from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.blind import BlindGuess
from etascope.core.choice import Basin, Confidence, Landscape, Luck, Walls
from etascope.core.recipe import Recipe, Task
from etascope.selection.words.refuted import Answered, Refuted, as_good, none_better, refuted

RATES = np.array([0.001, 0.01, 0.1, 1.0, 10.0])
UNITS = tuple((0, fold) for fold in range(5))
TASK = Task(
    Recipe(), n_classes=10, n_development=800, n_folds=5, steps_per_epoch=40, guess=BlindGuess(2.3, 0.12, "bee")
)
ANSWER = Answered(0.1, Basin(0.05, 0.2), 0.45, 0.86, 0.44, 0.861, "accuracy", 1.0)
LUCK = Luck(0.2, 0.8, 0.861, 0.86, (1,))
SURE = Confidence("likely", 1.0, "", 0.97)


def landscape(loss, right):
    loss, right = (np.repeat(np.array(table, np.float64)[:, None], 5, axis=1) for table in (loss, right))
    return Landscape(RATES, UNITS, loss, right)


PLAIN = landscape([2.2, 0.6, 0.44, 0.7, 3.0], [0.3, 0.84, 0.861, 0.83, 0.5])


def against(answer=ANSWER, luck=LUCK, plain=PLAIN, task=TASK):
    refutation = refuted(task, plain, answer, luck)
    return replace(refutation, sentences=tuple(map(str, refutation.sentences)))


def test_nothing_speaks_against_a_usual_answer():
    assert not against()
    assert against().sure(SURE) is SURE
    assert against().walls(Walls(0.01, 1.0)) == Walls(0.01, 1.0)


@pytest.mark.parametrize(
    ("fresh", "spread", "expected"),
    [(0.837, 0.8, False), (0.834, 0.8, True), (0.834, 2.0, False), (0.852, 0.0, False), (0.848, 0.0, True)],
)
def test_a_fresh_seed_that_falls_by_three_spreads_is_told(fresh, spread, expected):
    refutation = against(replace(ANSWER, accuracy=fresh), replace(LUCK, fresh=fresh, spread=spread))
    assert bool(refutation) == expected
    if expected:
        assert refutation.sentences == (
            f"On a fresh seed the accuracy fell by {86.1 - 100 * fresh:.1f} points, from 86.1 % to {100 * fresh:.1f} "
            "%: runs differ by more than the rates.",
        )
        assert refutation.sure(SURE) == Confidence("not settled", 1.0, refutation.settle, 0.97)
        assert "more images, or longer trainings" in str(refutation.settle)


def test_a_fresh_seed_that_diverges_or_loses_half_as_much_again_is_told():
    assert against(replace(ANSWER, loss=np.inf)).sentences == (
        "On a fresh seed it diverged, so that runs differ by more than the rates.",
    )
    by_loss = replace(ANSWER, target="loss", loss=0.7)
    assert against(by_loss).sentences[0].startswith("On a fresh seed the loss was 0.70 nats, where about 0.44 was seen")
    assert not against(replace(by_loss, loss=0.6))


def test_what_gets_no_more_right_than_always_one_class_is_told():
    dominated = replace(TASK, guess=BlindGuess(2.0, 0.861, "coat"))
    assert against(task=dominated).sentences == (
        "It gets 86.0 % right on a fresh seed and always answering coat 86.1 %: whether any rate tells the classes "
        "apart is not settled.",
    )
    half = landscape([0.7, 0.5, 0.42, 0.5, 3.0], [0.5, 0.9, 0.5, 0.5, 0.5])
    two = replace(TASK, n_classes=2, guess=BlindGuess.even(2))
    wide = replace(ANSWER, basin=Basin(0.05, 2.0), accuracy=0.5, seen_accuracy=0.5)
    assert "; no rate of the basin gets more: " in against(wide, None, half, two).sentences[0]
    assert not against(replace(ANSWER, accuracy=0.13), replace(LUCK, fresh=0.13, spread=50.0))


def test_a_loss_above_a_blind_guess_is_told_with_a_rate_that_has_less():
    assert against(replace(ANSWER, loss=2.4)).sentences == (
        "Its plain validation loss on a fresh seed is 2.40 nats, above the 2.30 of a blind guess; 0.1 had 86.1 % right "
        "and 0.44 nats.",
    )
    assert "on a fresh seed" not in against(replace(ANSWER, loss=2.4), None).sentences[0]
    # Losses of one's own have no blind guess: there is no accuracy beside them.
    own = replace(ANSWER, loss=2.4, seen_loss=2.4, accuracy=np.nan, seen_accuracy=np.nan)
    assert not against(own, None, landscape([3.0] * 5, [np.nan] * 5))


def test_a_score_that_shrinks_by_more_than_the_tolerance_is_told():
    refutation = against(luck=replace(LUCK, expected=1.1))
    assert refutation.sentences == ("Such a score typically shrinks by 1.1 points, which is more than 1 point.",)
    open_question = Confidence("not settled", 1.0, "3 seeds should settle it.", 0.7)
    assert refutation.sure(open_question) == open_question
    assert not against(luck=replace(LUCK, expected=1.0))
    assert not against(replace(ANSWER, target="loss"), replace(LUCK, expected=5.0))


def test_a_rate_outside_the_basin_with_no_less_accuracy_and_clearly_less_loss_is_named():
    calm = landscape([2.2, 0.3, 0.44, 0.7, 3.0], [0.3, 0.87, 0.861, 0.83, 0.5])
    refutation = against(plain=calm)
    assert refutation.sentences == (
        "Outside the basin, below it, 0.01 had 87.0 % right and 0.30 nats, against 86.0 % and 0.45 nats at 0.1.",
    )
    assert refutation.as_good == (0.01,)
    assert str(refutation.settle).startswith("Search about 0.01 alone")
    assert refutation.walls(Walls(0.01, 1.0)) == Walls(None, 1.0)
    assert not against(replace(ANSWER, basin=Basin(0.01, 0.2)), plain=calm)
    hardly_less = landscape([2.2, 0.4, 0.44, 0.7, 3.0], [0.3, 0.87, 0.861, 0.83, 0.5])
    fewer_right = landscape([2.2, 0.3, 0.44, 0.7, 3.0], [0.3, 0.86, 0.861, 0.83, 0.5])
    assert not against(plain=hardly_less)
    assert not against(plain=fewer_right)
    perfect = replace(ANSWER, loss=2e-4, seen_loss=2e-4, accuracy=1.0, seen_accuracy=1.0)
    assert not against(perfect, None, landscape([2.2, 1e-5, 2e-4, 0.7, 3.0], [0.3, 1.0, 1.0, 0.8, 0.5]))


def test_rates_that_were_tried_on_fewer_folds_do_not_count():
    calm = landscape([2.2, 0.3, 0.44, 0.7, 3.0], [0.3, 0.87, 0.861, 0.83, 0.5])
    calm.valid_loss[1, 1:] = np.nan
    assert as_good(calm, ANSWER) == ()


@given(
    st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(1e-6, 1e6), st.floats(0.0, 20.0), st.floats(0.0, 20.0),
    st.sampled_from(["likely", "probable", "not settled"]),
)  # fmt: skip
def test_a_confidence_only_goes_down_and_only_with_a_sentence(shown, fresh, loss, expected, spread, word):
    answer = replace(ANSWER, loss=loss, accuracy=fresh, seen_accuracy=shown)
    refutation, sure = against(answer, Luck(expected, spread, shown, fresh, (1,))), replace(SURE, word=word)
    assert refutation.sure(sure).word == ("not settled" if refutation.sentences else word)
    assert all(sentence.endswith(".") for sentence in refutation.sentences)
    assert not refutation or refutation.sure(sure).settle
    assert Refuted().sure(sure) is sure


@pytest.mark.parametrize(
    ("best", "folds", "said"),
    [(0.88, 5, True), (0.884, 5, True), (0.9, 5, False), (0.9, 1, True), (0.95, 1, False)],
)
def test_where_no_rate_gets_clearly_more_than_the_commonest_class_it_is_told(best, folds, said):
    task = replace(TASK, guess=BlindGuess(0.3, 0.87, "coat"))
    units = tuple((0, fold) for fold in range(folds))
    right = np.repeat(np.array([[0.5], [0.87], [best], [0.86], [np.nan]]), folds, axis=1)
    sentences = none_better(task, Landscape(RATES, units, np.ones((5, folds)), right))
    assert bool(sentences) == said
    if said:
        assert str(sentences[0]) == (
            "87.0 % would be had by always answering coat, and no rate that was tried gets clearly more: the most is "
            f"{100 * best:.1f} %."
        )
    assert none_better(replace(task, guess=None), Landscape(RATES, units, np.ones((5, folds)), right)) == ()
    assert none_better(task, Landscape(RATES, units, np.ones((5, folds)), right * np.nan)) == ()
