"""The commands as a user meets them: help, exit codes, and how they end when something outside goes wrong."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time

import click
import pytest

from etascope.cli.main import commands
from tests.cli.running import SMALL, Terminal, answer, environment, run, screen, start
from tests.images.making import pictures, write_folder

COMMANDS = ("pick", "trace", "quiz")
SECTIONS = {
    "Commands": (*COMMANDS, "studio"),
    "Experiments": ("range-test", "scaling", "referee", "sharpness"),
    "Kept searches": ("runs", "show", "compare", "export", "code", "resume", "rm", "gc"),
    "In CI": ("lock", "check"),
}


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """Two classes of twenty pictures in `photos/` of the working directory: bright ones and dark ones."""
    images = pictures(40, channels=3) // 2
    images[::2] += 120
    write_folder(tmp_path / "photos", images, ["day", "night"] * 20)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "photos"


def examples(text):
    """The commands under "Examples:", without what is said about them."""
    lines = text.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    return [re.split(r"\s{2,}", line.strip())[0] for line in lines]


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=lambda c: " ".join(("etascope", *c)))
def test_help_teaches_with_three_examples_and_defaults_in_80_columns(command):
    ended = run(*command, "--help", COLUMNS=80)
    assert (ended.code, ended.err) == (0, "")
    assert max(map(len, ended.out.splitlines())) <= 80
    assert len(examples(ended.out)) == 3
    assert all(example.startswith(" ".join(["etascope", *command])) for example in examples(ended.out))
    if command:
        assert len(re.findall(r"\[default:\s", ended.out)) >= 12


@pytest.mark.parametrize("command", [(), ("pick",), ("trace",), ("quiz",)])
def test_the_examples_of_the_help_run(command, photos):
    for example in examples(run(*command, "--help").out):
        if "mnist" not in example:
            ended = run(*shlex.split(example)[1:], *SMALL)
            assert ended.code == 0, (example, ended.err)
            assert len(ended.out) > 300


def test_without_a_command_there_is_the_help():
    assert run() == run("--help")


def test_every_command_is_listed_with_a_whole_sentence():
    text = run("-h", COLUMNS=100).out
    for title, names in SECTIONS.items():
        listed = text.partition(f"{title}:\n")[2].partition("\n\n")[0].splitlines()
        assert [line.split()[0] for line in listed] == list(names)
        assert all(line.endswith(".") and not line.endswith("...") for line in listed)


@pytest.mark.parametrize("name", [name for names in SECTIONS.values() for name in names])
def test_every_command_of_the_list_is_there(name):
    command = commands.get_command(click.Context(commands), name)
    assert command is not None
    assert command.name == name
    assert f"  {name}  " in run("-h", COLUMNS=100).out
    ended = run(name, "--help", COLUMNS=80)
    assert (ended.code, ended.err) == (0, "")
    assert len(examples(ended.out)) >= 2


def test_a_command_of_the_first_edition_names_the_one_of_today():
    ended = run("ladder", "--times", "1,2")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "etascope: etascope ladder is called etascope scaling now, with the same options.\n"


def test_the_version_is_that_of_the_package():
    import etascope

    assert run("--version").out == f"etascope {etascope.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("trace", *SMALL), 0, "1 Data flow"),
        (("quiz", *SMALL), 0, "Answers to the quiz"),
        (("pick", *SMALL, "--low", "0.01", "--high", "0.1"), 0, "learning rate   0.0"),
        (("pick", *SMALL, "--low", "1e-9", "--high", "2e-9"), 1, "cannot tell yet"),
        # One step of one epoch: no rate gets anywhere.
        (("pick", "--epochs", "1", "--batch-size", "800", "--low", "1e-7", "--high", "1e-5"), 1, "cannot tell yet"),
        (("trace", "--lr", "1e30", "--epochs", "1"), 0, "diverged"),
    ],
)
def test_the_exit_code_says_whether_there_is_an_answer(arguments, code, expected):
    ended = run(*arguments)
    assert (ended.code, ended.err) == (code, "")
    assert expected in ended.out


def test_the_same_codes_reach_the_shell():
    few = ("--low", "1e-9", "--high", "2e-9")
    for arguments, code in ((("trace", *SMALL), 0), (("pick", *SMALL, *few), 1), (("trace", "--lr", "0"), 2)):
        process = start(*arguments)
        out, err = process.communicate(timeout=30)
        assert process.returncode == code
        assert (out == b"", err == b"") == (code == 2, code != 2)


def test_ctrl_c_stops_at_once_with_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Terminal("pick", "--epochs", "400", "--json", "answer.json", stdout=subprocess.PIPE) as terminal:
        terminal.read_until("searching")
        began = time.monotonic()
        terminal.process.send_signal(signal.SIGINT)
        code, output = terminal.end()
        assert time.monotonic() - began < 2
        assert code == 130
        assert answer(terminal.process.stdout.read()) == b""
        terminal.process.stdout.close()
    lines, cursor = screen(output)
    output = "etascope: stopped by Ctrl-C; no trial was done yet, so none is kept."
    assert [line for line in lines if line] == [output]
    assert cursor
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("trace", *SMALL), ("trace", *SMALL, "--json", "-"), ("pick", "--help")])
def test_a_reader_that_goes_away_is_no_error(arguments):
    process = start(*arguments, bufsize=0)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(30) == 0
    process.stderr.close()


@pytest.mark.skipif(os.name == "nt", reason="streams are closed by a shell of Unix")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_stream_that_was_closed_before_is_no_error(closed):
    command = shlex.join([sys.executable, "-m", "etascope", "trace", *SMALL])
    ended = subprocess.run(
        ["/bin/sh", "-c", f"{command} {closed}"], capture_output=True, timeout=30, env=environment(), check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert (ended.stdout == b"") == (closed == ">&-")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize("json", [(), ("--json", "-")])
def test_a_full_disk_is_one_sentence(json):
    with open("/dev/full", "wb") as full:
        process = start("trace", *SMALL, *json, stdout=full)
        _, err = process.communicate(timeout=30)
    assert err.decode() == "etascope: the output cannot be written: no space left on device.\n"
    assert process.returncode == 2


def test_a_model_larger_than_memory_is_one_sentence():
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30));"
        "from etascope.cli.main import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", limited, "trace", "--hidden", "20000,20000,20000"],
        capture_output=True, text=True, timeout=30, env=environment(), check=False,
    )  # fmt: skip
    assert (ended.returncode, answer(ended.stdout)) == (2, "")
    assert re.fullmatch(r"etascope: this takes more memory than there is\. Try .*\.\n", ended.stderr)


def test_a_folder_whose_name_is_no_text_is_no_obstacle(photos):
    odd = os.fsencode(photos.parent) + b"/caf\xe9"
    os.rename(photos, odd)
    process = start("trace", *SMALL, os.fsdecode(odd), variables={"PYTHONIOENCODING": "utf-8:strict"})
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert "caf\\udce9" in out.decode()
