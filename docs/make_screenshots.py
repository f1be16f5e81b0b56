"""Make the picture of the studio's nine ways in Chromium: `python docs/make_screenshots.py [FOLDER]`.

Each way is opened with the default recipe, brought to its result as a visitor would, and shown in one sheet.
"""

from __future__ import annotations

import io
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

WAYS = ("concept", "why", "deep-dive", "trace", "try-it", "metrics", "challenge", "project", "recall")
WIDTH, HEIGHT, ACROSS, SHOWN = 1180, 1000, 3, 620
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


def main(folder: Path) -> None:
    """Write `studio.webp`."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("screenshots need Chromium: apt-get install chromium")
    shots = []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        command = [sys.executable, "-m", "etascope", "studio", "--no-open", "--store", f"{place}/runs.sqlite"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            link = re.search(r"http\S+", process.stdout.readline())
            assert link is not None
            browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
            for way in WAYS:
                page.goto(f"{link[0]}?way={way}&lr={0.3 if way == 'challenge' else 0.0316}&game=4")
                page.locator("#reading b").wait_for()
                bring(page, way)
                page.wait_for_timeout(1500)
                shots.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            browser.close()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    high = SHOWN * HEIGHT // WIDTH
    sheet = Image.new("RGB", (ACROSS * (SHOWN + 12) - 12, -(-len(shots) // ACROSS) * (high + 12) - 12), "#d5d9e1")
    for i, shot in enumerate(shots):
        small = shot.resize((SHOWN, high), Image.Resampling.LANCZOS)
        sheet.paste(small, ((i % ACROSS) * (SHOWN + 12), (i // ACROSS) * (high + 12)))
    sheet.save(folder / "studio.webp", quality=82, method=6)


def bring(page: Page, way: str) -> None:
    """Bring a way to its result."""
    if way == "why":
        page.locator("#way tbody tr").first.wait_for()
        page.get_by_label("training step").fill("120")
    elif way == "deep-dive":
        page.get_by_text("each trained to the end 5 times").wait_for()
    elif way == "try-it":
        page.get_by_role("button", name="Put aside as B").click()
        page.get_by_label("optimizer").select_option("adam")
        page.get_by_text(re.compile("at its best rate|at their best rates")).wait_for()
    elif way == "challenge":
        page.get_by_role("button", name=re.compile("Probe")).click()
        page.get_by_role("button", name="Choose it").click()
        page.get_by_text("You predicted").wait_for(timeout=120_000)
    elif way == "project":
        page.get_by_role("button", name="Find the learning rate").click()
        page.get_by_role("link", name="Download the report").wait_for(timeout=120_000)
    elif way == "recall":
        page.get_by_text("Quiz").wait_for()
        page.locator("#way details summary").first.click()
    if way != "challenge":
        page.get_by_text("Recommended here").wait_for()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "pictures")
