"""What may stand together in the options of a training of one's own."""

import inspect
from dataclasses import fields

import pytest

from etascope.core.errors import InputError
from etascope.torch import pick
from etascope.training.pytorch.custom.options import TrainingOptions


def step(*_):
    return 0.0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"accumulate": 0}, "accumulate must be a whole number of at least 1; found 0"),
        ({"clip_norm": -1.0}, "clipped to must be a finite number above 0; found -1"),
        ({"precision": "fp8"}, "precision must be one of bf16-mixed; found 'fp8'"),
        ({"trials_in_memory": 0}, "trials in memory must be a whole number of at least 1; found 0"),
        ({"step": step, "train_loss": step}, "found train_loss beside it. Leave one out"),
        ({"step": step, "accumulate": 2}, "accumulate and clip_norm belong in it"),
        ({"step": step, "clip_norm": 1.0}, "accumulate and clip_norm belong in it"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_said(options, sentence):
    with pytest.raises(InputError, match=sentence):
        TrainingOptions(**options)


def test_each_option_stands_in_the_options_alone():
    assert not {field.name for field in fields(TrainingOptions)} & set(inspect.signature(pick).parameters)
    assert TrainingOptions(step=step).step is step
