import dataclasses
import enum
import json
import sys
import types
import typing
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from typing_extensions import TypeAliasType

from etascope.core.choice import Choice, Verdict, Walls
from etascope.core.errors import InputError
from etascope.core.history import Status
from etascope.core.measure import Measure
from etascope.core.plan import Checkpoint
from etascope.core.recipe import Recipe, Task
from etascope.store import codec
from etascope.store.codec import decode, encode, unaliased
from etascope.store.records import _Kept
from tests.store.made import RECORDS, history, job, run, same, values

#: What the store packs.
KEPT = (*RECORDS, _Kept, Checkpoint)
Scalar, Other = TypeVar("Scalar"), TypeVar("Other")
#: `type Named[Scalar] = np.ndarray[Any, np.dtype[Scalar]]`, as NumPy's NDArray is on newer Pythons.
Named = TypeAliasType("Named", np.ndarray[Any, np.dtype[Scalar]], type_params=(Scalar,))
Whole = TypeAliasType("Whole", int)
Perhaps = TypeAliasType("Perhaps", Whole | None)
Pair = TypeAliasType("Pair", tuple[Other, Scalar], type_params=(Scalar, Other))
Pairs = TypeAliasType("Pairs", dict[str, Pair[float, Scalar]], type_params=(Scalar,))
Anything = TypeAliasType("Anything", Any)


@contextmanager
def arrays_called(name):
    """Let every record declare its arrays with another name."""
    codec._hints.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        for module, loaded in list(sys.modules.items()):
            if module.startswith("etascope.") and "NDArray" in vars(loaded):
                patch.setattr(loaded, "NDArray", name)
        yield
    codec._hints.cache_clear()


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_record_is_kept_where_arrays_are_declared_with_a_name_for_a_type(kind):
    with arrays_called(Named):

        @given(record=values(kind))
        @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        def keep(record):
            arrays = []
            assert same(decode(json.loads(json.dumps(encode(record, kind, arrays))), kind, arrays), record)

        keep()


@pytest.mark.parametrize("name", [NDArray, Named], ids=["NDArray", "Named"])
def test_every_type_that_a_record_declares_is_known(name):
    with arrays_called(name):
        visited, waiting = set(), list(KEPT)
        while waiting:
            kind = unaliased(waiting.pop())
            if str(kind) in visited:
                continue
            visited.add(str(kind))
            waiting += parts(kind)
    assert len(visited) > 40


def parts(kind):
    """Return the types that a type is made of; what no record may have fails here."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        assert len([arm for arm in arguments if arm is not type(None)]) == 1, kind
        return arguments
    if origin in (tuple, dict):
        return [part for part in arguments if part is not Ellipsis]
    if dataclasses.is_dataclass(kind):
        return typing.get_type_hints(kind).values()
    plain = kind in (Any, bool, int, float, str, type(None)) or origin is np.ndarray
    assert plain or issubclass(kind, enum.Enum), kind
    return []


@pytest.mark.parametrize(
    ("kind", "value", "stands"),
    [(Whole, 3, 3), (Perhaps, None, None), (Perhaps, 3, 3), (Perhaps | None, None, None), (Perhaps | None, 4, 4),
     (Pair[int, str], ("a", 1), ["a", 1]), (Pairs[int], {"k": (1, 0.5)}, None), (Anything, [1], [1]),
     (tuple[Whole, ...], (1, 2), [1, 2])],
)  # fmt: skip
def test_a_name_for_a_type_is_that_type(kind, value, stands):
    document = encode(value, kind, [])
    assert stands is None or document == stands
    assert decode(document, kind, []) == value


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


def test_what_was_a_sentence_once_is_read_as_one():
    made, arrays = run(job(), [history()]).choice, []
    document = encode(made, Choice, arrays)
    document["reason"] = ["It has braces: {lr}."]
    del document["reasons"]
    document |= {"not_tried": "much", "verdicts": ["slow: loss 0.9, at: 3", "good"]}
    document["confidence"] = {"word": "likely", "tolerance": 1.0, "settle": "", "share": 0.9}
    choice = decode(document, Choice, arrays)
    assert [str(one) for one in (*choice.reasons, choice.not_tried)] == ["It has braces: {lr}.", "much"]
    assert choice.verdicts == (Verdict("slow", "loss 0.9, at: 3"), Verdict("good"))
    assert not choice.confidence.settle


def test_a_record_that_is_its_fields_default_is_null():
    task = Task(Recipe(), 10, 80, 5, 7)
    document = encode(task, Task, [])
    assert document["measure"] is None
    assert decode(document, Task, []) == task
    reported = replace(task, measure=Measure("loss"))
    assert decode(encode(reported, Task, []), Task, []) == reported
