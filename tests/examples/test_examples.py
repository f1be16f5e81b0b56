"""The examples run as their first lines say, and find a rate that trains their model."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import run

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def run_alone(name, *arguments, **variables):
    """Run an example in a process of its own; its own warnings are errors only where the framework allows it."""
    ended = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *map(str, arguments)],
        capture_output=True, text=True, timeout=300, env={**os.environ, **variables},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def answer_in(output):
    return tuple(
        map(float, re.search(r"learning rate ([\d.e-]+), Basin\(low=([\d.e-]+), high=([\d.e-]+)\)", output).groups())
    )


def command_of(name):
    """Return the command that the first lines of a script say, for this Python and from anywhere."""
    text = (ROOT / "examples" / name).read_text(encoding="utf-8").split('"""')[1].replace("\\\n", " ")
    (line,) = re.findall(r"^ *(etascope pick .*)$", text, re.MULTILINE)
    return [part.replace("python examples/", f"{sys.executable} {ROOT}/examples/") for part in shlex.split(line)[1:]]


def test_plain_pytorch_asks_and_tells():
    rate, low, high = answer_in(run_alone("pytorch_loop.py"))
    assert 1e-3 < low <= rate <= high < 0.1


def test_keras_reports_by_a_callback():
    output = run_alone("keras_loop.py", KERAS_BACKEND="torch")
    rate, low, high = answer_in(output)
    assert 1e-3 < low <= rate <= high < 0.1
    assert float(output.split()[-1]) > 0.75


@pytest.mark.parametrize(
    ("name", "metric", "low", "high"),
    [("sklearn_script.py", "valid_accuracy", 0.005, 0.5), ("jax_script.py", "val_loss", 0.03, 1.0)],
)
def test_scripts_are_picked_for_by_their_command(name, metric, low, high, tmp_path):
    more = ("--epochs", "4", "--budget", "1", "--workers", "2", "--logs", str(tmp_path), "--json", "-")
    ended = run(*command_of(name), *more, ETASCOPE_STORE=tmp_path / "runs.sqlite")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["reports"]["metric"] == metric
    assert low < document["learning_rate"] < high
    assert {trial["status"] for trial in document["trials"]} <= {"paused", "finished", "diverged"}


def test_every_example_is_run_here_and_says_how_to_run_it():
    here = Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES:
        assert f'"{path.name}"' in here
        assert f"examples/{path.name}" in path.read_text(encoding="utf-8").split('"""')[1]
    assert len(EXAMPLES) == 4
