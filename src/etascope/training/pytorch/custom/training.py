"""A training of one's own, looked at once before anything trains: `custom_job`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import numpy as np

from etascope.core.blind import BlindGuess
from etascope.core.data import LOADERS, DataSummary
from etascope.core.epoch import ends_high
from etascope.core.errors import InputError, one_line
from etascope.core.recipe import Recipe, Task
from etascope.core.schedules import schedule_row
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.custom.broadcasting import broadcast_refused, refuse_mixed, shapes_advice
from etascope.training.pytorch.custom.loaders import LoaderBatches
from etascope.training.pytorch.custom.metrics import Metric, check_metrics
from etascope.training.pytorch.custom.model import (
    Build,
    custom_networks,
    customary_of,
    device_for,
    following,
    left_out,
    refuse_same,
)
from etascope.training.pytorch.custom.objective import (
    BLIND,
    AnyLoss,
    Loss,
    apart,
    ignored_by,
    is_class_loss,
    is_cross_entropy,
    objective_of,
    one_number,
    untrained_sentences,
)
from etascope.training.pytorch.custom.options import TrainingOptions
from etascope.training.pytorch.custom.rates_used import refuse_deaf, step_update
from etascope.training.pytorch.custom.schedule import Shape, schedule_sentences, shaped
from etascope.training.pytorch.generators import generators_of, random_state_kept, seed_all
from etascope.training.pytorch.group_rates import multiples, window_tried
from etascope.training.pytorch.library import Module, autocast, load_torch, multiplication_counter, tensors_in
from etascope.training.pytorch.memory import is_out_of_memory
from etascope.training.pytorch.networks import AnyNetworks
from etascope.training.pytorch.objective import Objective, check_labels, check_scores
from etascope.training.pytorch.running_trial import Settings
from etascope.training.pytorch.unit import Training, beside_each_other


@dataclass(frozen=True, eq=False)
class CustomJob:
    """What a search needs to know of a training of one's own.

    Attributes
    ----------
    training, task, data
        What trials share, what a method sees, and what is told of the loaders.
    target
        `accuracy` or `loss`.
    optimizer
        Names of the optimizers' classes.
    ratios
        Of the parameter groups' rates to the learning rate, a list an optimizer.
    loss_unit
        What told losses are multiplied by to have them as the loss gave them.
    sentences
        What to mind of the training, in sentences.
    """

    training: Training
    task: Task
    data: DataSummary
    target: str
    optimizer: str
    ratios: list[list[float]]
    loss_unit: float
    sentences: tuple[str, ...] = ()

    @property
    def trained_on(self) -> tuple[str, ...]:
        """What to mind of the loaders after a search, in sentences."""
        batches = self.training.batches
        return batches.trained_on.sentences() if isinstance(batches, LoaderBatches) else ()


def custom_job(
    model: object,
    train_loader: Iterable[Any],
    valid_loader: Iterable[Any],
    optimizer: Build,
    loss: Loss | None,
    recipe: Recipe,
    options: TrainingOptions,
    *,
    shape: Shape | None = None,
    target: str | None = None,
    low: float | None = None,
    high: float | None = None,
    metrics: Mapping[str, Metric] | None = None,
) -> CustomJob:
    """Return the job, after one copy of the model has seen the first batch and the validation batches.

    Raises `InputError` if a part cannot be used: see the parts.
    """
    settings = Settings(
        device_for(model, options.device), options.precision, options.clip_norm, options.step, options.train_loss,
        generators=generators_of([model, optimizer, options.groups, loss, options.step, options.train_loss]),
    )  # fmt: skip
    networks = custom_networks(model, optimizer, options.groups)
    batches = LoaderBatches(
        train_loader,
        valid_loader,
        settings.device,
        options.accumulate,
        ignored=ignored_by(loss) if is_cross_entropy(loss) else None,
    )
    seed_all(recipe.seed)
    module = networks.build(recipe.seed).to(settings.device)
    if not isinstance(model, load_torch().nn.Module):
        refuse_same(networks, recipe.seed, module, ", or give the nn.Module itself, which is copied")
    first = batches.first.fresh()
    outputs = _forward(module, first, settings)
    check_metrics(metrics or {}, outputs, first.targets)
    tried = window_tried(low, high)
    optimizers = networks.optimizers(module, tried[-1])
    ratios = multiples(partial(networks.optimizers, module), tried)
    networks = following(networks, ratios)
    _refuse_mixed_training(networks, recipe.seed, (outputs, first), settings)
    settings = replace(settings, multiple=max(ratio for row in ratios for ratio in row))
    moves = recipe.schedule != "constant" or recipe.warmup > 0 or shape is not None
    names = " and ".join(type(o).__name__ for o in optimizers)
    refuse_deaf(networks, recipe.seed, settings.device, tried, moves, step_update(settings, first), names)
    classes = is_class_loss(loss, outputs, first.targets)
    if loss is None and not classes:
        _refuse_labels(outputs, first.targets)
    given, loss = loss, None if loss is None else apart(loss, outputs, first.targets)
    n_classes, unit = (int(outputs.shape[1]), 1.0) if classes else (10, 1.0)
    objective: Objective
    if classes:
        if n_classes < 2:
            raise InputError(
                "a model of class labels must have a score for each of at least 2 classes; found 1. Where one score "
                "tells two classes apart, give loss=torch.nn.BCEWithLogitsLoss() and targets of its shape."
            )
        if len(first.targets) != first.size:
            raise InputError(
                f"train_loader must give a target for each input; found {first.size} inputs and {len(first.targets)} "
                "targets in batch 1. Look at its collate_fn."
            )
        check_scores(outputs, first.size, n_classes)
        check_labels(first.targets.long(), n_classes, ignored_by(loss))
        objective = objective_of(loss, n_classes)
    else:
        assert loss is not None
        unit = _untrained(module, batches, loss, settings) / BLIND
        objective = AnyLoss(loss, unit)
    if target == "accuracy" and not classes:
        raise InputError("the target accuracy needs class labels and cross-entropy. Leave target out, or say loss.")
    recipe = replace(recipe, batch_size=first.size * options.accumulate, **customary_of(optimizers))
    per_epoch, valid = batches.steps_per_epoch(0), batches.valid_examples
    steps = per_epoch * recipe.epochs
    recipe, factors = (recipe, None) if shape is None else shaped(recipe, shape, steps)
    row = schedule_row(recipe.schedule, recipe.warmup, steps)
    sentences = () if factors is None else schedule_sentences(row * factors)
    sentences = (*sentences, *left_out(module, optimizers), *untrained_sentences(given))
    batches.trained_on.compare(train_loader, valid_loader)
    batches.trained_on.ends_high = ends_high(row if factors is None else row * factors)
    size, train = _shape(first), batches.batches * first.size
    labels, ignored = batches.trained_on.valid_labels, ignored_by(loss) if classes else None
    counts = np.array([0 if label == ignored else labels[label] for label in range(n_classes)], np.int64)
    class_names = tuple(map(str, range(n_classes))) if classes else ()
    guess = BlindGuess.of(counts, class_names) if classes and counts.any() else None
    task = Task(recipe, n_classes, train, 1, per_epoch, math.prod(size), n_valid=valid, guess=guess)
    data = DataSummary(
        source=LOADERS, fingerprint=batches.fingerprint(), images=train + valid, image_shape=size,
        development=train + valid, test=0, class_names=class_names,
    )  # fmt: skip
    training = Training(
        networks, batches, objective, settings, recipe.epochs, factors, schedule=recipe.schedule, warmup=recipe.warmup
    )
    return CustomJob(
        training=beside_each_other(training, _multiplications(module, first, settings), lambda: first, tried[-1]),
        task=task,
        data=data,
        target=target or ("accuracy" if classes else "loss"),
        optimizer=names,
        ratios=ratios,
        loss_unit=unit,
        sentences=sentences,
    )


def _refuse_mixed_training(networks: AnyNetworks, seed: int, forward: tuple[Any, Batch], settings: Settings) -> None:
    """Raise `InputError` where a `train_loss` or a `step` compares each output with every target."""
    outputs, batch = forward
    for name, own in (("train_loss", settings.train_loss), ("step", settings.step)):
        if own is None or not isinstance(outputs, load_torch().Tensor) or outputs.dim() < 1:
            continue
        with random_state_kept():
            module = networks.build(seed).to(settings.device)
            module.eval()
            # At a rate of nothing a step changes no weight.
            optimizers = networks.optimizers(module, 1e-3) if name == "step" else []
            for group in (group for optimizer in optimizers for group in optimizer.param_groups):
                group["lr"] = group["lr"] * 0
            held = [] if name == "train_loss" else [optimizers[0] if len(optimizers) == 1 else optimizers]
            loss = partial(cast("Any", own), module, *held)
            refuse_mixed(loss, outputs, batch.targets, name, batch.fresh().inputs)


def _forward(module: Module, batch: Batch, settings: Settings) -> Any:  # noqa: ANN401 - whatever a model returns
    torch, training = load_torch(), [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        with torch.no_grad(), autocast(settings.device, settings.precision):
            return module(batch.inputs)
    except InputError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise InputError(
                "memory ran out for one model and one batch. Give smaller batches with accumulate, or a smaller model."
            ) from error
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in tensors_in(batch.inputs))
        raise InputError(f"the model must take inputs of shape {shapes}; it raised {one_line(error)}.") from error
    finally:
        for part, mode in training:
            part.training = mode


def _multiplications(module: Module, batch: Batch, settings: Settings) -> float:
    """Return the multiply-adds of a forward pass, 0 where PyTorch cannot count them."""
    counter = multiplication_counter()
    with suppress(InputError), counter:
        _forward(module, batch.fresh(), settings)
    return counter.get_total_flops() / 2


def _untrained(module: Module, batches: LoaderBatches, loss: Loss, settings: Settings) -> float:
    """Return the validation loss of the untrained model."""
    total = 0.0
    for number, given in enumerate(batches.valid_pass(0)):
        batch = given.fresh()
        with nullcontext() if number else broadcast_refused():
            outputs = _forward(module, batch, settings)
            if not number:
                refuse_mixed(loss, outputs, batch.targets)
            try:
                value = loss(outputs, batch.targets)
            except Exception as error:
                raise InputError(
                    f"loss must take outputs and targets; it raised {one_line(error)}."
                    f"{shapes_advice(outputs, batch.targets)}"
                ) from error
        total += float(one_number(value)) * batch.size
    mean = total / batches.valid_examples
    if not 0 < mean < math.inf:
        if isinstance(loss, load_torch().nn.NLLLoss) or loss is load_torch().nn.functional.nll_loss:
            raise InputError(
                f"NLLLoss takes log-probabilities, whose loss is above 0; the untrained model has {mean:g}. End the "
                "model with torch.nn.LogSoftmax(1), or leave loss out for cross-entropy of raw scores."
            )
        raise InputError(
            f"loss must be a finite number above 0, because rates are compared by its logarithm; the untrained model "
            f"has {mean:g}. Add a constant to it, or look at the data."
        )
    return mean


def _refuse_labels(outputs: object, targets: object) -> None:
    torch = load_torch()
    given: tuple[Any, Any] = (outputs, targets)
    kinds = [
        f"{str(x.dtype).removeprefix('torch.')} {tuple(x.shape)}" if isinstance(x, torch.Tensor) else type(x).__name__
        for x in given
    ]
    raise InputError(
        "without a loss, the model must return scores (batch, classes) and targets be whole class numbers (batch,); "
        f"found {kinds[0]} and {kinds[1]}. Give loss=, called with what the model returns and the targets."
    )


def _shape(batch: Batch) -> tuple[int, int, int]:
    """Return height, width and channels of images; of other inputs, their numbers in a row."""
    shape = tuple(int(size) for size in tensors_in(batch.inputs)[0].shape[1:])
    return (shape[1], shape[2], shape[0]) if len(shape) == 3 else (1, math.prod(shape), 1)
