import pytest

from etascope.core.errors import InputError
from etascope.loops.trial import LoopTrial, Report


def test_a_report_is_handed_on_as_numbers_and_answered():
    reports = []

    def tell(trial, loss, accuracy):
        reports.append((trial.number, loss, accuracy))
        return Report(stop=True, why="enough.")

    trial = LoopTrial(0.1, 0, 5, 7, tell)
    assert trial.report(valid_loss="0.5", valid_accuracy=1) == Report(stop=True, why="enough.")
    assert reports == [(7, 0.5, 1.0)]
    assert repr(trial) == "LoopTrial(learning_rate=0.1, seed=0, epochs=5, number=7)"


def test_a_report_without_a_number_goes_no_further():
    trial = LoopTrial(0.1, 0, 5, 1, lambda *_: pytest.fail("handed on"))
    for report in (
        {},
        {"valid_loss": object()},
        {"valid_loss": -1.0},
        {"valid_loss": 10**400},
        {"valid_accuracy": 1.01},
    ):
        with pytest.raises(InputError):
            trial.report(**report)


def test_a_tensor_that_still_has_its_graph_is_a_number():
    import torch

    loss = torch.tensor([0.25], requires_grad=True) * 2
    trial = LoopTrial(0.1, 0, 5, 1, lambda trial, loss, accuracy: Report(stop=loss == 0.5))
    assert trial.report(valid_loss=loss).stop
