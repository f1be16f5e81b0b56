"""Who finds the right learning rate at what cost, and whether what they say of it is true.

Every contender chooses for every job of `quality_tasks.py` with several seeds, which decide initial weights, batches,
folds and whatever else is random. What a choice loses is read off a table that none of them saw: the test accuracy of
29 learning rates, each trained on all development rows with eight other seeds.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from machine import describe, unpin
from quality_contenders import Advised, Answer, Chooser, Customary, Etascope, Grid, Tpe
from quality_tasks import JOBS, Job
from table import markdown

#: Seeds of the contenders start here; the truth has those from 0.
FIRST_SEED = 100
#: A choice that loses more than this many points has failed.
FAILURE = 2.0


@dataclass(frozen=True)
class Scored:
    """An answer to a job, and the points that it loses."""

    job: str
    answer: Answer
    lost: float
    covered: bool | None


def main() -> None:
    """Let everyone choose, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="seeds a job (default %(default)s)")
    parser.add_argument("--jobs", default="", help="only jobs whose name holds this")
    parser.add_argument("--only", default="", help="only contenders whose name holds this")
    parser.add_argument("--save", type=Path, help="also write every answer to this file (JSON lines)")
    options = parser.parse_args()
    unpin()
    began = time.perf_counter()
    jobs = [job for job in JOBS if options.jobs in job.name]
    contenders = [one for one in everyone() if options.only in one.name]
    print(describe(["etascope", "numpy", "optuna"]))
    print(f"\n## Jobs\n\n{jobs_table(jobs)}\n")
    scored: dict[str, list[Scored]] = defaultdict(list)
    for one in contenders:
        for job in jobs:
            for seed in range(FIRST_SEED, FIRST_SEED + options.seeds):
                answer = one.choose(job.split(5), replace(job.recipe, seed=seed))
                scored[one.name].append(score(job, answer))
                if options.save:
                    with options.save.open("a") as out:
                        print(json.dumps([one.name, job.name, seed, vars(answer), scored[one.name][-1].lost]), file=out)
    print(f"## Points of accuracy lost\n\n{lost_table(scored)}\n")
    print(f"## Basins and words\n\n{claims_table(scored)}\n")
    print(f"{len(jobs)} jobs, {options.seeds} seeds, {time.perf_counter() - began:.0f} s in all.")


def everyone() -> list[Chooser]:
    """Return the contenders; PyTorch comes last, because its threads keep others from forking."""
    from bench.grid_search import GridSearch

    from etascope.experiments.range_test.rules import RULES
    from etascope.experiments.referee.advisers.plain import RangeTestAdviser
    from etascope.experiments.referee.advisers.prodigy import ProdigyOptimizer
    from etascope.selection.cross_validation.method import CrossValidation
    from etascope.selection.halving.method import Halving

    return [
        Etascope("etascope, cheap", CrossValidation()),
        Etascope("etascope, dear", Halving()),
        Etascope("etascope, budget 1.4", Halving(budget=1.4)),
        Etascope("etascope's grid search", GridSearch()),
        Tpe(5),
        Tpe(10),
        Tpe(20),
        Grid(8),
        Grid(15),
        Customary(),
        *(Advised(RangeTestAdviser(rule)) for rule in RULES),
        Advised(ProdigyOptimizer()),
    ]


def score(job: Job, answer: Answer) -> Scored:
    """Look the answer up in the truth; no answer costs as much as the customary default."""
    rate = answer.rate if answer.rate is not None else 0.001 if "adam" in job.name else 0.01
    if answer.accuracy is not None:
        return Scored(job.name, answer, float(job.truth.mean.max()) - answer.accuracy, None)
    covered = None if answer.basin is None else answer.basin[0] <= job.truth.best <= answer.basin[1]
    return Scored(job.name, answer, job.truth.lost(rate), covered)


def jobs_table(jobs: Sequence[Job]) -> str:
    """Return what is true of each job."""
    rows = [
        (job.name, f"{job.truth.best:.3g}", f"{job.truth.mean.max():.1f}", f"{job.truth.error:.2f}") for job in jobs
    ]
    return markdown(("job", "best rate", "test accuracy, %", "its error over seeds"), rows)


def lost_table(scored: dict[str, list[Scored]]) -> str:
    """Return cost, and median, mean and worst accuracy lost, and how many failed."""
    rows = list[tuple[str, ...]]()
    for name, answers in scored.items():
        lost = np.array([one.lost for one in answers])
        by_job = [np.mean([one.lost for one in answers if one.job == job]) for job in {one.job for one in answers}]
        cost = np.mean([one.answer.cost for one in answers])
        numbers = (np.median(lost), lost.mean(), max(by_job), lost.max())
        failed = np.mean(lost > FAILURE)
        rows.append((name, f"{cost:.1f}", *(f"{number:.2f}" for number in numbers), f"{failed:.0%}"))
    head = ("contender", "cost", "median", "mean", "worst job", "worst", f"over {FAILURE:g}")
    return markdown(head, rows)


def claims_table(scored: dict[str, list[Scored]]) -> str:
    """Return how often basins hold the best rate, how wide they are, and how often each word was right."""
    rows = list[tuple[str, ...]]()
    for name, answers in scored.items():
        basins = [one for one in answers if one.answer.basin is not None]
        if not basins:
            continue
        widths = [np.log10(one.answer.basin[1] / one.answer.basin[0]) for one in basins if one.answer.basin]
        row = [name, f"{np.mean([one.covered for one in basins]):.0%}", f"{np.median(widths):.2f}"]
        for word in ("likely", "probable", "not settled"):
            said = [one.lost <= 1 for one in answers if one.answer.word == word]
            row.append(f"{np.mean(said):.0%} of {len(said)}" if said else "-")
        rows.append(tuple(row))
    words = ("likely: within 1 point", "probable", "not settled")
    return markdown(("contender", "basin holds the best", "median width, decades", *words), rows)


if __name__ == "__main__":
    main()
