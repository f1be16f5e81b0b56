"""Numbers as people read them: losses, shares, changes, and the noise of an accuracy."""

from __future__ import annotations

import math


def nats(loss: float) -> str:
    """Write a loss: two decimals, or two digits where it is small."""
    if abs(loss) >= 1000:
        return f"{loss:.3g}"
    return f"{loss:.2f}" if abs(loss) >= 0.095 else f"{loss:.2g}"


def rate(learning_rate: float) -> str:
    """Write a learning rate: three digits, no trailing zeros."""
    return f"{float(f'{learning_rate:.3g}'):g}"


def percent(share: float) -> str:
    """Write a share in per cent: whole, or two digits below 2 %."""
    return f"{100 * share:.0f} %" if abs(share) >= 0.0195 else f"{100 * share:.1f} %"


def up_or_down(change: float) -> str:
    """Write a relative change in words; many-fold where per cent get unreadable."""
    if abs(change) < 5e-4:
        return "unchanged"
    if change <= -0.995:
        return "down more than 99 %"
    if change >= 3:
        return f"up {1 + change:.3g}-fold"
    return f"{'up' if change > 0 else 'down'} {percent(abs(change))}"


def counted(number: float, name: str) -> str:
    """Write a number with what it counts, in three digits where it is not whole.

    Examples
    --------
    >>> counted(1, "trial"), counted(1200, "trial"), counted(3.876, "training equivalent"), counted(1.0, "training")
    ('1 trial', '1,200 trials', '3.88 training equivalents', '1 training')
    """
    said = f"{number:,}" if isinstance(number, int) else f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"
    return f"{said} {name}{'' if said == '1' else 's'}"


def noise(accuracy: float, n: int) -> float:
    """Return half the width of the 95 % interval of an accuracy measured on `n` images, as a share.

    `1.96 sqrt(p (1 - p) / n)`, the normal approximation; `p` is held half an image away from 0 and 1, where the
    formula would claim certainty.

    Examples
    --------
    >>> round(noise(0.86, 200), 3)
    0.048
    """
    p = min(max(accuracy, 0.5 / n), 1 - 0.5 / n)
    return 1.96 * math.sqrt(p * (1 - p) / n)
