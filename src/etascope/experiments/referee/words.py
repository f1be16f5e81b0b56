"""What a referee found, in sentences: `conclusion`."""

from __future__ import annotations

from collections.abc import Sequence

from etascope.core.numbers import counted, noise, rate
from etascope.experiments.referee.record import Followed, Referee


def conclusion(found: Referee) -> tuple[str, ...]:
    """Return what the table says, a sentence each: etascope's own pick, who is ahead, who is behind, what is luck."""
    own = next(row for row in found.followed if row.adviser == found.own)
    others = [row for row in found.followed if row is not own]
    told = [
        f"Following {own.adviser} loses {own.mean:.2f} points of test accuracy in the mean and {own.worst:.2f} at "
        f"worst, for {counted(own.equivalents, 'training equivalent')}."
    ]
    ahead = [row for row in others if row.told_apart == "ahead"]
    behind = [row for row in others if row.told_apart == "behind"]
    least = found.followed[0]
    if ahead:
        told.append(f"Ahead of it: {_by(ahead, -1)}.")
    elif least is not own:
        told.append(
            f"{least.adviser} lost least here ({least.mean:.2f} in the mean), but the difference is within the noise."
        )
    if behind:
        told.append(f"Behind it: {_by(behind, 1)}.")
    rest = [row.adviser for row in others if row.told_apart == "not told"]
    if rest:
        told.append(f"Not told apart from it by so few seeds, better or worse: {_list(rest)}.")
    told.extend(_own_optimizer(row) for row in others if row.own_optimizer)
    told.extend(_silent(row) for row in found.followed if None in row.rates and not row.own_optimizer)
    if found.floor is not None:
        told.append(
            f"Even who knew the test accuracies of half of the {len(found.seeds)} seeds would lose {found.floor:.2f} "
            f"points on the other half: so much is luck. All are judged by the same {found.data.test:,} images, which "
            f"know an accuracy to +- {100 * noise(found.best[1], found.data.test):.1f} points."
        )
    return tuple(told)


def adviser_table(found: Referee) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return header and rows, one an adviser, what loses least first, with points lost, cost and rates."""
    header = ("adviser", "median lost", "mean lost", "worst lost", "cost", "rates suggested", "against pick")
    rows = tuple(
        (row.adviser, points(row.median), points(row.mean), points(row.worst), f"{row.equivalents:.1f}",
         rates_in_words(row), "" if row.difference is None else row.told_apart)
        for row in found.followed
    )  # fmt: skip
    return header, rows


def points(lost: float) -> str:
    """Write points lost with two decimals, and nothing lost without a sign."""
    return f"{round(lost, 2) + 0.0:.2f}"


def rates_in_words(row: Followed) -> str:
    """Return the suggested rates from the lowest to the highest, or why there are none.

    Examples
    --------
    >>> rates_in_words(Followed("x", "", (0.1, None, 0.02), (0.1, 0.01, 0.02), 1.0, (0.1, 0.2, 0.3)))
    '0.02..0.1'
    """
    if row.own_optimizer:
        return "its own"
    known = [value for value in row.rates if value is not None]
    if not known:
        return "none"
    low, high = rate(min(known)), rate(max(known))
    return low if low == high else f"{low}..{high}"


def _by(rows: Sequence[Followed], sign: int) -> str:
    parts = list[str]()
    for row in rows:
        mean, *ends = (sign * value for value in row.difference or (0.0, 0.0, 0.0))
        parts.append(f"{row.adviser} by {mean:.2f} ({min(ends):.2f} .. {max(ends):.2f})")
    return f"{_list(parts)} points, 90 % intervals"


def _own_optimizer(row: Followed) -> str:
    better = sum(lost < 0 for lost in row.lost)
    return (
        f"{row.adviser} is another optimizer, so it can beat the recipe at its best rate: {better} of its "
        f"{len(row.lost)} trainings did; its median is {_better_or_worse(row.median)}, its worst training "
        f"{_better_or_worse(row.worst)}."
    )


def _better_or_worse(lost: float) -> str:
    return f"{abs(lost):.2f} points {'better' if lost < 0 else 'worse'}"


def _silent(row: Followed) -> str:
    silent, scored = row.rates.count(None), next(s for r, s in zip(row.rates, row.scored, strict=True) if r is None)
    return (
        f"{row.adviser} gave no rate in {silent} of {len(row.rates)} cases; the customary {rate(scored or 0)} was "
        "scored there."
    )


def _list(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
