"""What the numbers were measured on, and an environment in which they mean something."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

#: Variables that pin a kernel, a cache size or a number of threads; no contender gets them.
PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def unpin() -> None:
    """Start this program anew without `PINS`, if any of them is set: libraries read them when they load."""
    if any(name in os.environ for name in PINS):
        environment = {name: value for name, value in os.environ.items() if name not in PINS}
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)


def describe(packages: Sequence[str]) -> str:
    """Return processor, cores, system, and the versions of Python and these packages, as two lines."""
    from etascope.core.run import cores  # Loads NumPy.

    versions = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    return f"{_processor()}, {cores()} cores, {platform.system()}\nPython {platform.python_version()}, {versions}"


def blas() -> str:
    """Return which BLAS NumPy multiplies with, its kernels and its threads."""
    import numpy as np  # noqa: F401  # loads the library that is then described
    from threadpoolctl import threadpool_info

    loaded = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return "; ".join(
        f"{library['internal_api']} {library['version']} ({library.get('architecture', 'unknown')} kernels, "
        f"{library['num_threads']} threads)"
        for library in loaded
    )


def sgemm_rate(size: int = 2048, repeats: int = 5) -> float:
    """Return the best rate of a float32 product of square matrices with all cores, in operations a second."""
    import numpy as np

    a, b = np.random.default_rng(0).random((2, size, size), np.float32)
    out = a @ b
    best = np.inf
    for _ in range(repeats):
        began = time.perf_counter()
        np.matmul(a, b, out=out)
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
