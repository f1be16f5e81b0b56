"""What every experiment comes to: the base of its record (`Outcome`), and its document (`outcome_document`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from etascope.core.plain import Document, plain
from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary, versions
from etascope.core.views import Shown
from etascope.report.files.document import dataset_document


@dataclass(frozen=True, eq=False, repr=False)
class Outcome(Shown):
    """What an experiment was made on, and with; each of them adds what it came to.

    Attributes
    ----------
    data, recipe
        The images, and what was trained.
    versions
        Of the software.
    """

    data: DataSummary
    recipe: Recipe
    versions: dict[str, str] = field(default_factory=versions, kw_only=True)

    @property
    def source(self) -> str:
        """Where the images came from."""
        return self.data.source

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the images."""
        return self.data.fingerprint


def outcome_document(schema: str, outcome: Outcome, **own: object) -> Document:
    """Return an outcome as plain values: what is its own, and what all of them have, by one of `docs/schema/`."""
    return {
        "schema": schema,
        **own,
        "recipe": plain(outcome.recipe),
        "dataset": dataset_document(outcome.data),
        "versions": plain(outcome.versions),
    }
