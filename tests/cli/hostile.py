"""Hostile command lines: every command with options of its own and values and inputs of all the wrong kinds."""

import json
import os
import sqlite3
from contextlib import closing

import click
import numpy as np

from etascope.cli.main import commands
from tests.cli.kept import keep, searched
from tests.images.making import pictures, write_folder

NUMBERS = (
    "-1", "0", "1", "2", "3", "0.5", "1.5", "-0.0", "nan", "inf", "-inf", "1e300", "1e-320", "1e999", "1_0", "٣",
    "1e3", "", " ", "abc", "0x10", "99999999", "2147483648", "9223372036854775808", "9" * 40, "9" * 5_000, "1,2",
    "1,,2", "0,0", "-5,1", "1x1", "3x", "4096x", "½", "²",
)  # fmt: skip
TEXTS = (
    "", " ", "-", "--", ".", "~", "~nobody/x", "\n", "\t", "a\nb", "\x1b[31mred", "\x07", "é", "日本語", "\u202e",
    "😀", "\udc80", "a" * 5_000, "'", '"', "%s%n", "{}", "{lr}", "$(id)", "`id`", "; true", "*", "[", "last",
    "LAST", "3f2a", "nan", "digits", "Digits", "digit", "adam", "cosine", "unit", "standard", "loss", "cpu",
    "cuda:99", "bf16-mixed", "pytorch", "keras", "etascope", "sgd", "cnn", "timm:", "nope.py:make",
    "broken.py:make", "raises.py:make", "None", "null", "0", "-1",
)  # fmt: skip
PATHS = (
    "good", "good.npz", "good.csv", "empty", "empty.txt", "garbage.npz", "garbage.npy", "garbage.csv",
    "garbage.png", "garbage.zip", "garbage.gz", "garbage-idx3-ubyte", "objects.npy", "one-class", "nested", "loop",
    "missing", "missing/x", "good.npz/x", "pipe", "/dev/null", "/dev/zero", "/proc/self/mem", "/proc/nothing",
    "odd \x1b name", "\udcff.bin", "runs.sqlite", "foreign.sqlite", "flipped.sqlite", "cut.sqlite", "text.sqlite",
    "sqlite://", "sqlite:///runs.sqlite", "sqlite:////", "sqlite://x", "postgresql://",
    "postgresql://127.0.0.1:1/x", "postgresql://[::1", "mysql://x", "lock.json", "deep.json", "list.json",
    "answer.json", "out/a.json", "out/a.html", "out/a.md", "out/a.png", "out/a.svg", "out/a.pdf", "out/a.txt",
    "out", "out/", "missing/a.html", "x" * 300, ".json", ".html", "a.HTML",
)  # fmt: skip
SCRIPTS = (
    "echo loss {lr}", "echo loss nan", "echo nothing {lr}", "false {lr}", "exit 3 # {lr}", "", "{lr", "{lr} {nope}",
    "kill -9 $$ # {lr}", "echo '{{\"loss\": {lr}}}'", "printf 'loss 0.5 \\377\\0 {lr}'", "no-such-program {lr}",
    "yes loss 1 | head -c 100000 # {lr}",
)  # fmt: skip
PATTERNS = (
    "loss (.*)", "loss ([0-9.]+)", "(", "*", "a{9999999999999999999}", "((a+)+)$", "(.*)*x", "[", "", "\\",
    "(?P<x>.)", "(loss)", "loss", "(?i)LOSS (\\S+)", "\udc80",
)  # fmt: skip
MODELS = ("", "nope.py:make", "broken.py:make", "timm:", "torchvision:x", "no such", "\udc80", "a:b:c")
#: Options of text that take numbers, and options that take paths.
LISTS = ("--hidden", "--image-size", "--times", "--batch-sizes", "--widths")
PLACES = ("--labels", "--test", "--json", "--report", "--store", "--out", "--data", "--logs")
#: What makes a search short, by option.
SHORT = {
    "--hidden": "0", "--epochs": "1", "--folds": "2", "--low": "0.01", "--high": "0.05", "--times": "1", "--seeds": "2",
    "--replicates": "1", "--workers": "1", "--steps": "5",
}  # fmt: skip
#: Never asked for by chance: a server, a cluster, a search that takes long.
LEFT_OUT = ("--ray", "--gpus-per-trial", "--help", "--version")


def write_world(folder):
    """Write inputs of all kinds, right and wrong, into a folder."""
    desk = folder / "desk"
    for name in ("empty", "out", "nested/a/b", "one-class/a"):
        (desk / name).mkdir(parents=True)
    images, labels = pictures(24)[:, :6, :6], np.arange(24) % 2
    write_folder(desk / "good", images, [f"class {label}" for label in labels])
    np.savez(desk / "good.npz", images=images, labels=labels)
    rows = [",".join(map(str, [label, *image.ravel().tolist()])) for label, image in zip(labels, images, strict=True)]
    (desk / "good.csv").write_text("\n".join(["label," + ",".join(f"p{i}" for i in range(36)), *rows]))
    for suffix in (".npz", ".npy", ".csv", ".png", ".zip", ".gz", "-idx3-ubyte"):
        (desk / f"garbage{suffix}").write_bytes(bytes(range(256)) * 20)
    np.save(desk / "objects.npy", np.array([{}, []], object), allow_pickle=True)
    (desk / "empty.txt").touch()
    (desk / "one-class" / "a" / "x.png").write_bytes((desk / "garbage.png").read_bytes())
    (desk / "loop").symlink_to("loop")
    os.mkfifo(desk / "pipe")
    for name in ("odd \x1b name", "\udcff.bin"):
        (desk / name).write_bytes(b"x" * 50)
    keep(desk / "runs.sqlite", searched())
    keep(desk / "runs.sqlite", searched(), rounds=1)
    with closing(sqlite3.connect(desk / "foreign.sqlite")) as database:
        database.execute("CREATE TABLE customers (name TEXT)")
    whole = (desk / "runs.sqlite").read_bytes()
    (desk / "flipped.sqlite").write_bytes(whole[:5_000] + bytes(5_000) + whole[10_000:])
    (desk / "cut.sqlite").write_bytes(whole[:9_000])
    (desk / "text.sqlite").write_text("a text\n" * 999)
    (desk / "deep.json").write_text("[" * 100_000)
    (desk / "list.json").write_text("[1, 2]")
    (desk / "answer.json").write_text(json.dumps({"schema": "etascope/pick/1", "recipe": {}}))
    (desk / "lock.json").write_text(json.dumps({"schema": "etascope/lock/1"}))
    (desk / "broken.py").write_text("def make(:\n")
    (desk / "raises.py").write_text("def make():\n    raise OSError('no')\n")
    return desk


def command_line(draw):
    """Return a command line: mostly a command with some of its options, values of the right kind and of wrong ones."""
    context = click.Context(commands)
    name = draw.choice([known for known in commands.list_commands(context) if known != "studio"])
    if draw.random() < 0.03:
        return [draw.choice(TEXTS + NUMBERS) for _ in range(draw.randrange(4))]
    command = commands.get_command(context, name)
    assert command is not None
    options = {p.opts[0]: p for p in command.params if isinstance(p, click.Option) and p.opts[0] not in LEFT_OUT}
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    line = [name]
    given = {option: value for option, value in SHORT.items() if option in options and draw.random() < 0.97}
    for option in draw.sample(sorted(options), min(len(options), draw.choice((0, 1, 1, 1, 2, 2, 3, 5)))):
        given[option] = None if options[option].is_flag else _value(option, options[option], draw)
    if given.get("--command") is not None or (name == "pick" and draw.random() < 0.1):
        given = {option: value for option, value in given.items() if option not in ("--hidden", "--folds")}
        given.update({"--command": draw.choice(SCRIPTS), "--metric": draw.choice(PATTERNS), "--logs": "out/logs"})
    for option, value in given.items():
        line += [option] if value is None else [option, value]
    for _ in arguments[: draw.choice((0, 1, 1, 1, 2))]:
        line.append(draw.choice((*PATHS[:3], *PATHS[:3], draw.choice(PATHS), draw.choice(TEXTS), "last")))
    if draw.random() < 0.05:
        line.append(draw.choice(TEXTS))
    return [part.replace("\0", "0") for part in line]


def _value(option, parameter, draw):
    kind = parameter.type.name
    if option == "--model":
        return draw.choice(
            ("", "nope.py:make", "broken.py:make", "timm:", "torchvision:x", "no such", "\udc80", "a:b:c")
        )
    if (
        "integer" in kind
        or kind == "float"
        or option in ("--hidden", "--image-size", "--times", "--batch-sizes", "--widths")
    ):
        return draw.choice(NUMBERS if draw.random() < 0.9 else TEXTS)
    if draw.random() < 0.6 and option in (
        "--labels",
        "--test",
        "--json",
        "--report",
        "--store",
        "--out",
        "--data",
        "--logs",
    ):
        return draw.choice(PATHS)
    if option == "--command":
        return draw.choice(SCRIPTS)
    if option == "--metric":
        return draw.choice(PATTERNS)
    return draw.choice((*TEXTS, *PATHS, *NUMBERS))
