"""Progress: a bar on a terminal that leaves no trace, nothing in a pipe but a line now and then."""

import io
import re
import subprocess
import sys
from contextlib import redirect_stderr

import pytest

from etascope.cli import progress as module
from etascope.cli.progress import progress_bar
from etascope.core.protocols import Progress
from tests.cli.running import Terminal, run, screen
from tests.learn import made

LONG = ("pick", "--epochs", "10", "--low", "0.001", "--high", "1")


def progress_text(*records, seconds, monkeypatch):
    """What a pipe gets for these records, with so many seconds between two lines."""
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", seconds)
    stream = io.StringIO()
    with redirect_stderr(stream), progress_bar() as progress:
        for record in records:
            progress(record)
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
    assert re.search(r"of \d+ trainings", output)
    assert "training the chosen one" in output
    assert "━" in output
    # What the command says itself stays.
    assert [line for line in lines if line and not line.startswith("note: ")] == []
    assert cursor
    shown = re.split(r"[\r\n]+", re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", output))
    assert max(map(len, shown)) <= 80
    assert "learning rate   0." in text
    assert "\x1b" not in text
    assert "trainings 0:" not in text


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
    assert progress_text(*records, seconds=0, monkeypatch=monkeypatch) == (
        "reading: 1,000 of 70,000 images\nsearching, round 1: 2 of 20 trainings\n"
    )
    assert progress_text(*records, seconds=60, monkeypatch=monkeypatch) == ""


def test_the_cursor_comes_back_when_the_work_fails(monkeypatch):
    stream = Screen()
    monkeypatch.setattr(module, "SECONDS_BEFORE_BAR", 0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)

    def fail(progress):
        progress(Progress("searching", 1, 2, "trainings"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), progress_bar() as progress:
        fail(progress)
    assert stream.getvalue().count("\x1b[?25l") == stream.getvalue().count("\x1b[?25h") == 1
    assert sys.stderr is stream


class Screen(io.StringIO):
    """A terminal of 80 columns and as many rows as `LINES` says."""

    def isatty(self):
        return True


def terminal_of(monkeypatch):
    """Put a terminal in the place of standard error; pytest would take it away again from a fixture."""
    stream = Screen()
    monkeypatch.setattr(module, "SECONDS_BEFORE_BAR", 0)
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "LINES": "24", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def test_the_dial_fills_as_rounds_end(monkeypatch):
    terminal = terminal_of(monkeypatch)
    trials = made.run().trials
    with progress_bar() as progress:
        progress(Progress("searching, round 1", 1, 2, "trainings"))
        assert "└" not in terminal.getvalue()
        progress(Progress("searching, round 1", 1, 1, "rounds", trials[:3]))
        lines, cursor = screen(terminal.getvalue())
        assert "2 of 2 trainings" in lines[0]
        assert lines[-2].count("┼") >= 1
        assert lines[-1].split() == ["0.001", "0.01"]
        assert not cursor
        progress(Progress("searching, round 2", 1, 2, "trainings"))
        progress(Progress("searching, round 2", 1, 1, "rounds", trials[:9]))
        lines, _ = screen(terminal.getvalue())
        assert "searching, round 2" in lines[0]
        assert [line.split() for line in lines if line.strip()][-1] == ["0.001", "0.01", "0.1", "1"]
        assert max(map(len, lines)) <= 80
    lines, cursor = screen(terminal.getvalue())
    assert "".join(lines) == ""
    assert cursor


def test_ctrl_c_wipes_the_dial_away(monkeypatch):
    terminal = terminal_of(monkeypatch)

    def interrupted(progress):
        progress(Progress("searching, round 1", 1, 1, "rounds", made.run().trials))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), progress_bar() as progress:
        interrupted(progress)
    lines, cursor = screen(terminal.getvalue())
    assert "└" in terminal.getvalue()
    assert "".join(lines) == ""
    assert cursor


def test_a_low_terminal_shows_the_bar_alone(monkeypatch):
    terminal = terminal_of(monkeypatch)
    monkeypatch.setenv("LINES", "9")
    with progress_bar() as progress:
        progress(Progress("searching, round 1", 1, 1, "rounds", made.run().trials))
    assert "searching, round 1" in terminal.getvalue()
    assert "└" not in terminal.getvalue()


def test_the_dial_is_ascii_where_that_is_asked(monkeypatch):
    terminal = terminal_of(monkeypatch)
    with progress_bar(ascii=True) as progress:
        progress(Progress("searching, round 1", 1, 1, "rounds", made.run().trials))
    assert "##" in terminal.getvalue()
    assert not set(terminal.getvalue()) & set("█└┼")


def test_many_reports_are_few_drawings(monkeypatch):
    terminal = terminal_of(monkeypatch)
    with progress_bar() as progress:
        for done in range(10_000):
            progress(Progress("searching, round 1", done, 10_000, "trainings"))
    assert 1 <= terminal.getvalue().count("searching") < 1000
