import os
import platform
from importlib import metadata

import numpy as np

from etascope.core.data import Dataset, Split
from etascope.core.run import DataSummary, Run, cores, versions
from tests.selection.closed_form import ClosedForm, search, task, valley


def test_versions_name_what_decides_the_bits():
    software = versions()
    assert software["numpy"] == np.__version__
    assert software["etascope"] == metadata.version("etascope")
    assert software["python"] == platform.python_version()
    assert software["machine"] == platform.machine()


def test_a_run_joins_its_histories():
    from bench.grid_search import GridSearch

    job = task(epochs=3)
    histories, choice = search(GridSearch(), job, ClosedForm(valley(-1.4)))
    data = DataSummary("made up", "0", 1000, (28, 28, 1), 800, 200, ("a", "b"))
    run = Run(data, job, tuple(histories), choice, None, 1.0)
    assert len(run.history.plan) == sum(len(h.plan) for h in histories)
    assert run.recipe is job.recipe
    assert run.recipe.epochs == 3


def test_a_summary_is_of_opened_images_and_their_division():
    images = np.zeros((6, 4, 5, 3), np.uint8)
    dataset = Dataset(images, np.array([0, 1] * 3), ("a", "b"), "here", notes=("resized",))
    rows = np.arange(6)
    y = dataset.labels
    split = Split(images[:4], y[:4], np.zeros(4, np.int64), images[4:], y[4:], rows[:4], rows[4:], ("a", "b"))
    assert DataSummary.of(dataset, split) == DataSummary(
        "here", dataset.fingerprint, 6, (4, 5, 3), 4, 2, ("a", "b"), ("resized",), divided_anew=False
    )


def test_of_data_that_only_a_script_knows_the_command_is_known():
    first, same = (DataSummary.unknown("train {lr}", {"metric": "loss", "best": 0.0}, "train {lr}") for _ in range(2))
    assert first == same
    assert (first.images, first.command, len(first.fingerprint)) == (0, "train {lr}", 64)
    for other in (("train2 {lr}", {"metric": "loss", "best": 0.0}), ("train {lr}", {"metric": "acc", "best": 0.0})):
        assert DataSummary.unknown(*other).fingerprint != first.fingerprint


def test_what_a_test_part_alone_is_told_goes_where_all_images_are_divided_anew():
    images, labels = np.zeros((6, 2, 2, 1), np.uint8), np.array([0, 1] * 3)
    notes = ("resized", "val is the test part.")
    dataset = Dataset(images, labels, ("a", "b"), "here", np.array([4, 5]), notes, test_notes=notes[1:])
    for held, expected in (([4, 5], notes), ([1, 4], notes[:1])):
        rows = np.setdiff1d(np.arange(6), held)
        y = np.zeros(4, np.int64)
        split = Split(images[rows], labels[rows], y, images[held], labels[held], rows, np.array(held), ("a", "b"))
        summary = DataSummary.of(dataset, split).notes
        assert summary[: len(expected)] == expected
        assert len(summary) == 2
        assert ("divided anew" in summary[-1]) == (expected != notes)


def test_cores_are_those_this_process_may_use():
    assert 1 <= cores() <= (os.cpu_count() or 1)
    if hasattr(os, "sched_setaffinity"):
        allowed = os.sched_getaffinity(0)
        try:
            os.sched_setaffinity(0, {min(allowed)})
            assert cores() == 1
        finally:
            os.sched_setaffinity(0, allowed)
        assert cores() == len(allowed)
