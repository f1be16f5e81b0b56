"""The story as a whole: every way in from Python, and a choice that never sees the test images."""

from dataclasses import replace

import numpy as np
import pytest
from bench.grid_search import GridSearch

import etascope
from etascope import Choice, Dataset, InputError, Recipe, Run, Trace, open_images, pick, trace
from etascope.core.data import NO_FOLD
from etascope.core.history import Status
from etascope.core.protocols import ignore
from etascope.selection.automatic import Automatic
from etascope.training.dense.engine import DenseEngine
from etascope.workbench import open_and_divide
from tests.images.making import write_folder

SMALL = Recipe(hidden=(), epochs=1)


@pytest.fixture(scope="module")
def digits():
    return open_images("digits")


@pytest.fixture(scope="module")
def searched(digits):
    return pick(digits, recipe=Recipe(hidden=(16,), epochs=2))


@pytest.fixture(scope="module")
def default():
    return trace()


def answers(run):
    """What two searches must have in common to be the same search."""
    return run.choice.learning_rate, run.choice.basin, run.choice.reasons, run.choice.verdicts


def test_the_package_has_few_names_and_all_of_them_are_meant():
    names = {"pick", "trace", "open_images", "open_store", "Recipe", "Choice", "Run", "Trace"}
    assert names | {"range_test", "sharpness", "scaling", "referee"} <= set(etascope.__all__)
    assert len(etascope.__all__) <= 17
    for name in etascope.__all__:
        assert getattr(etascope, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        etascope.nonsense  # noqa: B018 - the access is what is tested.


def test_a_run_shows_itself_in_a_notebook(searched):
    from IPython.core.formatters import DisplayFormatter

    shown, _ = DisplayFormatter().format(searched)
    assert f"{searched.choice.learning_rate:.3g}" in shown["text/plain"]
    assert "<svg" in shown["text/html"]


def test_a_search_returns_a_run_with_choice_trace_and_history(searched):
    assert isinstance(searched, Run)
    assert isinstance(searched.choice, Choice)
    assert isinstance(searched.trace, Trace)
    choice = searched.choice
    assert choice.basin.low <= choice.learning_rate <= choice.basin.high
    assert len(searched.history.plan) == choice.cost.trials == len(choice.verdicts)
    assert searched.trace.learning_rate == choice.learning_rate
    assert (searched.data.development, searched.data.test) == (800, 200)


def test_the_default_training_ends_near_the_accuracy_of_the_lesson(default):
    assert default.learning_rate == 0.01
    assert default.recipe == Recipe()
    assert 0.80 <= default.evaluation.accuracy <= 0.93
    losses = [epoch.train_loss for epoch in default.epochs]
    assert losses == sorted(losses, reverse=True)
    assert 0.35 <= default.epochs[0].train_accuracy <= 0.55
    assert default.epochs[-1].train_accuracy >= 0.85


def test_the_search_beats_a_rate_a_decade_off_either_way(searched, digits):
    recipe = searched.recipe
    best = searched.trace.evaluation.loss
    for factor in (0.1, 30):
        off = trace(digits, learning_rate=searched.choice.learning_rate * factor, recipe=recipe)
        assert off.evaluation is None or off.evaluation.loss > best + 0.05


def test_test_pixels_decide_nothing_but_the_test(digits):
    first = pick(digits, recipe=Recipe(hidden=(16,), epochs=1, pixels="standard"))
    images = digits.images.copy()
    held = np.setdiff1d(np.arange(1000), _development(digits))
    assert len(held) == 200
    images[held] = 255 - images[held]
    other = pick(replace(digits, images=images), recipe=first.recipe)
    assert answers(other) == answers(first)
    for name in ("step_loss", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy"):
        np.testing.assert_array_equal(getattr(other.history, name), getattr(first.history, name))
    np.testing.assert_array_equal(other.trace.step_loss, first.trace.step_loss)
    assert other.trace.epochs == first.trace.epochs
    assert other.trace.evaluation != first.trace.evaluation
    assert other.trace.prediction.probabilities.tolist() != first.trace.prediction.probabilities.tolist()


def _development(dataset):
    from etascope.pipeline.split import divide

    return divide(dataset).rows


def test_every_trial_of_the_search_holds_a_fold_out_and_the_last_training_none(searched):
    assert set(searched.history.plan.folds.tolist()) == {0, 1, 2, 3, 4}
    assert NO_FOLD not in searched.history.plan.folds
    assert searched.history.examples.max() == 640 * 2
    assert len(searched.trace.step_loss) == 2 * 800 / 16


def test_the_validation_curve_is_the_mean_over_the_folds_at_the_chosen_rate(searched):
    chosen = [t for t in searched.trials if t.learning_rate == searched.choice.learning_rate]
    assert sorted(t.fold for t in chosen) == [0, 1, 2, 3, 4]
    ends = [t.epoch_ends(searched.task.steps_per_epoch) for t in chosen]
    curve = np.mean([t.valid_loss[e] for t, e in zip(chosen, ends, strict=True)], axis=0)
    assert [epoch.valid_loss for epoch in searched.trace.epochs] == pytest.approx(curve.tolist(), abs=1e-12)
    accuracy = np.mean([t.valid_accuracy[e] for t, e in zip(chosen, ends, strict=True)], axis=0)
    assert [epoch.valid_accuracy for epoch in searched.trace.epochs] == pytest.approx(accuracy.tolist(), abs=1e-12)
    assert curve[-1] == pytest.approx(searched.choice.valid_loss)
    assert "5 trainings" in searched.trace.validation


def test_a_plain_trace_has_no_validation(default):
    assert {(epoch.valid_loss, epoch.valid_accuracy) for epoch in default.epochs} == {(None, None)}
    assert default.validation == ""


def test_the_chosen_training_is_the_trace_of_the_chosen_rate(searched, digits):
    alone = trace(digits, learning_rate=searched.choice.learning_rate, recipe=searched.recipe)
    np.testing.assert_array_equal(alone.step_loss, searched.trace.step_loss)
    assert alone.evaluation == searched.trace.evaluation


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_seed_gives_the_same_bits(workers, digits):
    first, again = pick(digits, recipe=SMALL), pick(digits, recipe=SMALL, engine=DenseEngine(workers))
    assert answers(first) == answers(again)
    np.testing.assert_array_equal(first.history.step_loss, again.history.step_loss)
    np.testing.assert_array_equal(first.trace.step_loss, again.trace.step_loss)


def test_arrays_a_folder_and_a_dataset_of_the_same_pictures_give_the_same_answer(tmp_path, digits):
    rows = np.arange(300)
    images, labels = digits.images[rows], digits.labels[rows]
    write_folder(tmp_path, images, [str(label) for label in labels])
    by_array = pick(images, labels, recipe=SMALL)
    by_dataset = pick(Dataset(images, labels, digits.class_names, "mine"), recipe=SMALL)
    assert answers(by_array) == answers(by_dataset)
    assert (by_array.data.images, by_dataset.data.source) == (300, "mine")
    by_folder = pick(tmp_path, recipe=SMALL)
    assert by_folder.data.class_names == digits.class_names
    assert sum(len(h.plan) for h in by_folder.histories) >= 50
    assert answers(pick(str(tmp_path), recipe=SMALL)) == answers(by_folder)


def test_floats_and_channels_are_welcome(digits):
    images, labels = digits.images[:200], digits.labels[:200]
    whole = trace(images, labels, recipe=SMALL)
    for same in (images[..., 0], images[..., 0] / 255, list(zip(images, labels, strict=True))):
        other = trace(same, None if isinstance(same, list) else labels, recipe=SMALL)
        np.testing.assert_array_equal(other.step_loss, whole.step_loss)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_share_of_the_images_is_held_back(share, digits):
    traced = trace(digits, recipe=SMALL, test=share)
    assert traced.stages[4].shape_in == (1000 * share, 784)


@pytest.mark.parametrize("opened", [False, True])
def test_test_images_from_elsewhere_are_the_test_images(opened, tmp_path, digits):
    held = digits.images[900:]
    write_folder(tmp_path / "held", held, [str(label) for label in digits.labels[900:]])
    write_folder(tmp_path / "mine", digits.images[:400], [str(label) for label in digits.labels[:400]])
    images = open_images(tmp_path / "mine") if opened else tmp_path / "mine"
    traced = trace(images, recipe=SMALL, test=tmp_path / "held")
    assert [stage.shape_in[0] for stage in traced.stages] == [500, 500, 500, 400, 100]
    shown_image = traced.prediction.image
    assert any(np.array_equal(shown_image, image) for image in held)


def test_the_test_part_of_the_data_is_kept(digits):
    rows = np.arange(0, 1000, 7)
    traced = trace(replace(digits, test_rows=rows), recipe=SMALL)
    assert traced.stages[4].shape_in == (len(rows), 784)
    assert np.array_equal(traced.prediction.image, digits.images[0])


class Idle(DenseEngine):
    def train(self, split, recipe, plan, progress=None):
        pytest.fail("something was trained")


@pytest.mark.parametrize(("old", "new"), [("watch", "progress"), ("keeper", "recorder")])
def test_an_old_keyword_is_answered_with_the_new_one(old, new):
    with pytest.raises(InputError, match=rf"pick takes {new} in place of {old}\. Write {new}=None\."):
        pick(**{old: None})


@pytest.mark.parametrize(
    ("ask", "data", "options", "sentence"),
    [
        (pick, "digits", {"image": 200}, "image must be a test image, 0 to 199; found 200"),
        (trace, "digits", {"image": -1}, "image must be a test image, 0 to 199; found -1"),
        (trace, "digits", {"learning_rate": 0.0}, "a finite number above 0; found 0"),
        (trace, "nowhere", {"learning_rate": -1}, "a finite number above 0; found -1"),
        (pick, "nowhere", {}, "'nowhere' does not exist"),
        (pick, "digits", {"test": 1.5}, "test must be a share"),
        (pick, "digits", {"folds": 0}, "validation rows; found 0 folds"),
    ],
)
def test_a_mistake_is_told_before_anything_is_trained(ask, data, options, sentence):
    with pytest.raises(InputError, match=sentence):
        ask(data, engine=Idle(1), **options)


def test_labels_beside_an_opened_dataset_are_not_passed_over(digits):
    with pytest.raises(InputError, match="label"):
        trace(digits, digits.labels, engine=Idle(1))


def test_a_search_that_cannot_tell_has_no_trace(digits):
    run = pick(digits, recipe=SMALL, method=GridSearch(low=1e-9, high=2e-9))
    assert run.choice.learning_rate is None
    assert run.trace is None
    assert run.choice.reasons


def test_trials_that_diverge_are_results(digits):
    run = pick(digits, recipe=Recipe(hidden=(8,), epochs=1), method=GridSearch(low=1e-3, high=1e25))
    assert Status.DIVERGED in run.history.status
    assert run.choice.learning_rate is not None


def test_whoever_watches_hears_of_each_round_and_the_last_training(digits):
    heard = []
    run = pick(digits, recipe=SMALL, progress=heard.append)
    stages = list(dict.fromkeys(event.stage for event in heard))
    rounds = [f"searching, round {i + 1}" for i in range(len(run.histories))]
    assert stages == [*rounds, "training the chosen one"]
    for stage in stages:
        of_stage = [event for event in heard if event.stage == stage]
        assert all(0 <= event.done <= event.total for event in of_stage)
        assert of_stage[-1].done == pytest.approx(of_stage[-1].total)


class Notes:
    """A recorder that writes down what it is told."""

    def __init__(self):
        self.calls = []

    def begin(self, data, task):
        self.calls.append((data, task))

    def append(self, history):
        self.calls.append(history)

    def finish(self, run):
        self.calls.append(run)


def test_a_recorder_is_told_of_everything_as_it_happens(digits):
    notes = Notes()
    run = pick(digits, recipe=SMALL, recorder=notes)
    assert notes.calls[0] == (run.data, run.task)
    assert tuple(notes.calls[1:-1]) == run.histories
    assert notes.calls[-1] is run


@pytest.mark.parametrize("done", [1, 2])
def test_a_search_that_goes_on_ends_as_one_that_was_never_stopped(digits, done):
    whole = pick(digits, recipe=SMALL)
    notes = Notes()
    on = pick(digits, recipe=SMALL, histories=whole.histories[:done], recorder=notes)
    assert answers(on) == answers(whole)
    assert len(notes.calls) == 2 + len(whole.histories) - done
    np.testing.assert_array_equal(on.history.step_loss, whole.history.step_loss)


def test_rounds_tell_of_all_trials_so_far(digits):
    events = []
    run = pick(digits, recipe=SMALL, progress=events.append)
    rounds = [event.trials for event in events if event.trials]
    assert len(rounds) == len(run.histories)
    assert [t.learning_rate for t in rounds[-1]] == [t.learning_rate for t in run.trials]


def test_a_search_with_a_model_goes_on_with_the_same_answer():
    recipe = Recipe(model="cnn", epochs=1, batch_size=64)
    halving = Automatic(budget=3)
    whole = pick("digits", recipe=recipe, method=halving)
    late = pick("digits", recipe=recipe, method=halving, histories=whole.histories[:1])
    assert whole.task.forward > 1e5
    assert late.choice.learning_rate == whole.choice.learning_rate
    assert len(late.histories) == len(whole.histories)
    for a, b in zip(whole.histories, late.histories, strict=True):
        np.testing.assert_array_equal(a.step_loss, b.step_loss)


def test_a_search_that_goes_on_counts_what_was_trained_before():
    whole = etascope.pick("digits", recipe=Recipe(hidden=(), epochs=1), method=Automatic(low=0.01, high=0.1))
    before = tuple(replace(history, seconds=1000.0) for history in whole.histories)
    again = etascope.pick(
        "digits", recipe=Recipe(hidden=(), epochs=1), method=Automatic(low=0.01, high=0.1), histories=before
    )
    assert again.seconds > again.choice.cost.seconds >= 1000.0 * len(before)


def test_a_trace_by_itself_knows_its_images_and_a_run_has_them_once():
    recipe = Recipe(hidden=(), epochs=1)
    assert etascope.trace("digits", recipe=recipe).data.images == 1000
    assert etascope.pick("digits", recipe=recipe).trace.data is None


@pytest.mark.parametrize(
    ("words", "name"),
    [({"budget": 2.0}, "budget"), ({"low": 0.01, "high": 1.0}, "low"), ({"target": "loss"}, "target"),
     ({"tolerance": 3.0}, "tolerance")],
)  # fmt: skip
def test_what_the_command_line_can_say_of_a_search_three_lines_of_python_can(words, name):
    recipe = Recipe(hidden=(), epochs=1)
    run = pick("digits", recipe=recipe, **words)
    same = pick("digits", recipe=recipe, method=Automatic(**words))
    assert [one.valid_loss.tobytes() for one in run.histories] == [one.valid_loss.tobytes() for one in same.histories]
    assert (run.choice.learning_rate, run.choice.basin) == (same.choice.learning_rate, same.choice.basin)
    with pytest.raises(InputError, match=f"found {name} beside it. Leave one of them out"):
        pick("digits", recipe=recipe, method=Automatic(), **words)


@pytest.mark.parametrize("suffix", [".html", ".md", ".json", ".svg"])
def test_a_run_writes_itself_as_its_suffix_says(tmp_path, suffix):
    run = pick("digits", recipe=Recipe(hidden=(), epochs=1))
    run.write(tmp_path / f"answer{suffix}")
    assert (tmp_path / f"answer{suffix}").read_text("utf-8").strip()
    with pytest.raises(InputError, match="the suffix of a report must be one of"):
        run.write(tmp_path / "answer.txt")


def test_images_are_opened_once_and_divided_as_pick_divides_them():
    digits = open_images("digits")
    ready = open_and_divide(digits, None, Recipe(seed=1), 0.3, 4, ignore)
    assert ready.dataset is digits
    assert (ready.share, len(ready.split.y_test), set(ready.split.folds.tolist())) == (0.3, 300, {0, 1, 2, 3})
    assert (ready.recipe, ready.engine, ready.data.test) == (Recipe(seed=1), DenseEngine(), 300)
    ready = open_and_divide("digits", None, None, None, 0, ignore)
    assert ready.dataset.fingerprint == digits.fingerprint
    assert (ready.share, len(ready.split.y_test), ready.recipe) == (None, 200, Recipe())


def test_a_search_on_the_same_images_is_that_of_pick(digits):
    ready = open_and_divide(digits, None, SMALL, 0.3, 0, ignore)
    ours, theirs = ready.search(None, ignore), pick(digits, recipe=SMALL, test=0.3)
    assert answers(ours) == answers(theirs)


def test_workers_and_device_say_what_trains():
    assert open_and_divide("digits", None, SMALL, None, 0, ignore, workers=2).engine == DenseEngine(2)
    engine = open_and_divide("digits", None, SMALL, None, 0, ignore, device="cpu").engine
    assert (type(engine).__name__, engine.device) == ("TorchEngine", "cpu")


def test_workers_change_no_number_and_a_device_is_where_pytorch_trains(digits):
    one, two = (pick(digits, recipe=SMALL, budget=3, workers=workers) for workers in (1, 2))
    assert answers(one) == answers(two)
    dense, torch = trace(digits, recipe=SMALL, workers=1), trace(digits, recipe=SMALL, device="cpu")
    np.testing.assert_allclose(torch.step_loss, dense.step_loss, rtol=1e-4)


@pytest.mark.parametrize("words", [{"workers": 2}, {"device": "cpu"}])
def test_an_engine_and_where_it_trains_are_not_both_given(words):
    for function in (pick, trace):
        with pytest.raises(InputError, match=f"knows itself where it trains; found {next(iter(words))} beside it"):
            function("no-such-folder", engine=DenseEngine(), **words)
    if "workers" in words:
        for function in (etascope.range_test, etascope.sharpness, etascope.scaling, etascope.referee):
            with pytest.raises(InputError, match="found workers beside it"):
                function("no-such-folder", engine=DenseEngine(), **words)


def test_test_images_may_lie_elsewhere(tmp_path):
    digits = open_images("digits")
    np.savez(tmp_path / "test.npz", x=digits.images[900:], y=digits.labels[900:])
    path = tmp_path / "test.npz"
    ready = open_and_divide(digits.images[:900], digits.labels[:900], Recipe(), path, 0, ignore)
    assert (len(ready.dataset), ready.share, len(ready.split.y_test)) == (1000, None, 100)
