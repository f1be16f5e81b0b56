"""How the best learning rate moves with the length of a training: what the numbers of `rehearsals/drift.py` come from.

Every job is trained whole (three seeds, judged by 4,000 test images) and as rehearsals of a half to a 256th of its
steps (two other seeds, judged by temperature-scaled validation loss, as a search does), at 22 rates a sixth of a decade
apart. Told are, for each length, how far the best rate of the rehearsals lies above that of the whole training, and the
slope of a line through them, without what momentum misses in few steps. About a minute a job on two cores. Ten jobs of
PyTorch more (convolutional nets, a small transformer, fine-tuning) were measured with it and are not in this script.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD, Split
from etascope.core.plan import Plan, sweep
from etascope.core.recipe import Recipe
from etascope.images.open import open_images
from etascope.selection.rehearsals.drift import drift_of, expected_rate
from etascope.selection.rehearsals.method import FEWEST_BATCHES
from etascope.selection.scores import tempered_log_loss
from etascope.training.dense.engine import DenseEngine
from table import markdown

#: Rates on either side of the expected one, a sixth of a decade apart.
REACH = np.arange(-11, 11) / 6
#: Seeds of the truth and of the rehearsals, lengths as parts of the whole, and the fewest steps of one.
TRUE, SHORT, PARTS, FEWEST = (100, 101, 102), (0, 1), tuple(2**k for k in range(1, 9)), 8


@dataclass(frozen=True)
class Job:
    """Images, how many train and validate, and a recipe; `wrong` is the share of their labels that are."""

    name: str
    recipe: Recipe
    rows: int = 6400
    valid: int = 1400
    wrong: float = 0.0
    classes: tuple[int, ...] = field(default=tuple(range(10)))

    def split(self, judged: int) -> Split:
        """Return the training rows beside validation rows (0) or test rows (1) as fold 0."""
        x, y, test_x, test_y = fashion()
        mine = np.flatnonzero(np.isin(y, self.classes))[: self.rows + self.valid]
        labels = np.searchsorted(self.classes, y[mine])
        generator = np.random.default_rng(5)
        wrong = generator.permutation(len(mine))[: round(self.wrong * len(mine))]
        labels[wrong] = (labels[wrong] + generator.integers(1, len(self.classes), len(wrong))) % len(self.classes)
        theirs = np.flatnonzero(np.isin(test_y, self.classes))[:4000]
        train_x, train_y = x[mine[: self.rows]], labels[: self.rows]
        other_x, other_y = (
            (x[mine[self.rows :]], labels[self.rows :])
            if not judged
            else (test_x[theirs], np.searchsorted(self.classes, test_y[theirs]))
        )
        both = np.concatenate([train_x, other_x]).astype(np.float32) / 255
        if self.recipe.pixels == "standard":
            both = (both - both[: self.rows].mean()) / both[: self.rows].std()
        return Split(
            x=both,
            y=np.concatenate([train_y, other_y]),
            folds=np.repeat([NO_FOLD, 0], [self.rows, len(other_y)]).astype(np.int64),
            x_test=both[:0],
            y_test=train_y[:0],
            rows=np.arange(len(both)),
            test_rows=np.arange(0),
            class_names=tuple(map(str, self.classes)),
        )


def made(name: str, hidden: tuple[int, ...], optimizer: str, batch: int, epochs: int, **more: object) -> Job:
    """Return a job; what is no field of the job is one of the recipe."""
    own = {key: more.pop(key) for key in ("rows", "valid", "wrong", "classes") if key in more}
    return Job(name, Recipe(hidden, optimizer, batch_size=batch, epochs=epochs, **more), **own)


FEW = {"rows": 1600, "valid": 400}
JOBS = (
    made("sgd", (128,), "sgd", 32, 12),
    made("sgd, cosine", (128,), "sgd", 64, 20, schedule="cosine"),
    made("momentum", (128,), "momentum", 32, 12),
    made("momentum, cosine", (256, 128), "momentum", 32, 12, schedule="cosine"),
    made("momentum, one-cycle", (128,), "momentum", 32, 12, schedule="one-cycle"),
    made("momentum, step, decay", (128,), "momentum", 32, 12, schedule="step", weight_decay=5e-4),
    made("momentum 0.98", (128,), "momentum", 64, 15, momentum=0.98),
    made("momentum, batch of 4", (128,), "momentum", 4, 5, **FEW),
    made("momentum, batch of 128", (128,), "momentum", 128, 20, schedule="cosine", rows=12800),
    made("momentum, wrong labels", (128,), "momentum", 32, 40, schedule="cosine", wrong=0.2, **FEW),
    made("nesterov, linear", (128,), "nesterov", 64, 20, schedule="linear"),
    made("adam", (128,), "adam", 64, 20),
    made("adam, few images", (128,), "adam", 16, 20, **FEW),
    made("adam, wrong labels", (128,), "adam", 32, 40, wrong=0.3, **FEW),
    made("adam, one-cycle", (256,), "adam", 32, 10, schedule="one-cycle"),
    made("adam, warm-up, linear", (128, 64), "adam", 64, 15, schedule="linear", warmup=0.1),
    made("adam, softmax", (), "adam", 64, 15, schedule="cosine"),
    made("adamw, three layers", (128, 64, 32), "adamw", 32, 10, schedule="cosine"),
    made("adamw, warm-up, cosine", (128,), "adamw", 64, 20, schedule="cosine", warmup=0.1),
    made("adamw, batch of 128", (128,), "adamw", 128, 10, rows=25600),
    made("rmsprop", (128,), "rmsprop", 32, 10),
    made("adagrad", (128,), "adagrad", 32, 10),
    made("sgd, four layers", (64,) * 4, "sgd", 32, 12, warmup=0.1),
    made("sgd, softmax", (), "sgd", 32, 12),
    made("sgd, standard pixels", (128,), "sgd", 32, 10, pixels="standard"),
    made("sgd, one-cycle, long", (128,), "sgd", 128, 60, schedule="one-cycle"),
    made("sgd, two classes", (128,), "sgd", 16, 20, schedule="cosine", rows=1200, valid=400, classes=(0, 6)),
)


def main() -> None:
    """Measure the jobs, and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", default="", help="only jobs whose name holds this")
    chosen = [job for job in JOBS if parser.parse_args().jobs in job.name]
    rows = list[tuple[str, ...]]()
    for job in chosen:
        best, moved = measured(job)
        shifts = (f"{moved[part]:+.2f}" if part in moved else "" for part in PARTS)
        rows.append((job.name, f"{10**best:.3g}", *shifts, f"{slope(job, moved):+.2f}"))
        print(f"{job.name}: done", flush=True)
    print(markdown(("job", "best rate", *(f"T/{part}" for part in PARTS), "slope"), rows))


def measured(job: Job) -> tuple[float, dict[int, float]]:
    """Return the best rate of the whole training, and how far above it that of each length lies, in decades."""
    recipe, split = job.recipe, job.split(1)
    steps = -(-job.rows // recipe.batch_size) * recipe.epochs
    x = math.log10(expected_rate(recipe)) + REACH
    whole = replace(sweep(recipe, steps, (10**x).tolist(), [0], TRUE), evaluate_at=(steps,))
    right = DenseEngine().train(split, recipe, whole).valid_accuracy[:, -1].reshape(len(TRUE), -1)
    accuracy = np.nan_to_num(right, nan=0.0).mean(axis=0)
    kernel = np.exp(-0.5 * ((x[:, None] - x) / 0.1) ** 2)
    near = np.maximum(accuracy, accuracy.max() - 0.05)
    best = valley(x, -(kernel @ near) / kernel.sum(axis=1))
    split, moved = job.split(0), dict[int, float]()
    for part in PARTS:
        length = round(steps / part)
        if length >= FEWEST:
            history = DenseEngine().train(split, recipe, rehearsal(recipe, x, length))
            assert history.example_losses is not None
            losses = tempered_log_loss(np.nan_to_num(history.example_losses, nan=1e4)).mean(axis=1)
            moved[part] = float(np.mean([valley(x, one) for one in losses.reshape(len(SHORT), -1)])) - best
    return best, moved


def rehearsal(recipe: Recipe, x: NDArray[np.float64], length: int) -> Plan:
    """Return the plan of rehearsals of a length as the method writes it, with all rates, validated on all rows."""
    at = tuple(sorted({max(round(share * length), 1) for share in (0.8, 0.9, 1.0)}))
    steps = max(-(-length // recipe.epochs), FEWEST_BATCHES)
    plan = sweep(recipe, length, (10**x).tolist(), [0], SHORT)
    return replace(plan, evaluate_at=at, keep_examples=True, length=length, epoch_steps=steps)


def valley(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return where a parabola through the lowest of some points and its neighbours is lowest."""
    i = min(max(int(y.argmin()), 1), len(x) - 2)
    low, middle, high = y[i - 1 : i + 2]
    bend = low - 2 * middle + high
    return float(x[i]) if bend <= 0 else float(x[i] + np.clip((low - high) / 2 / bend, -1, 1) * (x[1] - x[0]))


def slope(job: Job, moved: dict[int, float]) -> float:
    """Return the slope of a line through nothing and the lengths, in decades a decade, without momentum's part."""
    steps, drift = -(-job.rows // job.recipe.batch_size) * job.recipe.epochs, drift_of(job.recipe)
    gaps = np.log10(list(moved))
    rest = np.array([there - drift.gathering(round(steps / part), steps) for part, there in moved.items()])
    return float(gaps @ rest / (gaps @ gaps))


@cache
def fashion() -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Return Fashion-MNIST, shuffled: training images and labels, test images and labels."""
    data = open_images("fashion-mnist")
    assert data.test_rows is not None
    images, tested = data.images.reshape(len(data), -1), np.zeros(len(data), np.bool_)
    tested[data.test_rows] = True
    order = np.random.default_rng(77).permutation(np.flatnonzero(~tested))
    return images[order], data.labels[order], images[tested], data.labels[tested]


if __name__ == "__main__":
    main()
