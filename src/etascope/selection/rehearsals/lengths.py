"""How long the rehearsals are that a budget pays for, and how many rates each length has: `Lengths`, `lengths_for`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from etascope.core.recipe import Task
from etascope.selection.cost import images_of_one, train_rows, valid_rows

#: Rates of the shortest length, spread over the window, and of each longer one, where the best may lie.
FIRST, LATER = 7, 4
#: Fewer rates than this, one of each over the window, tell nothing.
FEWEST = 5
#: Each length is this many times the one before.
RATIO = 3.0
#: Lengths at most.
DEEPEST = 4
#: Steps of the shortest length, if that is no more than this share of a whole training: momentum takes ten steps to
#: gather speed, and before that low rates cannot be told from hopeless ones.
SHORTEST, SHORTEST_SHARE = 10, 1 / 8
#: Shares of its length after which a rehearsal is evaluated.
EVALUATED = (0.8, 1.0)
#: Share of a budget that validation may cost, and rows that it looks at at least, if there are so many.
VALIDATION, LEAST_ROWS = 0.2, 50
#: Share of a budget that is left for rates beyond the window.
RESERVE = 0.12


@dataclass(frozen=True)
class Lengths:
    """The lengths of the rehearsals of a search.

    Attributes
    ----------
    steps
        Ascending; the last is at most that of a whole training.
    rates
        How many rates each length has, the window's growth apart.
    valid_rows
        Rows that each evaluation looks at; None is all.
    """

    steps: tuple[int, ...]
    rates: tuple[int, ...]
    valid_rows: int | None = None

    def __str__(self) -> str:
        """Say it as `7 trainings of 12 steps, 4 of 36`."""
        first, *later = [f"{count} of {steps}" for count, steps in zip(self.rates, self.steps, strict=True)]
        return ", ".join([first.replace(" of ", " trainings of ") + " steps", *later])

    def evaluations(self, steps: int) -> tuple[int, ...]:
        """Return the steps at which a rehearsal of `steps` steps is evaluated."""
        return tuple(sorted({max(round(share * steps), 1) for share in EVALUATED}))


def lengths_for(task: Task, budget: float) -> Lengths | None:
    """Return the lengths that a budget pays for, in trainings; None where it pays for none that tells anything.

    With m lengths, each three times the one before, seven rates have the shortest and four each longer one; as many
    lengths are taken as leave the shortest ten steps. What is left where the longest is a whole training goes into more
    rates of it.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> task = Task(Recipe(epochs=20), n_classes=10, n_development=4000, n_folds=1, steps_per_epoch=225)
    >>> print(lengths_for(task, 0.1))
    7 trainings of 17 steps, 4 of 51
    """
    one = images_of_one(task)
    images = budget * one * (1 - RESERVE) - 3.0 * task.checked
    a_step = 3.0 * train_rows(task) / task.steps_per_epoch
    total, shortest = task.steps, max(1, min(SHORTEST, int(SHORTEST_SHARE * task.steps)))
    for depth in range(DEEPEST, 0, -1):
        rates = (FIRST, *[LATER] * (depth - 1))
        if depth == 1:
            most = int(images / (shortest * a_step + len(EVALUATED) * min(LEAST_ROWS, valid_rows(task))))
            if most < FEWEST:
                return None
            rates = (min(most, FIRST),)
        rows, steps = _rows_and_steps(task, images, sum(rates), a_step)
        weights = [RATIO ** (level - depth + 1) for level in range(depth)]
        longest = steps / sum(count * weight for count, weight in zip(rates, weights, strict=True))
        if depth > 1 and min(longest, total) * weights[0] < shortest:
            continue
        lengths = [max(1, int(min(longest, total) * weight)) for weight in weights]
        if longest > total:
            more = int((steps - sum(c * n for c, n in zip(rates, lengths, strict=True))) / total)
            rates = (*rates[:-1], rates[-1] + more)
            rows, _ = _rows_and_steps(task, images, sum(rates), a_step)
        return Lengths(tuple(lengths), rates, None if rows >= valid_rows(task) else rows)
    return None


def _rows_and_steps(task: Task, images: float, trainings: int, a_step: float) -> tuple[int, float]:
    """Return the rows that an evaluation looks at, and the steps that are left for so many trainings."""
    looks = trainings * len(EVALUATED)
    rows = min(max(int(VALIDATION * images / looks), LEAST_ROWS), valid_rows(task))
    return rows, (images - looks * rows) / a_step


def least_budget(task: Task) -> float:
    """Return the smallest budget, in trainings, that five rates of ten steps and a small validation cost."""
    shortest = max(1, min(SHORTEST, int(SHORTEST_SHARE * task.steps)))
    a_step = 3.0 * train_rows(task) / task.steps_per_epoch
    one = shortest * a_step + len(EVALUATED) * min(LEAST_ROWS, valid_rows(task))
    images = FEWEST * one / (1 - RESERVE) + 3.0 * task.checked / (1 - RESERVE)
    return math.ceil(1000 * images / images_of_one(task)) / 1000
