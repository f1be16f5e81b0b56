import pytest

from etascope.training.command.failure import failure, search_failure
from etascope.training.command.metric import LineMetric
from etascope.training.command.process import Script, end

PATTERN = LineMetric("loss (.*)")


@pytest.fixture
def script(tmp_path):
    made = Script("printf 'one\\n^^^^^\\ntwo\\n\\a three\\nfour\\n'", tmp_path / "a.log")
    while made.ended() is None:
        pass
    made.read()
    yield made
    end([made], 0)


@pytest.mark.parametrize(
    ("code", "reported", "timeout", "told"),
    [
        (1, 0, None, "failed with exit code 1 before its first metric"),
        (2, 1, None, "failed with exit code 2 after 1 epoch,"),
        (-15, 3, None, "was ended by SIGTERM after 3 epochs"),
        (137, 3, None, "was ended by SIGKILL, as it happens where memory runs out, after 3 epochs"),
        (None, 2, 60.0, "was stopped when its 60 s were over after 2 epochs"),
        (0, 0, None, "ended before its first metric"),
        (128, 0, None, "failed with exit code 128"),
    ],
)
def test_a_failure_says_how_and_after_what_and_where_its_log_is(script, code, reported, timeout, told):
    said = failure(script, code, reported, timeout)
    assert told in said
    assert said.endswith("and said last: two / \\x07 three / four; its log is a.log")


def test_a_search_that_cannot_go_on_says_what_was_run_and_what_to_look_at(script):
    said = str(search_failure(script, 1, 0.001, PATTERN, None))
    assert said.startswith("the script failed with exit code 1 before its first metric, at learning rate 0.001")
    assert str(script.log) in said
    assert said.endswith(script.command)


@pytest.mark.parametrize(("code", "timeout"), [(0, None), (None, 5.0)])
@pytest.mark.parametrize(
    ("metric", "asked"), [(PATTERN, "--metric 'loss (.*)'"), (LineMetric(key="v"), "--metric-key 'v'")]
)
def test_where_nothing_matched_it_says_what_was_looked_for(script, code, timeout, metric, asked):
    said = str(search_failure(script, code, 0.001, metric, timeout))
    assert asked in said
    assert "four" in said
