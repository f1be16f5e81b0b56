"""What an experiment beside the search found, in the words and charts that all its reports share: `Experiment`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from etascope.core.data import DataSummary
from etascope.core.plain import Document
from etascope.report.charts.chart import Chart
from etascope.report.terminal.page import Page
from etascope.report.words.job import data_facts


@dataclass(frozen=True, eq=False)
class Experiment:
    """A range test, a sharpness wall, a scaling or a referee, told.

    Attributes
    ----------
    kind, source
        What it is, in a word or two, and where the images came from.
    setup
        Recipe and what was done, in a phrase.
    label, headline
        The finding in short: what it is, and the number.
    others
        What else belongs to the headline, a phrase each.
    charts
        At least one; the first is the one that a picture shows. Their tables hold the numbers.
    sentences
        What there is to learn, a sentence each.
    facts
        What else there is to know, as names and sentences.
    references
        Where the theory comes from.
    versions
        Of the software.
    document
        The same as plain values for JSON.
    page
        Writes it to a terminal.
    data
        What the images were; None where nobody says.
    """

    kind: str
    source: str
    setup: str
    label: str
    headline: str
    others: tuple[str, ...]
    charts: tuple[Chart, ...]
    sentences: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    references: tuple[str, ...]
    versions: Mapping[str, str]
    document: Document
    page: Callable[[Page], None]
    data: DataSummary | None = None

    @property
    def title(self) -> str:
        """The finding in one line."""
        return f"{self.source}: {self.label} {self.headline}"

    @property
    def known(self) -> tuple[tuple[str, str], ...]:
        """What the images were understood as with every note on them, and the facts."""
        return (*data_facts(self.data), *self.facts)
