"""How fast the studio's page answers, in headless Chromium, on the bundled digits.

A control of the recipe is moved as a person would, by an event, and the clock runs in the page: to the first points of
the new landscape, and to the frame in which all 25 rates, basin and recommendation stand. Every change has another
seed, so that nothing is answered from memory. The needle is moved by keys over a landscape that is known. The cold
start runs from the start of the command to the first contentful paint. Last, fifty pages ask for a landscape of their
own at once.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from machine import describe, unpin
from table import markdown, verdict

CHANGES, FRAMES, STARTS, PAGES = 40, 120, 5, 50
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

WATCH_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((entry) => entry.duration)))
  .observe({ type: "longtask", buffered: true });
"""
CHANGE = """async (seed) => {
  const field = document.querySelector("[name=seed]"), reading = document.querySelector("#reading");
  const frame = () => new Promise(requestAnimationFrame);
  const points = () => document.querySelectorAll("#dial circle title").length;
  const began = performance.now();
  field.value = seed;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  while (points() > 0) await frame();
  while (points() === 0) await frame();
  const first = performance.now() - began;
  while (!(points() === 25 && reading.textContent.includes("Recommended"))) await frame();
  return [first, performance.now() - began];
}"""
MOVE = """async (frames) => {
  const needle = document.querySelector("[role=slider]"), times = [];
  const frame = () => new Promise(requestAnimationFrame);
  for (let i = 0; i < frames; i += 1) {
    const began = performance.now();
    const key = i % 40 < 20 ? "ArrowRight" : "ArrowLeft";
    needle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    times.push(performance.now() - began);
    await frame();
  }
  return times;
}"""
PAINTED = """() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return paint ? performance.timeOrigin + paint.startTime : null;
}"""


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=CHANGES, help="changes of the recipe (default %(default)s)")
    options = parser.parse_args()
    unpin()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("this benchmark needs Chromium: apt-get install chromium")
    print(f"{describe(['etascope', 'numpy', 'fastapi', 'uvicorn', 'playwright'])}\n")
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        print(f"Chromium {browser.version}\n", flush=True)
        rows += interaction(browser, options.changes)
        rows.append(cold_start(browser))
        browser.close()
    rows += crowd()
    print(markdown(("", "median", "95 %", "worst", "target", "met"), rows))


def interaction(browser: Browser, changes: int) -> list[tuple[str, ...]]:
    """Return rows on changes of the recipe, on the needle, and on long tasks of the main thread."""
    with studio() as address:
        page = browser.new_page()
        page.add_init_script(WATCH_TASKS)
        opened(page, address)
        first, whole = zip(*(page.evaluate(CHANGE, 1000 + i) for i in range(changes)), strict=True)
        moves = page.evaluate(MOVE, FRAMES)
        longest = page.evaluate("() => window.longTasks")
        page.close()
    return [
        row("a change of the recipe: first points", [ms / 1000 for ms in first], (0.2, None)),
        row("a change of the recipe: whole landscape", [ms / 1000 for ms in whole], (0.6, 1.0)),
        row("the needle, work a frame", [ms / 1000 for ms in moves], (None, 0.05)),
        row("tasks of the page over 50 ms", [ms / 1000 for ms in longest] or [0.0], (None, None), worst=0.2),
    ]


def cold_start(browser: Browser) -> tuple[str, ...]:
    """Return the row on the first paint after the command was started."""
    seconds = []
    for _ in range(STARTS):
        began = time.time()
        with studio() as address:
            page = browser.new_page()
            page.goto(address)
            while (painted := page.evaluate(PAINTED)) is None:
                time.sleep(0.01)
            seconds.append(painted / 1000 - began)
            page.close()
    return row("from the command to the first paint", seconds, (2.0, None))


def crowd() -> list[tuple[str, ...]]:
    """Return rows on many pages that ask at once, and on what the server needs for them."""
    seconds, failed = list[float](), list[str]()
    with studio() as address:
        server = psutil.Process(SERVER[-1])
        landscape(address, 0)
        before = memory(server)

        def ask(i: int) -> None:
            began = time.perf_counter()
            try:
                landscape(address, i)
                seconds.append(time.perf_counter() - began)
            except OSError as error:
                failed.append(str(error))

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(1, PAGES + 1)]
        for thread in threads:
            thread.start()
        peak = before
        while any(thread.is_alive() for thread in threads):
            peak = max(peak, memory(server))
            time.sleep(0.05)
    name = f"{PAGES} pages at once, each its landscape ({len(failed)} failed)"
    grown = (peak - before) / 2**20
    return [
        (*row(name, seconds, (None, None))[:-1], verdict(not failed)),
        (
            "memory, server and workers, MiB",
            f"{before / 2**20:.0f}",
            "",
            f"{peak / 2**20:.0f}",
            "+ 200",
            verdict(grown < 200),
        ),
    ]


def row(
    name: str, seconds: list[float], targets: tuple[float | None, float | None], worst: float | None = None
) -> tuple[str, ...]:
    """Return a row; targets are for the median and for 95 in 100."""
    middle, high = statistics.median(seconds), sorted(seconds)[max(0, -(-95 * len(seconds) // 100) - 1)]
    measured = [(middle, targets[0]), (high, targets[1]), (max(seconds), worst)]
    limits = [f"{limit:g}" for _, limit in measured if limit is not None]
    met = all(value <= limit for value, limit in measured if limit is not None)
    return (name, *(f"{value:.3f}" for value in (middle, high, max(seconds))), " / ".join(limits), verdict(met))


def opened(page: Page, address: str) -> None:
    """Go to the page and wait for its first landscape."""
    page.goto(address)
    page.get_by_text("Recommended here").wait_for()


def landscape(address: str, i: int) -> None:
    """Ask for a landscape as a page of its own would, to its end."""
    with urllib.request.urlopen(f"{address}/api/landscape?seed={i}&page=page-{i}", timeout=300) as answer:
        last = [line for line in answer.read().decode().splitlines() if line.startswith("data: ")][-1]
    if json.loads(last.removeprefix("data: "))["event"] != "run":
        raise OSError(last[:200])


def memory(server: psutil.Process) -> int:
    """Return the bytes that server and workers have to themselves."""
    total = 0
    for process in (server, *server.children(recursive=True)):
        try:
            total += process.memory_full_info().uss
        except psutil.Error:
            continue
    return total


#: Process ids of servers, the running one last.
SERVER: list[int] = []


@contextmanager
def studio() -> Generator[str]:
    """Start the command and yield its address."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "etascope",
            "studio",
            "--no-open",
            "--store",
            str(Path(folder) / "runs.sqlite"),
        ]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        SERVER.append(process.pid)
        try:
            assert process.stdout is not None
            link = re.search(r"http\S+", process.stdout.readline())
            assert link is not None
            yield link[0].rstrip("/")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


if __name__ == "__main__":
    main()
