import io
import math
from dataclasses import replace

import numpy as np
import pytest

from etascope.core.choice import Confidence, Curve, Luck, Walls, WorthTuning
from etascope.report.terminal.page import open_console
from tests.learn import made
from tests.report.browsing import chromium, watched


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """Keep what is cached out of the home of who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def trace():
    return made.trace(valid=[1.53, 0.81, 0.65, 0.60, 0.53])


@pytest.fixture
def diverged():
    steps = made.batches([1.0] * 5)
    steps[77:] = math.nan
    return made.trace((2.1, *[math.nan] * 4), 3.0, step_loss=steps)


@pytest.fixture
def run():
    return made.run()


@pytest.fixture
def undecided():
    return replace(made.run(learning_rate=None), options={"data": "digits"})


@pytest.fixture
def full_run():
    """A run whose method says all that a choice can hold."""
    run = made.run()
    rates = np.array([0.01, 0.018, 0.032])
    choice = replace(
        run.choice,
        confidence=Confidence("likely", 1.0, "", 0.93),
        walls=Walls(0.003, 0.1),
        luck=Luck(0.2, 0.5, 0.874, 0.871, (1, 2)),
        worth_tuning=WorthTuning(0.01, 0.8, 0.2, 1.5),
        curve=Curve(rates, np.array([0.8, 0.0, 0.3]), np.array([0.2, 0.0, 0.0]), np.array([1.5, 0.4, 0.9]), "points"),
    )
    return replace(run, choice=choice)


@pytest.fixture
def written():
    """Return what a function that takes a console first writes, as text."""

    def write(tell, *arguments, width=80, ascii=False, **named):
        stream = io.StringIO()
        tell(open_console(stream, width=width, ascii=ascii), *arguments, ascii=ascii, **named)
        return stream.getvalue()

    return write


@pytest.fixture(scope="module")
def browser():
    """Chromium, ended with the module: its threads would keep later tests from forking."""
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser):
    with watched(browser) as opens:
        yield opens
