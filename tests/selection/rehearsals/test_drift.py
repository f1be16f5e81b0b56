from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.selection.rehearsals.drift import drift_of


def test_every_optimizer_has_a_drift_of_its_family():
    for optimizer in OPTIMIZERS:
        drift = drift_of(Recipe(optimizer=optimizer))
        assert 0 <= drift.mean < 1
        assert drift.deviation > 0
