"""The result of any experiment as what every report knows, an `Experiment`: `experiment_of`."""

from __future__ import annotations

from etascope.experiments.range_test.record import RangeTestRun
from etascope.experiments.range_test.report import range_experiment
from etascope.experiments.referee.record import Referee
from etascope.experiments.referee.report import referee_experiment
from etascope.experiments.scaling.record import Scaling
from etascope.experiments.scaling.report import scaling_experiment
from etascope.experiments.sharpness.record import SharpnessWall
from etascope.experiments.sharpness.report import sharpness_experiment
from etascope.report.experiment import Experiment

Result = RangeTestRun | SharpnessWall | Scaling | Referee


def experiment_of(result: Result) -> Experiment:
    """Return a result as an `Experiment`, from which each form is made: page, chart, text and document."""
    match result:
        case RangeTestRun():
            return range_experiment(result)
        case SharpnessWall():
            return sharpness_experiment(result)
        case Scaling():
            return scaling_experiment(result)
        case Referee():
            return referee_experiment(result)
