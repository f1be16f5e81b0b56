"""Text that may have come from anybody, as it may go to a terminal, a log (`visible`) or a shell (`in_shell`)."""

from __future__ import annotations

import re
import shlex

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
    return _HIDDEN.sub(lambda match: ascii(match[0])[1:-1], text)


#: What a page writes otherwise than it is: what is not `visible`, ends of lines, several spaces, stand-ins of signs.
_REWRITTEN = re.compile(_HIDDEN.pattern + r"|\n|(?<= ) | (?= )| (?=-> )|(?<= ->) |\+(?=- )")


def in_shell(text: str) -> str:
    r"""Return text as one word of a command, which is the same word still where a page has shown it.

    What a page would write otherwise stands as `$'...'` has it, which bash, zsh and ksh read.

    Examples
    --------
    >>> print(in_shell("my photos"), in_shell("new\nline"), in_shell("it's\ta  b"))
    'my photos' $'new\012line' $'it\'s\011a\040\040b'
    """
    if not _REWRITTEN.search(text):
        return shlex.quote(text)
    plain = re.sub(r"['\\]", r"\\\g<0>", text)
    return f"$'{_REWRITTEN.sub(_octal, plain)}'"


def _octal(match: re.Match[str]) -> str:
    try:
        content = match[0].encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        content = match[0].encode("utf-8", "surrogatepass")
    return "".join(f"\\{byte:03o}" for byte in content)
