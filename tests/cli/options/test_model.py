import json

import pytest

from etascope.cli.options.model import engine_for
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.training.pytorch.engine import TorchEngine
from tests.cli.running import refused, run

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
        told = json.loads(ended.out)
        return told["choice"] if "choice" in told else told["learning_rate"], told["trials"]

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
    ("options", "told"),
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
def test_bad_input_is_refused_in_a_sentence(command, options, told):
    assert told in refused(run(command, *options))


def test_options_of_the_engine_reach_it():
    options = {"workers": 2, "device": "cpu", "precision": None, "accumulate": 3, "clip_norm": 2.0}
    assert engine_for(Recipe(model="cnn"), options) == TorchEngine(device="cpu", accumulate=3, clip_norm=2.0)
    with pytest.raises(InputError, match="a model must be"):
        engine_for(Recipe(model="nothing"), options)
