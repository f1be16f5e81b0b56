from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.selection.rehearsals.drift import drift_of, expected_rate


def test_every_optimizer_has_a_drift_of_its_family():
    for optimizer in OPTIMIZERS:
        drift = drift_of(Recipe(optimizer=optimizer))
        assert 0 <= drift.mean < 1
        assert drift.deviation > 0


def test_less_momentum_smaller_batches_and_schedules_move_what_is_expected():
    plain = expected_rate(Recipe(optimizer="momentum", batch_size=32))
    assert expected_rate(Recipe(optimizer="momentum", momentum=0.99, batch_size=32)) < plain / 5
    assert expected_rate(Recipe(optimizer="momentum", batch_size=4)) < plain / 2
    assert expected_rate(Recipe(optimizer="momentum", batch_size=32, schedule="cosine")) == 2 * plain
    assert expected_rate(Recipe(optimizer="sgd", batch_size=10**6)) == 4 * expected_rate(
        Recipe(optimizer="sgd", batch_size=32)
    )


def test_momentum_makes_up_for_few_steps_by_a_higher_rate():
    drift = drift_of(Recipe(optimizer="momentum"))
    assert drift.gathering(1000, 1000) == 0
    assert drift.gathering(10, 1000) > drift.gathering(100, 1000) > 0
    assert drift_of(Recipe(optimizer="sgd")).gathering(10, 1000) == 0
