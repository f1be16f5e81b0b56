#!/usr/bin/env python3
"""Run every test once, in three steps: what may run beside others, what may not, and the studio, which needs a browser.

A part is one plain run of pytest on a folder, so that a test finds itself as it does by hand: no other threads in its
process, and pytest's own last line at the end. Parts run beside each other, the largest first. Alone run Ray's
clusters, which fill a machine, and tests with a limit of a few seconds. Names of steps choose some of them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Files with a limit of seconds, or with clusters; they run one after the other in one process, as they do by hand.
ALONE = (
    "tests/cli/options/test_engine.py", "tests/cli/test_main.py", "tests/images/idx/test_catalogue.py",
    "tests/store/test_killed.py", "tests/training/command/test_process.py", "tests/training/test_fan_out.py",
    "tests/training/ray/test_*.py",
)  # fmt: skip
#: Others where some tests start a cluster, which has the word in its name.
CLUSTERS = ("tests/contracts", "tests/test_docs.py")
BROWSER = ("tests/report/html/test_replay.py", "tests/studio/test_page*.py", "tests/*/test_*_in_browser.py")
STUDIO = "tests/studio"
#: Most parts at once: each has processes and threads of its own, and waits now and then, so that one more than there
#: are processors fits.
MOST = 4

Part = tuple[str, ...]


def steps() -> dict[str, tuple[int, list[Part]]]:
    """Return how many parts of each step run at once, and its parts; together they are all tests."""
    tests = ROOT / "tests"
    # What is long alone is the affair of .ci/long.
    folders = [path for path in tests.iterdir() if any(path.glob("**/test_*.py")) and path.name != "long"]
    places = [f"tests/{path.name}" for path in (*folders, *tests.glob("test_*.py"))]
    for_itself, browser = _files(ALONE), tuple(sorted(_files(BROWSER), key=lambda file: -_size(ROOT / file)))
    apart = [f"--ignore={file}" for file in (*for_itself, *browser)]
    beside = [(place, *apart, *(("-k", "not cluster") if place in CLUSTERS else ())) for place in [*places, "src"]]
    beside.sort(key=lambda part: _size(ROOT / part[0]), reverse=True)
    # A browser waits for its server much of the time, which leaves room for another, and for the studio's other tests.
    pages = [browser[::2], browser[1::2], *(part for part in beside if part[0] == STUDIO)]
    beside = [part for part in beside if part[0] != STUDIO]
    alone: list[Part] = [for_itself, *((place, "-k", "cluster") for place in CLUSTERS)]
    return {
        "beside": (min(MOST, 1 + (os.cpu_count() or 1)), beside),
        "alone": (1, alone),
        "browser": (2, pages),
    }


def _files(patterns: Part) -> Part:
    files_of = [sorted(ROOT.glob(pattern)) for pattern in patterns]
    missing = [pattern for pattern, files in zip(patterns, files_of, strict=True) if not files]
    if missing:
        raise SystemExit(f"suite: there is no {', '.join(missing)}")
    return tuple(str(file.relative_to(ROOT)) for files in files_of for file in files)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in (path.rglob("test_*.py") if path.is_dir() else [path]))


def run(part: Part, at_once: int) -> tuple[bool, str]:
    """Run a part and print what it wrote; return whether it passed, and its last line."""
    # Threads of two trainings would wait for each other at every product.
    threads = {"OMP_NUM_THREADS": "1"} if at_once > 1 else {}
    shown = ("--durations=5", "--durations-min=5")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *shown, *part]
    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **threads}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    print(f"\n{part[0]}{'' if len(part) == 1 else ' ...'}\n{ended.stdout}", end="", flush=True)
    lines = ended.stdout.strip().splitlines()
    return ended.returncode == 0, f"{lines[-1] if lines else 'nothing was written'}   {part[0]}"


def main(names: list[str]) -> int:
    """Run the steps named, or all; return 1 unless every part passed."""
    results: list[tuple[bool, str]] = []
    for name, (at_once, parts) in steps().items():
        if names and name not in names:
            continue
        began = time.monotonic()
        with ThreadPoolExecutor(at_once) as pool:
            outcomes = list(pool.map(lambda part, at_once=at_once: run(part, at_once), parts))
        results += [*outcomes, (True, f"--- {name}: {time.monotonic() - began:.0f} s")]
    print("", *(line for _, line in results), sep="\n")
    passed = sum(int(count) for _, line in results for count in re.findall(r"(\d+) passed", line))
    failed = sum(not good for good, _ in results)
    print(f"{passed} passed" + (f", {failed} parts FAILED" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
