import contextlib
import itertools

import pytest

from etascope import Recipe
from etascope.core.errors import InputError
from etascope.core.recipe import OPTIMIZERS
from etascope.core.schedules import SCHEDULES
from etascope.report.code.frameworks import FRAMEWORKS, code_for
from tests.report.code.running import DATA


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_recipe_gives_a_script_that_compiles_or_a_sentence(framework):
    written = 0
    for optimizer, schedule, pixels, hidden in itertools.product(
        OPTIMIZERS, SCHEDULES, ("unit", "standard"), ((), (64, 32))
    ):
        recipe = Recipe(hidden, optimizer, schedule, 0.1 if hidden else 0.0, pixels=pixels, weight_decay=1e-3)
        told = None
        with contextlib.suppress(InputError) if framework == "sklearn" else contextlib.nullcontext():
            told = code_for(framework, recipe, DATA, 0.017782794100389)
        if told is None:
            continue
        compile(told, framework, "exec")
        assert "0.017782794100389" in told
        assert told.endswith("\n")
        assert not any(line != line.rstrip() for line in told.split("\n"))
        written += 1
    assert written == (140 if framework != "sklearn" else 8)


@pytest.mark.parametrize("framework", [name for name in FRAMEWORKS if name != "etascope"])
def test_only_etascopes_own_script_imports_it(framework):
    told = code_for(framework, Recipe(), DATA, 0.1)
    assert "import etascope" not in told
    assert "from etascope" not in told


def test_an_unknown_framework_is_refused():
    with pytest.raises(InputError, match=r"framework must be one of pytorch, keras.*Did you mean 'pytorch'"):
        code_for("pytorh", Recipe(), DATA, 0.1)


def test_a_model_is_refused_with_its_rate():
    with pytest.raises(InputError, match=r"this recipe has the model cnn\. Give your own script the learning"):
        code_for("pytorch", Recipe(model="cnn"), DATA, 0.012)
