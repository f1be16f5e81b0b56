"""Does a training cost the same among few and many? Seconds and memory over images and learning rates.

Each cell is a fresh process that trains a sweep of the default recipe (batch 16, momentum 0.9, 784-128-10, rates from
1e-4 to 0.1) with every core and without validation, on a random subset of Fashion-MNIST's training images (and once on
the 800 bundled digits). Where images times rates are many, a cell ends after fewer than five epochs, or within the
first; time is given in microseconds for one image in one epoch of one trial. Short runs are repeated and their median
taken. Memory is what the process and its workers hold together at the highest while they train, less what the process
held before.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import psutil

from machine import describe, sgemm_rate, unpin
from table import markdown, verdict

#: Data sets and how many of their images; digits are a row of their own, outside the target.
SIZES = (("digits", 800), ("fashion-mnist", 800), ("fashion-mnist", 6_000), ("fashion-mnist", 60_000))
TRIALS = (8, 64, 512)
#: Of the images, and of the default recipe's hidden layer.
FEATURES, HIDDEN = 784, 128
#: Slowest over fastest cell of Fashion-MNIST, at most.
TARGET = 1.3
#: A cell trains this many epochs, or fewer: so many that images times epochs times trials stay within its budget.
MOST_EPOCHS, BUDGET = 5.0, 8_000_000
#: Runs of a cell go on until they took this long, or were this many.
LEAST_SECONDS, MOST_RUNS = 2.0, 7
#: A second look at memory, with one worker and with two.
WORKERS, WORKERS_SIZE, WORKERS_BUDGET = (1, 2), ("fashion-mnist", 6_000), 1_000_000

Size = tuple[str, int]
Cell = tuple[float, float]


def main() -> None:
    """Measure all cells and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = "train one cell in this process; the benchmark calls itself so"
    parser.add_argument("--cell", nargs=5, metavar=("DATA", "IMAGES", "TRIALS", "WORKERS", "BUDGET"), help=what)
    cell = parser.parse_args().cell
    if cell is not None:
        train(cell[0], *map(int, cell[1:]))
        return
    unpin()
    from etascope.core.run import cores

    began = time.perf_counter()
    print(describe(["etascope", "numpy"]))
    cells = {
        (size, trials): measure(size, trials, cores(), BUDGET) for size, trials in itertools.product(SIZES, TRIALS)
    }
    print(f"\n## Microseconds for an image, epoch and trial\n\n{grid(lambda *at: f'{1e6 * cells[at][0]:.2f}')}\n")
    summary = f"Slowest over fastest cell of Fashion-MNIST: {spread(cells, 0):.2f} (at most {TARGET:g}: "
    print(f"{summary}{verdict(spread(cells, 0) <= TARGET)}).")
    print(f"Without the smallest set, for which the engine has a cheaper way: {spread(cells, 801):.2f}.")
    print(bound(cells))
    print(f"\n## Memory that training takes, MiB\n\n{grid(lambda *at: f'{cells[at][1]:.0f}')}\n")
    print(by_workers())
    print(f"\n{time.perf_counter() - began:.0f} s in all.")


def spread(cells: dict[tuple[Size, int], Cell], images: int) -> float:
    """Return slowest over fastest cell of Fashion-MNIST with at least so many images."""
    seconds = [cell[0] for ((data, n), _), cell in cells.items() if data == "fashion-mnist" and n >= images]
    return max(seconds) / min(seconds)


def bound(cells: dict[tuple[Size, int], Cell]) -> str:
    """Say how near 1 the spread could come if many images took only what their first layer's products must.

    With momentum, weights and velocity of `FEATURES + 1` rows each take a product forward and one back. Coefficients
    of examples take the two forward, of as many rows as there are images.
    """
    rate = sgemm_rate()
    few, fewest = min(
        ((cell[0], n) for ((data, n), _), cell in cells.items() if data == "fashion-mnist"), key=lambda one: one[0]
    )
    examples, weights = (
        1e6 * products * 2 * rows * HIDDEN / rate for products, rows in ((2, fewest), (4, FEATURES + 1))
    )
    spread = 1 + (weights - examples) * 1e-6 / few
    return (
        f"At the {rate / 1e9:.0f} GF/s of a large sgemm with all cores, the products of the first layer alone take "
        f"{examples:.2f} us with coefficients of {fewest} examples and {weights:.2f} us with weights. If many images "
        f"took no more than the fastest cell but for that, the spread would be {spread:.2f}."
    )


def grid(text: Callable[[Size, int], str]) -> str:
    """Return a table with a row a size and a column a number of trials; `text` writes a cell."""
    rows = [
        (f"{data}, {images:,} images", *(text((data, images), trials) for trials in TRIALS)) for data, images in SIZES
    ]
    return markdown(("", *(f"{trials} rates" for trials in TRIALS)), rows)


def by_workers() -> str:
    """Return a table of memory with one worker and with two."""
    rows = [
        (
            f"{workers} {'worker' if workers == 1 else 'workers'}",
            *(f"{measure(WORKERS_SIZE, trials, workers, WORKERS_BUDGET)[1]:.0f}" for trials in TRIALS),
        )
        for workers in WORKERS
    ]
    return markdown((f"{WORKERS_SIZE[1]:,} images, MiB", *(f"{trials} rates" for trials in TRIALS)), rows)


def measure(size: Size, trials: int, workers: int, budget: int) -> Cell:
    """Return seconds an image, epoch and trial, and MiB of memory that training took, of a fresh process."""
    command = [sys.executable, __file__, "--cell", *map(str, (*size, trials, workers, budget))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        if not process.stdout.readline():
            sys.exit(f"{' '.join(command)} failed.")
        before = peak = _resident(process.pid)
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(0.05)
        return float(process.stdout.readline()), (peak - before) / 2**20


def train(data: str, images: int, trials: int, workers: int, budget: int) -> None:
    """Train one cell: print a line when data are ready, and a line with the median seconds of its runs."""
    import numpy as np

    from etascope.core.data import NO_FOLD
    from etascope.core.plan import sweep
    from etascope.core.recipe import Recipe, steps_per_epoch
    from etascope.training.dense.engine import DenseEngine

    recipe, split = Recipe(epochs=int(MOST_EPOCHS)), _split(data, images)
    epochs = min(MOST_EPOCHS, budget / (images * trials))
    steps = round(epochs * steps_per_epoch(split, recipe, NO_FOLD))
    plan = sweep(recipe, steps, np.logspace(-4, -1, trials).tolist(), [NO_FOLD])
    print("ready", flush=True)
    seconds: list[float] = []
    while sum(seconds) < LEAST_SECONDS and len(seconds) < MOST_RUNS:
        history = DenseEngine(workers).train(split, recipe, plan)
        seconds.append(history.seconds)
    print(statistics.median(seconds) / int(history.examples.sum()), flush=True)


def _split(data: str, images: int):
    """Return a random choice of the images that are not for testing, all of them to train on."""
    import numpy as np

    from etascope.core.data import NO_FOLD, Split
    from etascope.images.open import open_images

    dataset = open_images(data)
    test = np.empty(0, np.int64) if dataset.test_rows is None else dataset.test_rows
    rows = np.delete(np.arange(len(dataset)), test)
    rows = np.sort(np.random.default_rng(0).permutation(rows)[:images])
    return Split(
        x=dataset.images[rows].reshape(images, -1) / np.float32(255),
        y=dataset.labels[rows],
        folds=np.full(images, NO_FOLD),
        x_test=np.empty((0, 784), np.float32),
        y_test=np.empty(0, np.int64),
        rows=rows,
        test_rows=np.empty(0, np.int64),
        class_names=dataset.class_names,
    )


def _resident(process: int) -> int:
    """Return bytes of a process and the workers that it forked; pages that they share count once."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(process)
        for member in (parent, *parent.children()):
            with suppress(psutil.NoSuchProcess):
                total += member.memory_full_info().pss
    return total


if __name__ == "__main__":
    main()
