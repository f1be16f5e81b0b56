"""`python -m etascope` is the command `etascope`."""

from __future__ import annotations

from etascope.cli.main import main

if __name__ == "__main__":
    main()
