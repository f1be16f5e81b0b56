import json
from pathlib import Path

import jsonschema

from etascope.experiments.scaling.document import scaling_document
from tests.experiments.scaling.test_terminal import TOLD

SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "scaling-1.schema.json"


def test_the_document_fits_its_schema_and_is_strict_json():
    told = json.loads(json.dumps(scaling_document(TOLD), allow_nan=False))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(told)
    epochs, width = told["axes"]
    assert [s["learning_rate"] for s in epochs["settings"]] == [0.02, 0.015, 0.005]
    assert epochs["law"]["moves"]
    assert epochs["law"]["exponent"] == TOLD.axes[0].law.exponent
    assert epochs["warnings"] == list(TOLD.axes[0].warnings)
    assert (width["law"], width["settings"][0]["basin"], width["settings"][0]["valid_accuracy"]) == (None, None, None)
