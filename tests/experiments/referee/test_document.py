import json
from pathlib import Path

import jsonschema

from etascope.experiments.referee.document import referee_document
from tests.experiments.referee.test_terminal import FULL

SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "referee-1.schema.json"


def test_the_document_fits_its_schema_and_is_strict_json():
    told = json.loads(json.dumps(referee_document(FULL), allow_nan=False))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(told)
    assert told["best"] == {"learning_rate": 0.1, "accuracy": FULL.best[1]}
    assert [a["name"] for a in told["advisers"]] == [row.adviser for row in FULL.followed]
    own = next(a for a in told["advisers"] if a["name"] == told["own"])
    assert own["against_own"] is None
    prodigy = next(a for a in told["advisers"] if a["own_optimizer"])
    assert prodigy["lost"] == {"each": [-2.0, 30.0], "median": 14.0, "mean": 14.0, "worst": 30.0}
    assert prodigy["against_own"] == {"told": "not told", "mean": 1, "low": -5, "high": 9}
    assert told["truth"]["accuracy"] == FULL.accuracy.tolist()
    assert told["left_out"][0]["adviser"] == "Somebody"
