"""Advisers that need nothing but etascope: the customary default, and etascope's own pick."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from etascope.core.protocols import Method
from etascope.core.search import rounds
from etascope.experiments.referee.adviser import Advice, Bench
from etascope.selection.automatic import Automatic
from etascope.selection.worth import customary_rate


@dataclass(frozen=True)
class CustomaryDefault:
    """What people use who do not tune."""

    name: str = "customary default"
    about: str = "0.01 for SGD and its kin, 0.001 for Adam and its kin; nothing is trained"
    needs: tuple[str, ...] = ()

    def advise(self, bench: Bench) -> Advice:
        """Return the customary rate of the recipe's optimizer."""
        return Advice(customary_rate(bench.recipe), 0.0)


@dataclass(frozen=True)
class OwnPick:
    """etascope's own pick, its search without the final training.

    Attributes
    ----------
    method
        What searches. Default `Automatic()`.
    """

    method: Method = field(default_factory=Automatic)
    name: str = "etascope pick"
    about: str = "the search of etascope pick, without its final training"
    needs: tuple[str, ...] = ()

    def advise(self, bench: Bench) -> Advice:
        """Search, and return the choice; no rate where it cannot be told yet."""
        histories, choice = rounds(
            partial(bench.engine.train, bench.split, bench.recipe), bench.task, self.method, progress=bench.progress
        )
        return Advice(choice.learning_rate, bench.equivalents(histories))
