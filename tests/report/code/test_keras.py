import os
from dataclasses import replace

import pytest

from etascope.report.code.from_document import FRAMEWORKS
from tests.report.code.running import DATA, RATE, TINY, accuracy, known

script = FRAMEWORKS["keras"]


def test_the_script_runs_and_learns_as_much(tmp_path):
    os.environ.setdefault("KERAS_BACKEND", "torch")
    # Its own warnings are its own.
    assert accuracy(script(TINY, DATA, RATE), tmp_path, warnings="ignore") == pytest.approx(known(), abs=0.06)


def test_weight_decay_is_coupled_but_for_adamw():
    from etascope import Recipe

    assert "L2(0.005)" in script(Recipe(optimizer="sgd", weight_decay=0.01), DATA, 0.1)
    decoupled = script(Recipe(optimizer="adamw", weight_decay=0.01), DATA, 0.1)
    assert "L2" not in decoupled
    assert "weight_decay=0.01" in decoupled


def test_a_difference_in_momentum_under_a_schedule_is_said():
    from etascope import Recipe

    assert "multiplies the learning rate into the momentum" in " ".join(
        script(Recipe(schedule="cosine"), DATA, 0.1).split()
    )
    assert "into the momentum" not in script(Recipe(), DATA, 0.1)


def test_batches_that_are_not_filled_are_left_out_where_that_is_meant(tmp_path):
    recipe = replace(TINY, batch_size=300, drop_last=True, epochs=8, schedule="cosine")
    right = accuracy(script(recipe, DATA, 0.1), tmp_path, warnings="ignore")
    assert right == pytest.approx(known(recipe, 0.1), abs=0.15)
