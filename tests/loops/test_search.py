import math
import random

import numpy as np
import pytest

import etascope
from etascope.core.errors import InputError
from etascope.core.history import Status
from etascope.loops.command import pick_command
from etascope.report.files.document import pick_document
from etascope.report.html.run import run_html
from tests.loops.test_command import VALLEY
from tests.training.scripts import METRIC, write

#: One after the other the trials cost more than side by side; on these valleys no more than this, in trainings.
COST = 5.0


def valley(rate, epoch, best=0.004):
    return 0.2 + 0.4 * math.log10(rate / best) ** 2 + 2 * math.exp(-epoch * min(rate, 0.1) / (0.75 * best))


def run_through(search, loss=valley, **more):
    """Loop as a user would; return the trials with the epochs that they went through."""
    trained = []
    for trial in search:
        epochs = 0
        for _ in range(trial.epochs):
            epochs += 1
            values = {"valid_loss": loss(trial.learning_rate, epochs)}
            values |= {name: of(trial.learning_rate, epochs) for name, of in more.items()}
            if trial.report(**values).stop:
                break
        trained.append((trial, epochs))
    return trained


def test_a_loop_gets_its_learning_rate_with_all_that_belongs_to_it():
    search = etascope.Search(low=1e-5, high=1, epochs=10, seed=3)
    reports = run_through(search)
    choice = search.choice
    assert choice.learning_rate == pytest.approx(0.004, rel=0.6)
    assert choice.basin.low <= 0.004 <= choice.basin.high
    assert choice.confidence.word in ("likely", "probable", "not settled")
    assert len(choice.verdicts) == len(search.run.trials) == len({trial.learning_rate for trial, _ in reports})
    assert [trial.number for trial, _ in reports] == list(range(1, len(reports) + 1))
    assert {(trial.seed, trial.epochs) for trial, _ in reports} == {(3, 10)}
    assert all(1e-5 <= trial.learning_rate <= 1 for trial, _ in reports)


@pytest.mark.parametrize("best", [3e-5, 2e-4, 0.004, 0.05, 0.4])
@pytest.mark.parametrize("epochs", [1, 3, 10, 40])
def test_the_answer_is_near_the_best_rate_wherever_it_lies(best, epochs):
    search = etascope.Search(epochs=epochs)
    # Slow learning is scaled to the length, so that the valley is the same.
    run_through(search, lambda rate, epoch: valley(rate, 10 * epoch / epochs, best))
    assert abs(math.log10(search.choice.learning_rate / best)) < 0.4


def test_the_cost_is_what_was_reported_and_bounded():
    search = etascope.Search(epochs=20)
    reports = run_through(search)
    assert search.choice.cost.training_equivalents == pytest.approx(sum(epochs for _, epochs in reports) / 20)
    assert search.choice.cost.training_equivalents < COST
    assert max(epochs for _, epochs in reports) == 15


def test_all_rates_are_looked_at_first_and_then_the_best_again_as_far_as_they_keep_up():
    search, went, why = etascope.Search(epochs=20), [], []
    for trial in search:
        for epoch in range(1, 21):
            report = trial.report(valid_loss=valley(trial.learning_rate, epoch))
            assert bool(report.why) == report.stop
            if report.stop:
                went.append(epoch)
                why.append(report.why)
                break
    assert (went[:10], len(went)) == ([1] * 7 + [15] * 3, 12)
    expected = {
        1: "all rates are looked at after epoch 1 of 20.",
        5: "others were better after epoch 5 of 20.",
        15: "epoch 15 of 20 is as far as any trial goes.",
    }
    assert set(went) == set(expected)
    assert why == [expected[epochs] for epochs in went]


def test_the_same_reports_give_the_same_search():
    first, second = etascope.Search(epochs=8, seed=2), etascope.Search(epochs=8, seed=2)
    one, two = run_through(first), run_through(second)
    assert [(t.learning_rate, n) for t, n in one] == [(t.learning_rate, n) for t, n in two]
    assert first.choice.learning_rate == second.choice.learning_rate
    np.testing.assert_array_equal(first.choice.curve.mean, second.choice.curve.mean)


def test_it_chooses_as_the_same_search_of_scripts_does(tmp_path):
    search = etascope.Search(epochs=10)
    run_through(search, lambda rate, epoch: float(f"{valley(rate, epoch):.6f}"))
    script = pick_command(write(tmp_path, VALLEY), metric=METRIC, epochs=10, logs=tmp_path)
    assert search.choice.learning_rate == script.choice.learning_rate
    assert search.choice.basin == script.choice.basin


def test_a_late_winner_among_those_that_go_on_runs_to_the_top():
    # The fifth best of the first epoch is the best from the third on.
    order, first, later = [], [0.50, 0.40, 0.41, 0.42, 0.60, 0.43, 0.45], [0.9, 0.2, 0.21, 0.22, 0.9, 0.23, 0.1]

    def loss(rate, epoch):
        if rate not in order:
            order.append(rate)
        return (first if epoch == 1 else later)[min(order.index(rate), 6)]

    search = etascope.Search(epochs=12)
    went = [(order.index(trial.learning_rate), epochs) for trial, epochs in run_through(search, loss)]
    assert went[7:12] == [(1, 9), (2, 9), (3, 9), (5, 3), (6, 9)]
    last = {t.learning_rate: float(t.valid_loss[-1]) for t in search.run.trials}
    assert last[order[6]] == 0.1


@pytest.mark.parametrize("seed", range(6))
def test_noise_does_not_keep_it_from_an_end(seed):
    jumps, rng = {}, np.random.default_rng(seed)
    search = etascope.Search(epochs=12, seed=seed)
    reports = run_through(search, lambda r, e: valley(r, e) + 0.5 * jumps.setdefault((r, e), float(rng.random())))
    assert search.choice.learning_rate is not None
    assert len(reports) < 20
    assert search.choice.cost.training_equivalents < COST


@pytest.mark.parametrize("value", [math.nan, math.inf, np.float32("nan")])
def test_a_report_that_is_not_finite_is_a_divergence(value):
    search = etascope.Search(epochs=10)
    reports = run_through(search, lambda rate, epoch: value if rate > 0.02 else valley(rate, epoch))
    assert {epochs for trial, epochs in reports if trial.learning_rate > 0.02} == {1}
    diverged = [t for t in search.run.trials if t.status is Status.DIVERGED]
    assert diverged
    assert all(t.learning_rate > 0.02 for t in diverged)
    assert search.choice.walls.high is not None
    assert search.choice.learning_rate < 0.02


@pytest.mark.parametrize("seed", [30, 31, 42, 52, 62, *range(5)])
def test_no_wall_is_called_good_and_no_basin_reaches_what_diverged(seed):
    rng = random.Random(seed)
    best, edge = 10 ** rng.uniform(-4, -1), 10 ** rng.uniform(0.1, 1.0)
    slope, noise, jump, luck = rng.uniform(0.05, 0.6), rng.uniform(0, 0.1), rng.uniform(0.1, 2), {}

    def loss(rate, epoch):
        if rate > 10 * edge * best:
            return math.nan
        expected = 0.3 + 0.5 / epoch + slope * abs(math.log10(rate / best)) + (jump if rate > edge * best else 0)
        return expected * math.exp(noise * luck.setdefault(rate, rng.gauss(0, 1)))

    search = etascope.Search(epochs=rng.choice([5, 10, 20]), seed=seed)
    for trial in search:
        for epoch in range(1, trial.epochs + 1):
            if trial.report(valid_loss=loss(trial.learning_rate, epoch)).stop:
                break
    choice, trials = search.choice, search.run.trials
    assert choice.basin.high < min((t.learning_rate for t in trials if t.diverged), default=math.inf)
    words = {t.learning_rate: verdict.word for t, verdict in zip(trials, choice.verdicts, strict=True)}
    assert words.get(choice.walls.low, "slow") in ("too small", "slow")
    assert words[choice.walls.high] in ("diverged", "near the edge", "too large")
    assert list(words.values()).count("best") == 1


def test_where_everything_diverges_there_is_no_answer():
    search = etascope.Search(epochs=4)
    run_through(search, lambda rate, epoch: math.nan)
    assert search.choice.learning_rate is None
    assert str(search.choice.reasons[0]).startswith("Every training from")


def test_a_trial_that_the_loop_ends_early_keeps_its_last_value():
    search = etascope.Search(epochs=10)
    for trial in search:
        for epoch in (1, 2, 3):
            if trial.report(valid_loss=valley(trial.learning_rate, 3 * epoch)).stop:
                break
    run = search.run
    early = [t for t in run.trials if t.remark]
    assert early
    assert {t.remark for t in early} == {"its loop ended after 3 epochs"}
    assert all(t.examples == 3 and t.steps == 8 and t.valid_loss[-1] == t.valid_loss[2] for t in early)
    assert run.choice.learning_rate == pytest.approx(0.004, rel=0.8)


def test_a_trial_without_a_report_has_failed():
    search = etascope.Search(epochs=5)
    for trial in search:
        if trial.learning_rate > 0.01:
            continue
        for epoch in range(1, 6):
            if trial.report(valid_loss=valley(trial.learning_rate, 2 * epoch)).stop:
                break
    failed = [t for t in search.run.trials if t.status is Status.FAILED]
    assert failed
    assert all(t.learning_rate > 0.01 and t.examples == 0 for t in failed)
    assert "failed: its loop reported nothing" in map(str, search.choice.verdicts)


def test_an_exception_in_the_loop_forgets_its_trial_and_the_search_goes_on_later():
    whole, search = etascope.Search(epochs=10), etascope.Search(epochs=10)
    run_through(whole)
    calls = []

    def failing(rate, epoch):
        calls.append(rate)
        if len(calls) == 12:
            raise RuntimeError("out of memory")
        return valley(rate, epoch)

    with pytest.raises(RuntimeError, match="out of memory"):
        run_through(search, failing)
    assert search.choice.learning_rate is None
    assert "not come to its end" in str(search.choice.reasons[0])
    run_through(search, failing)
    assert search.choice.learning_rate == whole.choice.learning_rate
    assert search.choice.basin == whole.choice.basin


def test_a_loop_may_be_left_and_what_was_over_counts():
    search = etascope.Search(epochs=10)
    for trial in search:
        while not trial.report(valid_loss=valley(trial.learning_rate, 5)).stop:
            pass
        break
    assert len(search.run.trials) == 1
    assert search.choice.learning_rate is None
    first = search.run.trials[0].learning_rate
    rest = run_through(search)
    assert first not in {trial.learning_rate for trial, epochs in rest if epochs == 1}
    assert search.choice.learning_rate is not None


def test_a_finished_search_has_no_more_trials():
    search = etascope.Search(epochs=3)
    run_through(search)
    assert list(search) == []


@pytest.mark.parametrize(
    ("target", "name", "best"), [(None, "valid_accuracy", 0.04), ("accuracy", "valid_accuracy", 0.04),
                                 ("loss", "valid_loss", 0.004)],
)  # fmt: skip
def test_of_loss_and_accuracy_the_accuracy_ranks_unless_the_loss_is_the_target(target, name, best):
    search = etascope.Search(epochs=10, target=target)
    run_through(search, valid_accuracy=lambda rate, epoch: 1 - valley(rate, epoch, best=0.04) / 10)
    assert search.choice.measure.name == name
    assert search.choice.learning_rate == pytest.approx(best, rel=0.6)
    assert search.choice.valid_accuracy == pytest.approx(0.9, abs=0.1)


def test_a_loss_that_is_not_finite_ends_a_trial_whose_accuracy_ranks():
    search = etascope.Search(epochs=10)
    assert next(iter(search)).report(valid_loss=math.nan, valid_accuracy=0.1).stop
    assert search.run.trials[0].diverged


def test_a_target_that_is_not_reported_is_asked_for():
    with pytest.raises(InputError, match="target must be"):
        etascope.Search(target="f1")
    trial = next(iter(etascope.Search(target="accuracy")))
    with pytest.raises(InputError, match="needs valid_accuracy, which is the accuracy that trials are compared by"):
        trial.report(valid_loss=0.5)


def test_accuracy_alone_ranks_by_accuracy():
    search = etascope.Search(epochs=10)
    for trial in search:
        for epoch in range(1, 11):
            if trial.report(valid_accuracy=1 - valley(trial.learning_rate, epoch) / 4).stop:
                break
    assert search.choice.measure.maximize
    assert search.choice.learning_rate == pytest.approx(0.004, rel=0.6)
    assert any(verdict.startswith("best: valid_accuracy 0.9") for verdict in map(str, search.choice.verdicts))


def test_a_tensor_is_a_number():
    class Tensor:
        def __float__(self):
            return 0.5

    trial = next(iter(etascope.Search(epochs=50)))
    assert not trial.report(valid_loss=Tensor()).stop
    assert not trial.report(valid_loss=np.float32(0.4), valid_accuracy=np.array(0.5)).stop


@pytest.mark.parametrize(
    ("report", "message"),
    [
        ({}, "found none"),
        ({"valid_loss": -0.1}, "at least 0; found -0.1"),
        ({"valid_accuracy": 93.5}, "in \\[0, 1\\]; found 93.5"),
        ({"valid_loss": "low"}, "must be a number; found 'low'"),
        ({"valid_loss": [1, 2]}, "must be a number"),
    ],
)
def test_a_report_that_cannot_be_used_is_refused_and_changes_nothing(report, message):
    search = etascope.Search(epochs=10)
    trial = next(iter(search))
    with pytest.raises(InputError, match=message):
        trial.report(**report)
    with pytest.raises(InputError, match="found none"):
        _ = search.choice


def test_the_kind_of_report_may_not_change():
    trial = next(iter(etascope.Search(epochs=50)))
    trial.report(valid_loss=0.5)
    with pytest.raises(InputError, match="needs valid_loss"):
        trial.report(valid_accuracy=0.5)


def test_reports_after_the_stop_do_not_count_and_reports_on_an_old_trial_are_refused():
    search = etascope.Search(epochs=10)
    iterator = iter(search)
    first = next(iterator)
    while not (decision := first.report(valid_loss=0.5)).stop:
        pass
    assert first.report(valid_loss=0.1) is decision
    next(iterator)
    assert search.run.trials[0].valid_loss.min() == 0.5
    with pytest.raises(InputError, match="trial 1 is over"):
        first.report(valid_loss=0.1)


@pytest.mark.parametrize(
    ("options", "message"), [({"low": 1, "high": 0.1}, "low"), ({"epochs": 0}, "epochs"), ({"budget": 0.1}, "budget")]
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        etascope.Search(**options)


def test_a_larger_budget_trains_to_the_end():
    search = etascope.Search(epochs=8, budget=8)
    reports = run_through(search)
    assert {epochs for _, epochs in reports} == {8}
    assert {t.status for t in search.run.trials} == {Status.FINISHED}


def test_a_run_has_its_document_and_its_page():
    search = etascope.Search(epochs=5)
    run_through(search)
    document = pick_document(search.run)
    assert document["reports"] == {
        "source": "a loop in Python", "command": None, "metric": "valid_loss", "maximize": False, "best": 0.0,
        "epochs": 5, "seed": 0,
    }  # fmt: skip
    assert "learning_rate = " in run_html(search.run)
    assert "a loop in Python" in search.run._repr_mimebundle_()["text/plain"]
