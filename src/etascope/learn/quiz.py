"""Three questions about learning rates whose right answers are computed from this very run."""

from __future__ import annotations

from etascope.core.question import Question
from etascope.core.run import Run
from etascope.core.trace import Trace
from etascope.learn import run_questions, trace_questions

#: Questions in a quiz.
LENGTH = 3


def trace_quiz(trace: Trace) -> tuple[Question, ...]:
    """Return three questions about one training, which may have diverged, the classic one first.

    The place of the right answer follows from the recipe's seed and the question's number.
    """
    seed = trace.recipe.seed
    return _three(
        trace_questions.too_high(trace, seed + 1),
        trace_questions.largest_fall(trace, seed + 2),
        trace_questions.blind_guess(trace),
        trace_questions.first_step(trace.learning_rate, seed + 3),
    )


def run_quiz(run: Run) -> tuple[Question, ...]:
    """Return three questions about a search, the classic one first.

    The place of the right answer follows from the recipe's seed and the question's number. Questions that this
    search cannot answer clearly give way to others. Where a script or a loop trained, there are none: its numbers are
    not losses in nats.
    """
    if run.task.measure.reported or not run.trials:
        return ()
    seed = run.recipe.seed
    rate = run.choice.learning_rate or run.trials[0].learning_rate
    return _three(
        run_questions.too_high(run, seed + 1),
        run_questions.best_of_three(run, seed + 2),
        run_questions.overshoot(run, seed + 3),
        run_questions.much_smaller(run),
        run_questions.how_many_diverged(run),
        trace_questions.first_step(rate, seed + 3),
    )


def _three(*questions: Question | None) -> tuple[Question, ...]:
    return tuple(question for question in questions if question is not None)[:LENGTH]
