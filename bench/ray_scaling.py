"""Trainings a second with one worker and with two: on a Ray cluster, and side by side with the local engine.

The cluster has two machines with one core each, both on this machine. Every contender is a process of its own, with
libraries and data loaded, connected to the cluster and warmed up by one round, idle while others run. All train the
same plan, a sweep of the default recipe on the bundled digits (800 images, 784-128-10, batch 16, momentum 0.9), and
must come to the same bits. Rounds are interleaved, in an order that rotates; ratios are medians of the ratios within a
round. In a round each trains the plan twice and the second time counts, as the plans of a search follow each other: Ray
ends processes that had nothing to do for a second, and what starting them anew costs is told apart.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import subprocess
import sys
import time

from machine import describe, unpin
from table import markdown, verdict

#: Who trains, and with how many workers.
CONTENDERS = (("local", 1), ("local", 2), ("ray", 1), ("ray", 2))
TRIALS, EPOCHS, ROUNDS = 56, 15, 5
#: How much faster two workers are than one at least, and how much slower Ray is than the local engine at most.
GAIN, LOSS = 1.7, 1.15
STORE_BYTES = 200 * 1024 * 1024

Seconds = dict[tuple[str, int], list[float]]


def main() -> None:
    """Measure all contenders and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds (default %(default)s)")
    what = "be a contender; the benchmark calls itself so"
    parser.add_argument("--contender", nargs=3, metavar=("WHO", "WORKERS", "ADDRESS"), help=what)
    options = parser.parse_args()
    if options.contender is not None:
        compete(options.contender[0], int(options.contender[1]), options.contender[2])
        return
    unpin()
    print(describe(["etascope", "numpy", "ray"]))
    from ray.cluster_utils import Cluster

    has = {"num_cpus": 1, "object_store_memory": STORE_BYTES}
    cluster = Cluster(initialize_head=True, head_node_args=has)
    cluster.add_node(**has)
    try:
        seconds, answers = race(cluster.address, options.rounds)
    finally:
        cluster.shutdown()
    print(f"\n{report(*seconds)}\n\nAll came to the same bits: {verdict(len(set(answers)) == 1)}.")


def race(address: str, rounds: int) -> tuple[tuple[Seconds, Seconds], list[str]]:
    """Return the seconds of each contender in each round, after a pause and right after, and a digest of its answer."""
    commands = [[sys.executable, __file__, "--contender", who, str(n), address] for who, n in CONTENDERS]
    processes = [subprocess.Popen(c, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for c in commands]
    cold: Seconds = {contender: [] for contender in CONTENDERS}
    warm: Seconds = {contender: [] for contender in CONTENDERS}
    try:
        answers = [_line(process) for process in processes]
        for turn in range(rounds):
            for i in range(len(CONTENDERS)):
                who = (i + turn) % len(CONTENDERS)
                process = processes[who]
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
                for times, taken in zip((cold, warm), _line(process).split(), strict=True):
                    times[CONTENDERS[who]].append(float(taken))
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return (cold, warm), answers


def report(cold: Seconds, seconds: Seconds) -> str:
    """Return the table and whether the targets are met."""
    rows = []
    for (who, workers), measured in seconds.items():
        one, local = (_ratio(seconds[other], measured) for other in ((who, 1), ("local", workers)))
        rows.append(
            (
                f"{who}, {workers} {'worker' if workers == 1 else 'workers'}",
                f"{statistics.median(measured):.2f}",
                f"{TRIALS / statistics.median(measured):.1f}",
                f"{one:.2f}",
                f"{1 / local:.2f}",
            )
        )
    table = markdown(("", "seconds", "trainings/s", "x one worker", "x seconds of local"), rows)
    gain = _ratio(seconds["ray", 1], seconds["ray", 2])
    loss = 1 / _ratio(seconds["local", 2], seconds["ray", 2])
    start = statistics.median(a - b for a, b in zip(cold["ray", 2], seconds["ray", 2], strict=True))
    return (
        f"{table}\n\nThe first plan after a pause takes two workers of Ray {start:.2f} s more.\n"
        f"Two workers of Ray are {gain:.2f} times as fast as one (at least {GAIN:g}: "
        f"{verdict(gain >= GAIN)}).\nTwo workers of Ray take {loss:.2f} times as long as two local ones (at most "
        f"{LOSS:g}: {verdict(loss <= LOSS)})."
    )


def compete(who: str, workers: int, address: str) -> None:
    """Train the plan once and print a digest of its history; then a time for each line that is read."""
    import numpy as np

    from etascope.core.plan import sweep
    from etascope.core.recipe import Recipe, steps_per_epoch
    from etascope.images.open import open_images
    from etascope.pipeline.prepare import prepare
    from etascope.pipeline.split import divide
    from etascope.training.dense.engine import DenseEngine
    from etascope.training.ray.engine import RayEngine

    recipe = Recipe(epochs=EPOCHS)
    split = prepare(divide(open_images("digits"), folds=5), recipe)
    steps = EPOCHS * steps_per_epoch(split, recipe, 0)
    plan = sweep(recipe, steps, np.logspace(-4, -1, TRIALS // 2).tolist(), [0, 1])
    engine = DenseEngine(workers) if who == "local" else RayEngine(address=address, workers=workers)
    history = engine.train(split, recipe, plan)
    print(hashlib.sha256(history.step_loss.tobytes() + history.valid_loss.tobytes()).hexdigest(), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        engine.train(split, recipe, plan)
        between = time.perf_counter()
        engine.train(split, recipe, plan)
        print(between - began, time.perf_counter() - between, flush=True)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        sys.exit("a contender failed; its error stands above.")
    return line


def _ratio(seconds: list[float], of: list[float]) -> float:
    """Return how many times as long the first took, the median over the rounds."""
    return statistics.median(one / other for one, other in zip(seconds, of, strict=True))


if __name__ == "__main__":
    main()
