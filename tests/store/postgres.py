"""A real PostgreSQL server of the tests' own: started when first asked for, stopped when the tests end."""

import atexit
import glob
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import pytest

PASSWORD = "p@ss/wörd"
SECONDS = 30
_names = itertools.count()


def postgres_url():
    """Return the address of an empty database; skip where there is no PostgreSQL, fail where there must be."""
    binaries = _binaries()
    if binaries is None:
        reason = "PostgreSQL's initdb and postgres are neither in PATH nor in /usr/lib/postgresql"
        required = os.environ.get("CI") or os.environ.get("ETASCOPE_REQUIRE_ALL")
        (pytest.fail if required else pytest.skip)(reason)
    host = _server(binaries)
    import psycopg

    name = f"test{next(_names)}"
    with psycopg.connect(f"postgresql://{host}/postgres", user="eta", password=PASSWORD, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return f"postgresql://eta:p%40ss%2Fw%C3%B6rd@{host}/{name}"


def _binaries():
    programs = shutil.which("initdb"), shutil.which("postgres")
    folders = [Path(programs[0]).parent] if all(programs) else []
    folders += map(Path, sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True))
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def _unprivileged():
    """Return how to start a process that may be a server: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@cache
def _server(binaries):
    folder = Path(tempfile.mkdtemp(prefix="etascope-postgres-"))
    as_user = _unprivileged()
    if as_user:
        os.chown(folder, as_user["user"], as_user["group"])
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    (folder / "password").chmod(0o644)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {
        "cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}, "stdin": subprocess.DEVNULL,
        "stderr": subprocess.STDOUT, **as_user,
    }  # fmt: skip
    made = subprocess.run(
        [binaries / "initdb", "-D", folder / "data", "-U", "eta", "--auth=scram-sha-256", "--encoding=UTF8",
         "--no-sync", "--pwfile", folder / "password"],
        **quiet, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port), "-k", folder,
             "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=40"],
            **quiet, stdout=log,
        )  # fmt: skip

    def stop():
        server.send_signal(signal.SIGINT)
        try:
            server.wait(SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    _wait(server, port, folder / "log")
    return f"127.0.0.1:{port}"


def _wait(server, port, log):
    import psycopg

    deadline = time.monotonic() + SECONDS
    while True:
        assert server.poll() is None, log.read_text()
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="eta", password=PASSWORD, dbname="postgres").close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
