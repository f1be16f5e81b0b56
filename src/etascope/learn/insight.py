"""The key insight of a run: two or three sentences, every number of them measured in it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from etascope.core.choice import Basin, Choice, Curve, Landscape
from etascope.core.numbers import counted, nats, noise, percent, rate
from etascope.core.trace import Epoch, Evaluation
from etascope.learn.observations import STILL, look, match, went_high

#: A rate may be called "about ten times" another when it is within this factor of exactly ten times.
ABOUT = 1.5
#: How far from the chosen rate the price of another is told where trials were stopped early.
APART = 2.5
#: Smaller relative changes than this are written as none.
SHOWN = 5e-4
#: From this share of a blind guess's loss on, the last epoch's is that of a model that has learned next to nothing.
UNLEARNED = 0.9
#: A last epoch that still takes off this share of the loss was not the end of the fall.
STILL_FALLING = 0.1


def trace_insight(
    learning_rate: float,
    epochs: Sequence[Epoch],
    evaluation: Evaluation | None,
    blind: float,
    n_test: int,
    start: float = math.nan,
) -> tuple[str, ...]:
    """Return what one training showed: how the loss went, what that says about the rate, and the test with its noise.

    The evaluation is None after divergence. `start` is the first batch's loss, before anything was learned, in nats;
    NaN is that of a blind guess.

    Examples
    --------
    >>> epochs = [Epoch(1, 1.9, 0.45, None, None, ""), Epoch(2, 0.85, 0.76, None, None, "")]
    >>> for sentence in trace_insight(0.01, epochs, Evaluation(0.84, 0.56), math.log(10), 200):
    ...     print(sentence)
    At a learning rate of 0.01 the training loss fell from 1.90 nats in epoch 1 to 0.85 in epoch 2.
    The last epoch still took off 55 % of the loss: it had not reached its floor.
    On 200 test images 84.0 % were right; with that many, luck alone moves the number by 5.1 points either way.
    """
    shown = rate(learning_rate)
    losses = [e.train_loss for e in epochs]
    broken = next((e.epoch for e in epochs if not math.isfinite(e.train_loss)), 0)
    if broken:
        return (
            f"At a learning rate of {shown} the loss stopped being a finite number in epoch {broken} of {len(epochs)}: "
            "the steps were too large.",
            f"There is no model to test; a tenth of the rate, {rate(learning_rate / 10)}, is the next to try.",
        )
    said = [_course(shown, losses), _meaning(learning_rate, losses, blind, start)]
    if evaluation is not None:
        said.append(_tested(evaluation, n_test))
    return tuple(said)


def choice_insight(choice: Choice, evaluation: Evaluation | None, blind: float, n_test: int = 0) -> tuple[str, ...]:
    """Return what a search showed: the price of a tenth and of ten times the rate, how wide the basin is, the test.

    Rates that were not tried are not spoken of. Without a number of test images the test is left out, because its noise
    cannot be told.
    """
    landscape, chosen = choice.landscape, choice.learning_rate
    if chosen is None or choice.basin is None:
        return _undecided(landscape, blind)
    low, high = choice.basin.low, choice.basin.high
    # Under halving rates that fell behind were stopped early: their last losses are no price.
    dear, basin = choice.regime == "dear", choice.basin
    said = [_expected(choice.curve, chosen, basin) if dear else _neighbours(landscape, chosen, basin)]
    if len(landscape.learning_rates) == 1:
        said = [f"{rate(chosen)} was the only learning rate tried, so nothing is known of any other."]
    elif high > low:
        said.append(
            f"From {rate(low)} to {rate(high)}, a factor of {high / low:.2g}, the learning rates cannot be told apart "
            f"from the recommended {rate(chosen)}: that is how exactly it has to be known."
        )
    else:
        said.append(f"Every other rate that was tried can be told apart from {rate(chosen)}, and is worse.")
    if evaluation is not None and n_test:
        said.append(_tested(evaluation, n_test))
    return tuple(said)


def near(landscape: Landscape, target: float) -> int | None:
    """Return the row of the tried rate nearest to `target` (axis: log learning rate), None beyond a factor `ABOUT`."""
    if not landscape.learning_rates.size:
        return None
    distance = np.abs(np.log(landscape.learning_rates / target))
    row = int(distance.argmin())
    return row if distance[row] <= math.log(ABOUT) and not np.isnan(landscape.mean_loss[row]) else None


def _course(shown: str, losses: list[float]) -> str:
    if len(losses) == 1:
        return f"At a learning rate of {shown} the mean training loss of the only epoch was {nats(losses[0])} nats."
    first, last = nats(losses[0]), nats(losses[-1])
    if first == last:
        return (
            f"At a learning rate of {shown} the training loss ended where it began: {first} nats in epoch 1 and in "
            f"epoch {len(losses)}."
        )
    went = "fell" if losses[-1] < losses[0] else "went"
    return (
        f"At a learning rate of {shown} the training loss {went} from {first} nats in epoch 1 to {last} in epoch "
        f"{len(losses)}."
    )


def _meaning(learning_rate: float, losses: list[float], blind: float, start: float) -> str:
    # The table of the epochs and these sentences go by the same rules.
    views = look(np.array(losses), None, np.zeros(len(losses)), blind, np.empty(0), 1)
    observed = match(views[-1]).name
    seen_rises = sum(view.exact_change >= SHOWN for view in views[1:])
    rises = any(view.exact_change >= STILL for view in views[1:])
    unlearned = losses[-1] >= UNLEARNED * blind
    if unlearned and went_high(losses, blind, start):
        return (
            f"A blind guess has {blind:.2f}, and the loss was {nats(max(losses))} at its highest and "
            f"{nats(losses[-1])} at the end: the steps are probably too large; try a tenth, {rate(learning_rate / 10)}."
        )
    if unlearned and rises:
        return (
            f"That is still close to the {blind:.2f} of a blind guess, and it rose on the way: the steps may be too "
            f"large, or nothing may tell these images' classes apart; a tenth of the rate, {rate(learning_rate / 10)}, "
            "tells."
        )
    if unlearned:
        steady = "though it never rose from one epoch to the next" if len(losses) > 1 else "after a single epoch"
        steady = "though it never rose clearly" if seen_rises else steady
        return (
            f"That is still close to the {blind:.2f} of a blind guess, {steady}: the steps are probably too small; "
            f"try ten times the rate, {rate(learning_rate * 10)}."
        )
    if len(losses) == 1:
        return f"A blind guess has {blind:.2f}: one epoch shows that it learns, not yet where it ends."
    if rises:
        often = "once" if seen_rises == 1 else f"{seen_rises} times"
        return f"It rose {often} from one epoch to the next: the steps are large enough to undo some of the work."
    falls = [view.drop for view in views[1:]]
    last = falls[-1] / losses[-2] if losses[-2] else 0.0
    if len(falls) > 1 and falls[-1] == max(falls):
        return (
            f"No epoch won more than the last one, {nats(falls[-1])} nats: training was still gathering speed, so a "
            f"higher rate, say {rate(learning_rate * 3)}, is worth a look."
        )
    if last >= STILL_FALLING or observed.startswith("falling"):
        return f"The last epoch still took off {percent(last)} of the loss: it had not reached its floor."
    return (
        f"The last epoch changed the loss by only {percent(abs(last))}: at this rate, more epochs would bring little."
    )


def _tested(evaluation: Evaluation, n_test: int) -> str:
    return (
        f"On {counted(n_test, 'test image')} {100 * evaluation.accuracy:.1f} % were right; with that many, luck alone "
        f"moves the number by {100 * noise(evaluation.accuracy, n_test):.1f} points either way."
    )


def _price(landscape: Landscape, here: int, factor: float, name: str, basin: Basin) -> str:
    rates = landscape.learning_rates
    row, text = near(landscape, float(rates[here]) * factor), f"about {name} the rate"
    if row is None:
        row, text = (0, "the lowest rate tried") if factor < 1 else (len(rates) - 1, "the highest rate tried")
    if row == here:
        return f"nothing {'lower' if factor < 1 else 'higher'} was tried"
    text += f" ({rate(float(rates[row]))}) "
    loss, accuracy = landscape.mean_loss, landscape.mean_accuracy
    if not math.isfinite(loss[row]):
        return text + "diverged"
    extra, points = float(loss[row] - loss[here]), 100 * float(accuracy[here] - accuracy[row])
    verb = "costs" if extra >= 0 else "wins"
    text += f"{verb} {nats(abs(extra))} nats of loss"
    if math.isfinite(points):
        also = "costs" if points >= 0 else "wins"
        text += f" and {'' if also == verb else also + ' '}{abs(points):.1f} points of accuracy"
    return text + (", and yet cannot be told apart" if basin.holds(float(rates[row])) else "")


def _neighbours(landscape: Landscape, chosen: float, basin: Basin) -> str:
    here = near(landscape, chosen)
    if here is None:
        return f"The recommended {rate(chosen)} was not itself among the rates that were tried."
    below, above = (
        _price(landscape, here, factor, name, basin) for factor, name in ((0.1, "a tenth of"), (10.0, "ten times"))
    )
    tried = rate(float(landscape.learning_rates[here]))
    against = "" if tried == rate(chosen) else f", against {tried}, the nearest rate tried"
    return f"On the validation images{against}, {below}; {above}."


def _expected(curve: Curve | None, chosen: float, basin: Basin) -> str:
    """Say what the curve promises two and a half times below and above the chosen rate, where it goes so far."""
    costs: list[str] = []
    for name, other in (("lower", chosen / APART), ("higher", chosen * APART)):
        if curve is not None and curve.learning_rates[0] <= other <= curve.learning_rates[-1]:
            cost = float(np.interp(math.log(other), np.log(curve.learning_rates), curve.mean))
            unit = "points of accuracy" if curve.unit == "points" else "per cent of loss"
            apart = ", and yet cannot be told apart" if basin.holds(other) else ""
            costs.append(f"{rate(other)}, {APART:g} times {name}, would lose about {cost:.1f} {unit}{apart}")
    if not costs:
        return "Rates that fell behind were stopped early, so what they would have cost in the end is not known."
    return f"By the curve through the trials, {'; '.join(costs)}."


def _undecided(landscape: Landscape, blind: float) -> tuple[str, ...]:
    guess = f"A blind guess by the classes' shares has {blind:.2f} nats"
    loss = landscape.mean_loss
    finite = np.flatnonzero(np.isfinite(loss))
    if not finite.size:
        return (
            "No learning rate that was tried ended with a finite loss, so there is nothing to choose from yet.",
            f"{guess}: even that would have been better.",
        )
    best = int(finite[loss[finite].argmin()])
    return (
        "No learning rate can be recommended yet; the lowest validation loss so far is "
        f"{nats(float(loss[best]))} nats, at {rate(float(landscape.learning_rates[best]))}.",
        f"{guess}, so that is {nats(abs(float(loss[best]) - blind))} "
        f"{'below' if loss[best] < blind else 'above'} knowing nothing.",
    )
