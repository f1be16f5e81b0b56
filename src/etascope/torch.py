"""A learning rate for a PyTorch model of one's own, with its own loaders, loss and optimizer: `pick`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from etascope.core.choice import Choice
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.numbers import counted, rate
from etascope.core.protocols import Method, OnProgress, Recorder, ignore
from etascope.core.recipe import Recipe
from etascope.core.recording import best_effort
from etascope.core.run import Run
from etascope.core.search import search
from etascope.core.sentences import Sentence, sentences
from etascope.core.trials import Trial
from etascope.selection.automatic import Automatic
from etascope.selection.grid import check_window
from etascope.training.pytorch.custom.fingerprint import Untouched, fingerprint
from etascope.training.pytorch.custom.metrics import Metric, metrics_of
from etascope.training.pytorch.custom.model import Build, Groups
from etascope.training.pytorch.custom.objective import Loss
from etascope.training.pytorch.custom.schedule import Shape
from etascope.training.pytorch.custom.training import OwnJob, own_job
from etascope.training.pytorch.engine import train_plan
from etascope.training.pytorch.generators import loaders_kept, random_state_kept
from etascope.training.pytorch.library import check_settings, load_torch
from etascope.training.pytorch.rehearsal import rehearsed
from etascope.training.pytorch.running_trial import OwnStep, TrainLoss


@dataclass(frozen=True, eq=False)
class TorchRun:
    """A finished search for a model of one's own.

    Attributes
    ----------
    run
        The same as of any search; its `data` describes the loaders, it has no trace and no test.
    untouched
        The proof that model, gradients, modes, generators and loaders are what they were.
    ratios
        Learning rate of each parameter group as a multiple of the one that `optimizer` is given, which is that of the
        choice; a list an optimizer.
    loss_unit
        What validation losses of the run are multiplied by to have them as the loss gave them: 1 for class labels. Else
        they are told so that the untrained model has 2.30. Losses of training steps are as the loss gave them.
    metrics
        By learning rate, what each metric is on the validation loader, for the trials that were trained furthest.
    """

    run: Run
    untouched: Untouched
    ratios: Sequence[Sequence[float]]
    loss_unit: float = 1.0
    metrics: Mapping[float, Mapping[str, float]] = field(default_factory=dict[float, Mapping[str, float]])

    @property
    def choice(self) -> Choice:
        """The answer."""
        return self.run.choice

    @property
    def recipe(self) -> Recipe:
        """What the search says of the training: schedule, epochs, seed."""
        return self.run.recipe

    @property
    def history(self) -> History:
        """All trials in one history."""
        return self.run.history

    @property
    def histories(self) -> tuple[History, ...]:
        """What was trained, a history a plan; `pick(histories=...)` goes on from them."""
        return self.run.histories

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Every trial."""
        return self.run.trials

    @property
    def seconds(self) -> float:
        """Wall time."""
        return self.run.seconds

    def with_note(self, sentence: str) -> TorchRun:
        """Return it with one more sentence at the end of the reasons."""
        choice = replace(self.choice, reasons=(*self.choice.reasons, Sentence(sentence)))
        return replace(self, run=replace(self.run, choice=choice))

    def __str__(self) -> str:
        """Write the answer, why, what each rate came to, what it cost, and the proof."""
        choice, told = self.choice, list[str]()
        if choice.learning_rate is None:
            told.append("learning rate   cannot tell yet")
        else:
            basin = "" if choice.basin is None else f"   basin {rate(choice.basin.low)} .. {rate(choice.basin.high)}"
            word = "" if choice.confidence is None else f"   {choice.confidence.word}"
            told.append(f"learning rate   {rate(choice.learning_rate)}{basin}{word}")
        told += ["", *(f"-  {sentence}" for sentence in choice.reasons), ""]
        if self.loss_unit != 1:
            told.append(f"losses      times {self.loss_unit:.4g}; told so that the untrained model has 2.30")
        told += [f"{rate(t.learning_rate):>10}  {word}" for t, word in zip(self.trials, choice.verdicts, strict=True)]
        cost = choice.cost
        told += [
            "",
            f"cost        {counted(cost.trials, 'trial')} = {counted(cost.training_equivalents, 'training')}, "
            f"{self.seconds:.1f} s",
        ]
        several = [f"{ratio:g}" for row in self.ratios for ratio in row]
        if len(several) > 1 and "1" in several:
            told.append(f"groups      the rate is that of ratio 1; parameter groups keep theirs: {', '.join(several)}")
        elif several != ["1"]:
            told.append(f"groups      parameter groups train at these multiples of the rate: {', '.join(several)}")
        for learning_rate, found in self.metrics.items():
            named = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
            told.append(f"metrics     at {rate(learning_rate)}: {named}")
        return "\n".join([*told, f"not tried   {choice.not_tried}", f"untouched   {self.untouched}"])


def pick(
    model: object,
    train_loader: Iterable[Any],
    valid_loader: Iterable[Any],
    optimizer: Build,
    loss: Loss | None = None,
    epochs: int = 5,
    schedule: str = "constant",
    warmup: float = 0.0,
    *,
    groups: Groups | None = None,
    device: str | None = None,
    precision: str | None = None,
    accumulate: int = 1,
    clip_norm: float | None = None,
    step: OwnStep | None = None,
    train_loss: TrainLoss | None = None,
    shape: Shape | None = None,
    metrics: Mapping[str, Metric] | None = None,
    low: float | None = None,
    high: float | None = None,
    budget: float | None = None,
    tolerance: float | None = None,
    target: str | None = None,
    seed: int = 0,
    trials_in_memory: int | None = None,
    method: Method | None = None,
    progress: OnProgress = ignore,
    histories: Sequence[History] = (),
    recorder: Recorder | None = None,
) -> TorchRun:
    """Choose the peak learning rate of a training of one's own; nothing that is given is changed.

    Trials are copies of the model. They share every batch, every augmentation and every dropout mask.

    Parameters
    ----------
    model
        An `nn.Module`, which is copied for every trial, or a factory that is called with the seed and returns one.
    train_loader, valid_loader
        Any iterables of (inputs, targets) that can be gone through again and again; `model(inputs)` is called.
    optimizer
        Called with parameters (or `groups`) and a learning rate, returns an optimizer of PyTorch, or a list of several.
        Every parameter group must have the rate, or a multiple of it that is the same at any rate. The search sets
        the rate of every step: a scheduler beside it is refused, see `shape`.
    loss
        Called with outputs and targets, returns one number to train. None is cross-entropy of class labels.
    epochs, schedule, warmup
        Passes over `train_loader`, and how the rate moves from step to step, as in `Recipe`.

    Other Parameters
    ----------------
    groups
        Called with a module, returns its parameters in groups as an optimizer takes them, where `lr` is a multiple of
        the learning rate. None is all that do not have `requires_grad` off.
    device
        None is where the model is, or else the best there is.
    precision, clip_norm, trials_in_memory
        As in `TorchEngine`.
    accumulate
        Batches of `train_loader` a step. Default 1.
    step
        Called with the model, its optimizer (a list where there are several), inputs and targets: does the whole step
        in place of forward, backward and update, with the rates already set, and returns the loss.
    train_loss
        Called with the model, inputs and targets, returns the loss that is trained, one number, in place of `loss` of
        `model(inputs)`. Validation stays with `loss`.
    shape
        A schedule of one's own: what the learning rate is multiplied by at each step, finite, at least 0, one a step
        of all epochs; or a function of the step, from 0, that returns it, as `LambdaLR` takes. It takes the place of
        `schedule` and `warmup`; the recipe then has the name of the nearest.
    metrics
        By name, functions of outputs and targets that return one number a batch; their means over the validation
        examples are told for the trials that came furthest.
    low, high, budget, tolerance
        As in `Automatic`.
    target
        `accuracy` or `loss`. None is accuracy for class labels, else loss.
    seed
        Of order, augmentation and dropout, and of a factory.
    method, progress, histories, recorder
        As in `etascope.pick`.

    Raises
    ------
    InputError
        If something given cannot be used; the message says what to do.
    """
    check_settings(precision, accumulate, clip_norm, trials_in_memory)
    if step is not None and train_loss is not None:
        raise InputError("step computes the loss that is trained itself; found train_loss beside it. Leave one out.")
    if shape is not None and (schedule != "constant" or warmup):
        raise InputError("shape is the whole schedule; found a schedule or a warmup beside it. Leave them out.")
    if step is not None and (accumulate != 1 or clip_norm is not None):
        raise InputError("step does the whole step itself; accumulate and clip_norm belong in it. Leave them out here.")
    check_window(low, high)
    torch, recorder, metrics = load_torch(), best_effort(recorder), metrics or {}
    # What functions hold is in a list, for it has no state_dict to put back.
    loaders = (train_loader, valid_loader, [model, optimizer, groups, loss, step, train_loss, *metrics.values()])
    before = fingerprint(model, *loaders)
    gradients = (torch.inference_mode(mode=False), torch.enable_grad())
    with random_state_kept(), loaders_kept(*loaders), gradients[0], gradients[1]:
        recipe = Recipe(schedule=schedule, warmup=warmup, epochs=epochs, seed=seed, model=_name_of(model))
        job = own_job(
            model, train_loader, valid_loader, optimizer, loss, recipe, groups=groups, device=device,
            precision=precision, accumulate=accumulate, clip_norm=clip_norm, step=step,
            train_loss=train_loss, shape=shape, target=target, low=low, high=high, metrics=metrics,
        )  # fmt: skip
        chosen = method or Automatic(job.target, tolerance, low, high, budget)
        run = search(
            lambda plan, progress: train_plan(job.training, plan, trials_in_memory, progress),
            job.task, chosen, job.data, rehearse=lambda plan: (*job.sentences, *rehearsed(job.training, plan)),
            progress=progress, histories=histories, recorder=recorder,
        )  # fmt: skip
        run = replace(run, choice=_of_own_model(run.choice, job))
        measured = metrics_of(job.training, job.task, run.histories, metrics) if metrics else {}
    untouched = Untouched(before, fingerprint(model, *loaders))
    recorder.finish(run)
    return TorchRun(run, untouched, job.ratios, job.loss_unit, measured)


def _of_own_model(choice: Choice, job: OwnJob) -> Choice:
    """Return a choice that names the model's own optimizers, which the recipe does not know, and what to mind."""
    left_out = replace(choice.not_tried, values={**choice.not_tried.values, "optimizer": job.optimizer})
    return replace(choice, not_tried=left_out, reasons=(*choice.reasons, *sentences(*job.trained_on)))


def _name_of(model: object) -> str:
    if isinstance(model, load_torch().nn.Module):
        return type(model).__name__
    return getattr(model, "__name__", type(model).__name__)
