"""The options of the engine: a PyTorch model; a cluster, whose answer is the same and whose end is clean."""

import json
import os
import re
import signal
import socket
from contextlib import suppress

import psutil
import pytest

from etascope.cli.options.engine import engine_for
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.store.open import open_store
from etascope.training.pytorch.engine import TorchEngine
from tests.cli.running import SMALL, answer, refused, run, start
from tests.clusters import LONG, wait_for
from tests.test_documents import without_seconds


def no_cluster_here():
    from ray._private import services

    return not services.find_gcs_addresses()


def test_no_cluster_is_a_sentence_that_says_how_to_get_one():
    if not no_cluster_here():
        pytest.skip("a Ray cluster runs on this machine")
    sentence = refused(run("pick", "--ray", RAY_ADDRESS=""))
    assert sentence == (
        "training on a cluster needs a Ray cluster; none was found from here. Start one (ray start --head), or give "
        "the address of one, HOST:PORT. To use this machine alone, give --ray local."
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
         "command line, put DATA first."),
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


CNN = ("--model", "cnn", "--epochs", "1", "--batch-size", "64")


def test_a_search_with_a_convolutional_net_ends_in_an_answer(tmp_path):
    store, page = tmp_path / "runs.sqlite", tmp_path / "answer.html"
    ended = run("pick", *CNN, "--store", store, "--report", page, "--budget", "3", "--clip-norm", "5")
    assert ended.code in (0, 1), ended.err
    assert "model cnn" in ended.out + page.read_text()
    assert "Dear regime" in ended.out
    listed = run("runs", "--store", store)
    assert "model cnn" in listed.out
    code = run("code", "last", "--store", store)
    if ended.code == 0:
        assert "scripts are written for dense networks; this recipe has the model cnn" in refused(code)


def test_the_same_search_gives_the_same_answer_with_fewer_trials_in_memory():
    def answer(*more):
        ended = run("pick", *CNN, "--no-store", "--json", "-", "--budget", "1", *more)
        document = json.loads(ended.out)
        return document["choice"] if "choice" in document else document["learning_rate"], document["trials"]

    assert answer() == answer("--trials-in-memory", "2")


def test_a_trace_follows_the_image_through_the_convolutions(tmp_path):
    path = tmp_path / "models.py"
    path.write_text(
        "from torch import nn\n\n\n"
        "def net(n_classes, shape):\n"
        "    return nn.Sequential(nn.Conv2d(shape[0], 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(2704, n_classes))\n"
    )
    ended = run("trace", "--model", f"{path}:net", "--epochs", "1", "--batch-size", "64", "--precision", "bf16-mixed",
                "--accumulate", "2")  # fmt: skip
    assert ended.code == 0, ended.err
    text = " ".join(ended.out.split())
    assert "kept as images, channels first: 1 x 28 x 28" in text
    assert "of the model's first layer" in text
    assert "0 (Conv2d) + Tanh" in text
    assert "saturated" in text


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--model", "cnm"], "Did you mean 'cnn'?"),
        (["--model", "timm"], "Did you mean 'timm:NAME'?"),
        (["--model", "cnn", "--hidden", "64"], "hidden units belong to the dense network; found 64 with the model cnn"),
        (["--model", "gone.py:net"], "the model needs a Python file; gone.py is none"),
        (["--model", ""], "model must be a name"),
        (["--precision", "half"], "precision must be one of bf16-mixed; found 'half'"),
        (["--accumulate", "0"], "accumulate must be a whole number of at least 1; found 0"),
        (["--clip-norm", "-1"], "clipped to must be a finite number above 0; found -1.0"),
        (["--trials-in-memory", "0"], "the number of trials in memory must be"),
        (["--device", "meta"], "must be one that trains; meta holds no numbers. Try --device cpu"),
        (["--device", "abacus"], "the device must be one that PyTorch knows"),
    ],
)
@pytest.mark.parametrize("command", ["pick", "trace"])
def test_bad_input_is_refused_in_a_sentence(command, options, expected):
    assert expected in refused(run(command, *options))


def test_options_of_the_engine_reach_it():
    options = {"workers": 2, "device": "cpu", "precision": None, "accumulate": 3, "clip_norm": 2.0}
    assert engine_for(Recipe(model="cnn"), options) == TorchEngine(device="cpu", accumulate=3, clip_norm=2.0)
    with pytest.raises(InputError, match="a model must be"):
        engine_for(Recipe(model="nothing"), options)
