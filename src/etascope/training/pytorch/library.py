"""PyTorch itself: loaded when it is needed, where it computes, and in which precision."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Any, TypeVar

from etascope.core.errors import InputError, one_line, option
from etascope.core.extras import load_library
from etascope.core.sentences import Setting, say

#: PyTorch's own types are known only where it is installed, and not fully there.
Tensor = Any
Module = Any
Optimizer = Any
Device = Any

Nested = TypeVar("Nested")

PRECISIONS = ("bf16-mixed",)


def load_torch() -> Any:  # noqa: ANN401 - a module whose types are incomplete
    """Return the module `torch`.

    Raises `InputError` if PyTorch is not installed; the message has the line that installs it.
    """
    return load_library("torch", "training a PyTorch model")


def device_of(name: str | None) -> Device:
    """Return the device to train on: the one named, or else a CUDA device where there is one, or else the processor.

    Named as PyTorch writes it: `cpu`, `cuda`, `cuda:1`, `mps`. Raises `InputError` if there is no such device here.
    """
    torch = load_torch()
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise InputError(f"the device must be one that PyTorch knows, like cpu or cuda:0; found {name!r}.") from None
    cpu = say("Try {device}.", Setting("device", "cpu"))
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f"the device {name} needs CUDA, and PyTorch finds none here.", cpu)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        there = f"there is no device {name}; PyTorch finds {torch.cuda.device_count()}."
        raise InputError(there, say("Try {device}.", Setting("device", "cuda")))
    if device.type == "meta":
        raise InputError(f"the device must be one that trains; {name} holds no numbers.", cpu)
    if device.type not in ("cpu", "cuda"):
        try:
            torch.empty(1, device=device)
        except (RuntimeError, AssertionError, NotImplementedError, ImportError) as error:
            raise InputError(f"the device {name} cannot be used here: {one_line(error):.200}.", cpu) from error
    return device


def autocast(device: Device, precision: str | None) -> AbstractContextManager[Any]:
    """Return the context in which forward passes run: mixed with bfloat16, or as the model is."""
    if precision is None:
        return nullcontext()
    torch = load_torch()
    return torch.autocast(device.type, dtype=torch.bfloat16)


@contextmanager
def one_thread(*, where: bool = True) -> Generator[None]:
    """Hold PyTorch to one thread inside the block, if `where`: threads cost small networks more than they give."""
    torch = load_torch()
    before = torch.get_num_threads()
    if where:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def multiplication_counter() -> Any:  # noqa: ANN401 - of PyTorch
    """Return a context that counts two operations a multiply-add: `get_total_flops()`."""
    return import_module("torch.utils.flop_counter").FlopCounterMode(display=False)


def check_settings(precision: str | None, accumulate: int, clip_norm: float | None, trials: int | None) -> None:
    """Raise `InputError` unless an engine can be set so."""
    if precision is not None:
        option("precision", precision, PRECISIONS)
    for name, value in (
        ("accumulate", accumulate),
        ("the number of trials in memory", 1 if trials is None else trials),
    ):
        if value < 1:
            raise InputError(f"{name} must be a whole number of at least 1; found {value!r}. Leave it out.")
    if clip_norm is not None and not 0 < clip_norm < float("inf"):
        raise InputError(
            f"the length that gradients are clipped to must be a finite number above 0; found {clip_norm!r}. Try 1."
        )


def moved(values: Nested, device: Device) -> Nested:
    """Return values with every tensor in them on the device; tuples, lists and dicts are looked into."""
    torch = load_torch()

    def go(value: Any) -> Any:  # noqa: ANN401 - tensors and whatever holds them
        if isinstance(value, torch.Tensor):
            return value.to(device, non_blocking=True)
        if isinstance(value, dict):
            return {key: go(part) for key, part in value.items()}  # pyright: ignore[reportUnknownVariableType]  # any dict
        if isinstance(value, tuple | list):
            parts: list[Any] = [go(part) for part in value]  # pyright: ignore[reportUnknownVariableType]  # any sequence
            named = getattr(value, "_fields", None)  # pyright: ignore[reportUnknownArgumentType]
            return type(value)(*parts) if named else type(value)(parts)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return value

    return go(values)


def tensors_in(values: object) -> Sequence[Tensor]:
    """Return every tensor in nested tuples, lists and dicts, in order."""
    torch = load_torch()
    if isinstance(values, torch.Tensor):
        return [values]
    parts: Any = ()
    if isinstance(values, dict):
        parts = list(values.values())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # any dict
    elif isinstance(values, tuple | list):
        parts = values  # pyright: ignore[reportUnknownVariableType]  # any sequence
    return [tensor for part in parts for tensor in tensors_in(part)]
