"""The small convolutional net that ships with etascope: `cnn`."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from etascope.training.pytorch.library import Module, load_torch

#: Channels of the three convolutions.
CHANNELS = (16, 32, 64)
#: Groups of channels that are normalised together.
GROUPS = 8


def cnn(n_classes: int, shape: tuple[int, int, int]) -> Module:
    """Return three blocks of convolution, GroupNorm, ReLU and pooling, then a linear layer.

    GroupNorm (Wu and He 2018) sees one image at a time. With BatchNorm, on batches as small as these, the loss of a
    validation jumps so much from one evaluation to the next that learning rates cannot be told apart.

    Convolutions are 3 x 3 with 16, 32 and 64 channels; pooling halves height and width (rounded up), and the last one
    averages over the quarters of what is left. About 26,000 weights for ten classes and gray images of any size.

    Parameters
    ----------
    n_classes
        Scores an image.
    shape
        `(channels, height, width)` of an image.

    Examples
    --------
    >>> sum(p.numel() for p in cnn(10, (1, 28, 28)).parameters())
    25978
    """
    nn = load_torch().nn
    layers, before = OrderedDict[str, Any](), shape[0]
    for number, channels in enumerate(CHANNELS, 1):
        layers[f"conv{number}"] = nn.Conv2d(before, channels, 3, padding=1, bias=False)
        layers[f"norm{number}"] = nn.GroupNorm(GROUPS, channels)
        layers[f"relu{number}"] = nn.ReLU()
        last = number == len(CHANNELS)
        layers[f"pool{number}"] = nn.AdaptiveAvgPool2d(2) if last else nn.MaxPool2d(2, ceil_mode=True)
        before = channels
    layers["flatten"] = nn.Flatten()
    layers["output"] = nn.Linear(4 * before, n_classes)
    return nn.Sequential(layers)
