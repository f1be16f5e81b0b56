"""What an experiment beside the search found, in the words and charts that all its reports share: `Experiment`."""

from __future__ import annotations

from collections.abc import Callable
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
    kind
        What it is, in a word or two.
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
    document
        The same as plain values for JSON.
    page
        Writes it to a terminal.
    data
        What the images were.
    """

    kind: str
    setup: str
    label: str
    headline: str
    others: tuple[str, ...]
    charts: tuple[Chart, ...]
    sentences: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    references: tuple[str, ...]
    document: Document
    page: Callable[[Page], None]
    data: DataSummary

    @property
    def title(self) -> str:
        """The finding in one line."""
        return f"{self.data.source}: {self.label} {self.headline}"

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the software."""
        return self.document["versions"]

    @property
    def known(self) -> tuple[tuple[str, str], ...]:
        """What the images were understood as with every note on them, the facts, and the fingerprint."""
        return (*data_facts(self.data), *self.facts, ("fingerprint", self.data.fingerprint))
