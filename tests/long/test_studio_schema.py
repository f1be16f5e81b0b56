"""A quarter of an hour of schemathesis against a studio that really trains: nothing asked is an error of the server."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

SECONDS = 1000
#: A studio as it is served, with less time for each question: many are asked.
SERVE = """
import sys
from contextlib import suppress
from functools import partial
from etascope.store.open import open_store
from etascope.studio import serve
from etascope.studio.bounds import Bounds
serve.create_app = partial(serve.create_app, bounds=Bounds(landscape=6, race=3, other=3, search=30))
with suppress(KeyboardInterrupt):
    serve.serve(open_store(sys.argv[1]), show=False)
"""
#: How zips are made up: sent as they come.
HOOKS = """
import schemathesis
@schemathesis.serializer("application/zip")
def raw(context, value):
    found = getattr(value, "data", value)
    return found if isinstance(found, bytes) else str(found).encode()
"""
CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance"


def test_nothing_asked_for_a_quarter_of_an_hour_is_an_error_of_the_server(tmp_path):
    (tmp_path / "hooks.py").write_text(HOOKS, encoding="utf-8")
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path / "runs.sqlite")], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as server:  # fmt: skip
        try:
            address = server.stdout.readline().strip()
            ran = subprocess.run(
                [Path(sys.executable).with_name("st"), "run", f"{address}api/openapi.json", "--max-time", str(SECONDS),
                 "--workers", "8", "--rate-limit", "40/s", "--request-timeout", "60", "--checks", CHECKS,
                 "--phases", "coverage,fuzzing,stateful", "--max-examples", "100000", "--seed", "1",
                 "--generation-database", "none", "--continue-on-failure", "--warnings", "off", "--no-color",
                 "--report-json-path", str(tmp_path / "report.json")],
                capture_output=True, text=True, check=False, cwd=tmp_path, env=environment, timeout=SECONDS + 120,
            )  # fmt: skip
            assert server.poll() is None, "the studio has ended"
        finally:
            server.send_signal(signal.SIGINT)
            said = server.communicate(timeout=60)[1]
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    cases = report["test_cases"]
    print(f"schemathesis: {cases['generated']:,} cases in {report['running_time']:.0f} s on "
          f"{report['operations']['tested']} of {report['operations']['total']} operations, "
          f"{cases['with_failures']} with failures")  # fmt: skip
    assert report["failures"] == [], ran.stdout[-8000:]
    assert cases["with_failures"] == 0
    assert report["operations"]["tested"] == report["operations"]["total"]
    assert "Traceback" not in said, said[-4000:]
