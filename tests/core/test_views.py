"""What shows a run in a notebook is set by the package, however the run was come by."""

import subprocess
import sys

import etascope
from etascope import Recipe


def test_whatever_of_the_package_is_loaded_notebooks_are_shown_the_report():
    shows = "from etascope.core.views import Views; print(Views.notebook.__module__)"
    assert subprocess.check_output([sys.executable, "-c", shows], text=True) == "etascope\n"


def test_a_result_at_a_prompt_is_one_line():
    recipe = Recipe(hidden=(), epochs=1)
    run = etascope.pick("digits", recipe=recipe, budget=1)
    assert run.trace is not None
    wall = etascope.sharpness("digits", recipe=recipe, measure=False)
    for result, words in ((run, ("learning rate", "basin")), (run.trace, ("learning rate", "1 epochs")), (wall, ())):
        shown = repr(result)
        assert shown.startswith(f"<{type(result).__name__} digits")
        assert "\n" not in shown
        assert len(shown) < 400
        assert all(word in shown for word in words)
