"""Keepers and stores that fail at one thing, with any exception."""

import pytest

ERRORS = (
    TypeError("a record may not have this type.\nand more"), KeyError(), MemoryError(), RecursionError("deep"),
    OSError(28, "No space left on device"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    StopIteration(), ExceptionGroup("two", [ValueError("a"), ValueError("b")]),
)  # fmt: skip
each_error = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


class FailingRecorder:
    """Fails at one thing, and notes all that it is asked to do."""

    def __init__(self, fails, error):
        self.calls, self._fails, self._error = [], fails, error

    def begin(self, data, task):
        self._do("begin")

    def append(self, history):
        self._do("append")

    def finish(self, run):
        self._do("finish")

    def _do(self, what):
        self.calls.append(what)
        if what == self._fails:
            raise self._error


class FailingStore:
    """A store that fails at one thing, and does the rest."""

    def __init__(self, store, fails, error):
        self._store, self._fails, self._error = store, fails, error

    def __getattr__(self, name):
        return self._fail if name == self._fails else getattr(self._store, name)

    def _fail(self, *_):
        raise self._error
