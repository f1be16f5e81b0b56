import math
import os
import signal
import threading
import time

import psutil
import pytest

from etascope.cli.dialect import command_line
from etascope.core.errors import InputError
from etascope.training.command.metric import LineMetric
from etascope.training.command.reader import LONG, MetricReader

#: Patterns that no line ends in time, with a line for each: nested repetitions, alternatives that overlap, polynomials
#: of a high degree, references back.
HANGING = (
    (r"val ((a+)+)$", "val " + "a" * 60 + "!"),
    (r"((a|a)*)b", "a" * 60),
    (r"((a|aa)+)$", "a" * 80 + "!"),
    (r"(x+x+)+y", "x" * 60),
    (r"^(\w+\s?)*$", "word " * 40 + "!"),
    (r"(.*)*x$", "y" * 60),
    (r"([a-z]+)+\d", "a" * 60),
    (r"(.*?,){25}z", "1," * 60),
    (r"(\d+)*loss", "1" * 60),
    (r"((?:[^a]+|a)+)+$z", "ba" * 40),
    (r"(a?){40}a{40}$", "a" * 40 + "b"),
    (r"(.*.*.*.*.*.*)x", "y" * 5_000),
    (r"(?=((a+)+)b)", "a" * 60),
    (r"(\w*)*\1!", "a" * 60),
    (r"(.*a.*b.*c.*d.*e.*f)$", "abcde" * 400),
)


@pytest.fixture
def reader():
    made = []

    def make(pattern=None, key=None):
        made.append(MetricReader(LineMetric(pattern, key)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize(("pattern", "line"), HANGING)
def test_a_pattern_that_takes_too_long_is_a_sentence(reader, pattern, line):
    began = time.monotonic()
    with pytest.raises(InputError, match="must be a pattern that is matched quickly") as refused:
        reader(pattern).read(f"epoch 1\n{line}\n".encode(), 0.5)
    assert time.monotonic() - began < 30
    assert repr(pattern) in str(refused.value)
    assert "after 0.5 s" in str(refused.value)


def test_what_a_pattern_does_wrong_is_said_in_the_words_of_the_door(reader):
    with pytest.raises(InputError, match="metric must match whole numbers") as refused:
        reader("val {lr}([0-9.]+)").read(b"val {lr}9.1e-05\n")
    assert refused.value.written(command_line) == (
        "--metric must match whole numbers; 'val {lr}([0-9.]+)' finds '9.1' of '9.1e-05' in the line val {lr}9.1e-05. "
        "Try 'val[=: ]+([0-9.eE+-]+)'."
    )


def test_the_system_ends_it_where_nobody_waits(reader):
    with pytest.raises(InputError, match=f"after {LONG:g} s"):
        reader(r"val ((a+)+)$").read(b"val " + b"a" * 60 + b"!\n")


def test_it_can_be_interrupted_while_it_matches(reader):
    hanging = reader(r"val ((a+)+)$")
    hanging.start()
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        hanging.read(b"val " + b"a" * 60 + b"!\n")
    assert time.monotonic() - began < LONG
    timer.join()


def test_after_a_hang_the_next_piece_is_read(reader):
    hanging = reader(r"val ((a|a)+)$|loss ([0-9.]+)")
    for _ in range(2):
        with pytest.raises(InputError):
            hanging.read(b"val " + b"a" * 60 + b"!\n", 0.3)
        assert hanging.read(b"nothing\n") == []


def test_metrics_come_in_order_and_also_those_that_are_no_number(reader):
    content = b"x 1\nval_loss 0.5\nval_loss nan\nINFO val_loss 2e-3\rval_loss -inf\n\xff val_loss 7\n" * 3
    values = reader("val_loss ([0-9.eE+-]+)").read(content)
    assert [value for value in values if math.isfinite(value)] == [0.5, 0.002, 7.0] * 3
    assert len(values) == 15


@pytest.mark.parametrize(
    ("key", "line", "value"),
    [("loss", '{"loss": 2}', 2), ("a.loss", '{"a": {"loss": 2}}', 2), ("a.b", '{"a.b": 2}', 2),
     ("loss", r'{"lo\u0073s": 2}', 2), ("löss", '{"löss": 2}', 2), ('l"', r'{"l\"": 2}', 2)],
)  # fmt: skip
def test_a_key_is_found_however_it_is_written(reader, key, line, value):
    assert reader(key=key).read(f"x\n{line}\n{{}}\n".encode()) == [value]


def test_what_is_wrong_with_a_line_is_told(reader):
    with pytest.raises(InputError, match="must match whole numbers"):
        reader(r"val_loss (\d+)").read(b"val_loss 0.35\n")


def test_a_process_that_was_ended_is_told_and_comes_again(reader):
    one = reader("loss ([0-9.]+)")
    assert one.read(b"loss 1\n") == [1.0]
    [child] = [p for p in psutil.Process().children() if "training.command.reader" in " ".join(p.cmdline())]
    child.kill()
    with pytest.raises(InputError, match="was ended \\(code -9\\)"):
        one.read(b"loss 2\n")
    assert one.read(b"loss 3\n") == [3.0]


def test_nothing_is_left_of_it(reader):
    one = reader("loss ([0-9.]+)")
    one.start()
    one.close()
    one.close()
    assert not [p for p in psutil.Process().children() if "training.command.reader" in " ".join(p.cmdline())]
