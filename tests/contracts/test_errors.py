"""One contract for every exception of ours: it goes between processes and comes out as it was."""

import copy
import importlib
import inspect
import pickle
import pkgutil
import warnings

import pytest

import etascope
from etascope.cli.dialect import command_line
from etascope.core.errors import InputError
from etascope.core.sentences import Setting, say
from etascope.images.files.decode import BadImage

SAMPLES = {
    "str": "a\x1b 'b' \udc80.", "int": 3, "float": 0.5, "tuple[str, ...]": ("a", "b"),
    "str | Sentence": say("Try {folds}.", Setting("folds", 5)),
}  # fmt: skip


def exceptions():
    """Return the exception classes that any module of etascope defines."""
    with warnings.catch_warnings(action="ignore"):
        for module in pkgutil.walk_packages(etascope.__path__, "etascope."):
            importlib.import_module(module.name)
    kinds, waiting = set(), [BaseException]
    while waiting:
        below = set(waiting.pop().__subclasses__()) - kinds
        kinds |= below
        waiting += below
    return sorted((one for one in kinds if one.__module__.partition(".")[0] == "etascope"), key=lambda one: str(one))


def made(kind):
    """Return an exception, each argument of its constructor of the type that stands there, and another for each."""
    parameters = inspect.signature(kind).parameters.values() if "__init__" in vars(kind) else ()
    return kind(*(f"{SAMPLES[one.annotation]}{i}" if one.annotation == "str" else SAMPLES[one.annotation]
                  for i, one in enumerate(parameters)))  # fmt: skip


EXCEPTIONS = exceptions()


def test_all_are_found():
    assert {InputError, BadImage} < set(EXCEPTIONS)
    assert len(EXCEPTIONS) >= 6


@pytest.mark.parametrize("kind", EXCEPTIONS, ids=lambda kind: kind.__qualname__)
def test_every_exception_goes_between_processes_and_is_copied(kind):
    error = made(kind)
    error.add_note("in row 3")
    for again in (
        *(pickle.loads(pickle.dumps(error, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)),
        copy.copy(error),
        copy.deepcopy(error),
    ):
        assert type(again) is kind
        assert str(again) == str(error)
        assert again.args == error.args
        assert vars(again) == vars(error)


def test_an_error_is_told_with_and_without_its_advice():
    error = pickle.loads(pickle.dumps(BadImage("a.png", "it is empty")))
    assert (error.name, error.reason) == ("a.png", "it is empty")
    assert error.said == "a.png cannot be read as an image: it is empty."
    assert str(error) == f"{error.said} {error.advice}"
    assert "skip_bad=True" in error.advice
    assert error.written(command_line).endswith("with --skip-bad.")
    assert (InputError("no.").said, InputError("no.").advice) == ("no.", "")
