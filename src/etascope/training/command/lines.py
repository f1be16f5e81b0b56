"""What a script has written, as lines of text: `text_lines`."""

from __future__ import annotations

import re

#: A line is cut off in front at this many characters: binary garbage may have no end of a line.
LONGEST = 1 << 16
#: So many characters are looked at for those that come again.
_SAMPLE = 4_096
#: Stands where one was, so that what is left on both sides is none; no decoded text has it.
_TAKEN = "\udfff"
#: Colours and movements of the cursor.
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def text_lines(content: bytes) -> list[str]:
    r"""Return lines without colours and without the space behind them; blank ones are left out.

    A carriage return ends a line too: progress bars go back to its beginning.

    Examples
    --------
    >>> text_lines(b"10 %\r20 %\r\n\n\x1b[1mval\x1b[0m 0.5  \n")
    ['10 %', '20 %', 'val 0.5']
    """
    text = content.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r", "\n")
    if "\x1b" in text:
        # Mostly a few colours come again and again, and each is taken out at once.
        for control in dict.fromkeys(_CONTROLS.findall(text[:_SAMPLE])):
            text = text.replace(control, _TAKEN)
        text = _CONTROLS.sub("", text).replace(_TAKEN, "")
    return [line if len(line) <= LONGEST else line[-LONGEST:] for line in map(str.rstrip, text.split("\n")) if line]
