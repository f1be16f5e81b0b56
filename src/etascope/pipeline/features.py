"""From pictures to what a model takes: feature vectors (`Flatten`), or images (`ChannelsFirst`)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Flatten:
    """Lay the pixels of each image in one row: `(n, height, width, channels)` to `(n, height*width*channels)`.

    The result is a view where NumPy can give one; values and dtype stay. Rows of pixels follow each other, with
    the channels of a pixel side by side.

    Examples
    --------
    >>> images = np.zeros((3, 28, 28, 1), np.float32)
    >>> Flatten().fit(images)(images).shape
    (3, 784)
    >>> Flatten().describe(images)
    'flattened 28 x 28 x 1 to 784 features'
    """

    def fit(self, train: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[Any]]:
        """Return the function that flattens images of the training rows' size."""
        features = math.prod(train.shape[1:])

        def flatten(x: NDArray[Any]) -> NDArray[Any]:
            return np.reshape(x, (len(x), features))

        return flatten

    def describe(self, train: NDArray[Any]) -> str:
        """Say from which size to how many features."""
        return f"flattened {' x '.join(map(str, train.shape[1:]))} to {math.prod(train.shape[1:])} features"


@dataclass(frozen=True)
class ChannelsFirst:
    """Keep images as images, channels first: `(n, height, width, channels)` to `(n, channels, height, width)`.

    This is the order that PyTorch takes. The result is contiguous; values and dtype stay.

    Examples
    --------
    >>> images = np.zeros((3, 28, 24, 1), np.float32)
    >>> ChannelsFirst().fit(images)(images).shape
    (3, 1, 28, 24)
    >>> ChannelsFirst().describe(images)
    'kept as images, channels first: 1 x 28 x 24'
    """

    def fit(self, train: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[Any]]:
        """Return the function that moves the channels; nothing is learned."""
        return _channels_first

    def describe(self, train: NDArray[Any]) -> str:
        """Say to which shape."""
        height, width, channels = train.shape[1:]
        return f"kept as images, channels first: {channels} x {height} x {width}"


def _channels_first(x: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(np.moveaxis(x, -1, 1))
