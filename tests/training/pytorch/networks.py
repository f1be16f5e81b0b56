"""Small models with one of everything that training can get wrong, and images to train them on."""

import dataclasses

import numpy as np
import torch
from torch import nn

from tests.training import made

SHAPE, CLASSES = (1, 8, 8), 3


class Small(nn.Module):
    """Convolution, BatchNorm, dropout."""

    def __init__(self, n_classes=CLASSES, shape=SHAPE):
        super().__init__()
        channels, height, width = shape
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.act = nn.ReLU()
        self.drop = nn.Dropout(0.3)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(4 * height * width, n_classes)

    def forward(self, x):
        return self.head(self.drop(self.flatten(self.act(self.norm(self.conv(x))))))


class Linear(nn.Module):
    """Nothing that is random."""

    def __init__(self, n_classes=CLASSES, shape=SHAPE):
        super().__init__()
        self.head = nn.Linear(int(np.prod(shape)), n_classes)

    def forward(self, x):
        return self.head(x.flatten(1))


def images(rows=60, folds=3, side=8):
    """Return a split of images `(n, 1, side, side)` float32."""
    flat = made.split(rows, side=side, folds=folds)

    def shaped(x):
        return x.reshape(len(x), 1, side, side)

    return dataclasses.replace(flat, x=shaped(flat.x), x_test=shaped(flat.x_test))


def same_module(a, b):
    """Whether two modules hold the same bits."""
    mine, theirs = a.state_dict(), b.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)
