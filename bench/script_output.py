"""What reading a script's output costs: processor seconds, beside a plain loop over the lines of its pipe.

python bench/script_output.py --megabytes 100
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from etascope.core.command_line import CommandLine
from etascope.core.measure import Measure
from etascope.core.plan import sweep
from etascope.core.recipe import Recipe
from etascope.training.command.engine import CommandEngine
from etascope.training.command.metric import LineMetric

METRIC = LineMetric(r"val_loss[=: ]+([0-9.eE+-]+)")
#: What is printed over and over, by name; the metric comes after all of it.
LINES = {
    "short lines": "epoch 3 step {i} loss 0.1234 accuracy 0.9871\n",
    "log lines with INFO": "2026-11-30 14:00:00,123 INFO train: step {i}, the loss is 0.1234\n",
    "progress bars": "\r 50%|#####     | {i}/100000 [00:12<00:12, 8.1it/s]",
    "colours": "\x1b[32mstep\x1b[0m {i} \x1b[1m0.1234\x1b[0m\n",
    "lines of 10 kB": "{i}" + "x" * 10_000 + "\n",
    "one line": "x" * 1_000,
}


def cpu() -> float:
    """Return the processor seconds of this process and of its children that have ended."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def plain(path: Path) -> None:
    """Read lines of a script's pipe, look for the pattern in each, and keep nothing."""
    pattern = METRIC._compiled
    with subprocess.Popen([sys.executable, path, "0.1"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            pattern.search(line)


def ours(path: Path, folder: Path) -> None:
    """Read a script as a search does: log, lines, metric."""
    task = CommandLine(f"{sys.executable} {path} {{lr}}")
    with CommandEngine(task, METRIC, Measure("loss"), folder) as engine:
        engine.train(None, Recipe(epochs=1), sweep(Recipe(), 1, [0.1], folds=[0]))


def nobody(path: Path) -> None:
    """Let a script write to nowhere: what it costs by itself."""
    subprocess.run([sys.executable, path, "0.1"], stdout=subprocess.DEVNULL, check=True)


def main() -> None:
    """Print a row for each kind of output."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--megabytes", type=float, default=50)
    megabytes = options.parse_args().megabytes
    print(f"{'output':<20}  {'CPU s for 100 MB':>16}  {'plain loop':>10}  {'MB a CPU s':>10}  {'wall s':>6}")
    for name, line in LINES.items():
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "train.py"
            path.write_text(
                f"import sys\nline = {line!r}\n"
                "piece = ''.join(line.replace('{i}', str(i)) for i in range(max(1, 1_000_000 // len(line))))\n"
                f"for _ in range(max(1, int({megabytes} * 1e6) // len(piece))): sys.stdout.write(piece)\n"
                "print('\\nval_loss 0.5')\n"
            )
            took, wall = {}, 0.0
            for who, read in (("nobody", nobody), ("plain", plain), ("ours", lambda p: ours(p, Path(place)))):
                began, then = cpu(), time.perf_counter()
                read(path)
                took[who], wall = cpu() - began, time.perf_counter() - then
            mine, loop = took["ours"] - took["nobody"], took["plain"] - took["nobody"]
            scale = 100 / megabytes
            print(f"{name:<20}  {mine * scale:>16.2f}  {loop * scale:>10.2f}  {megabytes / mine:>10.0f}  {wall:>6.1f}")


if __name__ == "__main__":
    main()
