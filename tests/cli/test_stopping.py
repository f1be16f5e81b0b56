"""Commands that a signal stops: what they keep, what they say, and that nothing of them is left."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import psutil
import pytest

from etascope import __main__ as begins
from etascope.core.history import settled
from etascope.store.open import open_store
from tests.cli.running import SMALL, Terminal, answer, run, start
from tests.test_documents import without_seconds

#: A search of rounds that take seconds.
LONG = ("--hidden", "32", "--epochs", "60")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs.sqlite"


@pytest.fixture
def begin():
    """Begin a command in a process of its own, that ends with the test."""
    begun = []

    def call(*arguments, **options):
        begun.append(start(*arguments, **options))
        return begun[-1]

    yield call
    for process in begun:
        if process.poll() is None:
            process.kill()
            process.communicate()


#: Presses Ctrl-C when a module begins to load.
PRESSED = """
import os, signal, sys
class Presses:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Presses())
from etascope.__main__ import main
main()
"""


@pytest.mark.parametrize("module", ["click", "numpy", "numpy._core._multiarray_umath", "etascope.core.plan"])
def test_ctrl_c_while_the_command_loads_is_a_sentence(module):
    ended = subprocess.run(
        [sys.executable, "-c", PRESSED.format(module=module), "pick"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr.strip()) == (130, "", "etascope: stopped by Ctrl-C.")


def test_the_command_begins_where_ctrl_c_has_a_sentence():
    (command,) = metadata.entry_points(group="console_scripts", name="etascope")
    assert command.load() is begins.main
    loaded = "import sys, etascope.__main__; print([m for m in sys.modules if m.split('.')[0] in {'numpy', 'click'}])"
    assert subprocess.check_output([sys.executable, "-c", loaded], text=True) == "[]\n"


def lines(store):
    return open_store(str(store)).find() if store.exists() else []


def wait_for(what, seconds=90):
    deadline = time.monotonic() + seconds
    while not (result := what()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return result


def family(process):
    return psutil.Process(process.pid).children(recursive=True)


def gone(processes, seconds=10):
    return not psutil.wait_procs(processes, seconds)[1]


def kept(store):
    """Return rounds and further trials in the store."""
    stored = open_store(str(store)).get("last")
    whole, parts = settled(stored.histories)
    return len(whole), sum(len(part.plan) for part in parts)


@pytest.fixture(scope="module")
def undisturbed():
    return without_seconds(json.loads(run("pick", *LONG, "--no-store", "--json", "-").out))


@pytest.mark.parametrize("number", SIGNALS)
def test_every_trial_that_was_done_is_kept_and_the_rest_comes_to_the_same(begin, store, undisturbed, number):
    process = begin("pick", *LONG, "--workers", "2", variables={"ETASCOPE_STORE": store})
    wait_for(lambda: lines(store) and lines(store)[0].trials)
    processes = family(process)
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, answer(out)) == (128 + number, b"")
    assert gone(processes)
    rounds, trials = kept(store)
    name = "Ctrl-C" if number == signal.SIGINT else number.name
    said = re.fullmatch(
        rf"etascope: stopped by {name}; (?:(\d+) rounds?)?(?: and )?(?:(\d+) trials? of round \d+)? (?:is|are) kept; "
        rf"go on with: etascope resume {lines(store)[0].id}\.",
        err.decode().splitlines()[-1],
    )
    assert said, err
    assert (int(said[1] or 0), int(said[2] or 0)) == (rounds, trials)
    words = said[0].partition("; ")[2].rpartition(" kept; ")[0].rpartition(" ")[0]
    assert f"kept    {words}; " in run("show", ETASCOPE_STORE=store).out
    resumed = run("resume", "--json", "-", ETASCOPE_STORE=store)
    assert resumed.code == 0
    assert without_seconds(json.loads(resumed.out)) == undisturbed


def test_workers_end_with_a_process_that_is_killed(begin, store):
    process = begin("pick", *LONG, "--workers", "2", variables={"ETASCOPE_STORE": store})
    processes = wait_for(lambda: len(family(process)) >= 2 and family(process))
    process.kill()
    process.communicate()
    assert gone(processes)


def test_where_nothing_is_kept_nothing_is_promised(begin, store):
    process = begin("pick", *LONG, "--no-store", variables={"ETASCOPE_STORE": store})
    wait_for(lambda: family(process))
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (answer(out), err) == (b"", b"\netascope: stopped by Ctrl-C.\n")
    assert not store.exists()


def test_a_store_that_ends_with_the_process_promises_nothing(begin):
    process = begin("pick", *LONG, "--store", "sqlite://")
    wait_for(lambda: family(process))
    os.kill(process.pid, signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert answer(out) == b""
    assert err.endswith(b"\netascope: stopped by SIGTERM.\n")
    assert b"resume" not in err


def test_where_the_store_was_given_it_is_said_again(begin, store):
    process = begin("pick", *LONG, "--store", "a store.sqlite")
    place = Path("a store.sqlite")
    wait_for(lambda: lines(place) and lines(place)[0].trials)
    os.kill(process.pid, signal.SIGINT)
    text = process.communicate(timeout=60)[1].decode()
    assert text.endswith(f"go on with: etascope resume {lines(place)[0].id} --store 'a store.sqlite'.\n")


def test_a_resumed_search_that_is_stopped_counts_what_was_kept_before(begin, store):
    process = begin("pick", *LONG, variables={"ETASCOPE_STORE": store})
    wait_for(lambda: lines(store) and lines(store)[0].trials)
    process.kill()
    process.communicate()
    process = begin("resume", variables={"ETASCOPE_STORE": store})
    wait_for(lambda: family(process))
    os.kill(process.pid, signal.SIGINT)
    text = process.communicate(timeout=60)[1].decode()
    rounds, trials = kept(store)
    match = re.search(r"(?:(\d+) rounds?)?(?: and )?(?:(\d+) trials? of round \d+)? (?:is|are) kept", text)
    assert (int(match[1] or 0), int(match[2] or 0)) == (rounds, trials)


#: Writes where it is, and heeds no SIGTERM.
STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for epoch in range(100):
    print("val_loss", 1, flush=True)
    time.sleep(0.2)
"""


def test_a_second_ctrl_c_ends_all_at_once(store):
    Path("train.py").write_text(STUBBORN)
    command = ("--command", "python train.py {lr}", "--metric", r"val_loss (\S+)", "--epochs", "50")
    with Terminal("pick", *command, "--logs", "logs", ETASCOPE_STORE=store) as terminal:
        terminal.read_until(" epochs")
        wait_for(lambda: any("val_loss 1" in log.read_text() for log in Path("logs").iterdir()))
        processes = family(terminal.process)
        terminal.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        began = time.monotonic()
        terminal.process.send_signal(signal.SIGINT)
        code, output = terminal.end()
        assert time.monotonic() - began < 3
    assert code == 130
    assert output.endswith("etascope: stopped by a second Ctrl-C.\n")
    assert output.rfind("\x1b[?25h") > output.rfind("\x1b[?25l")
    assert gone(processes, 3)


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("scaling", signal.SIGTERM),
        ("range-test", signal.SIGHUP),
        ("referee", signal.SIGINT),
        ("sharpness", signal.SIGTERM),
        ("trace", signal.SIGHUP),
        ("quiz", signal.SIGTERM),
    ],
)
def test_every_command_ends_with_a_sentence_and_leaves_no_process(begin, store, command, number):
    process = begin(command, "--epochs", "3000", "--hidden", "64", "--workers", "2")
    wait_for(lambda: family(process) or psutil.Process(process.pid).cpu_times().user > 2)
    processes = family(process)
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)
    name = "Ctrl-C" if number == signal.SIGINT else number.name
    assert (process.returncode, answer(out)) == (128 + number, b"")
    assert err.decode().endswith(f"etascope: stopped by {name}.\n")
    assert b"Traceback" not in err
    assert gone(processes)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_studio_leaves_no_process(begin, store, number):
    process = begin("studio", "--no-open", variables={"ETASCOPE_STORE": store})
    # While they load, and no look at whether the server lives has begun.
    processes = wait_for(lambda: family(process))
    time.sleep(1)
    processes = {*processes, *family(process)}
    os.kill(process.pid, number)
    _, err = process.communicate(timeout=60)
    # Ctrl-C and a closed terminal are how it ends.
    assert process.returncode == (128 + number if number == signal.SIGTERM else 0)
    assert b"Traceback" not in err
    assert gone(list(processes))


def test_a_search_that_was_not_begun_says_that_nothing_is_kept(begin, store):
    process = begin("pick", *SMALL, "--epochs", "3000", variables={"ETASCOPE_STORE": store})
    wait_for(lambda: lines(store))
    os.kill(process.pid, signal.SIGINT)
    text = process.communicate(timeout=60)[1].decode()
    assert text.endswith("stopped by Ctrl-C; no trial was done yet, so none is kept.\n") or " kept; go on" in text
