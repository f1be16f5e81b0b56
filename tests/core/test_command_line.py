import pytest

from etascope.core.command_line import CommandLine
from etascope.core.errors import InputError


def test_everything_in_braces_is_filled_in():
    line = CommandLine("train --lr={lr} --n {epochs} -s {seed} --out run{trial} --again {lr}")
    assert line.filled(3.16e-05, 12, 7, 3) == "train --lr=3.16e-05 --n 12 -s 7 --out run3 --again 3.16e-05"


def test_other_braces_are_the_shells():
    line = CommandLine("awk '{print $1}' x{1..3} {} {{seed}} {a,b} --lr {lr}")
    assert line.filled(0.1, 1, 0, 1) == "awk '{print $1}' x{1..3} {} {seed} {a,b} --lr 0.1"


def test_a_rate_is_written_with_all_of_its_digits():
    assert CommandLine("{lr}").filled(0.00123456789, 1, 0, 1) == "0.00123456789"


@pytest.mark.parametrize(
    ("template", "expected"),
    [("train.py", "with {lr}; found 'train.py'"), ("train.py {{lr}}", "with {lr}"), ("t {lr} {epoch}", "{epochs}?"),
     ("t {lr} {foo}", "Write {{foo}}"), ("", "with {lr}; found ''")],
)  # fmt: skip
def test_a_command_that_cannot_be_filled_in_is_refused(template, expected):
    with pytest.raises(InputError) as refused:
        CommandLine(template)
    assert expected in str(refused.value)
