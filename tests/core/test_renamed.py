"""Old names of modules are answered with the new ones."""

import importlib
import importlib.util
from importlib import resources

import pytest

from etascope.core.renamed import new_name

PAIRS = [line.split() for line in (resources.files("etascope.core") / "renamed.txt").read_text().splitlines()]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_every_new_name_is_there_and_no_old_one(old, new):
    assert importlib.util.find_spec(f"etascope.{new}") is not None
    assert new_name(f"etascope.{old}") == f"etascope.{new}"


@pytest.mark.parametrize(
    ("old", "sentence"),
    [
        ("selection.curves", r"etascope\.selection\.curves is etascope\.selection\.landscape now"),
        ("rivals.truth", r"etascope\.rivals is etascope\.experiments\.referee now"),
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
