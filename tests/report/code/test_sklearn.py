from dataclasses import replace

import pytest

from etascope import Recipe
from etascope.core.errors import InputError
from etascope.report.code.from_document import FRAMEWORKS
from etascope.report.code.sklearn import OPTIMIZERS
from tests.report.code.running import DATA, RATE, TINY, accuracy, known

script = FRAMEWORKS["sklearn"]


def test_the_script_runs_and_learns_as_much(tmp_path):
    assert accuracy(script(TINY, DATA, RATE), tmp_path) == pytest.approx(known(), abs=0.06)


@pytest.mark.parametrize("name", ["adamw", "rmsprop", "adagrad"])
def test_an_optimizer_that_it_lacks_is_refused(name):
    with pytest.raises(InputError, match=f"this recipe has {name}.*framework='pytorch'"):
        script(Recipe(optimizer=name), DATA, 0.1)


@pytest.mark.parametrize("recipe", [Recipe(schedule="cosine"), Recipe(warmup=0.1)])
def test_a_rate_that_moves_is_refused(recipe):
    with pytest.raises(InputError, match="trains at a constant rate"):
        script(recipe, DATA, 0.1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_it_cannot_express_stands_at_the_top(name):
    code = script(Recipe(optimizer=name, weight_decay=0.01), DATA, 0.1)
    head = " ".join(code.split('"""')[1].split())
    assert "cannot express: its initial weights" in head
    assert "leaves the biases alone" in head
    assert "alpha=0.01 * BATCH_SIZE" in code


def test_batches_that_are_not_filled_are_left_out_where_that_is_meant(tmp_path):
    recipe = replace(TINY, batch_size=300, drop_last=True, epochs=8)
    assert accuracy(script(recipe, DATA, 0.1), tmp_path) == pytest.approx(known(recipe, 0.1), abs=0.08)
