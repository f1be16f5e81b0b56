import pytest

from etascope import Recipe
from etascope.report.code.from_document import FRAMEWORKS
from tests.report.code.running import DATA, RATE, TINY, accuracy, known

script = FRAMEWORKS["lightning"]


def test_the_script_runs_and_learns_as_much(tmp_path):
    # Its own warnings are its own.
    assert accuracy(script(TINY, DATA, RATE), tmp_path, warnings="ignore") == pytest.approx(known(), abs=0.06)


def test_a_rate_that_moves_is_moved_every_step():
    assert '"interval": "step"' in script(Recipe(schedule="cosine"), DATA, 0.1)
    assert "scheduler" not in script(Recipe(), DATA, 0.1)
