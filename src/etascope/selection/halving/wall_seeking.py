"""A ladder at its top tries rates beyond its window until both walls are seen: `beside`, `walls_to_seek`."""

from __future__ import annotations

from dataclasses import replace

from etascope.core.choice import Walls
from etascope.selection.halving.finished import Ascent
from etascope.selection.halving.state import Climb, Reached, Todo

#: Rates sought go through this share of the recipe's steps in all, or two of them do if that is more.
MOST = 0.5


def beside(ascent: Ascent) -> Ascent:
    """Return a ladder at its top with the rates that were sought, as left behind on its first rung."""
    climbed, step = ascent.climbed, ascent.climbed.reached[0].step
    sought = [rate for rate in ascent.scored if rate not in climbed.rates]
    if not sought:
        return ascent
    alive = [rate for rate in sought if not ascent.scored[rate].stopped(step)]
    first = Reached(step, tuple(sorted((*climbed.reached[0].rates, *alive))))
    left = climbed.left | dict.fromkeys(sought, 0)
    rates = tuple(sorted((*climbed.rates, *sought)))
    return replace(ascent, climbed=Climb(None, rates, (first, *climbed.reached[1:]), left))


def walls_to_seek(ascent: Ascent, walls: Walls, sought: int) -> Todo | None:
    """Return the training of the next rate beyond the window on each side where no wall was seen.

    None where both were seen, where no more is allowed, and where enough was spent: rates sought are trained as far as
    the first rung, half of a whole training in all (or two of them, if that is more).

    Parameters
    ----------
    ascent
        A ladder at its top, with an answer, and `beside` it what was sought so far.
    walls
        Of that answer.
    sought
        How many that is.
    """
    climbed, step = ascent.climbed, ascent.climbed.reached[0].step
    ends = (climbed.rates[0],) * (walls.low is None) + (climbed.rates[-1],) * (walls.high is None)
    more = [rate for end in ends if (rate := ascent.window.beyond(climbed.rates, end)) is not None]
    room = int(max(MOST * ascent.task.steps / step, 2)) - sought
    return Todo(tuple(more[:room]), 0, step) if more and room > 0 else None
