import platform
from importlib import metadata

import numpy as np

from etascope.core.run import DataSummary, Run, versions
from tests.selection.closed_form import ClosedForm, search, task, valley


def test_versions_name_what_decides_the_bits():
    found = versions()
    assert found["numpy"] == np.__version__
    assert found["etascope"] == metadata.version("etascope")
    assert found["python"] == platform.python_version()
    assert found["machine"] == platform.machine()


def test_a_run_joins_its_histories():
    from etascope.selection.search import GridSearch

    job = task(epochs=3)
    histories, choice = search(GridSearch(), job, ClosedForm(valley(-1.4)))
    data = DataSummary("made up", "0", 1000, (28, 28, 1), 800, 200, ("a", "b"))
    run = Run(data, job, tuple(histories), choice, None, 1.0)
    assert len(run.history.plan) == sum(len(h.plan) for h in histories)
    assert run.recipe is job.recipe
    assert run.recipe.epochs == 3
