"""Colour means learning rate, everywhere the same: plasma, cut so that it stands out from the ground."""

from __future__ import annotations

import math

import numpy as np

#: Plasma (Smith and van der Walt 2015, matplotlib) at equal distances, dark blue to yellow. Monotone in lightness, so
#: it is read without seeing hue.
_PLASMA = (
    "0d0887230690330597"
    "42039d5002a25d01a66a00a87801a88405a7900da49c179ea72198b12a90ba3488c33d80cb4779d35171da5a69e16462e76e5bed7953f2834c"
    "f68f44fa9a3dfca636fdb32ffec029fcce25f9dc24f5ea27f0f921"
)
PLASMA = tuple(_PLASMA[i : i + 6] for i in range(0, len(_PLASMA), 6))
#: The part of plasma that stands out from a light ground, and from a dark one.
ON_LIGHT, ON_DARK = (0.0, 0.85), (0.2, 1.0)


def rate_colour(rate: float, low: float, high: float, dark: bool = False) -> str:
    """Return the colour of a learning rate as `#rrggbb`.

    `plasma(a + (b - a) log(rate / low) / log(high / low))`, with `a, b` the part of plasma that stands out.

    Parameters
    ----------
    rate
        Above 0; outside of the window it takes the colour of the nearer end.
    low, high
        The window shown, `0 < low <= high`. Where both are one, the middle colour is taken.
    dark
        Whether the ground is dark.

    Examples
    --------
    >>> rate_colour(0.001, 0.001, 1.0), rate_colour(1.0, 0.001, 1.0)
    ('#0d0887', '#feba2c')
    """
    share = 0.5 if high <= low else math.log(rate / low) / math.log(high / low)
    start, end = ON_DARK if dark else ON_LIGHT
    place = (start + (end - start) * min(max(share, 0.0), 1.0)) * (len(PLASMA) - 1)
    i = min(int(place), len(PLASMA) - 2)
    mixed = _channels(PLASMA[i]) + (place - i) * (_channels(PLASMA[i + 1]) - _channels(PLASMA[i]))
    return "#" + "".join(f"{round(c):02x}" for c in mixed.tolist())


def rate_colours(low: float, high: float, points: int, dark: bool = False) -> tuple[list[float], list[str]]:
    """Return learning rates at equal ratios from `low` to `high`, and their colours: a scale for a chart."""
    rates = np.geomspace(low, high, points).tolist()
    return rates, [rate_colour(rate, low, high, dark) for rate in rates]


def _channels(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (0, 2, 4)], np.float64)
