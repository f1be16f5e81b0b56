"""Pixels from 0..255 to numbers that a network learns well from: `UnitPixels`, `StandardPixels`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
