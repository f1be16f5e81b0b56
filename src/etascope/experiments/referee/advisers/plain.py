"""Advisers that need nothing but etascope: the customary default, its own pick, and the rules of range tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from etascope.core.protocols import Method
from etascope.core.search import rounds
from etascope.experiments.range_test.rules import SuggestionRule
from etascope.experiments.range_test.sweep import run_range_test
from etascope.experiments.referee.adviser import Advice, Bench
from etascope.selection.automatic import Automatic
from etascope.selection.customary import customary_rate


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
    """etascope's own pick, its search without the final training."""

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


@dataclass(frozen=True)
class RangeTestAdviser:
    """A rule of range tests after the sweep of its own finder, on all development rows."""

    rule: SuggestionRule

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.rule.name

    @property
    def about(self) -> str:
        """How its finder climbs, and whose it is."""
        sweep = self.rule.sweep
        steps = "as many steps as the training" if sweep.steps is None else f"{sweep.steps} steps"
        return f"range test from {sweep.low:g} to {sweep.high:g} in {steps}; {self.rule.source}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Nothing: the rule is written from its source."""
        return ()

    def advise(self, bench: Bench) -> Advice:
        """Return the suggestion; the cost is counted to the step at which its finder stops."""
        test = run_range_test(bench.engine, bench.split, bench.recipe, self.rule.sweep, bench.progress)
        steps = np.count_nonzero(np.isfinite(self.rule.smooth(test.losses)))
        trained = steps * len(bench.split.y) / test.steps_per_epoch
        suggestion = self.rule.suggest(test.learning_rates, test.losses)
        return Advice(suggestion, trained / (len(bench.split.y) * bench.recipe.epochs))
