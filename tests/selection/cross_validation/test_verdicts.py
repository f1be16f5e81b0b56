from dataclasses import replace

import numpy as np

from etascope.core.choice import Basin
from etascope.core.data import NO_FOLD
from etascope.core.history import Status
from etascope.core.plan import sweep
from etascope.core.trials import trials
from etascope.selection.cross_validation.verdicts import verdicts
from etascope.selection.landscape import read_landscape
from tests.selection.closed_form import ClosedForm, task, valley


def test_a_verdict_for_each_trial_in_the_order_of_the_history():
    job, engine = task(), ClosedForm(valley(-1), wall=0.0, noise=0, shared=0)
    histories = [engine.train(job, sweep(job.recipe, job.steps, [1.0, 0.1, 0.0001, 0.03], [0, 1]))]
    sentences = [
        str(one) for one in verdicts(job, trials(job, histories), read_landscape(job, histories), 0.1, Basin(0.1, 0.1))
    ]
    assert [sentence.split(":")[0] for sentence in sentences] == ["diverged", "best", "too small", "slow"] * 2


def test_how_a_trial_diverged_is_told():
    job = task()
    history = ClosedForm(valley(-1), wall=-2).train(job, sweep(job.recipe, job.steps, [0.1], [0]))
    sentences = [str(one) for one in verdicts(job, trials(job, [history]), read_landscape(job, [history]), None, None)]
    assert sentences == ["diverged: the training loss was no longer a finite number at step 2 of 10"]
    finished = replace(history, status=(Status.FINISHED,), valid_loss=np.full((1, 5), np.nan))
    sentences = [
        str(one) for one in verdicts(job, trials(job, [finished]), read_landscape(job, [finished]), None, None)
    ]
    assert sentences == ["diverged: the validation loss is not a finite number"]


def test_a_trial_without_validation_is_not_judged():
    job = task()
    history = ClosedForm(valley(-1)).train(job, sweep(job.recipe, job.steps, [0.1], [NO_FOLD]))
    assert verdicts(job, trials(job, [history]), read_landscape(job, []), None, None)[0].word == "not judged"
