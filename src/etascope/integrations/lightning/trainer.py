"""What a Trainer of Lightning says of a training: its loaders, its length, and what trials cannot do."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any, cast

from etascope.core.errors import InputError
from etascope.core.extras import load_library
from etascope.integrations.lightning.rates import refuse_several
from etascope.integrations.training_loops.differences import overridden, uncalled_sentence
from etascope.training.pytorch.custom.iterating import length_of

#: Precisions of a Trainer, and what they are for `pick`.
PRECISIONS = {"32-true": None, "bf16-mixed": "bf16-mixed"}
#: Hooks that are no part of a fit, come after it, or are called in trials.
NOT_HOOKS = re.compile(
    "on_(test|predict|sanity|exception|save|load|gpu|fit_end|train_end|(before|after)_batch_transfer)|transfer_batch|"
    "configure_(optimizers|callbacks|model|sharded_model)|optimizers"
)
#: What a hook's name begins with, or is.
HOOKS = re.compile("on_|backward|optimizer_|configure_")
#: Lightning's own callbacks that change a training, and whose others do not.
CALLBACKS = (
    "StochasticWeightAveraging", "WeightAveraging", "EMAWeightAveraging", "GradientAccumulationScheduler",
    "BackboneFinetuning", "BatchSizeFinder", "ModelPruning",
)  # fmt: skip
LIBRARIES = ("lightning", "pytorch_lightning", "etascope")


def skipped(trainer: Any) -> str:
    """Return why there is nothing to search, or nothing."""
    if trainer.fast_dev_run:
        return "fast_dev_run is enabled"
    return "the training goes on from a checkpoint" if trainer.ckpt_path is not None else ""


def check(trainer: Any, module: Any) -> None:
    """Raise `InputError` for what trials cannot do."""
    if module._compiler_ctx is not None:
        raise InputError(
            "the module must be one that can be copied; found one of torch.compile, whose copies train the module "
            "itself. Search with the module as it is, and compile it for the training."
        )
    if not module.automatic_optimization:
        raise InputError(
            "the module must be optimized automatically; found automatic_optimization=False. Search with "
            "etascope.torch.pick, whose step= does a whole step."
        )
    refuse_several(trainer.optimizers)
    if trainer.world_size > 1:
        raise InputError(
            f"a search runs on one device; found {trainer.world_size}. Search with devices=1 first, at the batch size "
            "of all devices together."
        )
    if trainer.precision not in PRECISIONS:
        raise InputError(f"precision must be one of {', '.join(PRECISIONS)} in a search; found {trainer.precision}.")
    if trainer.gradient_clip_val and trainer.gradient_clip_algorithm not in (None, "norm"):
        raise InputError(
            f"gradients can be clipped by norm alone in a search; found {trainer.gradient_clip_algorithm}. Give "
            "gradient_clip_algorithm='norm'."
        )
    if trainer.overfit_batches:
        raise InputError("overfit_batches trains on what it validates on; leave it out while the rate is searched.")


def uncalled(callbacks: Iterable[Any], module: Any) -> str:
    """Return what to say of hooks and callbacks that may change a training, and that trials do not call."""
    base = load_library("lightning.pytorch")
    names = hooks_of(module)
    for one in callbacks:
        kind: Any = one.__class__
        own = overridden(one, base.Callback, _hooks(base.Callback))
        # Lightning has callbacks that are made of functions.
        given = any(name in vars(one) for name in own)
        if kind.__name__ in CALLBACKS or (own and (given or kind.__module__.partition(".")[0] not in LIBRARIES)):
            names.append(kind.__name__)
    return uncalled_sentence(names)


def hooks_of(module: Any) -> list[str]:
    """Return the hooks of a module's own that trials do not call."""
    base = load_library("lightning.pytorch").LightningModule
    return overridden(module, base, _hooks(base))


def reloaded(trainer: Any) -> str:
    """Return what to say of loaders that are made anew while a training goes on; nothing where they stay."""
    every = trainer.reload_dataloaders_every_n_epochs
    return (
        f"Mind reload_dataloaders_every_n_epochs={every}: trials train on the loaders of the first epoch in all of "
        "them. Where later ones differ, the training is another one than the rate was found for."
        if every
        else ""
    )


def _hooks(base: type) -> list[str]:
    return [name for name in dir(base) if HOOKS.match(name) and not NOT_HOOKS.match(name)]


def refuse_finder(callbacks: Iterable[Any]) -> None:
    """Raise `InputError` where another callback searches a rate too."""
    finder = load_library("lightning.pytorch.callbacks").LearningRateFinder
    if any(isinstance(one, finder) for one in callbacks):
        raise InputError(
            "one callback must search the learning rate; found LearningRateFinder beside LearningRateSearch, which "
            "takes its place. Leave it out."
        )


def loaders(trainer: Any) -> tuple[Any, Any]:
    """Return both loaders; those that the Trainer has not asked for yet are asked for once more."""
    fit, combined = trainer.fit_loop, load_library("lightning.pytorch.utilities").CombinedLoader
    both: list[Any] = [trainer.train_dataloader, trainer.val_dataloaders]
    loader: Any
    for place, loop in enumerate((fit, fit.epoch_loop.val_loop)):
        source, loader = loop._data_source, both[place]
        if loader is None and source.is_defined():
            loader = source.dataloader()
        name = ("training", "validation")[place]
        if isinstance(loader, combined):
            parts = len(cast("Any", loader).flattened)
            raise InputError(
                f"a search needs one {name} loader; found a CombinedLoader of {parts}. Give fit() one, "
                "of a data set that joins them."
            )
        several = _several(loader)
        if isinstance(loader, dict) or len(several) != 1:
            there = len(several)
            raise InputError(f"a search needs one {name} loader; found {there or 'none'}. Give fit() one.")
        both[place] = several[0]
    return both[0], both[1]


def _several(loader: Any) -> list[Any]:
    if isinstance(loader, dict):
        return list(cast("dict[Any, Any]", loader).values())
    several: list[Any] = list(cast("list[Any]", loader)) if isinstance(loader, list | tuple) else [loader]
    # Where a module has no such loader, Lightning gives back None or a list of none.
    return [one for one in several if one is not None]


def limited(loader: Any, limit: float | None, name: str) -> int | None:
    """Return how many batches of a loader are used, or None where that is all and it has no length."""
    length = length_of(loader)
    whole = length if isinstance(limit, float) or limit is None else min(limit, limit if length is None else length)
    count = whole if whole is None or not isinstance(limit, float) else int(whole * limit)
    if count == 0:
        raise InputError(f"a search needs at least one batch of the loader; found limit_{name}_batches={limit:g}.")
    return count


def steps_of(trainer: Any, per_epoch: int, epochs: int | None) -> int:
    """Return the steps of the whole training."""
    most_epochs = trainer.max_epochs if epochs is None else epochs
    most = trainer.max_steps if trainer.max_steps > 0 and epochs is None else math.inf
    steps = min(most_epochs * per_epoch if most_epochs and most_epochs > 0 else math.inf, most)
    if steps == math.inf:
        raise InputError("the training must end; found no max_epochs or max_steps. Give epochs= to the search.")
    return int(steps)
