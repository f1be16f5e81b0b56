import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.recipe import Recipe
from etascope.learn.quiz import run_quiz, trace_quiz
from tests.learn import made

NAN = math.nan


def right(question):
    return question.options[question.answer]


def by_text(questions, words):
    (question,) = [q for q in questions if words in q.text]
    return question


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
            fall_of = {o: falls[int(o.split()[2]) - 1] for o in question.options}
            assert all(fall_of[o] < fall_of[right(question)] for o in question.options if o != right(question))
            assert fall_of[right(question)] == np.nanmax(falls)


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


def test_a_run_of_a_script_has_no_quiz():
    from tests.report.reported import reported_run

    assert run_quiz(reported_run()) == ()
