from etascope.core.protocols import Progress, ignore


def test_where_nobody_looks_on_progress_goes_nowhere():
    assert ignore(Progress("training", 1, 2, "epochs")) is None
