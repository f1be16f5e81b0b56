"""The story in one screen: open images, prepare them, search, train the chosen one, tell."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike

import numpy as np

from etascope.core.checks import checked
from etascope.core.data import Dataset, Split
from etascope.core.errors import InputError, renamed
from etascope.core.history import History
from etascope.core.plan import check_rates
from etascope.core.protocols import Engine, Method, OnProgress, Recorder, ignore
from etascope.core.recipe import Recipe
from etascope.core.recording import best_effort
from etascope.core.renamed import in_new_module
from etascope.core.run import DataSummary, Run
from etascope.core.search import search as search_loop
from etascope.core.search import staged
from etascope.core.trace import Trace
from etascope.images.open import open_images
from etascope.learn.insight import choice_insight
from etascope.learn.tracing import Validation, lay_open, require_image
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.selection.automatic import method_of
from etascope.training.engines import engine_of, rehearsal_of, task_for

__getattr__ = in_new_module(__name__, search="search_split")


@renamed(watch="progress", keeper="recorder")
@checked
def pick(
    images: object = "digits",
    labels: object = None,
    *,
    recipe: Recipe | None = None,
    test: float | str | PathLike[str] | None = None,
    folds: int | None = None,
    budget: float | None = None,
    low: float | None = None,
    high: float | None = None,
    target: str | None = None,
    tolerance: float | None = None,
    image: int = 0,
    method: Method | None = None,
    engine: Engine | None = None,
    workers: int | None = None,
    device: str | None = None,
    progress: OnProgress = ignore,
    histories: Sequence[History] = (),
    recorder: Recorder | None = None,
) -> Run:
    """Choose a learning rate for a recipe and your images, and show the evidence.

    Many learning rates are trained on the development rows and compared on validation rows. One training on all
    development rows at the chosen rate follows, and one look at the test rows.

    Parameters
    ----------
    images, labels
        What `open_images` takes: `"digits"` (default), a path, or arrays; or an opened `Dataset`.
    recipe
        Everything about training but the learning rate. Default `Recipe()`.
    test
        Share of the images to test on, in (0, 1), or where the test images are. None takes the data's own test part,
        or else 0.2.
    folds
        Folds of the cross-validation; 1 is one holdout. None takes 5 below 10,000 development rows, else 1.
    budget
        What the search may cost, in trainings, at least 1. None takes about 50 where they take a minute at most, else
        about 3.

    Other Parameters
    ----------------
    low, high
        Lowest and highest peak rate to try. None is free.
    target
        What "best" means: `accuracy` (default) or `loss`.
    tolerance
        What "within" means for the confidence, in accuracy points (default 1), or in per cent of loss (default 5).
    image
        Which test image the prediction trace follows, counted from 0.
    method
        Proposes plans and chooses, in place of `Automatic` with these words.
    engine
        Trains plans. Default `DenseEngine()`, or `TorchEngine()` where the recipe has a model, with these words:
    workers
        Processes or threads that open images and train dense networks; the answer stays the same. None is all cores.
    device
        Where PyTorch trains, then also a dense network: `cpu`, `cuda:1`. None is a GPU for a model, where there is one.
    progress
        Receives `Progress` records.
    histories
        What an earlier search of the same data and recipe has trained: it goes on from there.
    recorder
        Writes the search down while it happens, after an exception and Ctrl-C up to the last trial that was done; what
        it fails at is a warning. Default: nobody does.

    Raises
    ------
    InputError
        If something given cannot be used; the message says what to do.

    Examples
    --------
    >>> run = pick("digits", recipe=Recipe(hidden=(), epochs=2))
    >>> 0.003 < run.choice.learning_rate < 0.3
    True
    """
    recorder = best_effort(recorder)
    method = method_of(method, low=low, high=high, budget=budget, target=target, tolerance=tolerance)
    ready = open_and_divide(images, labels, recipe, test, folds, progress, engine, workers, device)
    began = time.perf_counter()
    require_image(ready.split, image)
    run = search_split(
        ready.split, ready.data, ready.recipe, ready.engine, method, progress=progress, histories=histories,
        recorder=recorder,
    )  # fmt: skip
    trace, choice = None, run.choice
    if choice.learning_rate is not None:
        trace = lay_open(
            ready.engine, ready.dataset, ready.split, ready.recipe, choice.learning_rate, image=image,
            validation=_validation(run), progress=staged("training the chosen one", progress),
        )  # fmt: skip
        insight = choice_insight(choice, trace.evaluation, run.task.blind.loss, len(ready.split.y_test))
        trace = replace(trace, insight=insight)
    # What was trained before a search was stopped is a part of all that it took.
    seconds = time.perf_counter() - began + sum(history.seconds for history in histories)
    run = replace(run, trace=trace, seconds=seconds)
    recorder.finish(run)
    return run


def search_split(
    split: Split,
    data: DataSummary,
    recipe: Recipe,
    engine: Engine,
    method: Method,
    *,
    progress: OnProgress = ignore,
    histories: Sequence[History] = (),
    recorder: Recorder | None = None,
) -> Run:
    """Search on prepared rows, with at least one fold, and without a final training or a look at the test rows.

    `data` describes them; all else is as in `pick`.
    """
    return search_loop(
        partial(engine.train, split, recipe), task_for(engine, split, recipe), method, data,
        rehearse=partial(rehearsal_of, engine, split, recipe), progress=progress, histories=histories,
        recorder=recorder,
    )  # fmt: skip


@renamed(watch="progress")
@checked
def trace(
    images: object = "digits",
    labels: object = None,
    learning_rate: float = 0.01,
    *,
    recipe: Recipe | None = None,
    test: float | str | PathLike[str] | None = None,
    image: int = 0,
    engine: Engine | None = None,
    workers: int | None = None,
    device: str | None = None,
    progress: OnProgress = ignore,
) -> Trace:
    """Train once, at one learning rate, and lay the whole training open.

    Parameters
    ----------
    images, labels, recipe, test
        As in `pick`.
    learning_rate
        The peak rate, finite and above 0. Default 0.01.

    Other Parameters
    ----------------
    image, engine, workers, device, progress
        As in `pick`.

    Raises
    ------
    InputError
        If something given cannot be used; the message says what to do.

    Examples
    --------
    >>> laid_open = trace("digits", learning_rate=0.01)
    >>> [stage.name for stage in laid_open.stages][-2:], len(laid_open.epochs)
    (['model training', 'evaluation'], 5)
    """
    check_rates(np.array([learning_rate], np.float64))
    ready = open_and_divide(images, labels, recipe, test, 0, progress, engine, workers, device)
    laid_open = lay_open(
        ready.engine, ready.dataset, ready.split, ready.recipe, learning_rate, image=image,
        progress=staged("training", progress),
    )  # fmt: skip
    return replace(laid_open, data=ready.data)


@dataclass(frozen=True, eq=False)
class Ready:
    """Images opened and divided as a recipe takes them, and the engine that trains it.

    Attributes
    ----------
    recipe, engine
        What is trained, and what trains.
    dataset, share, split
        The images, the share of them to test on where one was given, and their rows as the recipe's network takes them.
    """

    recipe: Recipe
    engine: Engine
    dataset: Dataset
    share: float | None
    split: Split

    @property
    def data(self) -> DataSummary:
        """What the images were, and how they were divided."""
        return DataSummary.of(self.dataset, self.split)

    def search(self, method: Method | None, progress: OnProgress) -> Run:
        """Return what `pick` says of the same images, recipe and engine."""
        return pick(
            self.dataset, recipe=self.recipe, test=self.share, method=method, engine=self.engine, progress=progress
        )


def open_and_divide(
    images: object,
    labels: object,
    recipe: Recipe | None,
    test: float | str | PathLike[str] | None,
    folds: int | None,
    progress: OnProgress,
    engine: Engine | None = None,
    workers: int | None = None,
    device: str | None = None,
) -> Ready:
    """Open and divide images for a recipe and find what trains it; all is given as to `pick`, or to an experiment."""
    recipe = recipe or Recipe()
    for name, value in {"workers": workers, "device": device}.items():
        if engine is not None and value is not None:
            raise InputError(f"an engine knows itself where it trains; found {name} beside it. Leave one of them out.")
    engine = engine or engine_of(recipe, workers, device=device)
    share, place = (test, None) if isinstance(test, float | int) else (None, test)
    if isinstance(images, Dataset) and labels is None and place is None:
        dataset = images
    else:
        dataset = open_images(images, labels, test=place, workers=workers, progress=progress)
    split = prepare(divide(dataset, test=share, folds=folds, seed=recipe.seed), recipe)
    return Ready(recipe, engine, dataset, share, split)


def _validation(run: Run) -> Validation | None:
    task, rate = run.task, run.choice.learning_rate
    chosen = [t for t in run.trials if t.learning_rate == rate and t.steps == task.steps]
    if not chosen:
        return None
    ends = chosen[0].epoch_ends(task.steps_per_epoch)
    loss, accuracy = (
        np.mean([getattr(t, name)[ends] for t in chosen], axis=0) for name in ("valid_loss", "valid_accuracy")
    )
    source = f"means of {len(chosen)} trainings of the search at this rate, each on the rows it held out"
    return Validation(loss, accuracy, source)
