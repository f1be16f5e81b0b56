"""Who chooses a learning rate for a PyTorch training of one's own, each as its documentation has it."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from own_jobs import Job, Loader

#: The window of Optuna's and of Ray Tune's own PyTorch examples.
TPE_WINDOW, ASHA_WINDOW = (1e-5, 1e-1), (1e-4, 1e-1)
TPE_TRIALS, ASHA_TRIALS = (5, 10, 20), 10


@dataclass(frozen=True)
class Answer:
    """A chosen rate and what it cost.

    Attributes
    ----------
    rate
        None where a model was trained with an optimizer that finds its own.
    trainings
        Cost in trainings of the whole recipe, validation passes at a third of a training pass.
    seconds
        Wall time of the search, without the final training.
    accuracy
        Test accuracy in points of a model with an optimizer of its own; else None.
    """

    rate: float | None
    trainings: float
    seconds: float
    accuracy: float | None = None


Chooser = Callable[[Job, int], dict[str, Answer]]


def etascope(job: Job, seed: int) -> dict[str, Answer]:
    """Run `etascope.torch.pick` with its defaults."""
    from etascope.torch import TrainingOptions, pick

    began = time.perf_counter()
    run = pick(
        job.model,
        *job.loaders(seed),
        job.build,
        epochs=job.epochs,
        schedule=job.schedule,
        seed=seed,
        training=TrainingOptions(device="cpu"),
    )
    choice, seconds = run.choice, time.perf_counter() - began
    rate = choice.learning_rate
    if rate is None:
        # Whoever is told that it cannot be said yet takes the best trial.
        rate = min(run.trials, key=lambda trial: np.nan_to_num(trial.valid_loss[-1], nan=np.inf)).learning_rate
    return {"etascope": Answer(rate, choice.cost.training_equivalents, seconds)}


def customary(job: Job, seed: int) -> dict[str, Answer]:
    """Train nothing: 0.001 for AdamW, 0.01 for SGD."""
    return {"customary default": Answer(0.001 if job.optimizer == "adamw" else 0.01, 0.0, 0.0)}


def lightning(job: Job, seed: int) -> dict[str, Answer]:
    """Run Lightning's `lr_find` with its defaults: 100 steps from 1e-8 to 1."""
    import lightning as L
    from lightning.pytorch.tuner import Tuner

    class Module(L.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model, self.lr = job.model(seed), 0.001

        def training_step(self, batch, index):
            return nn.functional.cross_entropy(self.model(batch[0]), batch[1])

        def configure_optimizers(self):
            return job.build(self.parameters(), self.lr)

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    train, _ = job.loaders(seed)
    began = time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):
        trainer = L.Trainer(
            max_epochs=job.epochs, accelerator="cpu", logger=False, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False,
        )  # fmt: skip
        finder = Tuner(trainer).lr_find(Module(), train)
    rate = finder.suggestion()
    cost = len(finder.results["lr"]) / job.steps
    return {"Lightning lr_find": Answer(rate or 0.001, cost, time.perf_counter() - began)}


def lr_finder(job: Job, seed: int) -> dict[str, Answer]:
    """Run torch-lr-finder as its README does: 100 steps from 1e-7 to 100, then the steepest slope."""
    import matplotlib as mpl

    mpl.use("Agg")
    from torch_lr_finder import LRFinder

    train, _ = job.loaders(seed)
    began, model = time.perf_counter(), job.model(seed)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        finder = LRFinder(model, job.build(model.parameters(), 1e-7), nn.CrossEntropyLoss(), device="cpu")
        finder.range_test(train, end_lr=100, num_iter=100)
        _, rate = finder.plot(suggest_lr=True)
    cost = len(finder.history["lr"]) / job.steps
    return {"torch-lr-finder": Answer(float(rate), cost, time.perf_counter() - began)}


def tpe(job: Job, seed: int) -> dict[str, Answer]:
    """Run Optuna's default sampler and pruner as its PyTorch example does; fewer trials are its first ones."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    cost, began, answers = 0.0, time.perf_counter(), dict[str, Answer]()

    def objective(trial: optuna.Trial) -> float:
        nonlocal cost

        def report(epoch: int, accuracy: float) -> bool:
            trial.report(accuracy, epoch)
            return trial.should_prune()

        epochs, accuracy = train(job, trial.suggest_float("lr", *TPE_WINDOW, log=True), seed, report)
        cost += trainings(job, epochs)
        if epochs < job.epochs:
            raise optuna.TrialPruned
        return accuracy

    for trials in TPE_TRIALS:
        study.optimize(objective, n_trials=trials - len(study.trials))
        answer = Answer(study.best_params["lr"], cost, time.perf_counter() - began)
        answers[f"Optuna TPE, {trials} trials"] = answer
    return answers


def asha(job: Job, seed: int) -> dict[str, Answer]:
    """Run Ray Tune's ASHA as its PyTorch tutorial does: ten trials, halved after every epoch, one a core at once.

    Ray runs already when the clock starts.
    """
    import ray
    from ray import tune
    from ray.tune.schedulers import ASHAScheduler
    from ray.tune.search import BasicVariantGenerator

    def run(config: dict[str, float]) -> None:
        def report(epoch: int, accuracy: float) -> bool:
            tune.report({"accuracy": accuracy})
            return False

        train(job, config["lr"], seed, report)

    if not ray.is_initialized():
        here = {"env_vars": {"PYTHONPATH": str(Path(__file__).parent)}}
        ray.init(runtime_env=here, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    began = time.perf_counter()
    tuner = tune.Tuner(
        tune.with_resources(run, {"cpu": 1}),
        param_space={"lr": tune.loguniform(*ASHA_WINDOW)},
        tune_config=tune.TuneConfig(
            metric="accuracy", mode="max", num_samples=ASHA_TRIALS,
            scheduler=ASHAScheduler(max_t=job.epochs, grace_period=1, reduction_factor=2),
            search_alg=BasicVariantGenerator(random_state=seed),
        ),
        run_config=tune.RunConfig(verbose=0, storage_path=tempfile.mkdtemp()),
    )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        results = tuner.fit()
    seconds = time.perf_counter() - began
    cost = sum(trainings(job, result.metrics["training_iteration"]) for result in results)
    return {f"Ray Tune ASHA, {ASHA_TRIALS} trials": Answer(results.get_best_result().config["lr"], cost, seconds)}


def prodigy(job: Job, seed: int) -> dict[str, Answer]:
    """Train once with Prodigy at learning rate 1, in place of the job's optimizer; nothing is searched."""
    from prodigyopt import Prodigy

    model, began = job.model(seed), time.perf_counter()
    train(job, 1.0, seed, build=lambda groups, rate: Prodigy(groups, lr=rate), model=model)
    seconds = time.perf_counter() - began
    accuracy = 100 * measure(model, job.test_loader())
    # Its training takes longer than that of the job's optimizer; only the difference is a cost of choosing.
    plain = time.perf_counter()
    train(job, 0.001, seed)
    return {"Prodigy at 1": Answer(None, 0.0, max(0.0, seconds - (time.perf_counter() - plain)), accuracy)}


CHOOSERS: dict[str, Chooser] = {
    "etascope": etascope,
    "customary": customary,
    "lightning": lightning,
    "lr-finder": lr_finder,
    "tpe": tpe,
    "asha": asha,
    "prodigy": prodigy,
}


def train(
    job: Job,
    rate: float,
    seed: int,
    report: Callable[[int, float], bool] = lambda epoch, accuracy: False,
    *,
    build: Callable[..., torch.optim.Optimizer] | None = None,
    model: nn.Module | None = None,
    workers: int = 0,
) -> tuple[int, float]:
    """Train in a plain loop, validate after every epoch; return the epochs done and the last accuracy.

    `report` is told each epoch's validation accuracy, and ends the training by returning True.
    """
    model = job.model(seed) if model is None else model
    learner, valid = job.loaders(seed, workers)
    optimizer = (build or job.build)(model.parameters(), rate)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, job.steps) if job.schedule == "cosine" else None
    accuracy = 0.0
    for epoch in range(job.epochs):
        model.train()
        for inputs, targets in learner:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), targets).backward()
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
        accuracy = measure(model, valid)
        if report(epoch, accuracy):
            return epoch + 1, accuracy
    return job.epochs, accuracy


def trainings(job: Job, epochs: int) -> float:
    """Return what so many epochs cost, in trainings of the whole recipe; a validation pass is a third of training."""
    return epochs / job.epochs * (1 + job.valid / job.train / 3)


@torch.no_grad()
def measure(model: nn.Module, loader: Loader) -> float:
    """Return the share of images that a model gets right."""
    model.eval()
    right = [(model(inputs).argmax(1) == targets).float() for inputs, targets in loader]
    return float(torch.cat(right).mean())
