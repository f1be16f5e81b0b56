"""Whether a loss or a step compares each output with every target, as PyTorch broadcasts (n, 1) with (n,)."""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from etascope.core.errors import InputError
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.generators import random_state_kept
from etascope.training.pytorch.library import load_torch
from etascope.training.pytorch.running_trial import RunningTrial

#: Called with outputs and targets, returns a number.
Loss = Callable[[Any, Any], Any]
#: What PyTorch's losses say of targets that are broadcast.
SPREAD = re.compile(
    r"Using a target size \(torch\.Size\((\[.*?\])\)\).*input size \(torch\.Size\((\[.*?\])\)\)", re.DOTALL
)


@contextmanager
def broadcast_refused() -> Generator[None]:
    """Refuse that a loss of PyTorch inside the block spreads targets over outputs of another shape: it only warns.

    Where it does, raises `InputError`; whatever else warns there does so.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for one in caught:
        sizes = SPREAD.search(str(one.message))
        if sizes is not None:
            targets, outputs = (ast.literal_eval(size) for size in sizes.groups())
            raise _broadcast(tuple(outputs), tuple(targets))
    for one in caught:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)


def refuse_mixed(
    loss: Loss,
    outputs: Any,  # noqa: ANN401 - whatever the loss takes
    targets: Any,  # noqa: ANN401 - whatever the loss takes
    name: str = "loss",
    inputs: Any = None,  # noqa: ANN401 - whatever the model takes
) -> None:
    """Raise `InputError` where a loss compares each output with every target, as (n, 1) with (n,) is broadcast.

    It does where its value is the mean, or the sum, over all pairs of examples, and not over each with its own. Four
    examples are looked at, with targets as different as there are. `loss`, which is called `name`, is given some of the
    outputs, or of the inputs where there are any.
    """
    torch, mixed = load_torch(), False
    given = (outputs, targets, outputs if inputs is None else inputs)
    if not all(isinstance(one, torch.Tensor) and one.dim() for one in given) or outputs.shape == targets.shape:
        return
    size = min(4, len(outputs))
    if outputs.numel() != targets.numel() or len(outputs) != len(targets) or size < 2:
        return
    # A loss that takes no single example, or no part of a batch, cannot be looked at so; nor complex targets.
    with suppress(Exception), torch.set_grad_enabled(inputs is not None), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        order = targets.reshape(len(targets), -1)[:, 0].argsort()
        some = order[[round(i * (len(order) - 1) / (size - 1)) for i in range(size)]]
        mine, theirs = given[2][some], targets[some]
        whole = float(loss(mine, theirs))
        pairs = [[float(loss(mine[i : i + 1], theirs[j : j + 1])) for j in range(size)] for i in range(size)]
        own, every = sum(pairs[i][i] for i in range(size)) / size, sum(map(sum, pairs)) / size**2
        mixed = any(math.isclose(whole, times * every, rel_tol=1e-4) for times in (1, size**2))
        mixed = mixed and not any(math.isclose(whole, times * own, rel_tol=1e-3) for times in (1, size))
    if mixed:
        raise _broadcast(tuple(outputs.shape), tuple(targets.shape), name)


def shapes_advice(outputs: object, targets: object) -> str:
    """Return what to do about outputs and targets of as many numbers in other shapes; nothing where that is not so."""
    torch = load_torch()
    given: tuple[Any, Any] = (outputs, targets)
    if not all(isinstance(one, torch.Tensor) for one in given) or given[0].numel() != given[1].numel():
        return ""
    mine, theirs = (tuple(one.shape) for one in given)
    return "" if mine == theirs else f" Outputs are {mine} and targets {theirs}. {_one_shape(mine, theirs)}"


def _one_shape(outputs: tuple[int, ...], targets: tuple[int, ...]) -> str:
    if outputs == (*targets, 1):
        flat = "end the model with nn.Flatten(0), or " if len(targets) == 1 else ""
        return f"Give both one shape: {flat}give targets.unsqueeze(-1)."
    return "Give both one shape."


def _broadcast(outputs: tuple[int, ...], targets: tuple[int, ...], name: str = "loss") -> InputError:
    return InputError(
        f"{name} must compare each output with its own target; found outputs of shape {outputs} and targets of shape "
        f"{targets}, which PyTorch broadcasts, so that others are compared too. {_one_shape(outputs, targets)}"
    )


def broadcast_sentences(running: RunningTrial, parts: Sequence[Batch], rate: float) -> tuple[str, ...]:
    """Train a step of a trial and validate a batch; return what to mind where tensors (n, 1) and (n,) come to (n, n).

    Comparing a loss's arguments is not enough: it may take a column of one of them, and a step or a `training_step` has
    its own.
    """
    torch, sizes = load_torch(), list[int]()

    def note(out: Any, args: Sequence[Any]) -> Any:  # noqa: ANN401 - what a function of PyTorch returns
        shapes = {tuple(one.shape) for one in args if isinstance(one, torch.Tensor)}
        if isinstance(out, torch.Tensor) and out.dim() == 2 and len(out) == out.shape[1] > 1:
            sizes.extend([len(out)] * (shapes == {(len(out),), (len(out), 1)}))
        return out

    class Noting(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401
            del types
            return note(func(*args, **(kwargs or {})), args)

    # What goes wrong is said where it trains.
    with suppress(Exception), random_state_kept():
        with Noting():
            running.step(parts, rate)
        running.evaluating()
        with Noting():
            running.judge(parts[0])
    if not sizes:
        return ()
    n = sizes[0]
    return (
        f"Mind the shapes: tensors of ({n}, 1) and ({n},) are put together, which PyTorch broadcasts to ({n}, {n}), so "
        "that each output may be compared with every target. If that is not meant, index or squeeze both alike.",
    )
