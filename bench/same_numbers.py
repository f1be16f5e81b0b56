"""Compare the numbers that two checkouts write into their documents, recipe by recipe.

    python bench/same_numbers.py BEFORE AFTER

BEFORE and AFTER are environments with etascope installed (folders with `bin/etascope`), of two commits on one machine.
Every number but seconds must be the same, to the last bit; texts that differ and places that moved are listed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: Commands on the bundled digits, which between them use both methods, all optimizers' kinds, and both engines.
COMMANDS = (
    "pick",
    "pick --optimizer momentum --epochs 2",
    "pick --optimizer adam --epochs 2 --schedule cosine",
    "pick --optimizer adamw --weight-decay 0.01 --epochs 1",
    "pick --hidden 0 --epochs 2",
    "pick --hidden 32,16 --epochs 2 --warmup 0.2",
    "pick --low 0.01 --high 0.3 --epochs 1",
    "pick --folds 1 --epochs 2 --batch-size 64",
    "pick --target loss --epochs 2 --seed 1",
    "pick --budget 3",
    "pick --budget 1.4 --seed 3",
    "pick --model cnn --epochs 2 --budget 3",
    "trace --lr 0.1",
    "trace --lr 0.03 --optimizer momentum --schedule cosine",
    "range-test --epochs 2",
    "sharpness --epochs 1",
)
#: What a clock says, and who wrote the document.
OTHERWISE = {"seconds", "versions"}


def leaves(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield every value of a document with its place."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield place, value
        return
    for key, inner in items:
        if key not in OTHERWISE:
            yield from leaves(inner, (*place, key))


def document(environment: Path, command: str) -> dict[tuple[str | int, ...], Any]:
    """Run a command in an environment, and return what it writes as JSON, by places."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        full = [environment / "bin" / "etascope", *command.split(), "--json", out]
        ended = subprocess.run(full, cwd=folder, capture_output=True, text=True, check=False)
        if ended.returncode not in (0, 1):
            raise SystemExit(f"{environment}: {command}: {ended.stderr}")
        return dict(leaves(json.loads(out.read_text(encoding="utf-8"))))


def main() -> int:
    """Print a line a command; return 1 if a number differs or is gone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    given = parser.parse_args()
    worst = 0
    print("| command | numbers | differ | gone | new | other texts |\n|---|---|---|---|---|---|")
    for command in COMMANDS:
        before, after = document(given.before, command), document(given.after, command)
        numbers = {place for place, value in before.items() if isinstance(value, int | float)}
        differ = {place for place in numbers & after.keys() if before[place] != after[place]}
        texts = {place for place in (before.keys() - numbers) & after.keys() if before[place] != after[place]}
        gone, new = before.keys() - after.keys(), after.keys() - before.keys()
        print(f"| {command} | {len(numbers)} | {len(differ)} | {len(gone)} | {len(new)} | {len(texts)} |", flush=True)
        for what, places in (("differs", differ), ("gone", gone), ("new", new), ("text", texts)):
            for place in sorted(places, key=str)[:8]:
                print(f"  {what} {place}: {before.get(place)!r} -> {after.get(place)!r}", file=sys.stderr)
        worst = max(worst, bool(differ or gone & numbers))
    return worst


if __name__ == "__main__":
    sys.exit(main())
