"""A lock as a small file to commit: sorted JSON, a number a line, so that a change shows in a diff."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn, cast

from etascope.core.choice import Basin
from etascope.core.data import called
from etascope.core.errors import InputError
from etascope.core.plain import Document, plain
from etascope.core.recipe import Recipe
from etascope.core.sentences import Call, Command, Setting, say
from etascope.report.files.whole_file import write_whole
from etascope.report.words.lock import Lock

LOCK_SCHEMA = "etascope/lock/1"
#: Where a lock is written and looked for.
LOCK_NAME = "etascope.lock.json"
_AS_THEY_ARE = ("learning_rate", "basin", "target", "recipe", "options", "run", "versions")
_AGAIN = say("Write it again: {lock}.", Command("lock"))


def lock_document(lock: Lock) -> Document:
    """Return a lock as plain dicts, lists, strings and numbers, described by `docs/schema/lock-1.schema.json`."""
    return {
        "schema": LOCK_SCHEMA,
        **{name: plain(getattr(lock, name)) for name in _AS_THEY_ARE},
        "confidence": None if lock.confidence is None else {"word": lock.confidence, "tolerance": lock.tolerance},
        "data": {name: plain(getattr(lock, name)) for name in ("fingerprint", "images", "image_shape", "classes")},
        "valid": {"accuracy": lock.valid_accuracy, "loss": lock.valid_loss},
        "test": {"accuracy": lock.test_accuracy},
    }


def write_lock(lock: Lock, path: Path) -> None:
    """Write a lock; the file appears whole or not at all."""
    write_whole(path, json.dumps(lock_document(lock), indent=2, sort_keys=True, allow_nan=False) + "\n")


def read_lock(path: Path) -> Lock:
    """Read what `write_lock` wrote, perhaps edited since.

    Raises
    ------
    InputError
        If there is no such file, it holds no lock, a newer one, or numbers that no lock can hold.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        lock = Command("lock", () if path == Path(LOCK_NAME) else (Setting("out", called(str(path))),))
        advice = say("Write one from a run that you accept: {pick}, then {lock}.", Call("pick"), lock)
        raise InputError(f"there is no lock {path}.", advice) from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is no lock: it is not text.", _AGAIN) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    return lock_of(text, path)


def lock_of(text: str, path: Path) -> Lock:
    """Return the lock that the text of a file holds, or raise `InputError`; `path` is for the sentences."""
    try:
        document: object = json.loads(text)
    except ValueError:  # Also what is nested too deep or holds numbers too long.
        raise InputError(f"{path} is no lock: it is not JSON.", _AGAIN) from None
    except RecursionError:
        raise InputError(f"{path} is no lock: it is nested too deep.", _AGAIN) from None
    schema = cast("dict[str, object]", document).get("schema") if isinstance(document, dict) else None
    if not isinstance(schema, str) or not schema.startswith("etascope/lock/"):
        raise InputError(f'{path} is no lock: it must hold "schema": "{LOCK_SCHEMA}"; found {schema!r}.', _AGAIN)
    if schema != LOCK_SCHEMA:
        raise InputError(
            f"{path} was written by a newer etascope, as {schema}; this one reads {LOCK_SCHEMA}. Upgrade etascope, or "
            "write the lock again."
        )
    return _Reading(path, cast("dict[str, Any]", document)).lock()


class _Reading:
    """Takes a document apart; a field that cannot be used is an `InputError` that names it."""

    def __init__(self, path: Path, document: dict[str, Any]) -> None:
        self._path = path
        self._document = document

    def lock(self) -> Lock:
        low, high = self._positive("basin", "low"), self._positive("basin", "high")
        if low > high:
            self._refuse("basin", "must have a low end that is not above its high end", f"{low} .. {high}")
        sides = self._list("data", "image_shape")
        if len(sides) != 3:
            self._refuse("data.image_shape", "must be height, width and channels", sides)
        height, width, channels = (self._count(side, "data.image_shape") for side in sides)
        confidence = self._get("confidence")
        return Lock(
            learning_rate=self._positive("learning_rate"),
            basin=Basin(low, high),
            recipe=self._recipe(),
            fingerprint=self._text("data", "fingerprint"),
            images=self._count(self._get("data", "images"), "data.images"),
            image_shape=(height, width, channels),
            classes=self._count(self._get("data", "classes"), "data.classes"),
            valid_accuracy=self._share("valid", "accuracy"),
            valid_loss=None if self._get("valid", "loss") is None else self._number("valid", "loss"),
            test_accuracy=self._share("test", "accuracy"),
            target=self._text("target"),
            confidence=None if confidence is None else self._text("confidence", "word"),
            tolerance=None if confidence is None else self._positive("confidence", "tolerance"),
            options=self._names("options"),
            run=self._text("run"),
            versions={name: str(value) for name, value in self._names("versions").items()},
        )

    def _recipe(self) -> Recipe:
        # Locks from before there were these have none.
        values = {"model": None, "drop_last": False, **self._names("recipe")}
        known = {field.name for field in fields(Recipe)}
        if set(values) != known:
            odd = sorted(set(values) ^ known)
            self._refuse("recipe", f"must hold {', '.join(sorted(known))} and nothing else", ", ".join(odd))
        hidden = self._list("recipe", "hidden")
        for name in ("warmup", "momentum", "weight_decay"):
            self._number("recipe", name)
        if values["model"] is not None:
            self._text("recipe", "model")
        if not isinstance(values["drop_last"], bool):
            self._refuse("recipe.drop_last", "must be true or false", values["drop_last"])
        try:
            return Recipe(**dict[str, Any](values, hidden=tuple(hidden)))
        except InputError as error:
            raise InputError(f"{self._path} holds a recipe that cannot be: {error} {_AGAIN}.") from None

    def _get(self, *names: str) -> object:
        value: object = self._document
        for i, name in enumerate(names):
            if not isinstance(value, dict) or name not in value:
                self._refuse(".".join(names[: i + 1]), "must be there", None)
            value = cast("dict[str, object]", value)[name]
        return value

    def _list(self, *names: str) -> list[Any]:
        value = self._get(*names)
        if not isinstance(value, list):
            self._refuse(".".join(names), "must be a list", value)
        return cast("list[Any]", value)

    def _number(self, *names: str) -> float:
        value = self._get(*names)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
            self._refuse(".".join(names), "must be a finite number", value)
        return float(value)

    def _positive(self, *names: str) -> float:
        value = self._number(*names)
        if value <= 0:
            self._refuse(".".join(names), "must be above 0", value)
        return value

    def _share(self, *names: str) -> float | None:
        if self._get(*names) is None:
            return None
        value = self._number(*names)
        if not 0 <= value <= 1:
            self._refuse(".".join(names), "must be from 0 to 1", value)
        return value

    def _count(self, value: object, name: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self._refuse(name, "must be a whole number of at least 1", value)
        return value

    def _text(self, *names: str) -> str:
        value = self._get(*names)
        if not isinstance(value, str):
            self._refuse(".".join(names), "must be text", value)
        return value

    def _names(self, name: str) -> dict[str, Any]:
        value = self._get(name)
        if not isinstance(value, dict):
            self._refuse(name, "must hold names with values", value)
        return cast("dict[str, Any]", value)

    def _refuse(self, name: str, rule: str, value: object) -> NoReturn:
        written = (
            "nothing" if value is None else value if isinstance(value, str) and value.isprintable() else repr(value)
        )
        raise InputError(f"{self._path} is no lock as etascope writes it: {name} {rule}; found {written}.", _AGAIN)
