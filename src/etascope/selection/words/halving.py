"""What successive halving says: a verdict for each trial, and why this rate or none, in sentences."""

from __future__ import annotations

import itertools
import math

import numpy as np

from etascope.core.choice import Basin, Verdict, Walls
from etascope.core.history import Status
from etascope.core.numbers import nats, rate
from etascope.core.sentences import Sentence, Setting, say, sentences
from etascope.core.trials import Trial
from etascope.selection.halving.outcome import Outcome
from etascope.selection.halving.state import BLOWN, blown_up
from etascope.selection.scores import WORST
from etascope.selection.walls import Limited
from etascope.selection.words.reasons import SEARCH_LOWER, lower_rates, other_rates
from etascope.selection.words.refuted import Refuted
from etascope.selection.words.verdicts import BOUNCE

#: A trial is near the edge when one at most this many times as large diverged: the next one of the first window.
EDGE = 2.5
#: Scores in log loss that differ by less may as well be noise.
ALIKE = 0.1
#: What to look at where the learning rate changes little.
REACHES = (
    "Look whether the one that is given ({lr} in a command, trial.learning_rate in a loop) reaches the optimizer, and "
    "whether the metric moves."
)


def halving_verdict(outcome: Outcome, trial: Trial, answer: float | None, basin: Basin | None) -> Verdict:
    """Return the verdict of a trial; one that was left behind is compared with the best at the step it came to."""
    r, total = trial.learning_rate, outcome.task.steps
    ending = _ending(outcome, trial)
    if ending:
        return ending
    scored = outcome.scored.get(r)
    if scored is None or (trial.seed, trial.fold) != (outcome.task.recipe.seed, 0):
        return Verdict("not judged", "this trial is of another seed or fold than the search's")
    score = scored.score(trial.steps)
    hardly = outcome.hardly(score, outcome.right(r))
    stopped = "when it was stopped " if trial.steps < total and r in outcome.state.left else ""
    at = f"{outcome.loss_name} {outcome.written(r, trial.steps)} {stopped}at {outcome.step} {trial.steps} of {total}"
    at += f"; {trial.remark}" if trial.remark else ""
    if answer is None or basin is None or outcome.best is None:
        if hardly:
            return Verdict("learned nothing", f"{at}{hardly}")
        return Verdict("not judged", f"{at}, and there is no best rate to compare it with yet")
    walls = outcome.walls(answer, basin)
    if r == _nearest(outcome, answer, walls):
        return Verdict("best", f"{at}; of those that went so far, the nearest to {rate(answer)}")
    against = "" if r == outcome.best else _against(outcome, trial.steps)
    # An end of the basin may be a wall: what was measured there decides.
    even = Verdict("not judged", f"{at}{against}; outside the basin, and yet no worse as far as it came")
    even = even if outcome.no_worse(r) else None
    if r < basin.low or r == walls.low:
        return Verdict("too small", f"{at}{hardly}") if hardly else even or Verdict("slow", f"{at}{against}")
    if r > basin.high or r == walls.high:
        rise = _rise(trial)
        if rise > BOUNCE:
            rose = f"training loss rose by {rise:.0%} from one quarter of its steps to the next"
            return Verdict("bouncing", f"{rose}; {at}")
        near = [o for o in outcome.state.rates if r < o <= EDGE * r and outcome.stopped(o)]
        if near:
            return Verdict("near the edge", f"{at}, but {near[0] / r:.2g} times this rate {outcome.ended(near[0])}")
        return even or Verdict("too large", f"{at}{against}")
    if trial.steps < outcome.top:
        return Verdict("behind", f"{at}{against}; too early to tell it from the best")
    return Verdict("good", f"{at}{against}; within the basin")


def halving_reasons(
    outcome: Outcome, answer: float, basin: Basin, planned: int, against: Refuted | None = None
) -> tuple[Sentence, ...]:
    """Return why this rate, what the walls were, what the basin is worth and how far the trials came.

    `planned` is the step of the first milestone as planned, `against` what was measured that speaks against it.
    """
    state, scored = outcome.state, outcome.scored
    best = state.finalists[0] if outcome.best is None else outcome.best
    accuracy, measure = float(scored[best].trial.valid_accuracy[-1]), outcome.task.measure
    # Where accuracy is the measure itself, it is told already.
    right = f" (accuracy {accuracy:.3f})" if math.isfinite(accuracy) and not measure.maximize else ""
    scores = measure.words if measure.reported else outcome.loss_name
    had, at = outcome.written(best, outcome.top), f"at {outcome.step} {outcome.top}"
    if len(state.rates) == 1:
        return sentences(
            f"{rate(answer)} is the only learning rate that was allowed: {outcome.loss_name} {had} {at}{right}.",
            "No wall was looked for and no basin is known; allow a range of rates for that.",
        )
    first = (
        f"{rate(answer)} is where the curve through the trials' {scores} promises to lose least; the best trial, "
        f"{rate(best)}, had {had} {at} of {outcome.task.steps}{right}."
    )
    walls = outcome.walls(answer, basin)
    hardly = outcome.hardly_below(basin) if walls.low is None else None
    below = _wall(outcome, walls.low, "slow", state.rates[0])
    if hardly is not None:
        below = f"{rate(hardly)} had hardly beaten a blind guess when it was stopped"
    second = f"Below it, {below}; above it, {_wall(outcome, walls.high, 'large', state.rates[-1])}."
    decades = math.log10(basin.high / basin.low)
    third = f"Rates from {rate(basin.low)} to {rate(basin.high)} ({decades:.1f} decades) cannot be told apart from it"
    limited = limited_by(outcome, answer, basin)
    benchmark = "; in the benchmark (18 jobs, eight seeds), 88 in 100 such intervals held the best rate."
    third += "." if limited else benchmark
    if measure.reported and not limited:
        third += " Those were small dense networks, compared by accuracy: take it as a hint here."
    return sentences(
        first,
        second,
        third,
        *(against.sentences if against else ()),
        _way(outcome, planned),
        *_mind(outcome, answer, basin),
    )


def limited_by(outcome: Outcome, answer: float, basin: Basin) -> Limited:
    """Return the ends of the basin that are limits of the search."""
    return Limited.of(basin, outcome.walls(answer, basin), (outcome.window.low, outcome.window.high))


def no_halving_answer(outcome: Outcome) -> tuple[Sentence, ...]:
    """Return why nothing can be recommended yet, and the next move."""
    state, window = outcome.state, outcome.window
    span = f"from {rate(state.rates[0])} to {rate(state.rates[-1])}" if len(state.rates) > 1 else "tried"
    if (todo := state.todo) is not None:
        count = "one trial has" if len(todo.rates) == 1 else f"{len(todo.rates)} trials have"
        return sentences(
            f"The search has not come to its end: {count} yet to be trained to {outcome.step} {todo.end} of "
            f"{outcome.task.steps}.",
            "Let the search go on.",
        )
    measure = outcome.task.measure
    if outcome.same and outcome.best is not None:
        return _same(outcome, outcome.best)
    lost = [r for r, s in sorted(outcome.scored.items()) if s.trial.status in (Status.DIVERGED, Status.FAILED)]
    behind = [r for r in state.rates if r not in lost]
    if outcome.best is None and lost and behind:
        left = f"the others, {rate(behind[0])} to {rate(behind[-1])}, were" if len(behind) > 1 else "one other was"
        failed = "diverged or failed" if measure.reported else "diverged"
        look = "Look at what the trainings said." if measure.reported else "Look for extreme values in the data."
        lower = say(SEARCH_LOWER + ".", Setting("high", lost[0])) if behind[-1] < lost[0] else look
        return sentences(
            f"Every training that went on {failed}, from {rate(lost[0])} to {rate(lost[-1])}; {left} left behind "
            f"early. At {rate(lost[0])} it {_ending(outcome, outcome.scored[lost[0]].trial)}.",
            lower,
        )
    if outcome.best is None and measure.reported:
        first = next((f"; the first, {rate(r)}, {_ending(outcome, outcome.scored[r].trial)}" for r in lost), "")
        failed = all(outcome.scored[r].trial.status is Status.FAILED for r in lost)
        return sentences(
            f"Every training {span} {'' if failed else 'diverged or '}failed{first}.",
            f"Look at what the trainings said{'' if failed else ', and allow lower rates if they diverged'}.",
        )
    if outcome.best is None:
        return sentences(
            f"Every learning rate {span} diverged.",
            lower_rates(state.rates, window.low)
            + "Look for extreme values in the data, or choose another optimizer or a smaller model.",
        )
    loss = outcome.written(outcome.best, outcome.top)
    elsewhere = other_rates(state.rates, state.rates.index(outcome.best), (window.low, window.high))
    if not outcome.learned and measure.reported:
        # The table beside it has where each trial stopped, so told is the best of those.
        every = sorted(r for r, s in outcome.scored.items() if np.isfinite(s.trial.valid_loss[-1:]).any())
        best = min(every, key=lambda r: (float(outcome.scored[r].trial.valid_loss[-1]), r), default=outcome.best)
        return sentences(
            f"No learning rate from {rate(min(outcome.scored))} to {rate(max(outcome.scored))} made {measure.name} "
            "clearly better than it was at the worst one after one epoch: "
            f"the best is {outcome.written(best, outcome.scored[best].trial.steps)}, at {rate(best)}.",
            other_rates(every, every.index(best), (window.low, window.high))
            + "Check that the learning rate reaches the optimizer and that the metric moves; else allow other rates, "
            "or train for more epochs.",
        )
    if not outcome.learned:
        return sentences(
            f"No learning rate {span} learned: the lowest {outcome.loss_name} is {loss} nats, at "
            f"{rate(outcome.best)}, and a blind guess has {nats(math.log(outcome.task.n_classes))}.",
            elsewhere + "Check that the labels belong to the images; else train for more epochs, or on more images.",
        )
    side, unit = outcome.open_end, "" if measure.reported else " nats"
    limit, word = (window.low, "below") if side == "lowest" else (window.high, "above")
    alike = measure.reported and float(np.ptp(outcome.scores)) < ALIKE
    return sentences(
        f"The best so far, {rate(outcome.best)} with a {outcome.loss_name} of {loss}{unit}, is the {side} rate that "
        f"was tried; a better one may lie {word}.",
        say(
            "Search there: limit the rates to those below {high:rate}, down to {end:rate}."
            if side == "lowest"
            else "Search there: limit the rates to those above {low:rate}, up to {end:rate}.",
            Setting("high" if side == "lowest" else "low", outcome.best),
            end=limit,
        ),
        *([f"But all rates did nearly the same. {REACHES}"] if alike else []),
    )


def _same(outcome: Outcome, best: float) -> tuple[Sentence, ...]:
    """Return what to say where the learning rate changed nothing."""
    rates, measure, loss = outcome.state.rates, outcome.task.measure, outcome.written(best, outcome.top)
    span = f"whatever the learning rate, from {rate(rates[0])} to {rate(rates[-1])}"
    if not measure.reported:
        return sentences(
            f"All {len(rates)} trials have the same {outcome.loss_name}, {loss} nats in the end, {span}.",
            "No other rate will tell: look whether what trains uses the optimizer that it is given, as a step= must, "
            "and whether the loss has a gradient at the weights.",
        )
    return sentences(
        f"All {len(rates)} trials report the same {measure.name}, {loss} in the end, {span}.",
        f"No other rate will tell. {REACHES}",
    )


def _ending(outcome: Outcome, trial: Trial) -> Verdict | None:
    """Return how a trial that was stopped ended; None of any other."""
    at, total = blown_up(trial.step_loss), outcome.task.steps
    if trial.status is Status.FAILED:
        return Verdict("failed", trial.remark or trial.status.value)
    if trial.diverged:
        loss, step = (outcome.loss_name, "epoch") if outcome.task.measure.reported else ("the training loss", "step")
        return Verdict("diverged", f"{loss} was no longer a finite number at {step} {trial.diverged_at + 1} of {total}")
    blown = f"the training loss had passed {BLOWN:.0f} times its first by step {(at or 0) + 1} of {total}"
    return None if at is None else Verdict("diverged", blown)


def _nearest(outcome: Outcome, answer: float, walls: Walls) -> float:
    """Return the finalist nearest to the answer, no wall where there is another."""
    finalists = outcome.state.finalists
    others = [r for r in finalists if r not in (walls.low, walls.high)]
    return min(others or finalists, key=lambda r: abs(math.log(r / answer)))


def _against(outcome: Outcome, step: int) -> str:
    best = outcome.best
    if best is None or not (outcome.scored[best].trial.evaluated_at <= step).any():
        return ""
    return f", where {rate(best)} had {outcome.written(best, step)}"


def _rise(trial: Trial) -> float:
    """Return the largest rise of the mean batch loss between quarters of the steps, as a share."""
    if trial.steps < 8:
        return -math.inf
    means = [float(part.mean()) for part in np.array_split(trial.step_loss.astype(np.float64), 4)]
    return max(after / max(before, 1e-9) - 1 for before, after in itertools.pairwise(means))


def _wall(outcome: Outcome, wall: float | None, word: str, end: float) -> str:
    if wall is None:
        allowed = ", the end of what was allowed," if end in (outcome.window.low, outcome.window.high) else ""
        return f"no rate {'down' if word == 'slow' else 'up'} to {rate(end)}{allowed} is clearly worse"
    if outcome.stopped(wall):
        return f"{rate(wall)} {outcome.ended(wall)}"
    index = outcome.state.rates.index(wall)
    times = math.exp(float(outcome.scores[index] - outcome.scores.min()))
    what = outcome.task.measure.words if outcome.task.measure.reported else "loss"
    about = "at least" if outcome.scores[index] >= WORST else "about"
    return f"{rate(wall)} is too {word} ({about} {times:.2g} times the {what})"


def _way(outcome: Outcome, planned: int) -> str:
    state, step = outcome.state, outcome.step
    # A short training may have two milestones at one step: who left at the second came as far.
    came = {r.step: len(r.rates) for r in reversed(state.reached)}
    counts = [f"{came[at]} came to {step} {at}" for at in sorted(came)]
    on = "; each went on from its checkpoint" if len(counts) > 1 and not outcome.task.measure.reported else ""
    moved = (
        f" Nothing had learned by {step} {planned}, where they were to be compared first: that came later, and cost "
        "more."
    )
    later = moved if state.reached[0].step > planned else ""
    return f"Of {len(state.rates)} trials, {', '.join(counts)}{on}.{later}"


def _mind(outcome: Outcome, answer: float, basin: Basin) -> list[str]:
    rates, sentences = outcome.state.rates, list[str]()
    added = len(rates) - len(outcome.window.first)
    if added:
        what = "One rate was" if added == 1 else f"{added} rates were"
        sentences.append(f"{what} added to the first window: its best trial was an end of it, or it showed no wall.")
    limited, walls = limited_by(outcome, answer, basin), outcome.walls(answer, basin)
    if limited:
        sentences.append(limited.sentence)
    decades = math.log10(rates[-1] / rates[0])
    if outcome.task.measure.reported and walls == Walls(None, None) and decades >= 1:
        sentences.append(f"Over {decades:.1f} decades no rate did clearly worse than another. {REACHES}")
    if outcome.best in (rates[0], rates[-1]):
        sentences.append("The best trial is the end of what was allowed, so a better rate may lie beyond.")
    elif any(outcome.window.beyond(rates, end) is not None for end in (basin.low, basin.high)):
        sentences.append("The basin reaches to the end of what was tried, so it may be wider.")
    over = [r for r in rates if answer < r <= 2 * answer and outcome.stopped(r)]
    if over:
        times, how = over[0] / answer, outcome.ended(over[0])
        sentences.append(f"Mind the edge: {rate(over[0])}, only {times:.2g} times as large, {how}.")
    return sentences
