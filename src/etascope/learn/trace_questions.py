"""Questions about one training; each returns None when the training cannot answer it clearly."""

from __future__ import annotations

import itertools
import math

from etascope.core.numbers import nats, rate
from etascope.core.question import Bands, Question, ask
from etascope.core.trace import Trace
from etascope.learn.observations import ABOVE_BLIND, STILL, went_high

#: Falls closer to the largest one than this share of it are too close to ask about.
CLEAR = 0.95
#: Below this share of the blind guess an epoch's mean loss shows that something was learned.
LEARNED = 0.9

TOO_HIGH = "What happens when the learning rate is too high?"
TOO_HIGH_RIGHT = "The steps overshoot: the loss bounces, stays high or rises, and may stop being a number"
TOO_HIGH_WRONG = (
    "Training only takes longer, and ends at the same loss",
    "The loss falls more smoothly, because each step does more",
    "Nothing: a smaller gradient makes up for it",
)


def too_high(trace: Trace, place: int) -> Question:
    """Ask the classic question, and say what this training showed of it."""
    losses = [e.train_loss for e in trace.epochs]
    blind = math.log(len(trace.class_names))
    shown = rate(trace.learning_rate)
    broken = next((e.epoch for e in trace.epochs if not math.isfinite(e.train_loss)), 0)
    pairs = list(itertools.pairwise(losses))
    rises = [epoch for epoch, (before, after) in enumerate(pairs, 2) if after >= (1 + STILL) * before]
    if broken:
        reason = f"Here, at {shown}, the loss stopped being a finite number in epoch {broken}."
    elif went_high(losses, blind, float(trace.step_loss[0])):
        reason = (
            f"Here, at {shown}, the mean loss of an epoch reached {nats(max(losses))}; a blind guess has {blind:.2f}."
        )
    elif rises:
        before, after = losses[rises[0] - 2], losses[rises[0] - 1]
        reason = f"Here, at {shown}, the loss went from {nats(before)} up to {nats(after)} in epoch {rises[0]}."
    else:
        clearly = " clearly" if any(after > before for before, after in pairs) else ""
        reason = (
            f"This training, at {shown}, was not that high: its loss never rose{clearly}, and ended at "
            f"{nats(losses[-1])}. Try a hundred times the rate, {rate(100 * trace.learning_rate)}, to see it."
        )
    return ask(TOO_HIGH, TOO_HIGH_RIGHT, TOO_HIGH_WRONG, reason, place)


def largest_fall(trace: Trace, place: int) -> Question | None:
    """Ask between which epochs the training loss fell most."""
    losses = [e.train_loss for e in trace.epochs if math.isfinite(e.train_loss)]
    falls = [(before - after, i + 1) for i, (before, after) in enumerate(itertools.pairwise(losses))]
    if not falls:
        return None
    most, epoch = max(falls)
    others = [f"from epoch {e} to epoch {e + 1}" for fall, e in sorted(falls, reverse=True) if fall < CLEAR * most]
    if most <= 0 or len(others) < 2:
        return None
    return ask(
        f"At a learning rate of {rate(trace.learning_rate)}, when did the training loss fall most?",
        f"from epoch {epoch} to epoch {epoch + 1}",
        others,
        f"It went from {nats(losses[epoch - 1])} to {nats(losses[epoch])} nats there, a fall of {nats(most)}.",
        place,
    )


def blind_guess(trace: Trace) -> Question:
    """Ask how the first epoch compares with knowing nothing."""
    loss, n = trace.epochs[0].train_loss, len(trace.class_names)
    blind = math.log(n)
    low, high = LEARNED * blind, ABOVE_BLIND * blind
    bands = Bands(
        (low, high),
        (
            f"below {low:.2f}: it had begun to learn",
            f"from {low:.2f} to {high:.2f}: hardly better than a guess",
            f"above {high:.2f}: worse than a guess",
        ),
        "it was not a finite number",
    )
    return bands.ask(
        f"A blind guess among {n} classes has a loss of log({n}) = {blind:.2f} nats. Where was the mean loss of "
        f"epoch 1 at a learning rate of {rate(trace.learning_rate)}?",
        loss,
        f"It was {nats(loss)} nats." if math.isfinite(loss) else "Training diverged within epoch 1.",
    )


def first_step(learning_rate: float, place: int) -> Question:
    """Ask how the first update scales with the rate: so it is with every optimizer, hence always clear."""
    return ask(
        f"With {rate(10 * learning_rate)} in place of {rate(learning_rate)} and all else alike, how far would the "
        "very first update move a weight?",
        "ten times as far",
        ("just as far", "a tenth as far", "a hundred times as far"),
        "The first gradient does not depend on the rate, and the step is multiplied by it; only from the second step "
        "on do the paths part.",
        place,
    )
