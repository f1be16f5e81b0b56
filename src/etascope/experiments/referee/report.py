"""A referee's findings as an `Experiment`: what its page, its text and its picture hold."""

from __future__ import annotations

from etascope.core.numbers import rate
from etascope.experiments.referee.chart import referee_chart
from etascope.experiments.referee.document import referee_document
from etascope.experiments.referee.record import Referee
from etascope.experiments.referee.terminal import asked, referee_page, spent
from etascope.experiments.referee.words import conclusion, points
from etascope.report.experiment import Experiment
from etascope.report.words.next_step import in_words


def referee_experiment(found: Referee) -> Experiment:
    """Tell a referee's findings: the truth, and below it what following each adviser loses."""
    own = next(row for row in found.followed if row.adviser == found.own)
    best, accuracy = found.best
    return Experiment(
        kind="referee",
        source=found.data.source,
        setup=(
            f"The truth is the test accuracy at {len(found.learning_rates)} rates, a mean over {len(found.seeds)} "
            f"fresh seeds, trained on {found.data.development:,} images; {in_words(found.recipe)}, seed "
            f"{found.recipe.seed}"
        ),
        label=f"points of accuracy that following {own.adviser} loses",
        headline=points(own.mean),
        others=(
            f"{points(own.worst)} at worst",
            f"best rate {rate(best)}: {100 * accuracy:.1f} % of {found.data.test:,} test images right",
        ),
        charts=(referee_chart(found),),
        sentences=(*conclusion(found), spent(found)),
        facts=(*asked(found), ("fingerprint", found.data.fingerprint)),
        references=(),
        versions=found.versions,
        document=referee_document(found),
        page=lambda page: referee_page(page, found),
        data=found.data,
    )
