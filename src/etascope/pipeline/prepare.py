"""From pictures to what a model takes: `prepare` applies a recipe's stages, which are here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Split
from etascope.core.protocols import PipelineStage
from etascope.core.recipe import Recipe


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


#: Values counted at a time: a histogram needs eight bytes a value while it counts.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class UnitPixels:
    """Divide pixels by 255: uint8 `(n, ...)` to float32 `(n, ...)` in [0, 1]. Nothing is learned.

    Examples
    --------
    >>> pixels = np.array([[0, 150, 255]], np.uint8)
    >>> UnitPixels().fit(pixels)(pixels).round(2).tolist()
    [[0.0, 0.5899999737739563, 1.0]]
    """

    def fit(self, train: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[Any]]:
        """Return the function that divides by 255, whatever the training rows are."""
        return _unit

    def describe(self, train: NDArray[Any]) -> str:
        """Say what is done."""
        return "pixels divided by 255, to 0..1"


@dataclass(frozen=True)
class StandardPixels:
    """Divide pixels by 255, subtract the training mean, divide by the training deviation.

    Mean and (population) deviation are one number each, over all pixels of all training rows, computed exactly
    from a histogram of the 256 values. Training rows that are all one colour have deviation 0; then nothing is
    divided and they become 0. uint8 `(n, ...)` to float32 `(n, ...)`.

    Examples
    --------
    >>> train = np.array([[0, 255]], np.uint8)
    >>> StandardPixels().fit(train)(train).tolist()
    [[-1.0, 1.0]]
    """

    def fit(self, train: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[Any]]:
        """Learn mean and deviation of the training rows `(n, ...)` uint8 and return what removes them."""
        mean, deviation = _moments(train)
        scale = deviation or 1.0

        def standardise(x: NDArray[Any]) -> NDArray[Any]:
            out = _unit(x)
            out -= np.float32(mean)
            out /= np.float32(scale)
            return out

        return standardise

    def describe(self, train: NDArray[Any]) -> str:
        """Say what is done, with the two numbers."""
        mean, deviation = _moments(train)
        if deviation == 0:
            return f"pixels divided by 255, minus the training mean {mean:.4f} (all training pixels are equal)"
        return (
            f"pixels divided by 255, minus the training mean {mean:.4f}, divided by the training deviation "
            f"{deviation:.4f}"
        )


def _unit(x: NDArray[Any]) -> NDArray[np.float32]:
    out = np.empty(x.shape, np.float32)
    return np.divide(x, np.float32(255), out=out)


def _moments(train: NDArray[Any]) -> tuple[float, float]:
    flat = train.reshape(-1)
    counts = np.zeros(256, np.int64)
    for start in range(0, len(flat), _BLOCK):
        counts += np.bincount(flat[start : start + _BLOCK], minlength=256)
    share = counts / max(len(flat), 1)
    value = np.arange(256) / 255
    mean = float(share @ value)
    if np.count_nonzero(counts) < 2:
        return mean, 0.0
    return mean, float(np.sqrt(share @ (value - mean) ** 2))


def stages_of(recipe: Recipe) -> tuple[PipelineStage, ...]:
    """Return the stages that lead from uint8 images to what the recipe's model takes, in order."""
    pixels = StandardPixels() if recipe.pixels == "standard" else UnitPixels()
    return pixels, Flatten() if recipe.model is None else ChannelsFirst()


def prepare(split: Split, recipe: Recipe) -> Split:
    """Turn a split's images into features, and write down what was done.

    Each stage learns from the development rows alone, all folds together; test rows are only transformed.

    Parameters
    ----------
    split
        `x` `(n, height, width, channels)` and `x_test` `(m, height, width, channels)`, both uint8.
    recipe
        Decides the stages by its `pixels` and its `model`.

    Returns
    -------
    Split
        The same rows with `x` `(n, features)` and `x_test` `(m, features)` float32, or `(n, channels, height, width)`
        for a model that takes images, and one more sentence in `stages` for each stage.

    Examples
    --------
    >>> import numpy as np
    >>> rows, y = np.arange(4), np.array([0, 1, 0, 1])
    >>> x = np.full((4, 2, 2, 1), 51, np.uint8)
    >>> split = prepare(Split(x, y, rows % 2, x, y, rows, rows, ("cat", "dog")), Recipe())
    >>> split.x.shape, split.stages
    ((4, 4), ('pixels divided by 255, to 0..1', 'flattened 2 x 2 x 1 to 4 features'))
    """
    x, x_test, done = split.x, split.x_test, list(split.stages)
    for stage in stages_of(recipe):
        done.append(stage.describe(x))
        transform = stage.fit(x)
        x, x_test = transform(x), transform(x_test)
    return replace(split, x=x, x_test=x_test, stages=tuple(done))
