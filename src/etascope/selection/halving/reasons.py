"""Which reasons halving gives: for its rate, `reasons`, for none, `no_answer`; and what a verdict is made of."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from etascope.core.choice import Basin, Verdict, Walls
from etascope.core.history import Status
from etascope.core.numbers import rate
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence, Setting, say
from etascope.core.trials import Trial
from etascope.selection.basin import Limited
from etascope.selection.cost import cheap_trainings, duration, training_seconds
from etascope.selection.halving.outcome import Outcome
from etascope.selection.halving.state import BLOWN, blown_up
from etascope.selection.scores import WORST
from etascope.selection.words import reasons as words
from etascope.selection.words.reasons import Reason
from etascope.selection.words.refuted import Refuted
from etascope.selection.words.verdicts import NEAR_EDGE, NEXT_EDGE, Evidence, above_chance, not_finite, passed, verdict

#: Scores in log loss that differ by less may as well be noise.
ALIKE = 0.1


def trial_verdict(outcome: Outcome, trial: Trial, answer: float | None, basin: Basin | None) -> Verdict:
    """Return the verdict of a trial; one that was left behind is compared with the best at the step it came to."""
    r, task, steps, best = trial.learning_rate, outcome.task, trial.steps, outcome.best
    ending, ours = _ending(outcome, trial), (trial.seed, trial.fold) == (task.recipe.seed, 0)
    if ending or not ours or r not in outcome.scored:
        return verdict(Evidence(
            r, math.inf, (), ending, outcome.blind, None, math.nan, None, math.inf,
            failed=trial.status is Status.FAILED, unjudged="this trial is of another seed or fold than the search's",
        ))  # fmt: skip
    stopped = "when it was stopped " if steps < task.steps and r in outcome.state.left else ""
    quarters = np.array_split(trial.step_loss.astype(np.float64), 4) if steps >= 8 else []
    rival = best is not None and r != best and bool((outcome.scored[best].trial.evaluated_at <= steps).any())
    evidence = Evidence(
        rate=r,
        loss=outcome.loss(r, steps),
        trained=tuple(float(part.mean()) for part in quarters),
        part="quarter {} of its steps",
        ending="",
        blind=outcome.blind,
        right=outcome.right(r),
        guessing=above_chance(task),
        best=None,
        best_loss=math.nan,
        basin=None,
        edge=math.inf,
        measure=outcome.loss_name,
        where=f" {stopped}at {outcome.step} {steps} of {task.steps}{f'; {trial.remark}' if trial.remark else ''}",
        rival=(best, outcome.loss(best, steps)) if best is not None and rival else None,
        even=outcome.no_worse(r),
        written=outcome.write,
    )
    if answer is None or basin is None or best is None:
        return verdict(evidence)
    walls = outcome.walls(answer, basin)
    judged = replace(
        evidence, best=_nearest(outcome, answer, walls), basin=basin, walls=walls, near=NEXT_EDGE,
        early=steps < outcome.top,
        crown=f"of those that went so far, the nearest to {rate(answer)}",
    )  # fmt: skip
    over = [o for o in outcome.state.rates if o > r and outcome.stopped(o)]
    if judged.above and over:
        judged = replace(judged, edge=over[0], beyond=outcome.ended(over[0]))
    return verdict(judged)


def reasons(
    outcome: Outcome, answer: float, basin: Basin, planned: int, against: Refuted | None = None
) -> tuple[Sentence, ...]:
    """Return why this rate, what the walls were, what the basin is worth and how far the trials came.

    `planned` is the step of the first milestone as planned, `against` what was measured that speaks against it.
    """
    state, measure, walls = outcome.state, outcome.task.measure, outcome.walls(answer, basin)
    best = state.finalists[0] if outcome.best is None else outcome.best
    accuracy, at = outcome.right(best), f"{outcome.step} {outcome.top}"
    # Where accuracy is the measure itself, it is told already.
    right = f" (accuracy {accuracy:.3f})" if math.isfinite(accuracy) and not measure.maximize else ""
    had, rates = outcome.written(best, outcome.top), state.rates
    if len(rates) == 1:
        return Reason.ONLY(rate=answer, measure=outcome.loss_name, loss=f"{had} at {at}", right=right), Reason.UNSEEN()
    scores = measure.words if measure.reported else outcome.loss_name
    numbers = Reason.BEST(best=best, loss=had, step=at, total=outcome.task.steps, right=right)
    limited, limits = limited_by(outcome, answer, basin), (outcome.window.low, outcome.window.high)
    hardly = outcome.hardly_below(basin) if walls.low is None else None
    low = _side(outcome, walls.low, limits, low=True) if hardly is None else Reason.HARDLY(rate=hardly)
    often = "" if limited else "88 times in 100 in the benchmark (18 jobs, eight seeds)"
    worth = words.basin(basin.low, basin.high, often)
    return (
        Reason.CURVE(rate=answer, what=f"the trials' {scores}", numbers=numbers),
        Reason.SIDES(low=low, high=_side(outcome, walls.high, limits, low=False)),
        worth + " " + Reason.HINT() if measure.reported and not limited else worth,
        *(against.sentences if against else ()),
        _way(outcome, planned),
        *_mind(outcome, answer, basin, limited, walls),
    )


def limited_by(outcome: Outcome, answer: float, basin: Basin) -> Limited:
    """Return the ends of the basin that are limits of the search."""
    return Limited.of(basin, outcome.walls(answer, basin), (outcome.window.low, outcome.window.high))


def settle(task: Task, word: str, limited: Limited) -> Sentence:
    """Return what would settle the answer: nothing where it is likely, and no limit of the search cuts its basin."""
    if word == "likely":
        return words.allow(limited.low, limited.high) if limited else say("")
    if task.measure.reported or task.n_valid is not None:
        return Reason.TRIALS(Setting("budget", 15 if task.measure.reported else 7.5))
    trainings = cheap_trainings(task)
    budget, seconds = Setting("budget", trainings), duration(trainings * training_seconds(task))
    if task.n_folds > 1:
        return Reason.WHOLE(budget, seconds=seconds)
    return Reason.FOLDS_TOO(Setting("folds", 5), budget, seconds=seconds)


def no_answer(outcome: Outcome) -> tuple[Sentence, ...]:
    """Return why nothing can be recommended yet, and the next move."""
    state, best, task = outcome.state, outcome.best, outcome.task
    if (todo := state.todo) is not None:
        count = "one trial has" if len(todo.rates) == 1 else f"{len(todo.rates)} trials have"
        return Reason.UNFINISHED(count=count, step=f"{outcome.step} {todo.end}", total=task.steps), Reason.GO_ON()
    if best is None:
        return _all_lost(outcome)
    if outcome.same:
        loss, name = outcome.written(best, outcome.top), outcome.loss_name
        facts = {"count": len(state.rates), "measure": name, "span": words.window(state.rates)}
        if task.measure.reported:
            return Reason.SAME(have="report", loss=loss, **facts), Reason.NO_OTHER() + " " + Reason.REACHES()
        return Reason.SAME(have="have", loss=f"{loss} nats", **facts), Reason.OPTIMIZER()
    return _open_end(outcome, best) if outcome.learned else _unlearned(outcome, best)


def _all_lost(outcome: Outcome) -> tuple[Sentence, ...]:
    state, reported = outcome.state, outcome.task.measure.reported
    lost = [r for r, s in sorted(outcome.scored.items()) if s.trial.status in (Status.DIVERGED, Status.FAILED)]
    behind, limits = [r for r in state.rates if r not in lost], (outcome.window.low, outcome.window.high)
    became = f"{outcome.ended(lost[0])}: {_ending(outcome, outcome.scored[lost[0]].trial)}" if lost else ""
    if lost and behind:
        many = f"the others, {rate(behind[0])} to {rate(behind[-1])}, were"
        move = say("Look at what the trainings said." if reported else "Look for extreme values in the data.")
        if behind[-1] < lost[0]:
            move = say("Search lower: limit the rates to those below {high:rate}.", Setting("high", lost[0]))
        return Reason.LOST(
            how="diverged or failed" if reported else "diverged", low=lost[0], high=lost[-1],
            others=many if len(behind) > 1 else "one other was", first=f"At {rate(lost[0])} it {became}.",
        ), move  # fmt: skip
    span = words.window(state.rates)
    if reported:
        failed = all(outcome.ended(r) == "failed" for r in lost)
        first = f"; the first, {rate(lost[0])}, {became}" if lost else ""
        lower = "" if failed else ", and allow lower rates if they diverged"
        return (
            Reason.FAILED(span=span, how="failed" if failed else "diverged or failed", first=first),
            say(f"Look at what the trainings said{lower}."),
        )
    return Reason.DIVERGED(span=span, where=""), words.lower_rates(state.rates, limits) + Reason.EXTREMES()


def _unlearned(outcome: Outcome, best: float) -> tuple[Sentence, ...]:
    rates, limits = outcome.state.rates, (outcome.window.low, outcome.window.high)
    if not outcome.task.measure.reported:
        loss, span = outcome.written(best, outcome.top), words.window(rates)
        why = Reason.UNLEARNED(span=span, measure=outcome.loss_name, loss=loss, rate=best, blind=outcome.blind)
        return why, words.other_rates(rates, rates.index(best), limits) + Reason.LABELS()
    # The table beside it has where each trial stopped, so told is the best of those.
    ends = {r: s.trial for r, s in sorted(outcome.scored.items()) if np.isfinite(s.trial.valid_loss[-1:]).any()}
    best = min(ends, key=lambda r: (float(ends[r].valid_loss[-1]), r), default=best)
    why = Reason.NO_BETTER(
        low=min(outcome.scored), high=max(outcome.scored), measure=outcome.loss_name,
        loss=outcome.written(best, outcome.scored[best].trial.steps), rate=best,
    )  # fmt: skip
    return why, words.other_rates(list(ends), list(ends).index(best), limits) + Reason.METRIC()


def _open_end(outcome: Outcome, best: float) -> tuple[Sentence, ...]:
    reported, low = outcome.task.measure.reported, outcome.open_end == "lowest"
    loss, limits = outcome.written(best, outcome.top), (outcome.window.low, outcome.window.high)
    return (
        Reason.OPEN(
            rate=best, measure=outcome.loss_name, loss=loss if reported else f"{loss} nats", side=outcome.open_end,
            beyond="below" if low else "above",
        ),
        say("Search there: ") + words.beyond(best, limits, low=low),
        *([Reason.ALIKE() + " " + Reason.REACHES()] if reported and float(np.ptp(outcome.scores)) < ALIKE else []),
    )  # fmt: skip


def _ending(outcome: Outcome, trial: Trial) -> str:
    """Return how a trial that was stopped ended; nothing of any other."""
    at, total = blown_up(trial.step_loss), outcome.task.steps
    if trial.status is Status.FAILED:
        return trial.remark or trial.status.value
    if trial.diverged:
        what, part = (outcome.loss_name, "epoch") if outcome.task.measure.reported else ("the training loss", "step")
        return not_finite(what, part, trial.diverged_at, total)
    return "" if at is None else passed(BLOWN, at, total)


def _nearest(outcome: Outcome, answer: float, walls: Walls) -> float:
    """Return the finalist nearest to the answer, no wall where there is another."""
    finalists = outcome.state.finalists
    others = [r for r in finalists if r not in (walls.low, walls.high)]
    return min(others or finalists, key=lambda r: abs(math.log(r / answer)))


def _side(outcome: Outcome, wall: float | None, limits: tuple[float, float], *, low: bool) -> Sentence:
    if wall is None:
        return words.no_wall(outcome.state.rates[0 if low else -1], limits, low=low)
    if outcome.stopped(wall):
        return Reason.ENDED(rate=wall, how=outcome.ended(wall), of="")
    score = float(outcome.scores[outcome.state.rates.index(wall)])
    what = outcome.task.measure.words if outcome.task.measure.reported else "loss"
    # A score is held at log 10.
    about = "at least" if score >= WORST else "about"
    times = f"{about} {math.exp(score - float(outcome.scores.min())):.2g} times the {what}"
    return Reason.TOO(rate=wall, word="slow" if low else "large", numbers=times)


def _way(outcome: Outcome, planned: int) -> Sentence:
    state, step = outcome.state, outcome.step
    # A short training may have two milestones at one step: who left at the second came as far.
    came = {r.step: len(r.rates) for r in reversed(state.reached)}
    counts = ", ".join(f"{came[at]} came to {step} {at}" for at in sorted(came))
    on = "; each went on from its checkpoint" if len(came) > 1 and not outcome.task.measure.reported else ""
    which = Reason.LATER if state.reached[0].step > planned else Reason.WAY
    return which(count=len(state.rates), counts=counts, on=on, step=f"{step} {planned}")


def _mind(outcome: Outcome, answer: float, basin: Basin, limited: Limited, walls: Walls) -> list[Sentence]:
    rates, said = outcome.state.rates, list[Sentence]()
    added, decades = len(rates) - len(outcome.window.first), math.log10(rates[-1] / rates[0])
    if added:
        said.append(Reason.ADDED(what="One rate was" if added == 1 else f"{added} rates were"))
    if limited:
        said.append(words.cut(limited.low, limited.high))
    if outcome.task.measure.reported and walls == Walls(None, None) and decades >= 1:
        said.append(Reason.FLAT(decades=decades) + " " + Reason.REACHES())
    if outcome.best in (rates[0], rates[-1]):
        said.append(Reason.END(what="The best trial"))
    elif any(outcome.window.beyond(rates, end) is not None for end in (basin.low, basin.high)):
        said.append(Reason.WIDER())
    over = [r for r in rates if answer < r <= NEAR_EDGE * answer and outcome.stopped(r)]
    if over:
        said.append(Reason.EDGE(edge=over[0], times=over[0] / answer, how=outcome.ended(over[0])))
    return said
