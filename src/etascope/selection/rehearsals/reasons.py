"""Which reasons rehearsals give: for their rate, `reasons`, for none, `no_answer`; and what a verdict is made of."""

from __future__ import annotations

import math

import numpy as np

from etascope.core.choice import Basin, Verdict, Walls
from etascope.core.history import Status
from etascope.core.numbers import nats, rate
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence, Setting, say
from etascope.core.trials import Trial
from etascope.selection.basin import Limited
from etascope.selection.halving.state import BLOWN, blown_up
from etascope.selection.rehearsals.lengths import least_budget
from etascope.selection.rehearsals.outcome import Outcome
from etascope.selection.scores import WORST
from etascope.selection.words import reasons as words
from etascope.selection.words.reasons import Reason
from etascope.selection.words.refuted import Refuted
from etascope.selection.words.verdicts import NEAR_EDGE, NEXT_EDGE, Evidence, above_chance, not_finite, passed, verdict


def trial_verdict(outcome: Outcome, trial: Trial, answer: float | None, basin: Basin | None) -> Verdict:
    """Return the verdict of a trial, which is compared with the best one of its own length."""
    task, steps, r = outcome.task, trial.steps, trial.learning_rate
    there, ending = outcome.level_at(trial), _ending(outcome, trial)
    if there is None or ending:
        return verdict(Evidence(
            r, math.inf, (), ending, outcome.blind, None, math.nan, None, math.inf,
            failed=trial.status is Status.FAILED, unjudged="this trial is of another seed or fold than the search's",
        ))  # fmt: skip
    level, one = there
    best, loss = level.best, math.exp(one.score(level.steps))
    quarters = np.array_split(trial.step_loss.astype(np.float64), 4) if steps >= 8 else []
    known = answer is not None and basin is not None and outcome.top is not None
    last = known and outcome.top is level
    walls = outcome.walls(answer, basin) if answer is not None and basin is not None else Walls()
    over = [o for o in outcome.rates if o > r and outcome.stopped(o)]
    return verdict(Evidence(
        rate=r,
        loss=loss,
        trained=tuple(float(part.mean()) for part in quarters),
        part="quarter {} of its steps",
        ending="",
        blind=outcome.blind,
        right=level.right(r),
        guessing=above_chance(task),
        best=_nearest(outcome, answer, walls) if last and answer is not None else -math.inf if known else None,
        best_loss=math.nan,
        basin=basin if known else None,
        walls=walls,
        edge=over[0] if known and over else math.inf,
        near=NEXT_EDGE,
        beyond="diverged",
        measure=outcome.loss_name,
        where=f" at the end of {steps:,} steps, of {task.steps:,}{f'; {trial.remark}' if trial.remark else ''}",
        rival=(best, math.exp(level.score(best))) if best is not None and best != r else None,
        even=best is None or level.score(r) <= level.score(best),
        early=not last,
        crown=f"of the longest rehearsals, the nearest to {rate(answer)}" if answer is not None else "",
    ))  # fmt: skip


def reasons(outcome: Outcome, answer: float, basin: Basin, against: Refuted) -> tuple[Sentence, ...]:
    """Return why this rate, what the walls were, what the basin is worth and what was trained for it.

    `against` is what was measured that speaks against it.
    """
    top, task = outcome.top, outcome.task
    assert top is not None
    assert top.best is not None
    right = top.right(top.best)
    shown = f" (accuracy {right:.3f})" if math.isfinite(right) else ""
    loss = nats(math.exp(top.score(top.best)))
    if len(outcome.rates) == 1:
        at = f"{loss} at step {top.steps:,}"
        return Reason.ONLY(rate=answer, measure=outcome.loss_name, loss=at, right=shown), Reason.UNSEEN()
    numbers = Reason.BEST(best=top.best, loss=loss, step=f"step {top.steps}", total=task.steps, right=shown)
    walls, limits = outcome.walls(answer, basin), (outcome.window.low, outcome.window.high)
    limited, hardly = limited_by(outcome, answer, basin), outcome.hardly_below(basin) if walls.low is None else None
    low = _side(outcome, walls.low, limits, low=True) if hardly is None else Reason.HARDLY(rate=hardly)
    return (
        Reason.CARRIED(rate=answer, what=f"the trials' {outcome.loss_name}", total=task.steps, numbers=numbers),
        Reason.SIDES(low=low, high=_side(outcome, walls.high, limits, low=False)),
        words.basin(basin.low, basin.high, ""),
        *against.sentences,
        _way(outcome),
        *_mind(outcome, answer, basin, limited),
    )


def limited_by(outcome: Outcome, answer: float, basin: Basin) -> Limited:
    """Return the ends of the basin that are limits of the search."""
    return Limited.of(basin, outcome.walls(answer, basin), (outcome.window.low, outcome.window.high))


def settle(budget: float, word: str, limited: Limited) -> Sentence:
    """Return what would settle the answer: nothing where it is likely, and no limit of the search cuts its basin."""
    if word == "likely":
        return words.allow(limited.low, limited.high) if limited else say("")
    return Reason.LONGER_ONES(Setting("budget", larger(budget)))


def larger(budget: float) -> float:
    """Return three times a budget, to two digits."""
    return float(f"{3 * budget:.2g}")


def too_dear(task: Task, budget: float) -> tuple[Sentence, ...]:
    """Return why a budget buys no search, and the smallest that does."""
    return Reason.TOO_DEAR(budget=f"{budget:g}", steps=task.steps), Reason.GIVE(Setting("budget", least_budget(task)))


def no_answer(outcome: Outcome, budget: float) -> tuple[Sentence, ...]:
    """Return why nothing can be recommended yet, and the next move."""
    rates, limits = outcome.rates, (outcome.window.low, outcome.window.high)
    if outcome.unfinished:
        return Reason.REHEARSING(), Reason.GO_ON()
    if outcome.same:
        level = next(one for one in reversed(outcome.levels) if one.best is not None)
        loss = f"{nats(math.exp(level.score(level.best or 0.0)))} nats"
        facts = {"count": len(rates), "measure": outcome.loss_name, "span": words.window(rates)}
        return Reason.SAME(have="have", loss=loss, **facts), Reason.OPTIMIZER()
    top = outcome.top
    if top is None:
        return _unlearned(outcome, larger(budget))
    best = top.best
    assert best is not None
    low = outcome.open_end == "lowest"
    loss = f"{nats(math.exp(top.score(best)))} nats"
    return (
        Reason.OPEN(
            rate=best, measure=outcome.loss_name, loss=loss, side=outcome.open_end, beyond="below" if low else "above"
        ),
        say("Search there: ") + words.beyond(best, limits, low=low),
    )


def _unlearned(outcome: Outcome, more: float) -> tuple[Sentence, ...]:
    rates, limits = outcome.rates, (outcome.window.low, outcome.window.high)
    trained = [level for level in outcome.levels if level.alive]
    if not trained:
        return (
            Reason.DIVERGED(span=words.window(rates), where=""), words.lower_rates(rates, limits) + Reason.EXTREMES(),
        )  # fmt: skip
    last = trained[-1]
    best = last.best
    assert best is not None
    loss = nats(math.exp(last.score(best)))
    why = Reason.UNLEARNED(
        span=words.window(rates), measure=outcome.loss_name, loss=loss, rate=best, blind=outcome.blind
    )
    if last.steps < outcome.task.steps:
        # So short a training may not have begun to learn, which says nothing of the labels.
        part = Reason.SHORT(steps=last.steps, total=outcome.task.steps)
        return why + " " + part, words.other_rates(rates, rates.index(best), limits) + Reason.MORE(
            Setting("budget", more)
        )
    return why, words.other_rates(rates, rates.index(best), limits) + Reason.LABELS()


def _ending(outcome: Outcome, trial: Trial) -> str:
    """Return how a trial that was stopped ended; nothing of any other."""
    at, total = blown_up(trial.step_loss), trial.length or outcome.task.steps
    if trial.status is Status.FAILED:
        return trial.remark or trial.status.value
    if trial.diverged:
        return not_finite("the training loss", "step", trial.diverged_at, total)
    return "" if at is None else passed(BLOWN, at, total)


def _nearest(outcome: Outcome, answer: float, walls: Walls) -> float:
    """Return the rate of the longest level nearest to the answer, no wall where there is another."""
    assert outcome.top is not None
    alive = outcome.top.alive
    others = [r for r in alive if r not in (walls.low, walls.high)]
    return min(others or alive, key=lambda r: abs(math.log(r / answer)))


def _side(outcome: Outcome, wall: float | None, limits: tuple[float, float], *, low: bool) -> Sentence:
    if wall is None:
        return words.no_wall(outcome.rates[0 if low else -1], limits, low=low)
    if outcome.stopped(wall):
        return Reason.ENDED(rate=wall, how="diverged", of="")
    level = outcome.level_of(wall)
    about = "at least" if level is not None and level.score(wall) >= WORST else "about"
    times = f"{about} {math.exp(outcome.behind(wall)):.2g} times the loss"
    return Reason.TOO(rate=wall, word="slow" if low else "large", numbers=times)


def _way(outcome: Outcome) -> Sentence:
    counts = [(level.steps, len(level.scored)) for level in outcome.levels if level.scored]
    (first, many), *later = counts
    trained = ", ".join([f"{many} of {first:,} steps", *(f"{count} of {steps:,}" for steps, count in later)])
    return Reason.COMPRESSED(trained=trained)


def _mind(outcome: Outcome, answer: float, basin: Basin, limited: Limited) -> list[Sentence]:
    rates, said = outcome.rates, list[Sentence]()
    if limited:
        said.append(words.cut(limited.low, limited.high))
    elif any(outcome.window.beyond(rates, end) is not None for end in (basin.low, basin.high)):
        said.append(Reason.WIDER())
    over = [r for r in rates if answer < r <= NEAR_EDGE * answer and outcome.stopped(r)]
    if over:
        said.append(Reason.EDGE(edge=over[0], times=over[0] / answer, how="diverged"))
    return said
