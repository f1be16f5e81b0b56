#!/usr/bin/env python3
"""Install a wheel, as a stranger would, on every Python that pyproject.toml states, and use it there.

On each of them with the newest of everything, and on the lowest Python with the lowest versions stated. Everything runs
with `-X dev -W error` and may write nothing to standard error. An interpreter is found in PATH or at pyenv; where one
is missing that is said, and with ETASCOPE_REQUIRE_ALL=1 it is an error.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from installed import CHECKS, PROJECT, ROOT, Environment, Failed, require, shown


def main() -> int:
    """Try all environments beside each other, a line for each thing that holds; return 1 if something failed."""
    began = time.monotonic()
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    interpreters = {version: interpreter(version) for version in versions}
    if missing := [version for version, path in interpreters.items() if path is None]:
        print(f"environments: no Python {', '.join(missing)} in PATH or at pyenv")
        if os.environ.get("ETASCOPE_REQUIRE_ALL"):
            return 1
    plan = [(f"{version} newest", path, False) for version, path in interpreters.items() if path is not None]
    if (path := interpreters[versions[0]]) is not None:
        plan.append((f"{versions[0]} lowest", path, True))
    with tempfile.TemporaryDirectory(prefix="etascope-environments-") as folder:
        place = Path(folder)
        uv = _installed_uv(place / "uv")
        subprocess.run([uv, "build", "--quiet", "--wheel", "--out-dir", place / "dist", ROOT], check=True)
        [wheel] = (place / "dist").glob("*.whl")
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda one: _try(uv, wheel, place, *one), plan))
    summary = f"{sum(results)} of {len(plan)} environments in {time.monotonic() - began:.0f} s"
    print(f"environments: {summary}")
    return 0 if all(results) else 1


def interpreter(version: str) -> Path | None:
    """Return the interpreter of a version, the newest there is; those of pyenv in PATH may be none."""
    folders = [Path(folder) for folder in os.get_exec_path()]
    roots = {Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")), Path("/root/.pyenv")}
    pyenv = [path for root in roots for path in root.glob(f"versions/{version}.*/bin")]
    pyenv.sort(key=lambda path: [int(part) for part in re.findall(r"\d+", path.parent.name)], reverse=True)
    code = "import sys, venv; print('%d.%d' % sys.version_info[:2], sys.executable)"
    for path in (folder / f"python{version}" for folder in [*pyenv, *folders]):
        if os.access(path, os.X_OK):
            said = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False).stdout.split()
            if said[:1] == [version]:
                return Path(said[1])
    return None


def _installed_uv(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"]
    installed = subprocess.run(pip, capture_output=True, text=True, check=False)
    if installed.returncode:
        raise SystemExit(installed.stderr)
    return folder / "bin" / "uv"


def _try(uv: Path, wheel: Path, place: Path, name: str, python: Path, lowest: bool) -> bool:
    here = Environment(name, place / name.replace(" ", "-"))
    (here.folder / "home").mkdir(parents=True)

    def say(what: str) -> None:
        print(f"{name}: {what}", flush=True)

    try:
        install(uv, wheel, here, python, lowest)
        say(_versions(here, lowest))
        for check in CHECKS:
            began = time.monotonic()
            summary = check(here)
            say(f"{summary} ({time.monotonic() - began:.1f} s)")
    except (Failed, OSError, ValueError, LookupError, subprocess.SubprocessError) as error:
        say(f"FAILED: {type(error).__name__}: {error}")
        return False
    return True


def install(uv: Path, wheel: Path, here: Environment, python: Path, lowest: bool) -> None:
    """Install the wheel into a fresh environment."""
    options = ["--resolution", "lowest-direct", "--requirement", ROOT / "pyproject.toml"] if lowest else []
    for command in (
        ["venv", "--quiet", "--python", python, here.folder / "environment"],
        ["pip", "install", "--quiet", "--python", here.python, *options, wheel],
    ):
        result = subprocess.run([uv, *command], capture_output=True, text=True, check=False, cwd=here.folder)
        require(result.returncode == 0, f"uv {shown(tuple(command))}\n{result.stderr}")


def _versions(here: Environment, lowest: bool) -> str:
    """Return what stands there; the lowest must be those that pyproject.toml states."""
    stated = dict(one.split(">=") for one in PROJECT["dependencies"])
    code = f"from importlib.metadata import version\nfor name in {list(stated)}: print(version(name))"
    there = dict(zip(stated, here.run("-c", code).split(), strict=True))
    for name, bound in stated.items():
        require(not lowest or f"{there[name]}.0".startswith(f"{bound}."), f"{name} is {there[name]}, not {bound}")
    return " ".join(f"{name} {version}" for name, version in there.items())


if __name__ == "__main__":
    sys.exit(main())
