import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.choice import Choice, Walls
from etascope.core.errors import InputError
from etascope.core.history import Status
from etascope.store.codec import decode, encode
from tests.store.made import RECORDS, history, job, run, same, values


@given(record=st.one_of(*(values(kind).map(lambda value, kind=kind: (value, kind)) for kind in RECORDS)))
def test_every_record_goes_through_strict_json_and_comes_back(record):
    value, kind = record
    arrays = []
    text = json.dumps(encode(value, kind, arrays), allow_nan=False)
    assert same(decode(json.loads(text), kind, arrays), value)


def test_numbers_of_numpy_become_numbers_of_python():
    assert encode(np.int64(3), int, []) == 3
    assert same(encode(np.float32(0.5), float, []), 0.5)
    assert encode(np.bool_(True), bool, []) is True


def test_an_old_document_takes_the_defaults_of_newer_fields():
    choice = run(job(), [history()]).choice
    arrays = []
    document = encode(choice, Choice, arrays)
    for field in ("target", "regime", "confidence", "walls", "luck", "worth_tuning", "curve"):
        del document[field]
    assert same(decode(document, Choice, arrays), choice)


def test_a_field_of_a_newer_etascope_is_told():
    with pytest.raises(InputError, match="newer etascope wrote this: Walls has no field 'middle'"):
        decode({"low": 1.0, "middle": 2.0}, Walls, [])


@pytest.mark.parametrize(
    ("document", "kind"), [({}, Choice), ("GONE", Status), (3, str), ("x", float), ([1, 2, 3], tuple[int, int])]
)
def test_a_document_that_does_not_fit_is_no_record(document, kind):
    with pytest.raises((TypeError, ValueError, LookupError)):
        decode(document, kind, [])


@pytest.mark.parametrize("value", [{"a": float("nan")}, [object()], {1, 2}, b"bytes"])
def test_options_are_what_json_can_hold(value):
    with pytest.raises(InputError, match="values that JSON can hold"):
        encode(value, Any, [])


def test_types_that_no_record_may_have_are_refused():
    @dataclass
    class Odd:
        part: complex

    for kind in (Odd, int | str):
        with pytest.raises(TypeError, match="record may"):
            encode(Odd(1j), kind, [])
        with pytest.raises(TypeError, match="record may"):
            decode({"part": 1}, kind, [])
