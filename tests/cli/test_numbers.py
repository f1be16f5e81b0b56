"""Every option of every command that takes a number, with numbers that nobody means."""

import random

import click
import pytest

from etascope.cli.main import commands
from tests.cli.forked import Forked
from tests.cli.hostile import LEFT_OUT, LISTS, NUMBERS, SHORT, write_world
from tests.cli.test_fuzz import faults
from tests.long import cases

#: Options that need another one beside them.
WITH = {
    "--accumulate": ("--model", "cnn"), "--clip-norm": ("--model", "cnn"), "--trials-in-memory": ("--model", "cnn"),
    "--widths": ("--hidden", "4"),
    **dict.fromkeys(("--timeout", "--best"), ("--command", "echo loss {lr}", "--metric", "loss (.*)")),
}  # fmt: skip
DATA = ("pick", "trace", "quiz", "range-test", "scaling", "referee", "sharpness")


def numbers():
    """Yield a command line for each option that takes a number and each number."""
    context = click.Context(commands)
    for name in commands.list_commands(context):
        command = commands.get_command(context, name)
        options = {p.opts[0]: p for p in command.params if isinstance(p, click.Option) and p.opts[0] not in LEFT_OUT}
        for option, parameter in options.items():
            takes = parameter.type.name
            if not ("integer" in takes or takes == "float" or option in LISTS or option == "--test"):
                continue
            beside = WITH.get(option, ())
            short = {other: value for other, value in SHORT.items() if other in options and other != option}
            if "--command" in beside or "--hidden" in beside or "--model" in beside:
                short = {
                    other: value for other, value in short.items() if other not in ("--hidden", "--folds", "--times")
                }
            if name in ("check", "resume", "rm", "studio"):
                short = {}
            for number in NUMBERS:
                if name != "studio" or number not in ("0", "1", "2", "3", "1_0", "٣", "4096", " "):
                    data = ["good.npz"] if name in DATA and "--command" not in beside else []
                    yield [name, *data, *(part for pair in short.items() for part in pair), *beside, option, number]


@pytest.mark.long
def test_any_number_for_any_option_is_a_sentence_or_works(tmp_path):
    desk = write_world(tmp_path)
    lines = list(numbers())
    random.Random(0).shuffle(lines)
    slow = [line for line in lines if "--model" in line]
    lines = [line for line in lines if "--model" not in line]
    codes, wrong = {}, []
    places = {name: str(tmp_path / name) for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    with Forked(desk, ETASCOPE_STORE=str(tmp_path / "default.sqlite"), **places) as forked:
        for arguments in lines[: cases(60, len(lines))] + slow[: cases(0, 20)]:
            ended = forked.run(arguments)
            codes[ended.code] = codes.get(ended.code, 0) + 1
            if problems := faults(arguments, ended, {}, {}):
                wrong.append(f"{problems} {arguments} {ended.err[-400:]}")
    print(f"{sum(codes.values())} numbers: " + ", ".join(f"{count} ended with {code}" for code, count in codes.items()))
    assert wrong == []


def test_the_table_reaches_every_command_that_takes_a_number():
    assert {line[0] for line in numbers()} >= {*DATA, "studio", "runs", "resume", "check"}
    assert len(list(numbers())) > 2_000
