"""The records of a run as bytes: `pack` and `unpack`, and histories with their checkpoints kept apart."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from etascope.core.errors import InputError, first_line
from etascope.core.history import History
from etascope.core.plan import Checkpoint
from etascope.core.sentences import Command, say
from etascope.store.codec import Arrays, decode, encode
from etascope.store.npz import read_npz, write_npz

if TYPE_CHECKING:
    from sqlalchemy import Row

T = TypeVar("T")


class DamagedRecord(InputError):
    """A record in the store cannot be read."""


@contextmanager
def naming_run(run_id: object, place: str) -> Generator[None]:
    """Say of what cannot be read in a run which run it is, and what to do with it."""
    try:
        yield
    except DamagedRecord as error:
        forget = "Forget it with {rm}, or put back" if is_id(run_id) else "Put back"
        raise DamagedRecord(
            f"run {run_id!s:.60} in the store {place} is damaged: {str(error).removesuffix('.')}.",
            say(f"{forget} a copy of the store.", Command("rm", (run_id,))),
        ) from error
    except InputError as error:
        raise InputError(f"run {run_id} in the store {place}: {error.said}", error.sentences[1]) from error


def is_id(value: object) -> bool:
    """Say whether that names a run: it is written into commands, and names files."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{4,32}", value) is not None


def to_json(value: T, kind: type[T]) -> str:
    """Return a record without arrays as a text of JSON in ASCII.

    Raises `InputError` if a value declared `Any` is nothing that JSON can hold.
    """
    return json.dumps(encode(value, kind, []), allow_nan=False)


def from_json(text: str, kind: type[T]) -> T:
    """Return the record that `to_json` wrote.

    Raises `InputError` if it cannot be read.
    """
    return _read(text, [], kind)


def pack(value: T, kind: type[T]) -> bytes:
    """Return a record, with its arrays, as the bytes of an `.npz` file; equal records give equal bytes.

    Examples
    --------
    >>> from etascope.core.choice import Basin
    >>> unpack(pack(Basin(0.01, 0.1), Basin), Basin)
    Basin(low=0.01, high=0.1)
    """
    arrays: Arrays = []
    return write_npz(json.dumps(encode(value, kind, arrays), allow_nan=False), arrays)


def unpack(content: bytes, kind: type[T]) -> T:
    """Return the record that `pack` wrote, bit for bit.

    Raises `InputError` if it cannot be read: damaged, or written by a newer etascope.
    """
    try:
        text, arrays = read_npz(content)
    except (TypeError, ValueError) as error:
        raise _damaged(kind, error) from error
    return _read(text, arrays, kind)


@dataclass(frozen=True, eq=False)
class _Kept:
    """A history whose checkpoints hold no arrays, and the digests of those they had."""

    history: History
    checkpoints: tuple[str | None, ...]
    resume: tuple[str, ...] | None


def pack_history(history: History) -> tuple[bytes, dict[str, bytes]]:
    """Return a history without its checkpoints' arrays, and each of its checkpoints once, by digest.

    A checkpoint that one plan ends with and the next goes on from is the same bytes, so it is kept once.
    """
    packed: dict[int, str] = {}
    contents: dict[str, bytes] = {}

    def keep(checkpoint: Checkpoint) -> str:
        if id(checkpoint) not in packed:
            content = pack(checkpoint, Checkpoint)
            digest = hashlib.blake2b(content, digest_size=16).hexdigest()
            packed[id(checkpoint)], contents[digest] = digest, content
        return packed[id(checkpoint)]

    digests = tuple(None if c is None else keep(c) for c in history.checkpoints)
    resumed = history.plan.resume
    resume = None if resumed is None else tuple(keep(c) for c in resumed)
    plan = replace(history.plan, resume=None if resumed is None else tuple(_bare(c) for c in resumed))
    bare = tuple(None if c is None else _bare(c) for c in history.checkpoints)
    return pack(_Kept(replace(history, plan=plan, checkpoints=bare), digests, resume), _Kept), contents


def without_arrays(history: History) -> History:
    """Return a history without checkpoints' arrays and losses of single examples, which only the search reads."""
    resumed = history.plan.resume
    return replace(
        history,
        plan=replace(history.plan, resume=None if resumed is None else tuple(_bare(c) for c in resumed)),
        checkpoints=tuple(None if c is None else _bare(c) for c in history.checkpoints),
        example_losses=None,
    )


def unpack_history(content: bytes, checkpoints: Mapping[str, Checkpoint]) -> History:
    """Return the history that `pack_history` packed.

    A checkpoint that is not among those given, by digest, comes back with its step and last rate, and without arrays.

    Raises `InputError` if it cannot be read.
    """
    kept = unpack(content, _Kept)
    history = kept.history
    try:
        _check(kept)
    except (TypeError, ValueError) as error:
        raise _damaged(_Kept, error) from error
    if kept.resume is not None:
        bare = cast("tuple[Checkpoint, ...]", history.plan.resume)
        resume = tuple(checkpoints.get(digest, c) for digest, c in zip(kept.resume, bare, strict=True))
        history = replace(history, plan=replace(history.plan, resume=resume))
    whole = zip(kept.checkpoints, history.checkpoints, strict=True)
    return replace(history, checkpoints=tuple(c if d is None else checkpoints.get(d, c) for d, c in whole))


def histories_of(rows: Sequence[Row[Any]], checkpoints: Sequence[Row[Any]]) -> tuple[History, ...]:
    """Return the histories of the rows of a run, in order, with its checkpoints.

    Raises `InputError` if one is missing, or cannot be read.
    """
    if [row.number for row in rows] != list(range(len(rows))):
        raise DamagedRecord("its histories are not numbered one after the other.")
    kept = {row.digest: unpack(row.record, Checkpoint) for row in checkpoints}
    return tuple(unpack_history(row.record, kept) for row in rows)


def _check(kept: _Kept) -> None:
    """Raise `ValueError` where the parts of a history do not fit its plan."""
    history, plan = kept.history, kept.history.plan
    trials, evaluations = len(plan), len(history.evaluated_at)
    shapes = {
        "step_loss": (trials, plan.steps), "diverged_at": (trials,), "examples": (trials,),
        **dict.fromkeys(("train_loss", "train_accuracy", "valid_loss", "valid_accuracy"), (trials, evaluations)),
    }  # fmt: skip
    for name, shape in shapes.items():
        array = getattr(history, name)
        if array.shape != shape or array.dtype.kind not in "fi":
            raise ValueError(f"its {name} is {array.dtype} {array.shape} and should be {shape}")
    lengths = {
        "status": (history.status, trials), "checkpoints": (history.checkpoints, len(kept.checkpoints)),
        "resume": (kept.resume or (), len(plan.resume or ())),
    }  # fmt: skip
    for name, (part, length) in lengths.items():
        if len(part) != length:
            raise ValueError(f"its {name} has {len(part)} parts and should have {length}")
    examples = history.example_losses
    if len(history.remarks) not in (0, trials) or len(history.checkpoints) not in (0, trials):
        raise ValueError(f"it has remarks or checkpoints of {len(history.remarks or history.checkpoints)} trials")
    if examples is not None and (examples.ndim != 4 or examples.shape[:2] != (trials, evaluations)):
        raise ValueError(f"its example_losses are {examples.shape}")


def _bare(checkpoint: Checkpoint) -> Checkpoint:
    return replace(checkpoint, parameters=(), state={})


def _read(text: str, arrays: Arrays, kind: type[T]) -> T:
    try:
        return decode(json.loads(text), kind, arrays)
    except InputError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise _damaged(kind, error) from error


def _damaged(kind: type[Any], error: Exception) -> DamagedRecord:
    what = "history" if kind is _Kept else kind.__name__.lower()
    # What is not one of our own sentences is of the inside of a library.
    ours = isinstance(error, TypeError | ValueError) and not isinstance(error, json.JSONDecodeError)
    return DamagedRecord(f"a {what} in the store cannot be read{f' ({first_line(error)})' if ours else ''}.")
