"""The command `etascope`, and `python -m etascope`: light, so that Ctrl-C has a sentence while the rest still loads."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from types import FrameType
from typing import NoReturn


def main() -> None:
    """Load the command line and run it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    from etascope.cli.main import main as run

    run()


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    # Not by an exception: a module that is half loaded may swallow it, or call itself missing.
    with suppress(OSError):
        os.write(2, b"etascope: stopped by Ctrl-C.\n")
    os._exit(128 + number)


if __name__ == "__main__":
    main()
