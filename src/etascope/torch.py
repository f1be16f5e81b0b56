"""A learning rate for a PyTorch model of one's own, with its own loaders, loss and optimizer: `pick`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from etascope.core.checks import checked
from etascope.core.choice import Choice
from etascope.core.errors import InputError, renamed
from etascope.core.history import History
from etascope.core.protocols import Method, OnProgress, Recorder, ignore
from etascope.core.recipe import Recipe
from etascope.core.recording import best_effort
from etascope.core.renamed import in_new_module
from etascope.core.run import Run, TorchFacts, Untouched
from etascope.core.search import search
from etascope.selection.automatic import method_of
from etascope.selection.grid import check_window
from etascope.training.pytorch.custom.fingerprint import fingerprint
from etascope.training.pytorch.custom.metrics import Metric, metrics_of
from etascope.training.pytorch.custom.model import Build
from etascope.training.pytorch.custom.objective import Loss
from etascope.training.pytorch.custom.options import TrainingOptions
from etascope.training.pytorch.custom.schedule import Shape
from etascope.training.pytorch.custom.training import CustomJob, custom_job
from etascope.training.pytorch.engine import train_plan
from etascope.training.pytorch.generators import loaders_kept, random_state_kept
from etascope.training.pytorch.library import load_torch
from etascope.training.pytorch.rehearsal import rehearsed

__getattr__ = in_new_module(__name__, TorchRun="etascope.Run")

__all__ = ["TrainingOptions", "pick"]

#: Keywords of an earlier version, and what to write now.
OLD = {"shape": "schedule", "watch": "progress", "keeper": "recorder"} | {
    option.name: f"training=TrainingOptions({option.name}=...)" for option in fields(TrainingOptions)
}


@renamed(**OLD)
@checked
def pick(
    model: object,
    train_loader: Iterable[Any],
    valid_loader: Iterable[Any],
    optimizer: Build,
    loss: Loss | None = None,
    epochs: int = 5,
    schedule: str | Shape = "constant",
    warmup: float = 0.0,
    *,
    training: TrainingOptions | None = None,
    budget: float | None = None,
    low: float | None = None,
    high: float | None = None,
    target: str | None = None,
    tolerance: float | None = None,
    metrics: Mapping[str, Metric] | None = None,
    seed: int = 0,
    method: Method | None = None,
    progress: OnProgress = ignore,
    histories: Sequence[History] = (),
    recorder: Recorder | None = None,
) -> Run:
    """Choose the peak learning rate of a training of one's own; nothing that is given is changed.

    Trials are copies of the model. They share every batch, every augmentation and every dropout mask.

    Parameters
    ----------
    model
        An `nn.Module`, which is copied for every trial, or a factory that is called with the seed and returns one.
    train_loader, valid_loader
        Any iterables of (inputs, targets) that can be gone through again and again; `model(inputs)` is called.
    optimizer
        Called with parameters (or groups) and a learning rate, returns an optimizer of PyTorch, or a list of several.
        Every parameter group must have the rate, or a multiple of it that is the same at any rate. The search sets
        the rate of every step: a scheduler beside it is refused, see `schedule`.
    loss
        Called with outputs and targets, returns one number to train. None is cross-entropy of class labels.
    epochs
        Passes over `train_loader`. Default 5.
    schedule
        How the rate moves from step to step: a name, as in `Recipe`; or factors of the learning rate, finite, at least
        0, one for each step of all epochs; or a function of the step, from 0, that returns it, as `LambdaLR` takes. Of
        factors the recipe has the name of the nearest.
    warmup
        Share of the steps that a named schedule climbs in, as in `Recipe`.

    Other Parameters
    ----------------
    training
        How each trial trains, where it is not the usual step: `TrainingOptions`.
    budget, low, high, target, tolerance
        As in `etascope.pick`. The target is accuracy for class labels, else loss.
    metrics
        By name, functions of outputs and targets that return one number a batch; their means over the validation
        examples are told for the trials that came furthest.
    seed
        Of order, augmentation and dropout, and of a factory.
    method, progress, histories, recorder
        As in `etascope.pick`.

    Returns
    -------
    Run
        As of any search, without a trace and a test, because the loaders are yours. `run.torch` has the proof that
        nothing was touched, the groups' rates, the unit of the losses, and the metrics.

    Raises
    ------
    InputError
        If something given cannot be used; the message says what to do.
    """
    options, shape = training or TrainingOptions(), None if isinstance(schedule, str) else schedule
    if warmup and shape is not None:
        raise InputError("factors are the whole schedule; found a warmup beside them. Leave it out.")
    check_window(low, high)
    torch, recorder, metrics = load_torch(), best_effort(recorder), metrics or {}
    # What functions hold is in a list, for it has no state_dict to put back.
    own = [model, optimizer, options.groups, loss, options.step, options.train_loss, *metrics.values()]
    loaders = (train_loader, valid_loader, own)
    before = fingerprint(model, *loaders)
    gradients = (torch.inference_mode(mode=False), torch.enable_grad())
    with random_state_kept(), loaders_kept(*loaders), gradients[0], gradients[1]:
        name = schedule if isinstance(schedule, str) else "constant"
        recipe = Recipe(schedule=name, warmup=warmup, epochs=epochs, seed=seed, model=_name_of(model))
        job = custom_job(
            model, train_loader, valid_loader, optimizer, loss, recipe, options, shape=shape, target=target, low=low,
            high=high, metrics=metrics,
        )  # fmt: skip
        words = {"low": low, "high": high, "budget": budget, "tolerance": tolerance}
        run = search(
            lambda plan, progress: train_plan(job.training, plan, options.trials_in_memory, progress),
            job.task, method_of(method, target=target, usual=job.target, **words), job.data,
            rehearse=lambda plan: (*job.sentences, *rehearsed(job.training, plan)),
            progress=progress, histories=histories, recorder=recorder,
        )  # fmt: skip
        measured = metrics_of(job.training, job.task, run.histories, metrics) if metrics else {}
    facts = TorchFacts(Untouched(before, fingerprint(model, *loaders)), job.ratios, job.loss_unit, measured)
    run = replace(run, choice=_of_own_model(run.choice, job), torch=facts).with_notes(*job.trained_on)
    recorder.finish(run)
    return run


def _of_own_model(choice: Choice, job: CustomJob) -> Choice:
    """Return a choice that names the model's own optimizers, which the recipe does not know."""
    left_out = replace(choice.not_tried, values={**choice.not_tried.values, "optimizer": job.optimizer})
    return replace(choice, not_tried=left_out)


def _name_of(model: object) -> str:
    if isinstance(model, load_torch().nn.Module):
        return type(model).__name__
    return getattr(model, "__name__", type(model).__name__)
