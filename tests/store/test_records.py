from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.choice import Choice
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.plan import Checkpoint
from etascope.core.stored import Job
from etascope.store.records import (
    DamagedRecord,
    from_json,
    is_id,
    naming_run,
    pack,
    pack_history,
    to_json,
    unpack,
    unpack_history,
    without_arrays,
)
from tests.store.made import RECORDS, checkpoint, history, job, run, same, values


@given(record=st.one_of(*(values(kind).map(lambda value, kind=kind: (value, kind)) for kind in RECORDS)))
def test_every_record_comes_back_to_the_bit(record):
    value, kind = record
    content = pack(value, kind)
    assert same(unpack(content, kind), value)
    assert pack(value, kind) == content


@given(job=values(Job))
def test_a_job_is_text_that_any_database_takes(job):
    text = to_json(job, Job)
    assert text.isascii()
    assert "\0" not in text
    assert same(from_json(text, Job), job)


@given(history=values(History))
def test_a_history_comes_back_with_its_checkpoints(history):
    record, packed = pack_history(history)
    kept = {digest: unpack(content, Checkpoint) for digest, content in packed.items()}
    assert same(unpack_history(record, kept), history)


def test_a_history_comes_back_without_arrays_where_its_checkpoints_are_gone():
    one = checkpoint()
    record, _ = pack_history(history((0.1, 0.2), 2, (one, one), (one, None)))
    unpacked = unpack_history(record, {})
    bare = replace(one, parameters=(), state={})
    assert same(unpacked.plan.resume, (bare, bare))
    assert same(unpacked.checkpoints, (bare, None))


@given(history=values(History))
def test_without_arrays_the_rest_of_a_history_is_the_same(history):
    record, packed = pack_history(without_arrays(history))
    unpacked = unpack_history(record, {})
    assert all(len(content) < 1000 for content in packed.values())
    assert unpacked.example_losses is None
    arrays = {"plan": unpacked.plan, "checkpoints": unpacked.checkpoints, "example_losses": None}
    assert same(unpacked, replace(history, **arrays))
    bare = tuple(c and replace(c, parameters=(), state={}) for c in history.checkpoints)
    assert same(unpacked.checkpoints, bare)


def test_equal_checkpoints_are_kept_once():
    ended = history(checkpoints=(checkpoint(seed=1), checkpoint(seed=2)))
    went_on = history(start=2, resume=(checkpoint(seed=2), checkpoint(seed=1)))
    assert pack_history(ended)[1] == pack_history(went_on)[1]
    assert len(pack_history(ended)[1]) == 2


@pytest.mark.parametrize("content", [b"nothing", pack(job(), Job)])
def test_what_is_damaged_is_told(content):
    with pytest.raises(InputError, match=r"a choice in the store cannot be read|newer etascope"):
        unpack(content, Choice)


def test_a_damaged_text_is_told():
    with pytest.raises(InputError, match="a job in the store cannot be read"):
        from_json("{", Job)
    with pytest.raises(InputError, match="a job in the store cannot be read"):
        from_json("{}", Job)


def test_half_a_record_is_told():
    whole = pack(run(job(), [history()]).choice, Choice)
    with pytest.raises(InputError, match="a choice in the store cannot be read"):
        unpack(whole[: len(whole) // 2], Choice)


@pytest.mark.parametrize(
    ("value", "good"),
    [("a9d4c339", True), ("0123", True), ("../../pwn", False), ("", False), ("last", False), ("--yes", False),
     ("\x1b[31m", False), ("ab\ncd", False), ("abcd\n", False), (b"\xff\xfe", False), (7, False)],
)  # fmt: skip
def test_an_id_is_hexadecimal_digits_and_only_then_part_of_a_command(value, good):
    assert is_id(value) is good
    with pytest.raises(DamagedRecord) as damaged, naming_run(value, "runs.sqlite"):
        raise DamagedRecord("it is not whole.")
    assert ("etascope rm" in str(damaged.value)) is good
