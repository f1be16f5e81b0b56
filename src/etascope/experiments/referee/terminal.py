"""The terminal page of a referee: the table, what it says, how each adviser was asked."""

from __future__ import annotations

from etascope.core.numbers import rate
from etascope.experiments.referee.record import Referee
from etascope.experiments.referee.words import adviser_table, conclusion
from etascope.report.terminal.page import Page
from etascope.report.words.next_step import in_words

_HEADER = ("lost\nmedian", "\nmean", "\nworst", "\ncost", "\nrates suggested", "against\npick", "adviser")


def referee_page(page: Page, found: Referee) -> None:
    """Write who was asked, what following each would have lost, and what can be concluded."""
    best, accuracy = found.best
    page.wrapped(f"advisers on {found.data.source}: {in_words(found.recipe)}, seed {found.recipe.seed}", "bold")
    page.wrapped(
        f"the truth: {100 * accuracy:.1f} % of {found.data.test:,} test images right at the best rate, {rate(best)}; "
        f"{len(found.learning_rates)} rates x {len(found.seeds)} fresh seeds, trained on all "
        f"{found.data.development:,} others",
        "dim",
    )
    page.heading("What following each adviser loses")
    page.table(_HEADER, [(*row[1:], row[0]) for row in adviser_table(found)[1]])
    page.line("")
    answers = max(len(row.rates) for row in found.followed)
    page.wrapped(
        "lost: points of test accuracy against the best rate, over "
        f"{answers} {'answer' if answers == 1 else 'answers'} (an optimizer of its own: over its trainings), the least "
        "mean first; cost: training equivalents of one answer; against pick: ahead, behind, or not told where a 90 "
        "% interval over seeds holds 0",
        "dim",
    )
    page.heading("What it says")
    mark = "-  " if page.ascii else "•  "
    for sentence in (*conclusion(found), spent(found)):
        page.wrapped(sentence, first=mark)
    page.heading("How each was asked")
    page.fields(asked(found))
    page.line("")
    page.wrapped(f"{found.seconds:.1f} s in all", "dim")


def spent(found: Referee) -> str:
    """Return the sentence that the test images are no fresh ones any more."""
    return (
        f"The {found.data.test:,} test images judged advisers here and are spent: an accuracy that you measure on them "
        "after choosing by this table is no fresh one."
    )


def asked(found: Referee) -> list[tuple[str, str]]:
    """Return how each adviser was asked, and who could not be, as names and sentences."""
    abouts: dict[str, list[str]] = {}
    for row in found.followed:
        abouts.setdefault(row.about, []).append(row.adviser)
    told = [(names[0], about if len(names) == 1 else f"{about}; so too {', '.join(names[1:])}")
             for about, names in abouts.items()]  # fmt: skip
    return [*told, *((name, f"left out: {why}") for name, why in found.left_out)]
