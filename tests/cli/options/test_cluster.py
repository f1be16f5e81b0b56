"""The options --ray and --gpus-per-trial: the same answer from a cluster, and a clean end."""

import json
import os
import re
import signal
import socket
from contextlib import suppress

import psutil
import pytest

from etascope.store.open import open_store
from tests.cli.running import SMALL, answer, refused, run, start
from tests.clusters import LONG, wait_for
from tests.test_documents import without_seconds


def no_cluster_here():
    from ray._private import services

    return not services.find_gcs_addresses()


def test_no_cluster_is_a_sentence_that_says_how_to_get_one():
    if not no_cluster_here():
        pytest.skip("a Ray cluster runs on this machine")
    told = refused(run("pick", "--ray", RAY_ADDRESS=""))
    assert told == (
        "--ray needs a Ray cluster; none was found from here. Start one (ray start --head), give its address (--ray "
        "HOST:PORT), or use this machine alone (--ray local)."
    )


def test_an_address_where_nobody_answers():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listening.getsockname()[1]}"
    assert refused(run("pick", "--ray", address)).startswith(f"the Ray cluster at {address} cannot be reached: ")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--ray photos/", "the address of a Ray cluster must be HOST:PORT, auto or local; found 'photos/'. On the "
         "command line, put DATA before --ray."),
        ("--gpus-per-trial 1", "--gpus-per-trial belongs to --ray; found 1 without it. Add --ray, or leave it out."),
        ("--ray --gpus-per-trial 1", "--gpus-per-trial is for models that train on GPUs; found 1, and dense networks "
         "are trained on the processor. Leave it out."),
        ("--ray --workers 0", "workers must be at least 1; found 0. Leave it out to use every core."),
    ],
)  # fmt: skip
def test_options_that_make_no_sense(arguments, sentence):
    assert refused(run("pick", *arguments.split())) == sentence


def test_a_cluster_gives_the_document_of_one_machine_and_nothing_else(cluster):
    ended = run("pick", *SMALL, "--ray", cluster.address, "--no-store", "--json", "-")
    assert (ended.code, ended.err) == (0, "")
    alone = run("pick", *SMALL, "--no-store", "--json", "-")
    assert without_seconds(json.loads(ended.out)) == without_seconds(json.loads(alone.out))
    import ray

    assert not ray.is_initialized()


def test_control_c_calls_the_trials_back_and_resume_ends_the_search(connected, tmp_path):
    import ray

    store = tmp_path / "runs.sqlite"
    arguments = ("--hidden", "8", "--epochs", "30", "--budget", "30")
    process = start("pick", *arguments, "--ray", connected.address, variables={"ETASCOPE_STORE": store})
    wait_for(lambda: store.exists() and (lines := open_store(str(store)).find()) and lines[0].trials)
    wait_for(lambda: ray.available_resources().get("CPU", 0) == 0)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=LONG)
    assert (process.returncode, answer(out)) == (130, b"")
    assert re.fullmatch(
        rb"\n?etascope: stopped by Ctrl-C; \d+ rounds?( and \d+ trials? of round \d+)? (is|are) kept; "
        rb"go on with: etascope resume \w{8}\.\n",
        err,
    )
    wait_for(lambda: ray.available_resources().get("CPU") == 2)
    (line,) = open_store(str(store)).find()
    assert "ray" not in open_store(str(store)).get(line.id).job.options
    resumed = run("resume", "--ray", connected.address, "--json", "-", ETASCOPE_STORE=store)
    assert resumed.code == 0, resumed.err
    alone = run("pick", *arguments, "--no-store", "--json", "-")
    assert without_seconds(json.loads(resumed.out)) == without_seconds(json.loads(alone.out))
    assert ray.is_initialized()


def test_a_cluster_of_this_machine_alone_ends_with_the_command():
    process = start("pick", *SMALL, "--ray", "local", "--no-store")
    members = wait_for(lambda: raylets_of(process))
    out, err = process.communicate(timeout=LONG)
    assert (process.returncode, err) == (0, b"")
    assert b"learning rate   " in out
    wait_for(lambda: not any(member.is_running() for member in members))


def raylets_of(process):
    with suppress(psutil.NoSuchProcess):
        return [child for child in psutil.Process(process.pid).children(recursive=True) if "raylet" in child.name()]
