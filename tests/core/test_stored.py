from datetime import UTC, datetime

import pytest

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe, Task
from etascope.core.run import DataSummary
from etascope.core.stored import Job, StoredRun


def test_a_run_that_did_not_end_says_how_to_go_on():
    data = DataSummary("digits", "f" * 64, 10, (2, 2, 1), 8, 2, ("0", "1"))
    stored = StoredRun("ab12", datetime.now(UTC), Job(data, Task(Recipe(), 2, 8, 2, 1)), ())
    assert not stored.finished
    with pytest.raises(InputError, match="etascope resume ab12"):
        _ = stored.run
