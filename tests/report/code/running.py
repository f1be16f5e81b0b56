"""Scripts, and what they print when they run in a process of their own."""

import re
import subprocess
import sys

import etascope
from etascope import Recipe
from etascope.core.run import DataSummary

DIGITS = etascope.open_images("digits")
DATA = DataSummary("digits", DIGITS.fingerprint, 1000, (28, 28, 1), 800, 200, DIGITS.class_names)
#: Trains in a blink, and learns.
TINY = Recipe(hidden=(32,), epochs=4, weight_decay=1e-4)
RATE = 0.02


def accuracy(script, folder, *arguments, warnings="error"):
    """Run a script and return the accuracy that it prints at its end."""
    path = folder / "train.py"
    path.write_text(script, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-W", warnings, str(path), *map(str, arguments)], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    return float(re.fullmatch(r"(?s).*test accuracy (\d\.\d+)\n", ended.stdout).group(1))


def known(recipe=TINY, rate=RATE):
    """Return the accuracy of the same training in etascope."""
    return etascope.trace(DIGITS, learning_rate=rate, recipe=recipe).evaluation.accuracy
