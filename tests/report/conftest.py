import io
import math

import pytest

from etascope.report.page import open_console
from tests.learn import made


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
    return made.run(learning_rate=None)


@pytest.fixture
def written():
    """Return what a function that takes a console first writes, as text."""

    def write(tell, *arguments, width=80, ascii=False, **named):
        stream = io.StringIO()
        tell(open_console(stream, width=width, ascii=ascii), *arguments, ascii=ascii, **named)
        return stream.getvalue()

    return write
