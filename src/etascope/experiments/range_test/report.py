"""A range test as an `Experiment`: what its page, its text and its picture hold."""

from __future__ import annotations

from etascope.core.numbers import rate
from etascope.core.run import versions
from etascope.experiments.range_test.chart import range_test_chart
from etascope.experiments.range_test.document import range_document
from etascope.experiments.range_test.record import RangeTestRun
from etascope.experiments.range_test.terminal import conclusions, range_facts, range_page
from etascope.report.charts.chart import Chart
from etascope.report.charts.landscape import landscape_chart
from etascope.report.experiment import Experiment
from etascope.report.words.answer import headline
from etascope.report.words.next_step import in_words

REFERENCES = (
    'Smith 2015, "Cyclical learning rates for training neural networks", arXiv:1506.01186, had the test first',
)


def range_experiment(run: RangeTestRun) -> Experiment:
    """Tell a range test: what the rules suggest, what was measured, all on one axis, and the landscape by itself."""
    test = run.test
    rates = [s.learning_rate for s in run.suggestions if s.learning_rate is not None]
    found = "nothing" if not rates else rate(min(rates))
    if len(rates) > 1 and run.spread != 1:
        found += f" .. {rate(max(rates))}"
    charts: tuple[Chart, ...] = (range_test_chart(run),)
    others: tuple[str, ...] = ("nothing was measured beside it",)
    if run.measured is not None:
        charts = (*charts, landscape_chart(run.measured.choice))
        first, *rest = headline(run.measured.choice)
        others = (f"the search beside it: {first}", *rest)
    setup = (
        f"The rate climbs from {rate(float(test.learning_rates[0]))} to {rate(float(test.learning_rates[-1]))} in "
        f"{len(test.losses):,} steps; {in_words(run.recipe)}, seed {test.seed}"
    )
    facts = [*range_facts(run), ("fingerprint", run.fingerprint)]
    return Experiment(
        kind="range test",
        source=run.source,
        setup=setup,
        label="the rules of a range test suggest",
        headline=found,
        others=others,
        charts=charts,
        sentences=conclusions(run),
        facts=tuple(facts),
        references=REFERENCES,
        versions=versions(),
        document=range_document(run),
        page=lambda page: range_page(page, run),
        data=run.data,
    )
