import pytest

from etascope.experiments.range_test.record import Following, Suggestion
from etascope.experiments.range_test.suggestion_table import factor, in_basin, lost, suggestion_table, times
from tests.experiments.made import ranged
from tests.learn import made


def test_a_row_a_rule_with_what_following_it_loses():
    header, rows = suggestion_table(ranged((0.03, None)))
    assert header == ("rule", "suggests", "times the best", "would lose", "source")
    assert rows == (
        ("finder0 rule", "0.03", "x 1.7", "0.4 points", "finder0 1.0, file.py"),
        ("finder1 rule", "nothing", "", "", "finder1 1.0, file.py"),
    )


def test_what_was_not_measured_has_no_column():
    assert suggestion_table(ranged((0.03,), measured=None))[0] == ("rule", "suggests", "source")
    header, rows = suggestion_table(ranged((0.03,), measured=made.run(learning_rate=None)))
    assert header == ("rule", "suggests", "would lose", "source")
    assert len(rows[0]) == 4


@pytest.mark.parametrize(("rate", "inside"), [(0.01, True), (0.056, True), (0.057, False), (None, False)])
def test_the_basin_holds_its_ends(rate, inside):
    assert in_basin(Suggestion("a", "b", rate), made.choice()) is inside
    assert not in_basin(Suggestion("a", "b", rate), made.choice(learning_rate=None))


@pytest.mark.parametrize(
    ("told", "sign", "words"),
    [
        (None, "unknown", "unknown"),
        (Following(0.04, False, "points"), "0.0 points", "0.0 points"),
        (Following(12.3, True, "%"), ">= 12 %", "at least 12 %"),
    ],
)
def test_losses_in_short_and_in_words(told, sign, words):
    assert (lost(told), lost(told, words=True)) == (sign, words)


def test_ratios_are_read_as_multiples_and_parts():
    assert (factor(1.234), factor(1234.5)) == ("1.2", "1,234")
    assert (times(1.0), times(250.0), times(0.5)) == ("x 1", "x 250", "/ 2")
