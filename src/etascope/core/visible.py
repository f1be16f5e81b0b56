"""Text that may have come from anybody, as it may go to a terminal or a log: `visible`."""

from __future__ import annotations

import re

#: Control characters (C0 but for the end of a line, DEL, C1), separators of lines and paragraphs, what turns the order
#: of reading, and halves of characters that no encoding takes.
_HIDDEN = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Return text with an escape, as Python writes it, for whatever would move a cursor or hide what stands there.

    Ends of lines stay.

    Examples
    --------
    >>> print(visible("cat\x1b]0;x\x07.png"))
    cat\x1b]0;x\x07.png
    >>> print(visible("käse\u202e \N{HAMSTER FACE}"))
    käse\u202e 🐹
    """
    return _HIDDEN.sub(lambda found: ascii(found[0])[1:-1], text)
