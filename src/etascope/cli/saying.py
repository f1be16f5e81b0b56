"""What the commands say in words of their own: `say` on standard output, `note` and `complain` on standard error."""

from __future__ import annotations

import sys

from etascope.core.visible import visible


def say(text: str) -> None:
    """Print a line of an answer."""
    # While a bar is drawn, rich sends what is printed to the bar's stream, which may be another than the answer's.
    out = sys.stdout if sys.stdout.isatty() else getattr(sys.stdout, "rich_proxied_file", sys.stdout)
    print(_told(text), file=out, flush=True)


def note(sentence: str) -> None:
    """Print what is good to know beside the answer."""
    print(f"note: {_told(sentence)}", file=sys.stderr, flush=True)


def complain(sentence: str) -> None:
    """Print why there is no answer."""
    print(f"etascope: {_told(sentence)}", file=sys.stderr)


def _told(text: str) -> str:
    """Return text that cannot pass for a second line of ours, whatever names of files stand in it."""
    body = text.rstrip("\n")
    return visible(body).replace("\n", "\\n") + text[len(body) :]
