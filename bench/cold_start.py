"""How long from process start to answer? `etascope pick`, `trace` and `--help`, and PyTorch training the same trials.

Every search is kept in a store of the benchmark's own. The first page that a machine ever writes takes a second more,
because the charts' library is bundled once; here it has been.

Wall time of fresh processes, from before they start until they have ended, output read through a pipe. Every command
runs once before, so files are in the system's cache and Python's are compiled. Rounds are interleaved, in an order that
rotates.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import describe, unpin
from table import markdown, verdict

ETASCOPE = (sys.executable, "-m", "etascope")
PICK, TORCH, TRACE, HELP = "etascope pick", "PyTorch script, same trials", "etascope trace", "etascope --help"
REPORT = "etascope pick --report answer.html"
#: Seconds from start to answer, at most.
TARGETS = {PICK: 2.0, REPORT: 2.0, TRACE: 0.8, HELP: 0.3}
#: How many times as long as `etascope pick` the PyTorch script is to take.
TARGET_RATIO = 3.0


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="fresh processes a command (default %(default)s)")
    rounds = parser.parse_args().rounds
    if rounds < 1:
        parser.error(f"--rounds must be at least 1; found {rounds}.")
    unpin()
    print(describe(["etascope", "numpy", "torch"]))
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "pick.json"
        os.environ["ETASCOPE_STORE"] = str(Path(folder) / "runs.sqlite")
        run((*ETASCOPE, "pick", "--json", str(document)))
        commands = {
            PICK: (*ETASCOPE, "pick"),
            REPORT: (*ETASCOPE, "pick", "--report", str(Path(folder) / "answer.html")),
            TORCH: (sys.executable, str(Path(__file__).with_name("pick_with_torch.py")), str(document), str(digits())),
            TRACE: (*ETASCOPE, "trace"),
            HELP: (*ETASCOPE, "--help"),
        }
        seconds = measure(commands, rounds)
        answer = json.loads(document.read_text())
        theirs, accuracy = run(commands[TORCH]).split()
    print(f"\n{markdown(('from process start', 'seconds', 'lowest', 'highest', 'at most', 'met'), rows_of(seconds))}\n")
    ratio = statistics.median(torch / ours for torch, ours in zip(seconds[TORCH], seconds[PICK], strict=True))
    print(
        f"The PyTorch script takes {ratio:.2f} times as long as etascope pick (at least {TARGET_RATIO:g}: "
        f"{verdict(ratio >= TARGET_RATIO)})."
    )
    trials, low, high = len(answer["trials"]), answer["basin"]["low"], answer["basin"]["high"]
    print(
        f"Both train {trials} trials of {answer['cost']['epochs']} epochs. etascope picks {answer['learning_rate']} "
        f"(basin {low} to {high}; test accuracy {answer['test']['accuracy']:.3f}), the script, with another split and "
        f"start, {theirs} ({float(accuracy):.3f})."
    )


def digits() -> Path:
    """Return the directory of the bundled digits."""
    package = importlib.util.find_spec("etascope")
    if package is None or package.origin is None:
        sys.exit("etascope is not installed here; run this as `make bench`.")
    return Path(package.origin).parent / "images" / "data"


def measure(commands: dict[str, tuple[str, ...]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each command in each round."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    names = list(commands)
    for name in names:
        run(commands[name])
    for number in range(rounds):
        turn = number % len(names)
        for name in (*names[turn:], *names[:turn]):
            began = time.perf_counter()
            run(commands[name])
            seconds[name].append(time.perf_counter() - began)
    return seconds


def run(command: tuple[str, ...]) -> str:
    """Return what a command prints; if it fails, so does the benchmark, with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def rows_of(seconds: dict[str, list[float]]) -> list[tuple[str, ...]]:
    """Return the table's rows."""
    rows: list[tuple[str, ...]] = []
    for name, values in seconds.items():
        median, target = statistics.median(values), TARGETS.get(name)
        judged = ("", "") if target is None else (f"{target:g}", verdict(median <= target))
        rows.append((name, f"{median:.2f}", f"{min(values):.2f}", f"{max(values):.2f}", *judged))
    return rows


if __name__ == "__main__":
    main()
