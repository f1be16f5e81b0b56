"""A studio that really runs, on loopback, with a store of its own."""

import contextlib
import os
import re
import signal
import subprocess
import sys


@contextlib.contextmanager
def studio(store, *options):
    """Start `etascope studio` and yield its address, without the slash at the end."""
    command = [sys.executable, "-m", "etascope", "studio", "--no-open", "--store", str(store), *options]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        line = process.stdout.readline()
        yield re.search(r"http\S+", line)[0].rstrip("/")
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        finally:
            process.kill()
            process.stdout.close()
            process.wait()


def zipped(images):
    """Return a zip `{path: image}` in bytes."""
    import io
    import zipfile

    from PIL import Image

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, pixels in images.items():
            one = io.BytesIO()
            Image.fromarray(pixels).save(one, "PNG")
            archive.writestr(path, one.getvalue())
    return out.getvalue()


def two_kinds(rows=30, side=8):
    """Return images of two kinds, dark and light, in folders."""
    import numpy as np

    rng = np.random.default_rng(0)
    return {
        f"mine/{kind}/{i}.png": (rng.random((side, side)) * 60 + (150 if kind == "light" else 20)).astype(np.uint8)
        for kind in ("dark", "light")
        for i in range(rows)
    }
