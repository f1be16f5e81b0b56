"""Validation loss over learning rate, a line a rate."""

from __future__ import annotations

import math

from etascope.core.choice import Choice, Landscape
from etascope.core.numbers import nats, rate

#: Bars longer than this many times the shortest are cut off, so that the good rates can still be told apart.
CEILING = 6.0
LEAST_WIDTH = 56
EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: float, width: int, ascii: bool = False) -> str:
    """Draw a bar of `share` (in [0, 1]) of `width` columns, padded to `width`.

    Examples
    --------
    >>> bar(0.5, 5), bar(0.5, 4, ascii=True)
    ('██▌  ', '##  ')
    """
    share = min(max(share, 0.0), 1.0)
    if ascii:
        return ("#" * round(share * width)).ljust(width)
    eighths = round(share * width * 8)
    return ("█" * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")).ljust(width)


def landscape_chart(landscape: Landscape, choice: Choice, width: int = 80, ascii: bool = False) -> tuple[str, ...]:
    """Draw the mean validation loss (nats, over the units) of each learning rate as a bar, with its accuracy.

    Rates in the basin carry a rule at the left, the recommended one an arrow. Bars start at 0 and are cut off
    (marked `>`) at `CEILING` times the lowest loss.

    Parameters
    ----------
    landscape
        What to draw; the rates ascend downwards.
    choice
        Which rate was chosen, and the basin; neither is marked when it cannot be told yet.
    width
        Columns to fill, at least 56.
    ascii
        Use ASCII characters alone.
    """
    loss, accuracy = landscape.mean_loss, landscape.mean_accuracy
    finite = [float(x) for x in loss if math.isfinite(x)]
    top = min(max(finite), CEILING * min(finite)) if finite and min(finite) > 0 else max(finite, default=1.0)
    rule, arrow, more = ("|", "<- recommended", ">") if ascii else ("┃", "◄ recommended", "▶")
    fixed = 2 + 9 + 2 + 9 + 1 + 1 + 1 + 8 + 2 + len(arrow)
    space = max(width, LEAST_WIDTH) - fixed
    lines = [f"  {'rate':>9}  {'loss':>9} {'':{space + 1}} {'accuracy':>8}".rstrip()]
    for i, value in enumerate(landscape.learning_rates):
        tried = float(value)
        within = choice.basin is not None and choice.basin.low <= tried <= choice.basin.high
        name = f"{rule if within else ' '} {rate(tried):>9}  "
        if math.isfinite(loss[i]):
            drawn = bar(float(loss[i]) / (top or 1.0), space, ascii) + (more if loss[i] > top else " ")
            right = f"{100 * accuracy[i]:6.1f} %" if math.isfinite(accuracy[i]) else ""
            line = f"{name}{_loss(float(loss[i])):>9} {drawn} {right:>8}"
        else:
            line = f"{name}{'diverged' if math.isinf(loss[i]) else 'not tried':>9} {'':{space + 1}} {'':8}"
        lines.append((f"{line}  {arrow}" if tried == choice.learning_rate else line).rstrip())
    return tuple(lines)


def _loss(value: float) -> str:
    """Write a loss with a decimal more than elsewhere: the best rates differ in the third."""
    return f"{value:.3f}" if value < 100 else nats(value)
