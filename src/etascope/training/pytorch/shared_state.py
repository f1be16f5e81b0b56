"""What a model's classes and functions of one's own hold that all trials share: `SharedState`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType, MethodType, ModuleType
from typing import Any, cast

from etascope.training.pytorch.custom.generators import generators_of, is_own
from etascope.training.pytorch.library import load_torch
from etascope.training.pytorch.outside_state import NAMED, digest_of
from etascope.training.pytorch.unit import Training

#: Of what has more numbers or parts than so many, only the size is looked at.
LARGEST = 1000
#: So many functions and classes are looked into at most.
MOST = 200


@dataclass(frozen=True, eq=False)
class SharedState:
    """Digests of what is shared, by name, and the functions and classes that name it.

    Attributes
    ----------
    code
        Functions and classes of one's own.
    digests
        As they were.
    """

    code: Sequence[Any]
    digests: Mapping[str, str]

    @classmethod
    def of(cls, training: Training, seed: int) -> SharedState:
        """Return what the step, the loss and the model of a training share."""
        settings, objective = training.settings, training.objective
        code: list[Any] = [settings.step, settings.train_loss, getattr(objective, "train", None)]
        parts: Any = training.networks.build(seed).modules()
        code += [kind for kind in dict.fromkeys(map(type, parts)) if is_own(kind)]
        code = _reached(code)
        return cls(code, dict(_digests(code)))

    def sentences(self) -> tuple[str, ...]:
        """Return what to mind of what is otherwise now, in a sentence."""
        now = dict(_digests(self.code))
        names = [name for name in self.digests if now.get(name) != self.digests[name]][:NAMED]
        if not names:
            return ()
        return (
            f"Mind {', '.join(names)}: what a step changes there all trials share, so that a training alone may come "
            "out otherwise, and it is not put back after the search. Keep what counts in a buffer of the model, with "
            "register_buffer.",
        )


def _reached(code: Sequence[Any]) -> list[Any]:
    """Return code, and the functions of one's own that it names, and those that they name."""
    reached, waiting = dict[int, Any](), [one for one in code if one is not None]
    while waiting and len(reached) < MOST:
        one = waiting.pop(0)
        if reached.setdefault(id(one), one) is one:
            named = [value for _, value in _named([one])]
            waiting += [value for value in named if isinstance(value, FunctionType) and is_own(value)]
            waiting += [value for value in named if isinstance(value, MethodType)]
            waiting = [value for value in waiting if id(value) not in reached]
    return list(reached.values())


def _digests(code: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Yield the names and digests of what code names: cells, globals, class attributes and the object of a method."""
    kept = (load_torch().utils.data.DataLoader, ModuleType, FunctionType, MethodType, type)
    for name, value in _named(code):
        if value is not None and not isinstance(value, kept) and not generators_of(value):
            yield name, digest_of(value, LARGEST)


def _named(code: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    for one in code:
        if isinstance(one, type):
            yield from ((f"{one.__name__}.{name}", value) for name, value in vars(one).items() if name[:2] != "__")
            yield from _named([value for value in vars(one).values() if isinstance(value, FunctionType)])
        elif isinstance(one, MethodType):
            yield from ((f"self.{name}", value) for name, value in getattr(one.__self__, "__dict__", {}).items())
            yield from _named([one.__func__])
        elif isinstance(one, FunctionType) and is_own(one):
            yield from ((name, one.__globals__.get(name)) for name in one.__code__.co_names)
            for name, cell in zip(one.__code__.co_freevars, one.__closure__ or (), strict=False):
                yield name, _content(cell)
        elif one is not None and not isinstance(one, FunctionType):
            held = cast("dict[str, Any]", getattr(one, "__dict__", {}))
            yield from ((f"{type(one).__name__}.{name}", value) for name, value in held.items())


def _content(cell: Any) -> Any:  # noqa: ANN401 - a cell, and what it holds
    try:
        return cell.cell_contents
    except ValueError:
        return None
