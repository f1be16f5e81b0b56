import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.training.pytorch.custom.metrics import check_metrics, metrics_of
from tests.training.pytorch.custom.test_training import Single, Y, job, squared, trained


def test_metrics_are_means_over_examples_of_the_trials_that_came_furthest():
    made = job()
    history = trained(made, [0.01, 0.1])

    def accuracy(outputs, targets):
        return (outputs.argmax(1) == targets).float().mean()

    values = metrics_of(made.training, made.task, [history], {"accuracy": accuracy, "rows": lambda o, t: len(t)})
    assert list(values) == [0.01, 0.1]
    for row, of_trial in enumerate(values.values()):
        assert of_trial["accuracy"] == pytest.approx(history.valid_accuracy[row, -1])
        assert of_trial["rows"] == pytest.approx((5 * 5 + 4 * 4) / 9)
    early = trained(made, [0.5], steps=1)
    assert list(metrics_of(made.training, made.task, [early, history], {"n": lambda o, t: 1})) == [0.01, 0.1]


def test_a_metric_that_is_no_number_is_refused():
    made = job()
    history = trained(made, [0.01])
    with pytest.raises(InputError, match="the metric shape must return one number of outputs and targets; it raised"):
        metrics_of(made.training, made.task, [history], {"shape": lambda o, t: torch.zeros(2)})


def test_a_metric_that_compares_every_output_with_every_target_is_refused():
    made = job(nn.Sequential(Single(), nn.Flatten(1)), lambda o, t: squared(o[:, 0], t), Y.float())
    history = trained(made, [0.01])
    with pytest.raises(InputError, match="the metric error must compare each output with its own target"):
        metrics_of(made.training, made.task, [history], {"error": squared})
    right = {"error": lambda o, t: squared(o[:, 0], t)}
    assert list(metrics_of(made.training, made.task, [history], right)) == [0.01]


def test_metrics_are_tried_before_anything_trains():
    sentence = "the metric shape must return one number of outputs and targets; it raised"
    with pytest.raises(InputError, match=sentence):
        job(metrics={"shape": lambda o, t: torch.zeros(2)})
    with pytest.raises(InputError, match="the metric error must compare each output with its own target"):
        check_metrics({"error": squared}, torch.rand(8, 1), Y[:8].float())
