"""How fast is a sweep of 64 learning rates? etascope against PyTorch, scikit-learn and JAX.

Two jobs on the bundled digits (800 to train, 200 to score once at the end), a 784-128-10 network, 5 epochs, 64 rates
from 1e-4 to 1: A with batch 32 and plain SGD, B with batch 16 and momentum 0.9. Every contender trains all 64 in
a process of its own that was started, with libraries and data loaded, before the clock: starting is not counted.
Rounds are interleaved: in each, every contender runs once while the others wait, in an order that rotates. Ratios are
medians of the ratios within a round.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np

from contenders import Accuracies, Etascope, JaxMap, JaxVmap, ScikitLearn, Torch, TorchOneThread
from jobs import RATES, Job, make_jobs
from machine import blas, describe, sgemm_rate, unpin
from table import markdown, verdict
from worker_pools import WorkerPool, worker_pool

US, LOOP, TWO_LOOPS, SKLEARN, VMAP, MAP = (
    "etascope",
    "PyTorch loop, all cores",
    "PyTorch loop, two processes",
    "scikit-learn MLPClassifier",
    "JAX vmap, warm",
    "JAX lax.map, warm",
)
CONTENDERS = {US: Etascope, LOOP: Torch, TWO_LOOPS: TorchOneThread, SKLEARN: ScikitLearn, VMAP: JaxVmap, MAP: JaxMap}
#: How many times as long as etascope others are to take, in job A and in job B.
TARGETS = {LOOP: (7.0, 5.5), TWO_LOOPS: (3.0, 3.0), SKLEARN: (6.0, None), VMAP: (2.0, 2.0), MAP: (1.0, 1.0)}
#: Share of the large matrix product's rate that is to be reached in job A and in job B, in nominal operations.
TARGET_SHARE = (0.5, None)
#: Best accuracies further apart than this would mean that contenders do not learn the same: with the same initial
#: weights and batches, and for scikit-learn, which has its own of both (they alone move the best by some 6 points).
AGREE, AGREE_OTHER_START = 0.02, 0.08
#: Threads of the last contender stop looking for work within this many seconds.
PAUSE = 0.2

HEAD = ("64 learning rates", "seconds", "x etascope", "lowest", "highest", "target", "met", "best acc.", "mean acc.")


@dataclass
class Measured:
    """One contender at one job: seconds of each round, accuracies, and seconds of a first run that compiles."""

    seconds: list[float] = field(default_factory=list)
    accuracies: Accuracies = field(default_factory=lambda: np.empty(0))
    cold: float | None = None

    @property
    def best(self) -> float:
        """Best accuracy of all rates."""
        return float(np.nanmax(self.accuracies))


def main() -> None:
    """Measure both jobs and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds a job (default %(default)s)")
    rounds = parser.parse_args().rounds
    if rounds < 1:
        parser.error(f"--rounds must be at least 1; found {rounds}.")
    unpin()
    began = time.perf_counter()
    print(describe(["etascope", "numpy", "torch", "scikit-learn", "jax"]), f"NumPy's BLAS: {blas()}", sep="\n")
    with ExitStack() as stack:
        worker_pools = [
            stack.enter_context(worker_pool(name, contender, 2 if name == TWO_LOOPS else 1))
            for name, contender in CONTENDERS.items()
        ]
        for column, job in enumerate(make_jobs()):
            measured, sgemm = measure(job, worker_pools, rounds)
            print(f"\n## Job {job.name}\n", markdown(HEAD, rows_of(column, measured)), "", sep="\n")
            print(speed(job, column, measured[US].seconds, sgemm))
            print(agreement(measured))
            diverged = np.isnan(measured[US].accuracies).sum()
            print(f"Diverged, and so not trained to the end by etascope: {diverged} of {len(RATES)}.", flush=True)
    print(f"\n{rounds} rounds, {time.perf_counter() - began:.0f} s in all.")


def measure(job: Job, worker_pools: Sequence[WorkerPool], rounds: int) -> tuple[dict[str, Measured], list[float]]:
    """Run all contenders in interleaved rounds; also return the matrix product's rate in each round."""
    measured = {each.name: Measured() for each in worker_pools}
    for each in worker_pools:
        each.prepare(job)
        seconds, _ = each.train(RATES if each.contender.compiles else RATES[:2])
        measured[each.name].cold = seconds if each.contender.compiles else None
    sgemm: list[float] = []
    for number in range(rounds):
        turn = number % len(worker_pools)
        for each in (*worker_pools[turn:], *worker_pools[:turn]):
            time.sleep(PAUSE)
            seconds, measured[each.name].accuracies = each.train(RATES)
            measured[each.name].seconds.append(seconds)
        time.sleep(PAUSE)
        sgemm.append(sgemm_rate())
    return measured, sgemm


def rows_of(column: int, measured: dict[str, Measured]) -> list[tuple[str, ...]]:
    """Return the table's rows: everyone's rounds, then first runs with compilation."""
    ours = measured[US].seconds
    rows: list[tuple[str, ...]] = []
    for name, m in measured.items():
        ratios = [theirs / mine for theirs, mine in zip(m.seconds, ours, strict=True)]
        shown = [f"{ratio:.2f}" for ratio in (statistics.median(ratios), min(ratios), max(ratios))]
        target = TARGETS.get(name, (None, None))[column]
        met = ("", "") if target is None else (f"{target:g}", verdict(statistics.median(ratios) >= target))
        accuracies = (f"{m.best:.3f}", f"{np.nanmean(m.accuracies):.3f}")
        rows.append((name, f"{statistics.median(m.seconds):.3f}", *shown, *met, *accuracies))
    for name, m in measured.items():
        if m.cold is not None:
            cold = name.replace("warm", "with compilation, once")
            rows.append((cold, f"{m.cold:.3f}", f"{m.cold / statistics.median(ours):.2f}", *[""] * 6))
    return rows


def speed(job: Job, column: int, seconds: Sequence[float], sgemm: Sequence[float]) -> str:
    """Say what share of the large matrix product's rate etascope reaches."""
    rates = [job.nominal_flops(len(RATES)) / s for s in seconds]
    share = statistics.median(ours / large for ours, large in zip(rates, sgemm, strict=True))
    target = TARGET_SHARE[column]
    judged = "" if target is None else f" (at least {target:.0%}: {verdict(share >= target)})"
    return (
        f"etascope does {statistics.median(rates) / 1e9:.0f} nominal GF/s, {share:.0%} of the "
        f"{statistics.median(sgemm) / 1e9:.0f} GF/s of a large sgemm with all cores{judged}."
    )


def agreement(measured: dict[str, Measured]) -> str:
    """Say whether everyone learned the same."""
    apart = {name: abs(m.best - measured[US].best) for name, m in measured.items()}
    sklearn = apart.pop(SKLEARN)
    others = max(apart.values())
    return (
        f"Best accuracies differ from etascope's by {100 * others:.1f} points (at most {100 * AGREE:.0f}: "
        f"{verdict(others <= AGREE)}); scikit-learn's, with a start of its own, by {100 * sklearn:.1f} (at most "
        f"{100 * AGREE_OTHER_START:.0f}: {verdict(sklearn <= AGREE_OTHER_START)})."
    )


if __name__ == "__main__":
    main()
