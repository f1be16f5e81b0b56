"""A search on a Ray cluster that loses its machines, its head or its driver: the answer of one machine, or a sentence.

Everything runs on this machine: nodes are processes of their own (`ray.cluster_utils`).
"""

import json
import os
import random
import re
import signal
import time
from contextlib import contextmanager

import pytest

from etascope.store.open import open_store
from tests.cli.running import run, start
from tests.clusters import add_machine, start_cluster
from tests.long import cases
from tests.test_documents import without_seconds

pytestmark = pytest.mark.long

#: Rounds that take seconds on two processors.
OPTIONS = ("--hidden", "64", "--epochs", "30", "--workers", "2")
#: Seconds that a search may take on a machine with other work.
PATIENCE = 600


@pytest.fixture(scope="module")
def undisturbed():
    return without_seconds(json.loads(run("pick", *OPTIONS, "--no-store", "--json", "-").out))


@contextmanager
def cluster():
    """A cluster of two machines that this process has joined as the tests' own do."""
    made = start_cluster()
    try:
        yield made
    finally:
        made.shutdown()


@contextmanager
def searching(made, store, command="pick", *options):
    process = start(command, *options, "--ray", made.address, "--json", "-", variables={"ETASCOPE_STORE": store})
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def wait_for_trials(store, process):
    deadline = time.monotonic() + PATIENCE
    while not (store.exists() and (lines := open_store(str(store)).find()) and lines[0].trials):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def outcome(process):
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err.decode()


def test_a_machine_that_is_lost_changes_nothing(tmp_path, undisturbed):
    same, notes = 0, 0
    for number in range(cases(1, 5)):
        rng, store = random.Random(number), tmp_path / f"{number}.sqlite"
        with cluster() as made, searching(made, store, "pick", *OPTIONS) as process:
            wait_for_trials(store, process)
            time.sleep(rng.uniform(0, 3))
            made.remove_node(made.worker_nodes.copy().pop(), allow_graceful=False)
            add_machine(made, num_cpus=1)
            code, out, err = outcome(process)
            assert code == 0, err
            assert without_seconds(json.loads(out)) == undisturbed
            same, notes = same + 1, notes + ("a worker of the Ray cluster was lost" in err)
    print(f"a machine killed in a search: {same} times, the same answer {same} times; it said so {notes} times")


def test_after_the_head_is_lost_the_search_goes_on_here(tmp_path, undisturbed):
    ended = []
    for number in range(cases(1, 3)):
        store = tmp_path / f"{number}.sqlite"
        with cluster() as made, searching(made, store, "pick", *OPTIONS) as process:
            wait_for_trials(store, process)
            time.sleep(random.Random(number).uniform(0, 3))
            made.remove_node(made.head_node, allow_graceful=False)
            began = time.monotonic()
            code, _, err = outcome(process)
            ended.append((code, round(time.monotonic() - began), err.strip().splitlines()[-1:]))
            assert code != 0
        resumed = run("resume", "--json", "-", ETASCOPE_STORE=store)
        assert resumed.code == 0, resumed.err
        assert without_seconds(json.loads(resumed.out)) == undisturbed
    print(f"the head killed in a search: {len(ended)} times, each resumed to the same answer; it ended with {ended}")


def test_a_driver_that_is_killed_or_stopped_goes_on_with_what_came_back(tmp_path, undisturbed):
    kept = []
    with cluster() as made:
        for number in range(cases(2, 10)):
            rng, store = random.Random(number), tmp_path / f"{number}.sqlite"
            how = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 4]
            with searching(made, store, "pick", *OPTIONS) as process:
                wait_for_trials(store, process)
                time.sleep(rng.uniform(0, 5))
                if process.poll() is None:
                    os.kill(process.pid, how)
                code, _, err = outcome(process)
            assert code in (0, -signal.SIGKILL, 128 + how)
            assert "Traceback" not in err
            assert code != 128 + how or re.search(r" kept; go on with: etascope resume|answer is kept", err), err
            (line,) = open_store(str(store)).find()
            kept.append((how.name, line.trials))
            if line.finished:
                continue
            with searching(made, store, "resume") as process:
                code, out, err = outcome(process)
            assert code == 0, err
            assert without_seconds(json.loads(out)) == undisturbed
    print(f"the driver stopped in a search: {len(kept)} times, all resumed to the same answer; trials kept: {kept}")
