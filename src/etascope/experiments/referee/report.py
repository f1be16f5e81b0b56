"""A referee's findings in words: the page, the document, and all that the reports hold (`referee_experiment`)."""

from __future__ import annotations

from collections.abc import Sequence

from etascope.core.numbers import counted, noise, rate
from etascope.core.plain import Document, plain
from etascope.experiments.outcome import outcome_document
from etascope.experiments.referee.chart import adviser_table, points, referee_chart
from etascope.experiments.referee.record import Followed, Referee
from etascope.report.experiment import Experiment
from etascope.report.terminal.page import Page
from etascope.report.words.job import in_words

REFEREE_SCHEMA = "etascope/referee/1"
_HEADER = ("lost\nmedian", "\nmean", "\nworst", "\ncost", "\nrates suggested", "against\npick", "adviser")


def referee_experiment(referee: Referee) -> Experiment:
    """Tell a referee's findings: the truth, and below it what following each adviser loses."""
    own = next(row for row in referee.followed if row.adviser == referee.own)
    best, accuracy = referee.best
    return Experiment(
        kind="referee",
        setup=(
            f"The truth is the test accuracy at {len(referee.learning_rates)} rates, a mean over {len(referee.seeds)} "
            f"fresh seeds, trained on {referee.data.development:,} images; {in_words(referee.recipe)}, seed "
            f"{referee.recipe.seed}"
        ),
        label=f"points of accuracy that following {own.adviser} loses",
        headline=points(own.mean),
        others=(
            f"{points(own.worst)} at worst",
            f"best rate {rate(best)}: {100 * accuracy:.1f} % of {referee.data.test:,} test images right",
        ),
        charts=(referee_chart(referee),),
        sentences=(*conclusion(referee), spent(referee)),
        facts=tuple(questions(referee)),
        references=(),
        document=referee_document(referee),
        page=lambda page: referee_page(page, referee),
        data=referee.data,
    )


def referee_document(referee: Referee) -> Document:
    """Return plain dicts, lists, strings and numbers, described by `docs/schema/referee-1.schema.json`."""
    best, accuracy = referee.best
    return outcome_document(
        REFEREE_SCHEMA,
        referee,
        best={"learning_rate": best, "accuracy": accuracy},
        advisers=[_adviser(row) for row in referee.followed],
        own=referee.own,
        left_out=[{"adviser": name, "why": why} for name, why in referee.left_out],
        conclusion=list(conclusion(referee)),
        floor=referee.floor,
        truth={name: plain(getattr(referee, name)) for name in ("learning_rates", "seeds", "accuracy")},
        seconds=referee.seconds,
    )


def _adviser(row: Followed) -> Document:
    difference = row.difference
    return {
        "name": row.adviser,
        "about": row.about,
        "own_optimizer": row.own_optimizer,
        "rates": list(row.rates),
        "scored": list(row.scored),
        "equivalents": row.equivalents,
        "lost": {"each": list(row.lost), "median": row.median, "mean": row.mean, "worst": row.worst},
        "against_own": None if difference is None else {
            "told": row.told_apart, "mean": difference[0], "low": difference[1], "high": difference[2],
        },
    }  # fmt: skip


def referee_page(page: Page, referee: Referee) -> None:
    """Write who was asked, what following each would have lost, and what can be concluded."""
    best, accuracy = referee.best
    page.wrapped(f"advisers on {referee.data.source}: {in_words(referee.recipe)}, seed {referee.recipe.seed}", "bold")
    page.wrapped(
        f"the truth: {100 * accuracy:.1f} % of {referee.data.test:,} test images right at the best rate, {rate(best)}; "
        f"{len(referee.learning_rates)} rates x {len(referee.seeds)} fresh seeds, trained on all "
        f"{referee.data.development:,} others",
        "dim",
    )
    page.heading("What following each adviser loses")
    page.table(_HEADER, [(*row[1:], row[0]) for row in adviser_table(referee)[1]])
    page.line("")
    answers = max(len(row.rates) for row in referee.followed)
    page.wrapped(
        "lost: points of test accuracy against the best rate, over "
        f"{answers} {'answer' if answers == 1 else 'answers'} (an optimizer of its own: over its trainings), the least "
        "mean first; cost: training equivalents of one answer; against pick: ahead, behind, or not told where a 90 "
        "% interval over seeds holds 0",
        "dim",
    )
    page.heading("What it says")
    page.bullets((*conclusion(referee), spent(referee)))
    page.heading("How each was asked")
    page.fields(questions(referee))
    page.line("")
    page.wrapped(f"{referee.seconds:.1f} s in all", "dim")


def spent(referee: Referee) -> str:
    """Return the sentence that the test images are no fresh ones any more."""
    return (
        f"The {referee.data.test:,} test images judged advisers here and are spent: an accuracy that you measure on "
        "them after choosing by this table is no fresh one."
    )


def questions(referee: Referee) -> list[tuple[str, str]]:
    """Return how each adviser was asked, and who could not be, as names and sentences."""
    abouts: dict[str, list[str]] = {}
    for row in referee.followed:
        abouts.setdefault(row.about, []).append(row.adviser)
    rows = [(names[0], about if len(names) == 1 else f"{about}; so too {', '.join(names[1:])}")
             for about, names in abouts.items()]  # fmt: skip
    return [*rows, *((name, f"left out: {why}") for name, why in referee.left_out)]


def conclusion(referee: Referee) -> tuple[str, ...]:
    """Return what the table says, a sentence each: etascope's own pick, who is ahead, who is behind, what is luck."""
    own = next(row for row in referee.followed if row.adviser == referee.own)
    others = [row for row in referee.followed if row is not own]
    sentences = [
        f"Following {own.adviser} loses {own.mean:.2f} points of test accuracy in the mean and {own.worst:.2f} at "
        f"worst, for {counted(own.equivalents, 'training equivalent')}."
    ]
    ahead = [row for row in others if row.told_apart == "ahead"]
    behind = [row for row in others if row.told_apart == "behind"]
    least = referee.followed[0]
    if ahead:
        sentences.append(f"Ahead of it: {_by(ahead, -1)}.")
    elif least is not own:
        sentences.append(
            f"{least.adviser} lost least here ({least.mean:.2f} in the mean), but the difference is within the noise."
        )
    if behind:
        sentences.append(f"Behind it: {_by(behind, 1)}.")
    rest = [row.adviser for row in others if row.told_apart == "not told"]
    if rest:
        sentences.append(f"Not told apart from it by so few seeds, better or worse: {_list(rest)}.")
    sentences.extend(_own_optimizer(row) for row in others if row.own_optimizer)
    sentences.extend(_silent(row) for row in referee.followed if None in row.rates and not row.own_optimizer)
    if referee.floor is not None:
        sentences.append(
            f"Even who knew the test accuracies of half of the {len(referee.seeds)} seeds would lose "
            f"{referee.floor:.2f} points on the other half: so much is luck. All are judged by the same "
            f"{referee.data.test:,} images, which know an accuracy to "
            f"+- {100 * noise(referee.best[1], referee.data.test):.1f} points."
        )
    return tuple(sentences)


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
