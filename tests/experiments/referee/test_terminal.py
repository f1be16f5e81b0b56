import pytest

from etascope.experiments.referee.terminal import asked, spent
from tests.experiments.made import page_of
from tests.experiments.referee.test_words import found, row

FULL = found(
    row("Optuna TPE-20"),
    row("torch-lr-finder steepest", (60.0, 70.0), (64.0, 50.0, 75.0), (0.000115, 0.000614)),
    row("Prodigy at rate 1", (-2.0, 30.0), (1, -5, 9), (None, None), own_optimizer=True),
    left_out=(("Somebody", "x not installed: pip install 'etascope[referee]'"),),
)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_every_line_fits_and_ascii_is_ascii(width, ascii):
    text = page_of(FULL, width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.isascii() == ascii


def test_a_row_an_adviser_what_loses_least_first():
    text = page_of(FULL, width=120)
    table = text.partition("adviser\n")[2].partition("\n\n")[0].splitlines()[1:]
    names = ["Optuna TPE-20", "etascope pick", "Prodigy at rate 1", "torch-lr-finder steepest"]
    assert [line.split("  ")[-1].strip() for line in table] == names
    assert table[0].split() == ["0.15", "0.15", "0.20", "16.0", "0.01..0.03", "not", "told", "Optuna", "TPE-20"]
    assert table[3].split()[4:6] == ["0.000115..0.000614", "behind"]


def test_the_page_says_that_the_test_images_are_spent_and_who_was_left_out():
    text = " ".join(page_of(FULL).split())
    assert "The 2 test images judged advisers here and are spent" in text
    assert "Somebody left out: x not installed: pip install 'etascope[referee]'" in text
    assert "Optuna TPE-20 asked so; so too Prodigy at rate 1, torch-lr-finder steepest" in text
    assert "85.0 % of 2 test images right at the best rate, 0.1; 3 rates x 2 fresh seeds" in text


def test_nothing_lost_has_no_sign():
    table = page_of(found(row("zero", (-0.001, -0.002))), width=120).partition("adviser\n")[2]
    assert table.splitlines()[1].split()[:3] == ["0.00", "0.00", "0.00"]


def test_the_same_is_told_elsewhere():
    assert spent(FULL).startswith("The 2 test images judged advisers here and are spent")
    assert dict(asked(FULL))["Optuna TPE-20"] == "asked so; so too Prodigy at rate 1, torch-lr-finder steepest"
