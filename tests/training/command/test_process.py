import os
import shlex
import signal
import sys
import time

import psutil
import pytest

from etascope.core.errors import InputError
from etascope.training.command.metric import LONGEST, text_lines
from etascope.training.command.process import Script, end
from tests.training.scripts import left


def python(code, *arguments):
    return shlex.join([sys.executable, "-c", code, *arguments])


def until(done, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def all_lines(script):
    """Return all lines of a script that ends by itself."""
    lines = []
    while script.ended() is None:
        lines += text_lines(script.read())
        time.sleep(0.01)
    lines += text_lines(script.read())
    while not script.drained:
        lines += text_lines(script.read())
    return lines


@pytest.fixture
def started(tmp_path):
    scripts = []

    def start(command):
        scripts.append(Script(command, tmp_path / f"{len(scripts)}.log"))
        return scripts[-1]

    yield start
    end(scripts, grace=0.2)


def test_lines_come_one_by_one_and_are_kept(started):
    script = started("echo one; echo two >&2; printf 'three'")
    assert all_lines(script) == ["one", "two", "three"]
    assert script.ended() == 0
    script.kill()
    assert script.log.read_text() == "$ echo one; echo two >&2; printf 'three'\none\ntwo\nthree"
    assert script.last_lines == "one / two / three"


def test_a_command_that_the_system_does_not_take_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="the script cannot be started: argument list too long"):
        Script(f": {'x' * 200_000}", tmp_path / "0.log")


def test_python_does_not_hold_its_output_back(started):
    script = started(python("import time; print('now'); time.sleep(60)"))
    lines = []

    def now_printed():
        lines.extend(text_lines(script.read()))
        return lines == ["now"]

    until(now_printed)
    assert script.ended() is None


def test_progress_bars_colours_and_bytes_that_are_no_text_are_read(started):
    assert all_lines(started(r"printf '10%%\r20%%\r\n\033[1;32mval\033[0m\n\377\376 x\n\n  \n'")) == [
        "10%", "20%", "val", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} x",
    ]  # fmt: skip


def test_a_line_without_an_end_takes_no_more_memory_than_it_should(started):
    script = started(python("import sys; sys.stdout.write('x' * 3_000_000 + 'end')"))
    (line,) = all_lines(script)
    assert len(line) == LONGEST
    assert line.endswith("end")
    assert script.log.stat().st_size > 3_000_000


def test_a_script_reads_nothing_and_has_its_exit_code(started):
    assert all_lines(started("cat; exit 7")) == []
    script = started("kill -9 $$")
    until(lambda: script.ended() is not None)
    assert script.ended() == -9


def test_a_paused_script_stands_still_with_its_children_and_goes_on(started, tmp_path):
    child = python("import time\nwhile True: print('tick', flush=True); time.sleep(0.02)", tmp_path.name)
    script = started(f"{child} & wait")
    until(lambda: list(text_lines(script.read())))
    script.pause()
    until(lambda: all(status == psutil.STATUS_STOPPED for _, status, _ in left(tmp_path.name, 0)))
    assert left(tmp_path.name, 0)
    list(text_lines(script.read()))
    before = script.seconds
    time.sleep(0.15)
    assert (list(text_lines(script.read())), script.seconds) == ([], before)
    script.go_on()
    until(lambda: list(text_lines(script.read())))
    assert script.seconds > before


def test_one_that_heeds_the_signal_ends_at_once_even_while_paused(started, tmp_path):
    script = started(f"exec {python('import time; print(1); time.sleep(99)', tmp_path.name)}")
    until(lambda: list(text_lines(script.read())))
    script.pause()
    began = time.monotonic()
    end([script], grace=8)
    assert time.monotonic() - began < 4
    assert (script.ended(), script.closed, left(tmp_path.name)) == (-signal.SIGTERM, True, [])


def test_nothing_is_left_of_one_that_heeds_no_signal_nor_of_its_children_elsewhere(started, tmp_path):
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(99)"
    parent = (
        "import signal, subprocess, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"line = [sys.executable, '-c', {deaf!r}, sys.argv[1]]\n"
        "subprocess.Popen(line), subprocess.Popen(line, start_new_session=True)\nprint('up'); time.sleep(99)"
    )
    script = started(f"exec {python(parent, tmp_path.name)}")
    until(lambda: list(text_lines(script.read())))
    until(lambda: len(left(tmp_path.name, 0)) >= 3)
    end([script], grace=0.3)
    assert left(tmp_path.name) == []
    assert script.ended() == -signal.SIGKILL


def test_children_of_a_script_that_has_ended_are_ended_too(started, tmp_path):
    script = started(f"{python('import time; time.sleep(99)', tmp_path.name)} & echo done")
    assert all_lines(script) == ["done"]
    assert left(tmp_path.name, 0)
    end([script], grace=0.3)
    assert left(tmp_path.name) == []


def test_one_that_waits_for_room_in_its_pipe_can_still_end(started):
    script = started(python(
        "import signal, sys, time\n"
        "def stop(*_): print('y' * 500_000); print('saved'); sys.exit(3)\n"
        "signal.signal(signal.SIGTERM, stop); print('up'); time.sleep(99)"
    ))  # fmt: skip
    until(lambda: list(text_lines(script.read())))
    end([script], grace=8)
    assert script.log.read_text().endswith("saved\n")


def test_our_own_group_is_never_meant(started):
    script = started("true")
    until(lambda: script.ended() is not None)
    end([script, script], grace=0.1)
    script.pause(), script.go_on(), script.terminate(), script.kill()
    assert os.getpgrp() == os.getpgid(0)
