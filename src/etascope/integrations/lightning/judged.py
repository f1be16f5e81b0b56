"""How the validation of a LightningModule judges rates: `by_scores`, and `refuse_rising`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

from etascope.core.errors import InputError
from etascope.core.measure import more_is_better
from etascope.integrations.lightning.steps import TRAINING, VALIDATION, labels_of, monitored, scores
from etascope.training.pytorch.library import Device, Module, load_torch, moved
from etascope.training.pytorch.memory import is_out_of_memory

#: Sizes of the scores that a `validation_step` is tried with, and what share of the one loss the other must be below.
TRIED, BETTER = (1.0, 10.0), 0.5


def refuse_rising(monitor: str | None, callbacks: Iterable[Any] = ()) -> None:
    """Raise `InputError` where more of what rates are judged by is better: by its name, or a callback's `mode`.

    Examples
    --------
    >>> refuse_rising("val_loss"), refuse_rising("val_acc_loss"), refuse_rising("heatmap")
    (None, None, None)
    >>> refuse_rising("valid/AccTop1")
    Traceback (most recent call last):
    etascope.core.errors.InputError: monitor must name a loss, which is better the lower it is; found valid/AccTop1, \
which by its name is better the higher it is. Name the validation loss, or log 1 - valid/AccTop1 as one, with loss in \
its name.
    """
    if monitor is None:
        return
    why = "which by its name is better the higher it is" if more_is_better(monitor) else ""
    for one in callbacks:
        if getattr(one, "monitor", None) == monitor and getattr(one, "mode", "min") == "max":
            why = f"of which {type(one).__name__} keeps the highest, with mode='max'"
    if why:
        raise InputError(
            f"monitor must name a loss, which is better the lower it is; found {monitor}, {why}. Name the validation "
            f"loss, or log 1 - {monitor} as one, with loss in its name."
        )


def by_scores(module: Module, train: dict[str, Any], valid: dict[str, Any], device: Device) -> tuple[bool, str]:
    """Return whether rates are judged by accuracy and cross-entropy of `forward`, and what to say where that is odd.

    They are where `forward` of a copy gives scores (batch, classes) of batches (inputs, labels), unless what
    `validation_step` says of the first batch shows that these are no logits of the labels. `train` and `valid` are the
    first batch of each loader, as `trial_pair` tells it.
    """
    one: Any = copy.deepcopy(module)
    one.eval()
    with load_torch().no_grad():
        if _scored(one, train, device) is None:
            return False, ""
        scored = _scored(one, valid, device)
        if scored is None:
            return True, ""
        inputs, given = moved(valid, device), scored[0]
        said = _said(one, inputs)
        if bool((given >= 0).all()) and bool(((given.sum(1) - 1).abs() < 1e-3).all()):
            return said is None, PROBABILITIES + (TAKEN if said is None else BY_LOSS)
        if said is None or _answers(one, inputs, *scored, said):
            return True, ""
    return False, (
        "Mind forward: what it gives are no scores of the classes that validation_step computes its loss of, so that "
        "rates are judged by that loss, and not by accuracy."
    )


#: What is said of a `forward` that ends in softmax.
PROBABILITIES = "Mind forward: it gives probabilities, and logits are what is judged by accuracy and cross-entropy, "
BY_LOSS = "so that rates are judged by the loss of validation_step. Return what comes before the softmax for both."
TAKEN = "as which they were taken. Return what comes before the softmax."


def _scored(module: Module, inputs: dict[str, Any], device: Device) -> tuple[Any, Any] | None:
    """Return scores (batch, classes) and labels of a batch, or None where there are none."""
    torch = load_torch()
    stage = TRAINING if TRAINING in inputs else VALIDATION
    if labels_of(inputs[stage]) is None:
        return None
    try:
        given = moved(inputs[stage], device)
        outputs = scores(module, {**inputs, stage: given})
    except Exception as error:
        if is_out_of_memory(error):
            raise
        # It has no forward of its own: what its validation_step says is asked for instead.
        return None
    labels = labels_of(given)
    if (
        not isinstance(outputs, torch.Tensor)
        or outputs.dim() != 2
        or len(outputs) != len(labels)
        or outputs.shape[1] < 2
    ):
        return None
    return outputs, labels


def _said(module: Module, inputs: dict[str, Any]) -> float | None:
    """Return the validation loss of a batch, or None where there is none."""
    try:
        return float(monitored(None)(module, inputs))
    except Exception as error:
        if is_out_of_memory(error):
            raise
        return None


def _answers(module: Any, inputs: dict[str, Any], given: Any, labels: Any, said: float) -> bool:
    """Return whether a validation loss is one of scores of the labels.

    It is where it is quite another one with the right scores in the place of what `forward` gives than with wrong ones;
    and if it does not ask `forward`, where it is near the cross-entropy of what that gives.
    """
    functional, classes = load_torch().nn.functional, given.shape[1]
    if int(labels.max()) >= classes:
        return False
    forward_calls, known = list[bool](), labels.clamp_min(0)

    def forward_of(answers: Any) -> Callable[..., Any]:
        def forward(*_: object, **__: object) -> Any:
            forward_calls.append(True)
            return answers

        return forward

    for size in TRIED:
        losses = list[float | None]()
        for shift in range(2):
            ideal = size * functional.one_hot((known + shift) % classes, classes).to(given.dtype)
            module.forward = forward_of(ideal)
            try:
                losses.append(_said(module, inputs))
            finally:
                del module.forward
        right, wrong = losses
        # What is returned may be an accuracy, which is larger with the right ones.
        if (
            right is not None
            and wrong is not None
            and min(abs(right), abs(wrong)) < BETTER * max(abs(right), abs(wrong))
        ):
            return True
    if forward_calls:
        return False
    own = float(functional.cross_entropy(given.float(), labels.where(labels >= 0, -100)))
    return abs(own - said) <= 0.05 * abs(own)
