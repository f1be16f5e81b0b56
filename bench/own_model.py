"""Who finds the learning rate of one's own PyTorch training, and what trials that share their batches save.

Three jobs with the small CNN: 2,500 images of Fashion-MNIST in memory under AdamW and under SGD, and a folder of 1,000
JPEGs of 256 pixels a side that are decoded, cut and mirrored at random in every epoch. Everybody is given the same
model, loaders and optimizer and runs as their own documentation has it. A choice loses what its rate has less in test
accuracy than the best rate, by a table of 17 rates, each trained to the end with ten seeds that nobody saw; the mean is
smoothed over a quarter of a decade, or the best of 17 noisy rates would be luck. Seconds and trainings are those of the
search; the final training comes on top for all alike (with Prodigy it is the only one).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import torch

from etascope.training.pytorch.engine import train_plan
from machine import describe, unpin
from own_contenders import CHOOSERS, Answer, train
from own_jobs import JOBS, Job, plan_of
from table import markdown, verdict

#: Points that a choice may lose on average, and ever.
MEAN, EVER = 0.5, 2.0
#: Trials that share their batches; how much faster than one by one they are at least where loading dominates.
TOGETHER, FASTER = 8, 2.0
#: Width of the kernel over the truth, in decades.
KERNEL = 0.125
BUDGET = "Optuna TPE, 5 trials"


def main() -> None:
    """Measure what was asked for, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="searches a job and contender (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the second table (default %(default)s)")
    parser.add_argument("--only", choices=("choices", "sharing", "truth"), help="one part alone")
    parser.add_argument("--who", nargs="+", choices=tuple(CHOOSERS), default=tuple(CHOOSERS), help="contenders")
    about = "file to keep answers in; those that are in it are not asked for again"
    parser.add_argument("--answers", type=Path, default=None, help=about)
    parser.add_argument("--job", type=int, nargs="+", choices=range(len(JOBS)), help="jobs by number; default all")
    options = parser.parse_args()
    unpin()
    warnings.simplefilter("ignore")
    jobs = JOBS if options.job is None else [JOBS[i] for i in options.job]
    packages = ("etascope", "torch", "lightning", "torch-lr-finder", "optuna", "ray", "prodigyopt")
    print(f"{describe(packages)}, {torch.get_num_threads()} threads of PyTorch\n", flush=True)
    if options.only in (None, "truth"):
        print(f"{truths(jobs)}\n", flush=True)
    if options.only in (None, "choices"):
        print(f"{choices(jobs, options.who, options.seeds, Answers(options.answers))}\n", flush=True)
    if options.only in (None, "sharing"):
        print(sharing(jobs, options.rounds))


def truths(jobs: Sequence[Job]) -> str:
    """Return the best rate of each job, how good it is, and how sure that is."""
    rows = []
    for job in jobs:
        truth, fine = job.truth, smoothed(job)
        inside = [rate for rate, mean in fine if mean > max(m for _, m in fine) - 1]
        best, top = max(fine, key=lambda pair: pair[1])
        rows.append(
            (
                job.name,
                f"{best:.2g}",
                f"{top:.1f}",
                f"{truth.error:.2f}",
                f"{min(inside):.2g} .. {max(inside):.2g}",
            )
        )
    return markdown(("job", "best rate", "accuracy", "+-", "within a point"), rows)


@cache
def smoothed(job: Job) -> tuple[tuple[float, float], ...]:
    """Return rates and their mean accuracy in points, each with its neighbours in a kernel of an eighth of a decade."""
    truth = job.truth
    fine = np.linspace(truth.log_rates[0], truth.log_rates[-1], 20 * len(truth.log_rates))
    kernel = np.exp(-0.5 * ((fine[:, None] - truth.log_rates) / KERNEL) ** 2)
    means = kernel @ truth.mean / kernel.sum(axis=1)
    return tuple(zip((10.0**fine).tolist(), means.tolist(), strict=True))


def lost(job: Job, answer: Answer) -> float:
    """Return the points that an answer loses against the best rate."""
    logs, means = np.array(smoothed(job)).T
    if answer.accuracy is not None:
        return float(means.max() - answer.accuracy)
    assert answer.rate is not None
    return float(means.max() - np.interp(np.log10(answer.rate), np.log10(logs), means))


class Answers:
    """Answers as they come, in a file if there is one, so that a benchmark that was stopped goes on."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._known = path, dict[str, dict[str, Answer]]()
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                key, answers = json.loads(line)
                self._known[key] = {name: Answer(**fields) for name, fields in answers.items()}

    def get(self, job: Job, name: str, seed: int) -> dict[str, Answer]:
        """Return what a contender answers, and say so on the way."""
        key = f"{job.name}, seed {seed}, {name}"
        if key not in self._known:
            self._known[key] = CHOOSERS[name](job, seed)
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    answers = {contender: asdict(answer) for contender, answer in self._known[key].items()}
                    file.write(json.dumps([key, answers]) + "\n")
            print(f"{key}: {list(self._known[key].values())[-1]}", file=sys.stderr, flush=True)
        return self._known[key]


def choices(jobs: Sequence[Job], who: Sequence[str], seeds: int, answers: Answers) -> str:
    """Return a table a job, one of all, and whether the targets are met."""
    answered: dict[str, dict[str, list[tuple[Answer, float]]]] = {job.name: defaultdict(list) for job in jobs}
    for job in jobs:
        for seed in range(seeds):
            for name in who:
                for contender, answer in answers.get(job, name, seed).items():
                    answered[job.name][contender].append((answer, lost(job, answer)))
        print(f"{job.name}\n\n{_table(answered[job.name])}\n", flush=True)
    every = {name: [pair for job in jobs for pair in answered[job.name][name]] for name in answered[jobs[0].name]}
    return f"All jobs\n\n{_table(every)}\n\n{_judged(every)}"


def _table(answered: dict[str, list[tuple[Answer, float]]]) -> str:
    rows = []
    for name, pairs in answered.items():
        rates = [answer.rate for answer, _ in pairs if answer.rate is not None]
        points = [loss for _, loss in pairs]
        rows.append(
            (
                name,
                f"{statistics.mean(points):.2f}",
                f"{max(points):.2f}",
                f"{statistics.mean(answer.trainings for answer, _ in pairs):.1f}",
                f"{statistics.median(answer.seconds for answer, _ in pairs):.1f}",
                f"{min(rates):.2g} .. {max(rates):.2g}" if rates else "",
            )
        )
    return markdown(("", "points lost", "worst", "trainings", "seconds", "rates"), rows)


def _judged(every: dict[str, list[tuple[Answer, float]]]) -> str:
    if "etascope" not in every:
        return ""
    points = [loss for _, loss in every["etascope"]]
    mean, worst = statistics.mean(points), max(points)
    summary = (
        f"etascope loses {mean:.2f} points on average (at most {MEAN:g}: {verdict(mean <= MEAN)}) and {worst:.2f} at "
        f"worst (at most {EVER:g}: {verdict(worst <= EVER)})."
    )
    if BUDGET in every:
        ours, theirs = (_cost(every[name]) for name in ("etascope", BUDGET))
        less = all(mine <= other for mine, other in zip(ours, theirs, strict=True))
        summary += (
            f"\nA search costs {ours[0]:.1f} trainings and {ours[1]:.1f} s on average, one of {BUDGET} {theirs[0]:.1f} "
            f"and {theirs[1]:.1f} s (no more: {verdict(less)})."
        )
    return summary


def _cost(pairs: list[tuple[Answer, float]]) -> tuple[float, float]:
    return statistics.mean(a.trainings for a, _ in pairs), statistics.mean(a.seconds for a, _ in pairs)


def sharing(jobs: Sequence[Job], rounds: int) -> str:
    """Return the table of eight trainings that share their batches against eight of their own."""
    rows, met = [], []
    for job in jobs:
        for workers in (0, 2) if job.photos else (0,):
            apart, shared = [], []
            for turn in range(rounds):
                order = ((apart, _apart), (shared, _shared))
                for seconds, run in order if turn % 2 == 0 else order[::-1]:
                    began = time.perf_counter()
                    run(job, workers)
                    seconds.append(time.perf_counter() - began)
            ratio = statistics.median(a / s for a, s in zip(apart, shared, strict=True))
            least = FASTER if job.photos else 1.0
            met.append(ratio >= least)
            loading = f"{workers} workers load" if workers else "loaded in the process"
            name = f"{job.name}, {loading}" if job.photos else job.name
            rows.append(
                (
                    name,
                    f"{statistics.median(apart):.1f}",
                    f"{statistics.median(shared):.1f}",
                    f"{ratio:.2f}",
                    f"{least:g}",
                )
            )
    table = markdown(("", "one by one, s", "shared, s", "times as fast", "at least"), rows)
    return f"{TOGETHER} trainings, validated after every epoch\n\n{table}\n\nAll met: {verdict(all(met))}."


def _rates(job: Job) -> list[float]:
    # None of these diverges: who stops early would be faster for another reason.
    return np.geomspace(1e-4, 1e-2, TOGETHER).tolist()


def _apart(job: Job, workers: int) -> None:
    for rate in _rates(job):
        train(job, rate, 0, workers=workers)


def _shared(job: Job, workers: int) -> None:
    training, plan = plan_of(job, _rates(job), 0, job.loaders(0, workers)[1], last_only=False, workers=workers)
    train_plan(training, plan, None, lambda _: None)


if __name__ == "__main__":
    main()
