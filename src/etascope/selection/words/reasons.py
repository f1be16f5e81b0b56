"""The one table of what both methods say of an answer, `Reason`; where to search instead, and what was not tried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum

from etascope.core.choice import Landscape
from etascope.core.numbers import nats, rate
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence, Setting, say
from etascope.selection.grid import LIMITS
from etascope.selection.scores import LEAST


class Reason(Enum):
    """A fact of an answer, or of why there is none; its value is the sentence, or a clause of one.

    What is called with the numbers of a job is the `Sentence` about that job. Which fact holds, a method decides.

    Examples
    --------
    >>> str(Reason.EDGE(edge=0.3, times=1.5, how="diverged"))
    'Mind the edge: 0.3, only 1.5 times as large, diverged.'
    """

    # Why this rate.
    ONLY = "{rate:rate} is the only learning rate that was allowed: its {measure} is {loss}{right}."
    UNSEEN = "No wall was looked for and no basin is known; allow a range of rates for that."
    CURVE = "{rate:rate} is where the curve through {what} promises to lose least: {numbers}."
    CARRIED = (
        "{rate:rate} is where the curve through {what}, carried to all {total:,} steps, promises to lose least: "
        "{numbers}."
    )
    FOLDS = "{measure} {loss} nats, accuracy {right:.3f}"
    BEST = "the best trial, {best:rate}, had {loss} at {step} of {total}{right}"
    # The two sides.
    SIDES = "Below it, {low}; above it, {high}."
    NO_WALL = "no rate {way} to {end:rate}{limit} is clearly worse"
    AS_GOOD = "{rate:rate} did no worse by accuracy and plain loss"
    HARDLY = "{rate:rate} had hardly beaten a blind guess when it was stopped"
    ENDED = "{rate:rate} {how}{of}"
    TOO = "{rate:rate} is too {word} ({numbers})"
    # The basin, and how sure.
    ALONE = "No other rate that was allowed comes into question{surely}."
    BASIN = "The basin, {low:rate} to {high:rate} ({decades:.1f} decades), held the best rate {often}{surely}."
    CUT = "The basin is {low:rate} to {high:rate} ({decades:.1f} decades){surely}."
    LIMITED = (
        "The basin ends at {ends}, where the search was limited, so that it is not called likely: the best rate may "
        "lie {side}."
    )
    ALLOW = "Allow {side} rates: the basin ends where the search was limited."
    SEEDS = (
        "It is likely within {lost:.2g} {unit}; {more} seeds ({trainings} trainings a rate) instead of {seeds} should "
        "settle it."
    )
    NO_SEEDS = (
        "It is likely within {lost:.2g} {unit}; more seeds alone would not settle it: it takes more images, or a wider "
        "tolerance."
    )
    # What to mind.
    END = "{what} lies at the end of what was allowed, so a better rate may lie beyond."
    WIDER = "The basin reaches to the end of what was tried, so it may be wider."
    EDGE = "Mind the edge: {edge:rate}, only {times:.2g} times as large, {how}."
    LAST_BATCH = (
        "Mind the last batch of an epoch, of {last} images where others have {batch}: its noise stays in the model. "
        "Train and search with {drop_last}."
    )
    LAST_BATCH_COST = (
        "The last batch of an epoch has {last} images where others have {batch}, and that one step cost {points:.1f} "
        "points of accuracy at the end, on average over trials in the basin. Train and search with {drop_last}."
    )
    CALM = (
        "Plain validation loss is lowest at {there:rate}, {loss:nats} against about {here:nats} nats: probabilities "
        "are truer there{right}. Searching with {target} looks for it."
    )
    WAY = "Of {count} trials, {counts}{on}."
    LATER = (
        "Of {count} trials, {counts}{on}. Nothing had learned by {step}, where they were to be compared first: that "
        "came later, and cost more."
    )
    COMPRESSED = "Trained were {trained}, each with the whole schedule and all epochs compressed into its steps."
    ADDED = "{what} added to the first window: its best trial was an end of it, or it showed no wall."
    HINT = "That was on small dense networks, compared by accuracy: take it as a hint here."
    FLAT = "Over {decades:.1f} decades no rate did clearly worse than another."
    ALIKE = "But all rates did nearly the same."
    REACHES = (
        "Look whether the one that is given ({lr} in a command, trial.learning_rate in a loop) reaches the optimizer, "
        "and whether the metric moves."
    )
    # What was measured that speaks against it.
    AGAIN_DIVERGED = "On a fresh seed it diverged, so that runs differ by more than the rates."
    AGAIN_FELL = (
        "On a fresh seed the accuracy fell by {fall:.1f} points, from {shown:.1f} % to {fresh:.1f} %: runs differ by "
        "more than the rates."
    )
    AGAIN_ROSE = (
        "On a fresh seed the loss was {loss:nats} nats, where about {before:nats} was seen before: runs differ by more "
        "than the rates."
    )
    GUESSES = (
        "It gets {right:.1f} % right {where}and always answering {answer} {majority:.1f} %{also}: whether any rate "
        "tells the classes apart is not settled."
    )
    NONE_BETTER = (
        "{majority:.1f} % would be had by always answering {answer}, and no rate that was tried gets clearly more: the "
        "most is {right:.1f} %."
    )
    ABOVE_BLIND = (
        "Its plain validation loss{where} is {loss:nats} nats, above the {blind:nats} of a blind guess{beside}."
    )
    SHRINKS = "Such a score typically shrinks by {expected:.1f} points, which is more than {tolerance:g} {unit}."
    OUTSIDE = "Outside the basin, {side} it, {numbers}, against {right:.1f} % and {loss:nats} nats at {rate:rate}."
    HAD = "{rate:rate} had {right:.1f} % right and {loss:nats} nats"
    ABOUT = "Search about {rate:rate} alone: that rate did as well, with a lower loss."
    IMAGES = "More seeds alone would not settle it: it takes more images, or longer trainings."
    # What would settle more.
    TRIALS = "More trials, each to the end, would settle more: {budget}."
    FOLDS_TOO = "Cross-validation with every trial to the end would settle more: {folds} {budget}, about {seconds}."
    WHOLE = "Cross-validation with every trial to the end would settle more: {budget}, about {seconds}."
    LONGER_ONES = "Longer rehearsals would settle more: {budget}."
    # Why there is none, and the next move.
    TOO_DEAR = (
        "A budget of {budget} trainings of {steps:,} steps cannot buy five rates of ten steps and one validation."
    )
    GIVE = "The smallest that can: {budget}."
    REHEARSING = "The search has not come to its end."
    SHORT = "But those were {steps:,} steps, of {total:,}: it may learn later."
    MORE = "Train rates for longer: {budget}."
    UNFINISHED = "The search has not come to its end: {count} yet to be trained to {step} of {total}."
    GO_ON = "Let the search go on."
    DIVERGED = "Every learning rate {span} diverged{where}."
    EXTREMES = "Look for extreme values in the data, or choose another optimizer or a smaller model."
    FAILED = "Every training {span} {how}{first}."
    LOST = "Every training that went on {how}, from {low:rate} to {high:rate}; {others} left behind early. {first}"
    UNLEARNED = (
        "No learning rate {span} learned: the lowest {measure} is {loss} nats, at {rate:rate}, and a blind guess has "
        "{blind:nats}."
    )
    LABELS = "Check that the labels belong to the images; else train for more epochs, or on more images."
    UNCLEAR = (
        "No learning rate {span} has a loss clearly below a blind guess's, {blind:nats}: the lowest {measure} is "
        "{loss} nats, at {rate:rate}, where {right:.1f} % are right."
    )
    LONGER = "It does tell classes apart: train for more epochs, or on more images."
    HOPELESS = (
        "No learning rate {span} kept the loss near a blind guess's, {blind:nats}: the lowest {measure} is {loss} "
        "nats, at {rate:rate}."
    )
    RECIPE = (
        "Look at the data for extreme values, and at the recipe, such as its weight decay; or choose another optimizer "
        "or a smaller model."
    )
    NO_BETTER = (
        "No learning rate from {low:rate} to {high:rate} made {measure} clearly better than it was at the worst one "
        "after one epoch: the best is {loss}, at {rate:rate}."
    )
    METRIC = (
        "Check that the learning rate reaches the optimizer and that the metric moves; else allow other rates, or "
        "train for more epochs."
    )
    OPEN = (
        "The best so far, {rate:rate} with a {measure} of {loss}, is the {side} rate that was tried; a better one may "
        "lie {beyond}."
    )
    ROUNDS = "Let the search go on towards {limit:rate}: allow it more rounds."
    SAME = "All {count} trials {have} the same {measure}, {loss} in the end, whatever the learning rate, {span}."
    OPTIMIZER = (
        "No other rate will tell: look whether what trains uses the optimizer that it is given, as a step= must, and "
        "whether the loss has a gradient at the weights."
    )
    NO_OTHER = "No other rate will tell."

    def __call__(self, *settings: Setting, **values: float | str | Sentence) -> Sentence:
        """Return the sentence with its numbers, and what it tells to set."""
        written = {name: str(value) if isinstance(value, Sentence) else value for name, value in values.items()}
        return Sentence(self.value, written, settings)


def window(rates: Sequence[float]) -> str:
    """Write what was tried: from where to where, or the one rate."""
    return str(say("from {low:rate} to {high:rate}" if len(rates) > 1 else "tried ({low:rate})",
                   low=rates[0], high=rates[-1]))  # fmt: skip


def loss_text(loss: float, about: str = "") -> str:
    """Write a loss, after `about` where it has a number; scores tell none apart below 0.001 nats."""
    return "at most 0.001" if loss <= LEAST * (1 + 1e-9) else about + nats(loss)


def cut(low: float | None, high: float | None) -> Sentence:
    """Return why a basin that ends at these limits of the search is not called likely."""
    ends = " and ".join(rate(end) for end in (low, high) if end is not None)
    return Reason.LIMITED(ends=ends, side=_sides(low, high, "below", "above"))


def allow(low: float | None, high: float | None) -> Sentence:
    """Return what would settle where the best rate is, if a basin ends at these limits of the search."""
    return Reason.ALLOW(side=_sides(low, high, "lower", "higher"))


def _sides(low: float | None, high: float | None, lower: str, higher: str) -> str:
    return " or ".join(word for word, end in ((lower, low), (higher, high)) if end is not None)


def basin(low: float, high: float, often: str, surely: str = "") -> Sentence:
    """Return what the basin is worth; `often` says how often such ones held the best rate, empty where it was cut."""
    if low == high and surely:
        return Reason.ALONE(surely=surely)
    which, decades = Reason.BASIN if often else Reason.CUT, math.log10(high / low)
    return which(low=low, high=high, decades=decades, often=often, surely=surely)


def no_wall(end: float, limits: tuple[float, float], *, low: bool) -> Sentence:
    """Return that no wall was seen on a side, as far as was tried."""
    way, name, limit = ("down", "lowest", limits[0]) if low else ("up", "highest", limits[1])
    reached = end <= limit if low else end >= limit
    return Reason.NO_WALL(way=way, end=end, limit=f", the {name} allowed," if reached else "")


def other_rates(rates: Sequence[float], best: int, limits: tuple[float, float]) -> Sentence:
    """Return where to search, where nothing learned and the best rate is an end of what was tried; else nothing.

    Examples
    --------
    >>> str(other_rates([0.1, 1.0], 1, (1e-7, 1e4)))
    'The highest rate that was tried did best, so that higher ones may learn: limit the rates to those above 1, up to \
10000. '
    """
    at_low, at_high = best == 0, best == len(rates) - 1
    if len(rates) > 1 and ((at_high and rates[-1] < limits[1]) or (at_low and rates[0] > limits[0])):
        side, other = ("highest", "higher") if at_high else ("lowest", "lower")
        did = f"The {side} rate that was tried did best, so that {other} ones may learn: "
        return say(did) + beyond(rates[best], limits, low=not at_high) + " "
    down = at_low and rates[0] <= limits[0] and limits[0] > LIMITS[0]
    up = at_high and rates[-1] >= limits[1] and limits[1] < LIMITS[1]
    if down and up:
        return say("Allow other rates. ", Setting("low"), Setting("high"))
    return say(f"Allow {'lower' if down else 'higher'} rates. " if down or up else "")


def beyond(end: float, limits: tuple[float, float], *, low: bool) -> Sentence:
    """Return which limits to set for a search beyond an end of what was tried."""
    if low:
        return say("limit the rates to those below {high:rate}, down to {end:rate}.", Setting("high", end),
                   end=limits[0])  # fmt: skip
    return say("limit the rates to those above {low:rate}, up to {end:rate}.", Setting("low", end), end=limits[1])


def lower_rates(rates: Sequence[float], limits: tuple[float, float]) -> Sentence:
    """Return where to search where all rates diverged: below them, or below the limit if they came to it.

    Examples
    --------
    >>> str(lower_rates([0.01, 0.1], (1e-7, 1e4)))
    'Search lower: limit the rates to those below 0.01, down to 1e-07. '
    """
    if rates[0] > limits[0]:
        return say("Search lower: ") + beyond(rates[0], limits, low=True) + " "
    return say("Allow lower rates. " if limits[0] > LIMITS[0] else "")


def not_tried(task: Task, landscape: Landscape) -> Sentence:
    """Return what the search did not look at, in one sentence."""
    recipe, rates = task.recipe, landscape.learning_rates
    outside = "rates outside {low:rate} to {high:rate} and between the {count} that were tried"
    facts: dict[str, float | str] = {
        "low": float(rates[0]), "high": float(rates[-1]), "count": len(rates), "epochs": recipe.epochs,
        "seeds": ", ".join(map(str, sorted({seed for seed, _ in landscape.units}))),
    }  # fmt: skip
    if len(rates) == 1:
        outside = "any rate but {low:rate}"
    if task.measure.reported:
        return say(outside + "; any number of epochs but {epochs} or seed but {seeds}; any other setting.", **facts)
    return say(
        outside + "; any optimizer but {optimizer}, schedule but {schedule}, batch size but {batch}, number of epochs "
        "but {epochs} or seed but {seeds}; other models.",
        optimizer=recipe.optimizer, schedule=recipe.schedule, batch=recipe.batch_size, **facts,
    )  # fmt: skip
