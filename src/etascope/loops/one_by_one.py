"""Successive halving, one trial after the other, each for as long as it keeps up: `keeps_up`, `first_of`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from etascope.selection.halving.budgets import Budgets
from etascope.selection.halving.state import Scored


def milestones(budgets: Budgets, total: int) -> list[int]:
    """Return the step of each milestone, never descending.

    Examples
    --------
    >>> from etascope.selection.halving.budgets import budgets_for
    >>> milestones(budgets_for(3), 10)
    [1, 2, 8]
    """
    steps = list[int]()
    for share in budgets.shares:
        steps.append(max([budgets.steps(share, total), *steps[-1:]]))
    return steps


def keeps_up(scored: Mapping[float, Scored], budgets: Budgets, rate: float, total: int, least: int) -> bool:
    """Return whether a trial may go on from where it stands.

    At the first rung it stops, if it need not come further: all others are looked at first. At a later one it goes on
    when its score there is among the best of all trials that came so far until now, as many as may go on from that
    rung. Before `least`, a step that it has to come to in any case, and between rungs, it always goes on. `scored` are
    all trials until now by rate, this one with what it has so far; a whole training has `total` steps.
    """
    own = scored[rate].trial.steps
    steps = milestones(budgets, total)
    if own == least == steps[0] < steps[-1]:
        return False
    for step, keep in zip(steps, budgets.keep, strict=False):
        if step != own or step < least:
            continue
        there = [r for r, other in scored.items() if other.trial.steps >= step and not other.stopped(step)]
        if rate not in sorted(there, key=lambda r: (scored[r].rank(step), r))[:keep]:
            return False
    return True


def first_of(rates: Sequence[float], scored: Mapping[float, Scored], middle: float) -> float:
    """Return the rate to train first.

    Of rates that were trained before, it is the best one: its rivals are then stopped early. Of new ones it is the one
    nearest to the best until now, on the logarithmic axis, or to `middle`.
    """
    alive = [r for r, trial in scored.items() if not trial.stopped(trial.trial.steps)]
    shared = min((scored[r].trial.steps for r in alive), default=0)
    known = [r for r in rates if r in alive]
    if known:
        return min(known, key=lambda r: (scored[r].rank(shared), r))
    near = min(alive, key=lambda r: (scored[r].rank(shared), r), default=middle)
    return min(rates, key=lambda r: (abs(math.log(r / near)), r))
