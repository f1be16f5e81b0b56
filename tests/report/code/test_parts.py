import ast
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope import Recipe
from etascope.core.schedules import SCHEDULES, schedule_row
from etascope.pipeline.prepare import StandardPixels
from etascope.report.code.parts import docstring, header, pixels, schedule
from tests.report.code.running import DATA


@given(
    name=st.sampled_from(SCHEDULES), warmup=st.floats(0, 0.99), steps=st.integers(1, 400)
)  # fmt: skip
def test_the_schedule_of_a_script_is_the_schedule_of_etascope(name, warmup, steps):
    named = {"math": math}
    exec(schedule(Recipe(schedule=name, warmup=warmup)), named)
    factors = [named["factor"](step, steps) for step in range(steps)]
    np.testing.assert_allclose(factors, schedule_row(name, warmup, steps), rtol=1e-12, atol=1e-12)
    named["factor"](steps, steps)  # PyTorch asks for one step more than there are.


def test_standard_pixels_are_those_of_etascope():
    images = np.arange(96, dtype=np.uint8).reshape(6, 4, 4, 1)
    named = {"np": np, "images": images, "train": np.arange(4)}
    exec(pixels(Recipe(pixels="standard")), named)
    expected = StandardPixels().fit(images[:4])(images).reshape(6, -1)
    np.testing.assert_allclose(named["x"], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("text", ['a """ b', "C:\\new\\table", "one\ntwo", "ends with \\"])
def test_any_name_fits_into_a_docstring(text):
    (statement,) = ast.parse(docstring([text])).body
    assert "".join(statement.value.value.split()) == "".join(text.replace('"""', "'''").split())


def test_the_header_says_what_is_trained():
    head = header("PyTorch", Recipe(optimizer="adam"), DATA, 0.0177828)
    assert "at learning rate 0.0177828" in head
    assert "adam, batches of 16" in head
    assert "PyTorch's defaults" in head
