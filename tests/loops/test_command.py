import math

import numpy as np
import pytest

import etascope
from etascope.core import search
from etascope.core.errors import InputError
from etascope.core.history import Status
from etascope.core.run import Run
from etascope.loops.command import MIDDLE, pick_command, reports_halving
from etascope.report.words.job import try_next
from tests.core.failing import FailingRecorder
from tests.training.scripts import METRIC, left, write

#: Learns the slower the lower the rate is, and is best at `lr` about 0.004.
VALLEY = """
for epoch in range(1, epochs + 1):
    x = math.log10(lr / 0.004)
    value = 0.2 + 0.4 * x * x + 2 * math.exp(-epoch * min(lr, 0.1) / 0.003)
    print(f"epoch {epoch} val_loss: {value:.6f}")
"""


def pick(tmp_path, body, **options):
    options = {"metric": METRIC, "epochs": 10, "logs": tmp_path / "logs", **options}
    return pick_command(write(tmp_path, body), **options)


@pytest.fixture
def valley(tmp_path):
    yield pick(tmp_path, VALLEY)
    assert left(tmp_path.name) == []


def test_a_script_gets_its_learning_rate_with_all_that_belongs_to_it(valley):
    choice = valley.choice
    assert isinstance(valley, Run)
    assert choice.learning_rate == pytest.approx(0.004, rel=0.6)
    assert choice.basin.low <= 0.004 <= choice.basin.high
    assert choice.confidence.word in ("likely", "probable", "not settled")
    assert choice.walls.high is not None
    assert (choice.regime, choice.target, choice.measure.name) == ("dear", "loss", "val_loss")
    assert (choice.luck, choice.worth_tuning, valley.trace) == (None, None, None)
    assert len(choice.verdicts) == len(valley.trials)
    assert any(verdict.startswith("best: val_loss 0.2") for verdict in map(str, choice.verdicts))


def test_no_sentence_speaks_of_what_is_not_known(valley):
    said = " ".join([*map(str, valley.choice.reasons), *map(str, valley.choice.verdicts), str(valley.choice.not_tried)])
    for word in ("nats", "hidden", "momentum", "batch", "blind", "accuracy nan", "folds", "step ", "checkpoint"):
        assert word not in said
    assert "epoch 8 of 10" in said
    assert "any other setting" in said


def test_the_cost_is_the_epochs_that_really_ran(valley):
    epochs = sum(trial.examples for trial in valley.trials)
    assert valley.choice.cost.training_equivalents == pytest.approx(epochs / 10)
    assert valley.choice.cost.training_equivalents == pytest.approx(3.0, abs=0.5)


def test_the_answer_does_not_depend_on_how_many_run_at_once_or_whether_they_are_paused(valley, tmp_path):
    for n, options in enumerate(({"workers": 3}, {"restart": True})):
        other = pick(tmp_path, VALLEY, logs=tmp_path / f"other{n}", **options)
        assert other.choice.learning_rate == valley.choice.learning_rate
        assert other.choice.basin == valley.choice.basin
        np.testing.assert_array_equal(other.history.valid_loss, valley.history.valid_loss)
    assert other.choice.cost.training_equivalents > valley.choice.cost.training_equivalents


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_answer_does_not_depend_on_the_unit_of_the_metric(valley, tmp_path, factor):
    body = VALLEY.replace("{value:.6f}", f"{{value * {factor!r}:.9e}}")
    scaled = pick(tmp_path, body, logs=tmp_path / "scaled")
    assert scaled.choice.learning_rate == pytest.approx(valley.choice.learning_rate, rel=1e-3)
    assert scaled.choice.basin.low == pytest.approx(valley.choice.basin.low, rel=0.02)
    assert scaled.choice.valid_loss == pytest.approx(factor * valley.choice.valid_loss, rel=1e-3)


@pytest.mark.parametrize(("best", "of"), [(None, 1), (100.0, 100), (-2.0, -2)])
def test_higher_may_be_better_up_to_any_best_value(valley, tmp_path, best, of):
    body = VALLEY.replace("{value:.6f}", f"{{{of} - value * 0.1:.9f}}")
    higher = pick(tmp_path, body, logs=tmp_path / "higher", maximize=True, best=best)
    # A share up to 1 is an accuracy, whose noise is known from its size: the curve is another by a little.
    assert higher.choice.learning_rate == pytest.approx(valley.choice.learning_rate, rel=0.1 if of == 1 else 1e-3)
    best_trial = next(verdict for verdict in map(str, higher.choice.verdicts) if verdict.startswith("best"))
    shown = float(best_trial.split()[2])
    assert shown == pytest.approx(of - 0.1 * valley.choice.valid_loss, abs=0.02)


def test_the_window_grows_to_where_the_best_rate_is(tmp_path):
    body = VALLEY.replace("0.004", "2e-5").replace("0.003)", "1.5e-5)")
    far = pick(tmp_path, body)
    assert far.choice.learning_rate == pytest.approx(2e-5, rel=1.0)
    assert any("added to the first window" in sentence for sentence in map(str, far.choice.reasons))


def test_limits_are_kept_and_where_both_are_given_it_begins_between_them(tmp_path):
    run = pick(tmp_path, VALLEY, low=1e-6, high=1e-2)
    tried = [trial.learning_rate for trial in run.trials]
    assert max(tried) <= 1e-2
    assert min(tried[:7]) < 1e-4 < max(tried[:7])
    assert reports_halving(1e-6, 1e-2, 3, None).middle == pytest.approx(1e-4)
    assert reports_halving(None, None, 3, None).middle == MIDDLE
    assert reports_halving(0.1, None, 3, None).middle == 0.1


def test_an_epoch_is_enough(tmp_path):
    run = pick(tmp_path, "x = math.log10(lr / 0.004); print('val_loss', 1 + x * x)\n", epochs=1)
    assert {trial.steps for trial in run.trials} == {1}
    assert run.choice.learning_rate == pytest.approx(0.004, rel=0.6)


def test_rates_that_diverge_or_fail_are_walls(tmp_path):
    body = "if lr > 0.02: print('val_loss: nan')\nif lr > 0.006: sys.exit('too hot')\n" + VALLEY
    run = pick(tmp_path, body)
    ended = {trial.status for trial in run.trials}
    assert {Status.DIVERGED, Status.FAILED} <= ended
    said = dict(zip([t.status for t in run.trials], map(str, run.choice.verdicts), strict=True))
    assert said[Status.DIVERGED] == "diverged: val_loss was no longer a finite number at epoch 1 of 10"
    assert said[Status.FAILED].startswith("failed: its script failed with exit code 1 before its first metric")
    assert run.choice.walls.high is not None
    assert run.choice.learning_rate <= 0.0065


def test_a_metric_that_never_moves_has_no_answer(tmp_path):
    run = pick(tmp_path, "for _ in range(epochs): print('val_loss: 0.7')\n")
    assert run.choice.learning_rate is None
    assert "All 7 trials report the same val_loss, 0.7 in the end" in str(run.choice.reasons[0])
    assert "reaches the optimizer" in str(run.choice.reasons[1])


@pytest.mark.parametrize("limits", [{}, {"low": 1e-3, "high": 0.1}])
def test_a_script_that_ignores_its_rate_is_sent_to_the_script_and_not_to_other_rates(tmp_path, limits):
    run = pick(tmp_path, "for e in range(epochs): print('val_loss:', 1 / (e + 1))\n", **limits)
    assert run.choice.learning_rate is None
    assert len(run.trials) == 7
    assert "All 7 trials report the same val_loss" in str(run.choice.reasons[0])
    assert "({lr} in a command, trial.learning_rate in a loop) reaches the optimizer" in str(run.choice.reasons[1])
    assert try_next(run).startswith("look at how the script or the loop uses the learning rate first")


def test_where_all_but_the_lowest_diverge_nothing_is_recommended_beyond_them(tmp_path):
    run = pick(tmp_path, "print('val_loss: nan')\n")
    assert run.choice.learning_rate is None
    assert str(run.choice.reasons[0]).startswith("Every training from")


def test_a_search_goes_on_from_what_was_kept(valley, tmp_path):
    kept = valley.histories[:1]
    again = pick(tmp_path, VALLEY, logs=tmp_path / "again", histories=kept)
    assert again.choice.learning_rate == valley.choice.learning_rate
    assert again.choice.basin == valley.choice.basin
    # Those that go on are run again from the start.
    assert again.choice.cost.training_equivalents > valley.choice.cost.training_equivalents


def test_a_recorder_hears_of_a_search_only_when_the_script_can_be_used(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "SECONDS", math.inf)
    heard = []

    class Recorder:
        def begin(self, data, task):
            heard.append(("begin", data.source, task.steps))

        def append(self, history):
            heard.append(("append", len(history.plan)))

        def finish(self, run):
            heard.append(("finish", run.choice.learning_rate))

    with pytest.raises(InputError):
        pick(tmp_path, "sys.exit('broken')\n", recorder=Recorder())
    assert heard == []
    run = pick(tmp_path, VALLEY, recorder=Recorder())
    assert [name for name, *_ in heard] == ["begin", *["append"] * len(run.histories), "finish"]
    assert heard[0][2] == 10


@pytest.mark.parametrize("error", [TypeError("broken"), InputError("there is no such place.")])
@pytest.mark.parametrize("fails", ["begin", "append", "finish"])
def test_a_recorder_in_trouble_costs_a_warning_and_no_trainings(valley, tmp_path, fails, error):
    with pytest.warns(RuntimeWarning, match=str(error)) as caught:
        run = pick(tmp_path, VALLEY, logs=tmp_path / "again", recorder=FailingRecorder(fails, error))
    assert len(caught) == 1
    assert run.choice.learning_rate == valley.choice.learning_rate


def test_progress_counts_epochs(tmp_path):
    events = []
    pick(tmp_path, VALLEY, progress=events.append)
    first = [p for p in events if p.stage == "searching, round 1"]
    assert (first[0].unit, first[0].total, first[-2].done) == ("epochs", 7, 7)
    assert len(first[-1].trials) == 7


@pytest.mark.parametrize(
    ("options", "message"),
    [({"epochs": 0}, "epochs"), ({"low": 1.0, "high": 0.1}, "low"), ({"budget": 0.5}, "budget"),
     ({"metric": None}, "metric=.*metric_key="), ({"metric": "("}, "regular expression"),
     ({"best": math.nan}, "finite"), ({"workers": 0}, "workers must")],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_before_anything_runs(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        pick(tmp_path, "open('ran', 'w')\n", **options)
    assert not (tmp_path / "ran").exists()


def test_a_folder_of_logs_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="logs must"):
        pick(tmp_path, VALLEY, logs=tmp_path / "file" / "logs")


@pytest.mark.parametrize(
    ("made", "expected", "message"),
    [
        (
            "2",
            8,
            "no trial went beyond epoch 2 of 8, as the script ended by itself. Where it always ends there, search",
        ),
        ("12", 4, "the script printed 12 metrics or more, and a whole training was said to have 4. Give as many"),
        ("epochs", 4, None),
        # Early stopping of some.
        ("epochs if lr < 0.02 else 1", 4, None),
    ],
)
def test_a_script_of_another_length_is_told(tmp_path, made, expected, message):
    body = VALLEY.replace("epochs + 1", f"({made}) + 1").replace("print(", "lines = [*lines, ").replace('}")', '}"]')
    run = pick(tmp_path, "lines = []" + body + "print('\\n'.join(lines), flush=True)\n", epochs=expected)
    said = [sentence for sentence in map(str, run.choice.reasons) if sentence.startswith("Mind the epochs")]
    assert len(said) == (message is not None)
    assert message is None or message in said[0]


def test_logs_go_to_the_usual_place_or_to_a_folder_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    words = {"metric": METRIC, "epochs": np.int64(4), "budget": 1}
    script = write(tmp_path, VALLEY)
    for place, logs in (("state/etascope/logs", None), ("here", str(tmp_path / "here"))):
        run = etascope.pick_command(script, logs=logs, **words)
        assert run.choice.cost.trials == len(list((tmp_path / place).rglob("*.log")))
