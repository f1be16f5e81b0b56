"""Trainings as people have them in PyTorch: a model, two loaders, an optimizer, and what each rate gives there.

The truth of a job is a table: the accuracy on test images, which no contender sees, of every learning rate of a wide
grid with several seeds, each trained with the job's own loader.
"""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from etascope.core.plan import sweep
from etascope.core.recipe import Recipe
from etascope.training.pytorch.custom.options import TrainingOptions
from etascope.training.pytorch.custom.training import custom_job
from etascope.training.pytorch.engine import train_plan
from etascope.training.pytorch.named_models import cnn
from quality_tasks import Truth

KINDS = 10
#: Side of a JPEG in pixels, and of what the network sees of it.
PHOTO, CROPPED = 256, 28
RATES, SEEDS = 17, 10

Loader = DataLoader[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Job:
    """A training whose learning rate is looked for.

    Attributes
    ----------
    name
        For the table.
    photos
        Images come from a folder of JPEGs and are augmented, else from memory.
    train, valid, test
        How many images.
    optimizer
        `adamw` with PyTorch's weight decay, or `sgd` with momentum 0.9.
    schedule, batch, epochs
        Of the recipe.
    window
        Decades of the truth's grid.
    """

    name: str
    photos: bool
    train: int
    valid: int
    test: int
    optimizer: str
    schedule: str
    batch: int
    epochs: int
    window: tuple[float, float]

    @property
    def steps(self) -> int:
        """Steps of a whole training."""
        return self.epochs * -(-self.train // self.batch)

    def model(self, seed: int) -> nn.Module:
        """Return the network that ships with etascope, with weights drawn from the seed."""
        torch.manual_seed(seed)
        return cnn(KINDS, (3 if self.photos else 1, CROPPED, CROPPED))

    def build(self, groups: object, learning_rate: float) -> torch.optim.Optimizer:
        """Return the optimizer."""
        if self.optimizer == "adamw":
            return torch.optim.AdamW(groups, lr=learning_rate)
        return torch.optim.SGD(groups, lr=learning_rate, momentum=0.9)

    def loaders(self, seed: int, workers: int = 0) -> tuple[Loader, Loader]:
        """Return the training loader, whose order the seed draws, and the validation loader."""
        order = torch.Generator().manual_seed(seed)
        train, valid, _ = _sets(self)
        return (
            DataLoader(train, self.batch, shuffle=True, generator=order, num_workers=workers),
            DataLoader(valid, 250, num_workers=workers),
        )

    def test_loader(self) -> Loader:
        """Return the images that only the truth sees."""
        return DataLoader(_sets(self)[2], 1000)

    @cached_property
    def truth(self) -> Truth:
        """What each rate gives: measured once, then read from the cache."""
        key = hashlib.sha256(f"{self} {RATES} {PHOTO}".encode()).hexdigest()[:12]
        columns = list[np.ndarray]()
        for seed in range(100, 100 + SEEDS):
            path = Path(tempfile.gettempdir()) / "etascope-quality" / f"own-{key}-{seed}.npy"
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                np.save(path, trained(self, np.logspace(*self.window, RATES).tolist(), seed))
            columns.append(np.load(path))
        return Truth(np.linspace(*self.window, RATES), np.stack(columns, axis=1))


#: The recipes that were fixed before anything was measured.
JOBS = (
    Job("CNN, AdamW, cosine", False, 2500, 500, 5000, "adamw", "cosine", 64, 5, (-4.5, -0.5)),
    Job("CNN, SGD", False, 2500, 500, 5000, "sgd", "constant", 32, 4, (-3.5, 0.5)),
    Job("JPEG folder, AdamW", True, 1000, 250, 2500, "adamw", "constant", 32, 5, (-4.5, -0.5)),
)


def trained(job: Job, rates: list[float], seed: int) -> np.ndarray:
    """Return the test accuracy `(rates,)` of trainings to the end, which share their batches."""
    training, plan = plan_of(job, rates, seed, job.test_loader(), last_only=True)
    return train_plan(training, plan, None, lambda _: None).valid_accuracy[:, -1]


def plan_of(job: Job, rates: list[float], seed: int, judge: Loader, *, last_only: bool, workers: int = 0) -> tuple:
    """Return a training of etascope's engine and the plan of these rates, judged each epoch or at the end."""
    recipe = Recipe(schedule=job.schedule, epochs=job.epochs, seed=seed, model="cnn")
    built: Callable[[int], nn.Module] = job.model
    own = custom_job(
        built, job.loaders(seed, workers)[0], judge, job.build, None, recipe, TrainingOptions(device="cpu"),
    )  # fmt: skip
    plan = sweep(own.task.recipe, own.task.steps, rates, [0])
    return own.training, replace(plan, evaluate_at=(own.task.steps,)) if last_only else plan


class Photos(Dataset[tuple[Tensor, Tensor]]):
    """JPEGs, decoded when they are asked for; to train, cut, mirrored and shrunk at random."""

    def __init__(self, paths: list[Path], labels: Tensor, *, augment: bool) -> None:
        self.paths, self.labels, self.augment = paths, labels, augment

    def __len__(self) -> int:
        """Return how many."""
        return len(self.paths)

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        """Return `(3, CROPPED, CROPPED)` float32 from 0 to 1, and the label."""
        with Image.open(self.paths[i]) as image:
            image = image.convert("RGB")
            if self.augment:
                side = int(torch.randint(PHOTO * 4 // 5, PHOTO + 1, ()))
                left, top = (int(torch.randint(0, PHOTO - side + 1, ())) for _ in range(2))
                image = image.crop((left, top, left + side, top + side))
                if torch.rand(()) < 0.5:
                    image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            pixels = np.asarray(image.resize((CROPPED, CROPPED), Image.Resampling.BILINEAR))
        return torch.from_numpy(pixels.copy()).permute(2, 0, 1).float() / 255, self.labels[i]


@cache
def _sets(job: Job) -> tuple[Dataset, Dataset, Dataset]:
    ends = np.cumsum([0, job.train, job.valid, job.test]).tolist()
    x, y = _fashion("train")
    # The same images for every job of a kind, from all over the file.
    rows = np.random.default_rng(0).permutation(len(x))[: ends[-1]]
    pixels, labels = x[rows], torch.from_numpy(y[rows].astype(np.int64))
    if not job.photos:
        images = torch.from_numpy(pixels.copy())[:, None].float() / 255
        parts = [TensorDataset(images[a:b], labels[a:b]) for a, b in pairwise(ends)]
        return parts[0], parts[1], parts[2]
    paths = _folder(pixels, y[rows])
    train, valid, test = (Photos(paths[a:b], labels[a:b], augment=a == 0) for a, b in pairwise(ends))
    images = torch.stack([test[i][0] for i in range(len(test))])
    return train, valid, TensorDataset(images, test.labels)


def _folder(pixels: np.ndarray, labels: np.ndarray) -> list[Path]:
    """Write the images as colour JPEGs of `PHOTO` pixels a side, a folder a kind; return their paths in order."""
    top = Path(tempfile.gettempdir()) / "etascope-quality" / f"photos-{PHOTO}"
    paths = [top / str(label) / f"{i:05}.jpg" for i, label in enumerate(labels)]
    for path, image in zip(paths, pixels, strict=True):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            large = Image.fromarray(image).resize((PHOTO, PHOTO), Image.Resampling.BICUBIC)
            large.convert("RGB").save(path, quality=90)
    return paths


def _fashion(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return Fashion-MNIST's images `(n, 28, 28)` and labels from Debian's package."""
    listed = subprocess.run(["dpkg", "-L", "dataset-fashion-mnist"], capture_output=True, text=True, check=True).stdout
    paths = {line.rpartition("/")[2].split("-")[1]: line for line in listed.split() if f"/{part}-" in line}
    raw = {kind: np.frombuffer(gzip.decompress(Path(path).read_bytes()), np.uint8) for kind, path in paths.items()}
    return raw["images"][16:].reshape(-1, 28, 28), raw["labels"][8:]
