"""A horizontal bar drawn with characters."""

from __future__ import annotations

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
