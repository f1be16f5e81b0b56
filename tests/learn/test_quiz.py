import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.recipe import Recipe
from etascope.learn.quiz import run_quiz, trace_quiz
from tests.learn import made

NAN = math.nan


def right(question):
    return question.options[question.answer]


def by_text(questions, words):
    (found,) = [q for q in questions if words in q.text]
    return found


def test_the_classic_question_comes_first_and_cites_the_run():
    cases = [
        (trace_quiz(made.trace((2.0, NAN, NAN), 3.0)), "in epoch 2"),
        (trace_quiz(made.trace((2.1, 2.6, 2.4), 1.0)), "reached 2.60"),
        (trace_quiz(made.trace((1.2, 1.3, 1.1), 0.3)), "from 1.20 up to 1.30 in epoch 2"),
        (trace_quiz(made.trace()), "was not that high"),
        (run_quiz(made.run()), "5 of 45 trials diverged, the lowest of them at 3"),
        (run_quiz(made.run({0.01: (0.4, 0.9), 1.0: (2.4, 0.1)}, 0.01, (0.01, 0.01))), "where 0.01 reached 0.40"),
        (run_quiz(made.run({0.01: (0.4, 0.9), 0.02: (0.41, 0.9)}, 0.01, (0.01, 0.02))), "did not go high enough"),
    ]
    for questions, cited in cases:
        assert questions[0].text == "What happens when the learning rate is too high?"
        assert "overshoot" in right(questions[0])
        assert cited in questions[0].reason


def test_the_place_of_the_right_answer_varies_with_the_seed_and_the_question():
    runs = [run_quiz(made.run(seed=seed)) for seed in range(4)]
    assert {q[0].answer for q in runs} == {0, 1, 2, 3}
    assert all(q[0].answer != q[1].answer for q in runs)
    assert runs[0] == run_quiz(made.run(seed=0))


def test_a_trace_asks_for_the_epoch_of_the_largest_fall():
    question = by_text(trace_quiz(made.trace((2.0, 1.9, 0.9, 0.8, 0.75))), "fall most")
    assert right(question) == "from epoch 2 to epoch 3"
    assert question.reason == "It went from 1.90 to 0.90 nats there, a fall of 1.00."


@pytest.mark.parametrize("losses", [(2.0, 1.5, 1.0), (2.0, 1.0), (1.0, 2.0, 3.0, 4.0), (2.0, 1.0, 0.01, 0.0)])
def test_falls_that_tie_or_are_too_few_are_not_asked_about(losses):
    assert not any("fall most" in q.text for q in trace_quiz(made.trace(losses)))


@pytest.mark.parametrize(
    ("first", "words"), [(2.07, "begun to learn"), (2.08, "hardly"), (2.41, "hardly"), (2.42, "worse"), (NAN, "not a")]
)
def test_the_first_epoch_is_compared_with_a_blind_guess(first, words):
    assert words in right(by_text(trace_quiz(made.trace((first,))), "blind guess"))


def test_a_search_asks_for_the_best_of_three_and_how_far_to_overshoot():
    questions = run_quiz(made.run())
    best = by_text(questions, "lowest mean validation loss")
    assert right(best) == "0.018"
    assert sorted(best.options) == ["0.003", "0.018", "0.1"]
    assert best.reason == "Nats at 0.003: 0.88; 0.018: 0.42; 0.1: 0.80."
    over = by_text(questions, "overshot")
    assert right(over) == "up to 0.056"
    assert set(over.options) == {"up to 0.056", "up to 0.1", "up to 0.3", "not at all: up to 0.018 itself"}


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (0.3, "lower"),
        (0.43, "less than a tenth"),
        (0.45, "twice as high"),
        (0.8, "or more"),
        (math.inf, "not a finite"),
    ],
)
def test_a_search_asks_what_a_smaller_rate_did(loss, words):
    run = made.run({0.001: (loss, 0.5), 0.01: (0.4, 0.9)}, 0.01, (0.01, 0.01))
    question = by_text(run_quiz(run), "compared with 0.01")
    assert words in right(question)
    assert ("led less far" in question.reason) == (0.4 < loss < math.inf or loss == math.inf)


def test_a_search_that_cannot_tell_still_has_three_questions():
    questions = run_quiz(made.run({0.01: (math.inf, NAN)}, None))
    assert len(questions) == 3
    assert right(by_text(questions, "how many diverged")) == "all"


LOSS = st.floats(0.001, 20)
CURVE = st.builds(
    lambda finite, lost: (*finite, *[NAN] * lost) or (NAN,),
    st.lists(LOSS, max_size=7),
    st.integers(0, 2),
)  # fmt: skip


def sound(questions):
    assert len(questions) == 3
    assert len({q.text for q in questions}) == 3
    for question in questions:
        assert 2 <= len(question.options) == len(set(question.options))
        assert question.reason
        assert all(text.isascii() for text in (question.text, question.reason, *question.options))


@settings(max_examples=60, deadline=None)
@given(losses=CURVE, rate=st.floats(1e-6, 10), seed=st.integers(0, 99))
def test_any_trace_has_exactly_one_right_option_a_question(losses, rate, seed):
    questions = trace_quiz(made.trace(losses, rate, recipe=Recipe(seed=seed)))
    sound(questions)
    falls = -np.diff(losses)
    for question in questions:
        if "fall most" in question.text:
            asked = {o: falls[int(o.split()[2]) - 1] for o in question.options}
            assert all(asked[o] < asked[right(question)] for o in question.options if o != right(question))
            assert asked[right(question)] == np.nanmax(falls)


@settings(max_examples=60, deadline=None)
@given(
    table=st.dictionaries(
        st.integers(-30, 8).map(lambda k: 10 ** (k / 8)),
        st.tuples(st.one_of(st.floats(0.1, 5), st.just(math.inf)), st.floats(0, 1)),
        min_size=1, max_size=12,
    ),
    seed=st.integers(0, 99),
    data=st.data(),
)  # fmt: skip
def test_any_search_has_exactly_one_right_option_a_question(table, seed, data):
    rates = sorted(table)
    chosen = data.draw(st.one_of(st.none(), st.sampled_from(rates)))
    high = data.draw(st.sampled_from([r for r in rates if r >= (chosen or 0)]))
    run = made.run(table, chosen, (chosen or rates[0], high), seed)
    questions = run_quiz(run)
    sound(questions)
    loss = {f"{r:.3g}": table[r][0] for r in rates}
    for question in questions:
        if "lowest mean" in question.text:
            assert all(loss[o] > loss[right(question)] for o in question.options if o != right(question))
        if "overshot" in question.text:
            ends = [float(o.replace(" itself", "").split()[-1]) for o in question.options]
            assert [end == float(f"{high:.3g}") for end in ends] == [o == right(question) for o in question.options]
