"""How charts look: grounds and fonts of a theme, and the colour that means learning rate everywhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

Spec = dict[str, Any]

FONT = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"


@dataclass(frozen=True)
class Theme:
    """Colours of a ground and of what stands on it.

    A chart names them by token: `@ink` becomes `ink`, and so on; `@rates` becomes the colours of its learning rates.

    Attributes
    ----------
    dark
        Whether the ground is dark.
    ground, ink, quiet, grid
        Background, text, lesser text and marks, lines of the grid.
    accent
        The one accent: what was chosen.
    """

    dark: bool
    ground: str
    ink: str
    quiet: str
    grid: str
    accent: str

    @property
    def tokens(self) -> dict[str, str]:
        """What each token stands for."""
        return {f"@{name}": getattr(self, name) for name in ("ground", "ink", "quiet", "grid", "accent")}


LIGHT = Theme(False, "#ffffff", "#1d2330", "#5c6473", "#e7e9ee", "#00796b")
DARK = Theme(True, "#14171d", "#e8eaf0", "#9aa3b2", "#2a2f39", "#4fd1c1")


def themed(node: Any, theme: Theme, rates: list[str]) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Return a specification with its tokens replaced; data are left alone."""
    if isinstance(node, str):
        return rates if node == "@rates" else theme.tokens.get(node, node)
    if isinstance(node, list):
        return [themed(item, theme, rates) for item in cast("list[Any]", node)]
    if isinstance(node, dict):
        spec = cast("Spec", node)
        return {name: value if name == "values" else themed(value, theme, rates) for name, value in spec.items()}
    return node


CONFIG: Spec = {
    "background": "@ground",
    "font": FONT,
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "@quiet",
        "titleColor": "@quiet",
        "titleFontWeight": "normal",
        "titleFontSize": 12,
        "labelFontSize": 11,
        "titlePadding": 8,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "gridColor": "@grid",
        "labelOverlap": True,
        "labelFlush": False,
    },
    "axisY": {
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "end",
        "titleY": -10,
        "titleX": 0,
        "tickCount": 4,
        # Panels that are drawn one by one still stand in line.
        "minExtent": 36,
        "maxExtent": 36,
    },
    "axisX": {"grid": False},
    "title": {
        "anchor": "start",
        "frame": "group",
        "color": "@ink",
        "fontSize": 16,
        "fontWeight": 600,
        "subtitleColor": "@quiet",
        "subtitleFontSize": 12,
        "subtitlePadding": 6,
        "offset": 22,
    },
    "legend": {
        "labelColor": "@quiet",
        "titleColor": "@quiet",
        "titleFontWeight": "normal",
        "titleFontSize": 12,
        "labelFontSize": 11,
    },
    "text": {"fontSize": 11, "color": "@quiet"},
}


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
