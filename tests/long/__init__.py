"""How many cases a test tries: a fixed few in CI, many in `.ci/long`. What is long alone stands in this folder."""

import os

#: Set by `.ci/long`.
LONG = bool(os.environ.get("ETASCOPE_LONG"))


def cases(few, many):
    """Return `many` in `.ci/long`, else `few`."""
    return many if LONG else few
