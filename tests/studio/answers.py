"""What the server answers, looked at."""

import json

from etascope.studio.library import Source
from tests.test_documents import SCHEMAS as FOLDER

DIGITS, FASHION = Source("digits"), Source("fashion-mnist")
QUICK = {"hidden": "16", "epochs": 2}
SCHEMAS = {
    name: json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")) for name in ("pick-1", "trace-1")
}


def events(answer):
    """Return the events of a stream."""
    assert answer.status_code == 200, answer.text
    return [json.loads(part.removeprefix("data: ")) for part in answer.text.split("\n\n") if part]


def error(answer, status):
    """Return the sentence of an error, which has the shape that all have."""
    assert answer.status_code == status
    document = answer.json()
    assert list(document) == ["error"]
    assert document["error"].endswith(".")
    assert "Traceback" not in answer.text
    return document["error"]
