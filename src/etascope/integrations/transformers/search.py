"""A learning rate for a Trainer of transformers: `recommend`, and `set_learning_rate`."""

from __future__ import annotations

import contextlib
import math
import warnings
from typing import Any
from weakref import WeakKeyDictionary

from etascope.core.errors import InputError, one_line
from etascope.core.extras import load_library
from etascope.core.run import Run
from etascope.integrations.training_loops.adapter import (
    Clock,
    EpochLoader,
    advised,
    check_search,
    epochs_of,
    within_epoch,
    wrapped,
)
from etascope.integrations.training_loops.differences import GIVEN, Copies, overridden, uncalled_sentence
from etascope.integrations.transformers.rates import (
    mind,
    multiple_of,
    optimizer_of,
    rates_apart,
    shape_of,
    unchanged,
    watch_training,
)
from etascope.integrations.transformers.trial import State, computed, counted, has_classes, numbers_kept, scores
from etascope.torch import TrainingOptions, pick
from etascope.training.pytorch.generators import loaders_kept, random_state_kept
from etascope.training.pytorch.library import Module, load_torch

#: Methods and events of a Trainer that may change a training step, and those that come after one.
HOOKS = (
    "training_step", "create_optimizer_and_scheduler", "get_batch_samples", "_prepare_inputs", "_clip_grad_norm",
    "autocast_smart_context_manager", "_run_epoch", "_inner_training_loop", "train",
)  # fmt: skip
EVENTS = (
    "on_train_begin", "on_epoch_begin", "on_step_begin", "on_pre_optimizer_step", "on_optimizer_step", "on_substep_end",
    "on_step_end", "on_epoch_end", "on_evaluate", "on_log", "on_save",
)  # fmt: skip
LIBRARIES = ("transformers", "etascope")
#: Schedules that wait for a metric, which trials have no say in.
_WAITING = ("reduce_lr_on_plateau", "greedy")


def recommend(trainer: Any, **search: Any) -> Run:
    """Choose the `learning_rate` of the Trainer's arguments; the Trainer stays as it is.

    Trials are copies of its model, or what its `model_init` makes. They train on `get_train_dataloader()` with
    `compute_loss`, the parameter groups and the optimizer of `create_optimizer()`, the schedule of `create_scheduler()`
    step by step, and of the arguments: epochs or `max_steps`, accumulation, `max_grad_norm`, bf16 and seed. Where
    labels are class numbers (batch,), rates are judged by accuracy and cross-entropy of the model's `logits` on
    `get_eval_dataloader()`, else by `compute_loss` there. Callbacks, `training_step` and `compute_metrics` have no
    part.

    Parameters
    ----------
    trainer
        A `transformers.Trainer` that has not trained yet, with a training and an evaluation data set.
    **search
        `low`, `high`, `budget`, `tolerance`, `target`, `trials_in_memory`, `metrics`, `method`, `progress`,
        `histories`, `recorder`, as in `etascope.torch.pick`. `seed` is that of the arguments, unless it is given.

    Returns
    -------
    Run
        `choice.learning_rate` is what `TrainingArguments(learning_rate=...)` should be.

    Raises
    ------
    InputError
        If something of the Trainer cannot be searched; the message says what to do.
    """
    transformers = load_library("transformers")
    check_search(search)
    _check(trainer, transformers.Trainer)
    args, label = trainer.args, _label(trainer)
    kept = (random_state_kept(), unchanged(trainer), numbers_kept(trainer), rates_apart(args))
    with kept[0], kept[1], kept[2] as moved, kept[3] as at:
        train, valid = _loaders(trainer)
        accumulate: int = args.gradient_accumulation_steps
        batches = _length(train, args.max_steps * accumulate)
        steps = _steps(args, -(-batches // accumulate))
        length, epochs = epochs_of(steps, batches, accumulate)
        clock = Clock(batches, length, accumulate)
        state = State(trainer, clock, steps)
        with loaders_kept(valid):
            judge = has_classes(trainer, valid, label)
        copies, own = Copies([trainer.model], "compute_loss", GIVEN), WeakKeyDictionary[Module, float]()

        def pair(batch: Any, _: int, done: int) -> tuple[Any, Any]:
            return {"batch": dict(batch), "done": done}, batch[label]

        multiples = list[float]()

        def optimizer(given: Any, learning_rate: float) -> Any:
            model = given[0].module
            multiples[:] = multiples or [multiple_of(trainer, model)]
            own[model] = learning_rate
            return optimizer_of(trainer, model, learning_rate, multiples[0])

        def loss(trial: Any, inputs: dict[str, Any], _: object) -> Any:
            trial.module.train()
            state.stand(inputs["done"])
            with at(own.get(trial.module)):
                value = computed(trainer, trial.module, inputs["batch"])
            copies.look(value)
            return value

        def outputs(model: Module, inputs: dict[str, Any]) -> Any:
            state.stand()
            with at(own.get(model)):
                return scores(model, inputs["batch"], label) if judge else computed(trainer, model, inputs["batch"])

        with advised("make its scheduler in create_scheduler"):
            run = pick(
                _model(trainer, outputs),
                EpochLoader(train, pair, length, lambda: _begin(train)),
                EpochLoader(valid, pair),
                optimizer,
                None if judge else lambda outputs, _: outputs,
                epochs,
                "constant" if (shape := shape_of(trainer, steps)) is None else shape,
                training=TrainingOptions(
                    train_loss=loss,
                    groups=lambda trial: [trial],
                    accumulate=accumulate,
                    clip_norm=args.max_grad_norm or None,
                    precision="bf16-mixed" if args.bf16 else None,
                    device=str(args.device),
                    trials_in_memory=search.pop("trials_in_memory", None),
                ),
                **{"seed": args.seed, **search},
            )
        chosen = run.choice.learning_rate
        return run.with_notes(
            mind(trainer, steps, chosen), counted(moved()), within_epoch(steps, clock), uncalled(trainer)
        )


def set_learning_rate(trainer: Any, **search: Any) -> Run:
    """Set `trainer.args.learning_rate` to what `recommend` finds; where it cannot tell yet, warn and leave it.

    Parameters and errors are those of `recommend`.
    """
    run = recommend(trainer, **search)
    if run.choice.learning_rate is None:
        why = " ".join(map(str, run.choice.reasons))
        warnings.warn(
            f"The learning rate cannot be told yet, and stays {trainer.args.learning_rate:g}. {why}", stacklevel=2
        )
    else:
        trainer.args.learning_rate = run.choice.learning_rate
        watch_training(trainer, run, uncalled(trainer))
    return run


def uncalled(trainer: Any) -> str:
    """Return what to say of methods and callbacks that may change a training, and that trials do not call."""
    library = load_library("transformers")
    names = overridden(trainer, library.Trainer, HOOKS)
    for one in trainer.callback_handler.callbacks:
        kind: Any = one.__class__
        own = overridden(one, library.TrainerCallback, EVENTS)
        if own and kind.__module__.partition(".")[0] not in LIBRARIES:
            names.append(kind.__name__)
    return uncalled_sentence(names)


def _check(trainer: Any, kind: type) -> None:
    """Raise `InputError` for what trials cannot do."""
    if not isinstance(trainer, kind):
        raise InputError(
            f"a Trainer of transformers must be given; found {type(trainer).__name__}. Use etascope.torch.pick for a "
            "loop of your own."
        )
    one: Any = trainer
    args = one.args
    if one.optimizer is not None or one.lr_scheduler is not None:
        raise InputError(
            "the Trainer must make its optimizer and scheduler itself, a new one for each trial; found one that is "
            "there already. Name them with optim and lr_scheduler_type, or make a Trainer that has not trained yet."
        )
    if args.world_size > 1 or args.n_gpu > 1:
        raise InputError(
            f"a search runs on one device; found {max(args.world_size, args.n_gpu)}. Search on one first, at the batch "
            "size of all together."
        )
    if one.is_deepspeed_enabled or one.is_fsdp_enabled:
        raise InputError("a search holds whole models on one device; found DeepSpeed or FSDP. Search without it first.")
    if args.fp16:
        raise InputError("trials train in float32 or bfloat16; found fp16. Give bf16=True.")
    if str(getattr(args.lr_scheduler_type, "value", args.lr_scheduler_type)) in _WAITING:
        raise InputError(
            f"lr_scheduler_type must be a schedule by step; found {args.lr_scheduler_type.value}, which waits for a "
            "metric. Search with constant, and train with it then."
        )
    if not args.learning_rate > 0:
        raise InputError(f"learning_rate must be above 0 to begin with; found {args.learning_rate:g}. Give 5e-5.")


def _label(trainer: Any) -> str:
    names = list(trainer.label_names or ())
    if len(names) != 1:
        there = ", ".join(names) or "none"
        raise InputError(f"a batch must have one entry of labels; found {there}. Name it with label_names=['labels'].")
    return names[0]


def _loaders(trainer: Any) -> tuple[Any, Any]:
    """Return new loaders, without what accelerate counts while it goes through them."""
    if isinstance(trainer.eval_dataset, dict):
        raise InputError("rates are judged on one eval_dataset; found a dict of several. Give a Trainer one of them.")
    loaders = list[Any]()
    for name in ("get_train_dataloader", "get_eval_dataloader"):
        try:
            loader = getattr(trainer, name)()
        except ValueError as error:
            raise InputError(
                f"the Trainer must have a train_dataset and an eval_dataset; {one_line(error)}."
            ) from error
        loaders.append(getattr(loader, "base_dataloader", loader))
        for one in _samplers(loaders[-1]):
            # That of accelerate makes its generator in its first pass, which would look like one that was touched.
            if hasattr(one, "initial_seed") and one.generator is None:
                one.generator = load_torch().Generator()
    return loaders[0], loaders[1]


def _begin(loader: Any) -> None:
    """Begin a pass of a loader whose sampler counts its epochs itself: the count is drawn, so that it is repeated."""
    epoch = int(load_torch().randint(2**31, ()))
    for one in _samplers(loader):
        if callable(getattr(one, "set_epoch", None)):
            one.set_epoch(epoch)


def _samplers(loader: Any) -> list[Any]:
    """Return a loader and all that decides on its order."""
    batch_sampler = getattr(loader, "batch_sampler", None)
    return [loader, batch_sampler, getattr(loader, "sampler", None), getattr(batch_sampler, "sampler", None)]


def _length(loader: Any, otherwise: int) -> int:
    with contextlib.suppress(TypeError):
        return len(loader)
    if otherwise <= 0:
        raise InputError("a train_dataset must have a length, or the arguments max_steps; found neither.")
    return otherwise


def _steps(args: Any, per_epoch: int) -> int:
    return args.max_steps if args.max_steps > 0 else math.ceil(args.num_train_epochs * per_epoch)


def _model(trainer: Any, outputs: Any) -> Any:
    """Return the Trainer's model as trials take it, or the factory that makes one anew."""
    if trainer.model_init is None:
        one = wrapped(trainer.model, outputs)
        # Models come in eval mode as a whole, and are trained in training mode.
        one.training = trainer.model.training
        return one

    def model_init(seed: int) -> Module:
        del seed
        return wrapped(trainer.call_model_init(), outputs)

    return model_init
