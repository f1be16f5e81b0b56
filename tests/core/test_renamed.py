"""Old names of modules are answered with the new ones."""

import importlib
import importlib.util
import re
from importlib import resources
from pathlib import Path

import pytest

from etascope.core.choice import Choice
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.recipe import Recipe, Task
from etascope.core.renamed import new_name, renamed_fields
from etascope.core.run import Run
from etascope.training.dense.engine import DenseEngine
from etascope.training.pytorch.engine import TorchEngine

PAIRS = [line.split()[:2] for line in (resources.files("etascope.core") / "renamed.txt").read_text().splitlines()]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_every_new_name_is_there_and_no_old_one(old, new):
    assert importlib.util.find_spec(f"etascope.{new}") is not None
    assert new_name(f"etascope.{old}") == f"etascope.{new}"


@pytest.mark.parametrize("old", (Path(__file__).parent / "first_edition.txt").read_text().split())
def test_every_module_of_the_first_edition_is_there_or_says_where_it_is(old):
    answer = None
    try:
        answer = importlib.util.find_spec(f"etascope.{old}")
    except ImportError as error:
        answer = re.search(r"etascope\.\S+ is etascope\.\S+ now.*; see docs/migration\.md\.", str(error))
    assert answer is not None


@pytest.mark.parametrize(
    ("old", "sentence"),
    [
        ("selection.curves", r"etascope\.selection\.curves is etascope\.selection\.landscape now"),
        ("rivals.truth", r"etascope\.rivals is etascope\.experiments\.referee now"),
        ("rivals.score", r"etascope\.rivals\.score is etascope\.experiments\.referee\.truth"),
        ("experiments.horizon", r"scaling\.run now \(horizon is etascope\.scaling\)"),
        ("experiments.range_testing", r"now \(sharpness is etascope\.sharpness\)"),
        ("core.parts", r"core\.history now \(take and part_of are History\.take"),
        ("report.range_page", r"\(print_range_test is print\(result\)\)"),
        ("selection.search", r"GridSearch is bench/grid_search\.py"),
    ],
)
def test_an_old_name_is_answered_with_the_new_one(old, sentence):
    with pytest.raises(ImportError, match=sentence):
        importlib.import_module(f"etascope.{old}")


def test_a_package_with_the_name_of_an_old_module_answers_for_what_that_had():
    with pytest.raises(ImportError, match=r"dense\.DenseEngine is etascope\.training\.dense\.engine\.DenseEngine now"):
        from etascope.training.dense import DenseEngine  # noqa: F401
    with pytest.raises(ImportError, match="cannot import name 'Sparse'"):
        from etascope.training.dense import Sparse  # noqa: F401
    from etascope.training.dense import engine

    assert engine.DenseEngine


def test_a_class_with_another_name_is_answered_with_it():
    with pytest.raises(ImportError, match=r"method\.Ladder is etascope\.selection\.halving\.method\.Halving now"):
        from etascope.selection.halving.method import Ladder  # noqa: F401


def test_what_never_was_is_not_there():
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'etascope\.tuner'"):
        importlib.import_module("etascope.tuner")


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("integrations.mlflow", "MlflowKeeper", "etascope.integrations.mlflow.MlflowRecorder"),
        ("integrations.tensorboard", "TensorBoardKeeper", "etascope.integrations.tensorboard.TensorBoardRecorder"),
        ("integrations.wandb", "WandbKeeper", "etascope.integrations.wandb.WandbRecorder"),
        ("core.protocols", "Keeper", "etascope.core.protocols.Recorder"),
        ("core.protocols", "Watch", "etascope.core.protocols.OnProgress"),
        ("core.history", "join", "etascope.core.history.History.stack"),
        ("torch", "TorchRun", "etascope.Run"),
        ("workbench", "search", "etascope.workbench.search_split"),
    ],
)
def test_a_name_that_moved_within_its_module_is_answered_with_the_new_one(module, old, new):
    with pytest.raises(ImportError, match=rf"etascope\.{module}\.{old} is {new} now; see docs/migration\.md"):
        getattr(importlib.import_module(f"etascope.{module}"), old)
    home, _, name = new.rpartition(".")
    assert hasattr(History if name == "stack" else importlib.import_module(home), name)


def test_an_old_field_is_answered_with_what_to_write_now():
    class Record:
        __getattr__ = renamed_fields(chance="majority")

    with pytest.raises(AttributeError, match=r"Record\.chance is majority now; see docs/migration\.md"):
        _ = Record().chance
    with pytest.raises(AttributeError, match="'Record' object has no attribute 'other'"):
        _ = Record().other
    task = Task(Recipe(), n_classes=10, n_development=800, n_folds=5, steps_per_epoch=40)
    for record, old in ((task, "chance"), (object.__new__(Choice), "reason"), (object.__new__(History), "join")):
        with pytest.raises(AttributeError, match=rf"{type(record).__name__}\.{old} is .* now; see docs"):
            getattr(record, old)
    for old in ("with_note", "run", "untouched", "ratios", "loss_unit", "metrics"):
        with pytest.raises(AttributeError, match=rf"Run\.{old} is .* now"):
            getattr(object.__new__(Run), old)


def test_old_keywords_of_an_engine_and_of_the_studio_are_answered():
    with pytest.raises(InputError, match=r"DenseEngine\.train takes progress in place of watch"):
        DenseEngine().train(None, None, None, watch=print)
    with pytest.raises(InputError, match=r"TorchEngine\.train takes progress in place of watch"):
        TorchEngine().train(None, None, None, watch=print)
    app = pytest.importorskip("etascope.studio.app")
    with pytest.raises(InputError, match="create_app takes pool in place of crew"):
        app.create_app(crew=None)
