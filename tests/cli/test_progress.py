"""Progress: a bar on a terminal that leaves no trace, nothing in a pipe but a line now and then."""

import io
import subprocess
import sys
from contextlib import redirect_stderr

import pytest

from etascope.cli import progress as module
from etascope.cli.progress import progress
from etascope.core.protocols import Progress
from tests.cli.running import Terminal, run, screen

LONG = ("pick", "--epochs", "10", "--low", "0.001", "--high", "1")


def told(*records, seconds, monkeypatch):
    """What a pipe gets for these records, with so many seconds between two lines."""
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", seconds)
    stream = io.StringIO()
    with redirect_stderr(stream), progress() as watch:
        for record in records:
            watch(record)
    return stream.getvalue()


def test_a_bar_is_shown_while_it_lasts_and_then_wiped_away():
    with Terminal(*LONG, stdout=subprocess.PIPE, NO_COLOR=1) as terminal:
        answer = terminal.process.stdout
        terminal.read_until("searching, round 1")
        code, output = terminal.end()
        lines, cursor = screen(output)
        text = answer.read().decode()
        answer.close()
    assert code == 0
    assert "of 20 trainings" in output
    assert "training the chosen one" in output
    assert "━" in output
    assert "".join(lines) == ""
    assert cursor
    shown = {line for part in output.split("\r") for line in screen(part)[0]}
    assert max(map(len, shown)) <= 80
    assert "recommended" in text
    assert "\x1b" not in text
    assert "of 20 trainings" not in text


def test_a_dumb_terminal_gets_no_control_codes():
    with Terminal(*LONG, stdout=subprocess.PIPE, TERM="dumb") as terminal:
        terminal.process.stdout.close()
        _, output = terminal.end()
    assert "\x1b" not in output


def test_short_work_on_a_terminal_shows_no_bar():
    with Terminal("trace", "--hidden", "0", "--epochs", "1", stdout=subprocess.PIPE) as terminal:
        terminal.process.stdout.close()
        _, output = terminal.end()
    assert output == ""


def test_a_pipe_hears_nothing_of_work_that_is_soon_done():
    assert run("pick", "--epochs", "1").err == ""


def test_a_pipe_gets_a_line_when_it_takes_long(monkeypatch):
    records = [Progress("reading", 1000, 70_000, "images"), Progress("searching, round 1", 2.4, 20, "trainings")]
    assert told(*records, seconds=0, monkeypatch=monkeypatch) == (
        "reading: 1,000 of 70,000 images\nsearching, round 1: 2 of 20 trainings\n"
    )
    assert told(*records, seconds=60, monkeypatch=monkeypatch) == ""


def test_the_cursor_comes_back_when_the_work_fails(monkeypatch):
    class Screen(io.StringIO):
        def isatty(self):
            return True

    stream = Screen()
    monkeypatch.setattr(module, "SECONDS_BEFORE_BAR", 0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)

    def fail(watch):
        watch(Progress("searching", 1, 2, "trainings"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), progress() as watch:
        fail(watch)
    assert stream.getvalue().count("\x1b[?25l") == stream.getvalue().count("\x1b[?25h") == 1
    assert sys.stderr is stream
