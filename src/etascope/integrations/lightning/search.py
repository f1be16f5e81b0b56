"""A learning rate for a LightningModule: `LearningRateSearch`, a callback, and `pick_lightning`, without a Trainer."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any, cast

from etascope.core.checks import checked
from etascope.core.choice import Choice
from etascope.core.errors import InputError
from etascope.core.extras import load_library
from etascope.core.run import Run, Untouched
from etascope.integrations.lightning.attribute import NOT_HELD, attribute_of, mind, multiple_of, optimizer_at
from etascope.integrations.lightning.judged import by_scores, refuse_rising
from etascope.integrations.lightning.rates import Rates, begun, put, rates_of, several_refused
from etascope.integrations.lightning.steps import (
    TRAINING,
    VALIDATION,
    TrialTrainer,
    monitored,
    scores,
    training_loss,
    trial_pair,
)
from etascope.integrations.lightning.trainer import (
    PRECISIONS,
    check,
    limited,
    loaders,
    refuse_finder,
    reloaded,
    skipped,
    steps_of,
    uncalled,
)
from etascope.integrations.training_loops.adapter import (
    Clock,
    EpochLoader,
    advised,
    check_search,
    epochs_of,
    within_epoch,
    wrapped,
)
from etascope.integrations.training_loops.differences import HELD, Copies, watch_rates
from etascope.torch import TrainingOptions, pick
from etascope.training.pytorch.custom.fingerprint import fingerprint
from etascope.training.pytorch.custom.model import refuse_hooks
from etascope.training.pytorch.generators import loaders_kept, random_state_kept


def _part(name: str) -> Any:
    return load_library(f"lightning.pytorch{name}")


#: A callback needs its base class at once; nothing else in etascope loads this module.
_callbacks = _part(".callbacks")
_zero: Any = _part(".utilities.rank_zero")


class LearningRateSearch(_callbacks.Callback):
    """Search the learning rate when a fit starts, set it, and let the training go on from its untouched start.

    Takes the place of Lightning's `LearningRateFinder`. Trials are copies of the module; they train with its own
    `training_step`, `configure_optimizers` and schedulers, on the Trainer's loaders, without logging.

    Parameters
    ----------
    monitor
        Name of the validation loss that `validation_step` logs or returns; rates are judged by it, lower is better, and
        it must be above 0. None (default) judges a module whose `forward` gives scores (batch, classes) of batches
        (inputs, labels) by accuracy and cross-entropy, and any other by the loss that `validation_step` returns, or
        else its `val_loss`.
    epochs
        Passes over the training loader that the rate is for. None is as many as the Trainer makes.
    update_attr
        Whether to set the rate in the module and in the optimizer. Default True. False only tells it.
    attr_name
        Attribute of the module or of its `hparams` that holds the learning rate. Default `lr` or `learning_rate`, else
        the one number that the optimizer's rates are made of. All rates that `configure_optimizers` gives, also those
        of its schedulers, must follow it.
    **search
        `low`, `high`, `budget`, `tolerance`, `target`, `seed`, `trials_in_memory`, `metrics`, `method`, `progress`,
        `histories`, `recorder`, as in `etascope.torch.pick`.

    Attributes
    ----------
    run
        What the search found, a `Run`, with its proof that the module was not touched; None before, and where it
        was skipped.
    choice
        Its answer, or None. The rate is for the attribute: a module that is started with it trains as the trials did.
        Where there is no such attribute, it is the peak of the module's own schedule, of the group with the largest.
    """

    @checked
    def __init__(
        self,
        monitor: str | None = None,
        *,
        epochs: int | None = None,
        update_attr: bool = True,
        attr_name: str = "",
        **search: Any,
    ) -> None:
        check_search(search)
        refuse_rising(monitor)
        self.run: Run | None = None
        self._monitor, self._epochs, self._search = monitor, epochs, search
        self._update, self._attribute = update_attr, attr_name
        #: The rates that were set, `(steps, groups)`.
        self._set: Any = None
        #: Callbacks that the training will have, and this fit has not.
        self.beside: tuple[Any, ...] = ()
        #: Modules that the one of this fit is a copy of.
        self.originals: tuple[Any, ...] = ()

    @property
    def choice(self) -> Choice | None:
        """The answer."""
        return None if self.run is None else self.run.choice

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Search, and set what was found."""
        self._set = None
        refuse_finder(trainer.callbacks)
        why = skipped(trainer)
        if why:
            _zero.rank_zero_warn(f"The learning rate is not searched, since {why}.")
            return
        check(trainer, pl_module)
        with random_state_kept():
            attribute = attribute_of(pl_module, self._attribute, partial(begun, trainer), needed=self._update)
            rates, multiple, self.run = self._searched(trainer, pl_module, attribute)
            chosen = self.run.choice.learning_rate
            _zero.rank_zero_info(str(self.run))
            if self._update and chosen is not None:
                put(pl_module, attribute, chosen)
                trainer.strategy.setup_optimizers(trainer)
                self._set = rates.at(chosen * multiple)
                _zero.rank_zero_info(f"Learning rate set to {chosen:g}")
        if self._update and chosen is None:
            why = " ".join(map(str, self.run.choice.reasons))
            _zero.rank_zero_warn(f"The learning rate cannot be told yet, and stays {rates.peak:g}. {why}")

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Look, while it trains, whether the optimizer has what was set."""
        if self._set is not None:
            tell = _zero.rank_zero_warn
            watch_rates(
                trainer.optimizers[0], self._set, lambda off: tell(f"{off} {uncalled(trainer.callbacks, pl_module)}")
            )

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Say in a sentence what Lightning refuses before the search can begin: several optimizers."""
        if self.run is None and isinstance(exception, RuntimeError) and "multiple optimizers" in str(exception):
            raise several_refused("several") from exception

    def _searched(self, trainer: Any, module: Any, attribute: str) -> tuple[Rates, float, Run]:
        refuse_rising(self._monitor, [*trainer.callbacks, *self.beside])
        train, valid = loaders(trainer)
        both = ((TRAINING, train), (VALIDATION, valid))
        accumulate = trainer.accumulate_grad_batches
        batches = limited(train, trainer.limit_train_batches, "train")
        if batches is None:
            raise InputError(
                "the training loader must have a length, or the Trainer a number of limit_train_batches; found neither."
            )
        per_epoch = -(-batches // accumulate)
        steps = steps_of(trainer, per_epoch, self._epochs)
        length, epochs = epochs_of(steps, batches, accumulate)
        clock = Clock(batches, length, accumulate)
        rates = rates_of(module, trainer, steps, clock)
        window = (self._search.get("low"), self._search.get("high"))
        multiple = multiple_of(attribute, module, trainer, rates, window)
        device, inside = trainer.strategy.root_device, TrialTrainer(trainer, clock)
        judge, odd = False, ""
        if self._monitor is None:
            apart = TrialTrainer(trainer, clock)
            with loaders_kept(train, valid):
                first = [trial_pair(name, apart)(next(iter(one), None), 0, 0)[0] for name, one in both]
            judge, odd = by_scores(module, first[0], first[1], device)

        copies, search = Copies((module, *self.originals), "training_step", HELD), dict(self._search)

        def train_loss(trial: Any, inputs: dict[str, Any], targets: object) -> Any:
            loss = training_loss(trial, inputs, targets)
            copies.look(loss)
            return loss

        def optimizer(given: Any, learning_rate: float) -> Any:
            return optimizer_at(attribute, given[0].module, trainer, rates, multiple, learning_rate)

        options = TrainingOptions(
            train_loss=train_loss, groups=lambda trial: [trial], accumulate=accumulate,
            clip_norm=trainer.gradient_clip_val or None, precision=PRECISIONS[trainer.precision], device=str(device),
            trials_in_memory=search.pop("trials_in_memory", None),
        )  # fmt: skip
        with advised("return its scheduler from configure_optimizers"):
            run = pick(
                wrapped(module, scores if judge else monitored(self._monitor)),
                EpochLoader(train, trial_pair(TRAINING, inside), length),
                EpochLoader(valid, trial_pair(VALIDATION, inside), limited(valid, trainer.limit_val_batches, "val")),
                optimizer,
                None if judge else lambda outputs, _: outputs,
                epochs,
                "constant" if (rates.shape == 1).all() else rates.shape,
                training=options,
                **search,
            )
        chosen = run.choice.learning_rate
        there = [*trainer.callbacks, *self.beside]
        run = run.with_notes(
            mind(attribute, module, trainer, rates, multiple, chosen) if chosen is not None else "",
            "" if attribute else NOT_HELD, odd, reloaded(trainer), within_epoch(steps, clock), *rates.sentences(),
            uncalled(there, module),
        )  # fmt: skip
        return rates, multiple, run


@checked
def pick_lightning(
    module: Any,
    train_loader: Iterable[Any] | None = None,
    valid_loader: Iterable[Any] | None = None,
    *,
    datamodule: Any = None,
    epochs: int = 5,
    monitor: str | None = None,
    trainer: Any = None,
    **search: Any,
) -> Run:
    """Choose the learning rate of a LightningModule; nothing of it is changed.

    Parameters
    ----------
    module
        Copied before anything is done with it.
    train_loader, valid_loader
        Its loaders; None takes those of the data module, or of the module itself.
    datamodule
        A `LightningDataModule`. Its `prepare_data` and `setup` are called.
    epochs
        Passes over the training loader. Default 5.

    Other Parameters
    ----------------
    monitor
        As in `LearningRateSearch`.
    trainer
        More keywords of the Trainer that the training will have, in a dict, like
        `{"accumulate_grad_batches": 4, "gradient_clip_val": 1.0, "precision": "bf16-mixed"}`.
    **search
        As in `LearningRateSearch`.

    Raises
    ------
    InputError
        If something given cannot be used; the message says what to do.
    """
    if "update_attr" in search:
        raise InputError(
            "pick_lightning sets no rate, and takes no update_attr. Leave it out, or use LearningRateSearch."
        )
    # One of torch.compile is refused later, in words of its own.
    if not isinstance(getattr(module, "_orig_mod", module), _part("").LightningModule):
        kind = type(module).__name__
        raise InputError(f"module must be a LightningModule; found {kind}. Search a plain one by etascope.torch.pick.")
    search_ = LearningRateSearch(monitor, update_attr=False, **search)
    there = cast("dict[str, Any]", trainer or {}).get("callbacks") or ()
    search_.originals = (module,)
    search_.beside = tuple(cast("list[Any]", there)) if isinstance(there, list | tuple) else (there,)
    refuse_hooks(module)
    before = fingerprint(module, train_loader, valid_loader)
    noise = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    given: dict[str, Any] = {**dict.fromkeys(noise, False), "devices": 1, **(trainer or {})}
    given |= {"max_epochs": epochs, "callbacks": [search_, _Leave()]}
    with random_state_kept(), loaders_kept(train_loader, valid_loader), contextlib.suppress(_LeftError):
        _part("").Trainer(**given).fit(copy.deepcopy(module), train_loader, valid_loader, datamodule=datamodule)
    assert search_.run is not None
    assert search_.run.torch is not None
    untouched = Untouched(before, fingerprint(module, train_loader, valid_loader))
    return replace(search_.run, torch=replace(search_.run.torch, untouched=untouched))


class _LeftError(Exception):
    """The search is over, and nothing is to be trained."""


class _Leave(_callbacks.Callback):
    """Ends a fit before it trains."""

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Leave."""
        raise _LeftError
