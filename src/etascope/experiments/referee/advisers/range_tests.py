"""The published rules that read a learning rate off a range test, as advisers: `RangeTestAdviser`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from etascope.core.data import NO_FOLD
from etascope.core.history import History
from etascope.core.plan import Plan
from etascope.core.recipe import steps_per_epoch
from etascope.experiments.range_test.rules import SuggestionRule
from etascope.experiments.range_test.sweep import run_range_test
from etascope.experiments.referee.adviser import Advice, Bench


@dataclass(frozen=True)
class RangeTestAdviser:
    """A rule of `selection.suggestion_rules` after the sweep of its own finder, on all development rows.

    Attributes
    ----------
    rule
        Which rule.
    """

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
        recipe, sweep = bench.recipe, self.rule.sweep
        epoch = steps_per_epoch(bench.split, recipe, NO_FOLD)
        longer = replace(recipe, epochs=max(recipe.epochs, -(-sweep.length(epoch * recipe.epochs) // epoch)))

        def train(plan: Plan) -> History:
            return bench.engine.train(bench.split, longer, plan, bench.progress)

        test = run_range_test(train, sweep, training=epoch * recipe.epochs, steps_per_epoch=epoch, seed=recipe.seed)
        steps = np.count_nonzero(np.isfinite(self.rule.smooth(test.losses)))
        trained = steps * len(bench.split.y) / epoch
        suggestion = self.rule.suggest(test.learning_rates, test.losses)
        return Advice(suggestion, trained / (len(bench.split.y) * recipe.epochs))
