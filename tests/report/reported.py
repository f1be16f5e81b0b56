"""A run of a script that nobody had to run: what it reports is a formula."""

import math

from etascope.core.history import Status
from etascope.core.measure import Measure
from etascope.core.recipe import Task
from etascope.core.reported import Reported, reported_history
from etascope.core.run import DataSummary, Run
from etascope.loops.command import reports_halving

COMMAND = "python train.py --lr {lr} --epochs {epochs} --seed {seed}"


def distance(rate, epoch):
    return 0.05 + 0.1 * math.log10(rate / 0.004) ** 2 + 0.5 * math.exp(-epoch * min(rate, 0.1) / 0.003)


def reported_run(measure=None, command=COMMAND, epochs=10, loss=distance, diverges=0.02):
    """Return a finished search; rates from `diverges` on diverge in their first epoch."""
    measure = measure or Measure("val_loss")
    task, method, histories = Task.of_reports(epochs, 0, measure), reports_halving(None, None, 3.0, None), []
    while (plan := method.propose(task, histories)) is not None:
        steps = range(plan.start + 1, plan.start + plan.steps + 1)
        reports = [
            Reported((), Status.DIVERGED, 1) if rate >= diverges
            else Reported(tuple(loss(rate, epoch) for epoch in steps), None, plan.steps)
            for rate in plan.learning_rates.tolist()
        ]  # fmt: skip
        histories.append(reported_history(plan, reports, epochs, measure, seconds=1.0))
    data = DataSummary.unknown(command or "a loop in Python", {}, command)
    return Run(data, task, tuple(histories), method.choose(task, histories), None, 1.5)
