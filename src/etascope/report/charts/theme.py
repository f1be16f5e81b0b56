"""Light and dark: the colours that charts name by token, put in at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

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
        found = cast("Spec", node)
        return {name: value if name == "values" else themed(value, theme, rates) for name, value in found.items()}
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
