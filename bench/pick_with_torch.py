"""The peer of `etascope pick` in `cold_start.py`: a plain PyTorch script that trains the same trials.

    python bench/pick_with_torch.py PICK_JSON DIGITS_DIRECTORY

It reads which learning rates, folds and epochs `etascope pick --json` trained and trains exactly these, one after the
other with PyTorch's own choice of threads; then the best rate on all 800 images, with one look at the 200. It writes
down less than etascope does: the validation loss of each trial at its end, and nothing on the way.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def digits(folder: Path) -> tuple[Tensor, Tensor]:
    """Return the bundled digits: `(1000, 784)` float32 in [0, 1], and labels."""
    images = np.frombuffer(gzip.decompress((folder / "digits-images-idx3-ubyte.gz").read_bytes())[16:], np.uint8)
    labels = np.frombuffer(gzip.decompress((folder / "digits-labels-idx1-ubyte.gz").read_bytes())[8:], np.uint8)
    return torch.from_numpy(images.reshape(-1, 784) / np.float32(255)), torch.from_numpy(labels.astype(np.int64))


def train(x: Tensor, y: Tensor, rate: float, recipe: dict, epochs: int) -> torch.nn.Module:
    """Return a model trained with SGD with momentum."""
    torch.manual_seed(recipe["seed"])
    model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=recipe["momentum"], fused=True)
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for images, labels in zip(*(part[order].split(recipe["batch_size"]) for part in (x, y)), strict=True):
            optimizer.zero_grad()
            cross_entropy(model(images), labels).backward()
            optimizer.step()
    return model


def main(document: Path, folder: Path) -> None:
    """Train all trials, choose, train the chosen rate, and tell."""
    answer = json.loads(document.read_text())
    recipe, epochs = answer["recipe"], answer["cost"]["epochs"]
    x, y = digits(folder)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    development, test = order[:800], order[800:]
    folds = torch.arange(800) % (1 + max(trial["fold"] for trial in answer["trials"]))
    losses: dict[float, list[float]] = defaultdict(list)
    for trial in answer["trials"]:
        rows, held = development[folds != trial["fold"]], development[folds == trial["fold"]]
        model = train(x[rows], y[rows], trial["learning_rate"], recipe, epochs)
        with torch.no_grad():
            losses[trial["learning_rate"]].append(cross_entropy(model(x[held]), y[held]).item())
    means = {rate: float(np.mean(values)) for rate, values in losses.items() if np.isfinite(values).all()}
    best = min(means, key=lambda rate: means[rate])
    model = train(x[development], y[development], best, recipe, epochs)
    with torch.no_grad():
        accuracy = (model(x[test]).argmax(1) == y[test]).float().mean().item()
    print(f"{best} {accuracy}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
