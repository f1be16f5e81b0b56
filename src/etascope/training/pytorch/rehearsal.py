"""A trial rehearsed before a search: whether it comes out the same again, and after an interruption: `rehearsed`."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from etascope.core.errors import InputError
from etascope.core.plan import Plan
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.custom.broadcasting import broadcast_sentences
from etascope.training.pytorch.custom.objective import AnyLoss, ClassLoss, one_number
from etascope.training.pytorch.custom.schedule import waiting_schedulers
from etascope.training.pytorch.generators import seed_all, seed_each
from etascope.training.pytorch.group_rates import refuse_schedulers
from etascope.training.pytorch.library import Tensor, load_torch
from etascope.training.pytorch.memory import is_out_of_memory
from etascope.training.pytorch.networks import distance, is_lazy
from etascope.training.pytorch.outside_state import (
    LARGEST,
    LOSES,
    SharedState,
    changed_outside,
    lost_state,
    outside_state,
)
from etascope.training.pytorch.running_trial import RunningTrial
from etascope.training.pytorch.unit import Training
from etascope.training.random_streams import step_seed

#: Steps of a rehearsed trial, and of those the ones before it is interrupted. Two come after: the loss of the first
#: tells what the model has lost, and that of the second what the optimizer has.
STEPS, KEPT = 5, 3
#: Steps beside those, so that what counts calls by fives does not look the same again.
MORE = 2
#: Batches of each step that are kept in memory, at most.
PARTS = 2
#: What losses may differ by, as a share, and weights, as a share of how far they moved: on the processor, and
#: elsewhere, where sums are added up in another order each time.
NEAR, MOVED = 1e-4, 1e-3
NEAR_ELSEWHERE, MOVED_ELSEWHERE = 5e-3, 0.1

_DRAW = "and draw from the generators of Python, NumPy or PyTorch"
_FORGOTTEN = (
    "what changes there in training is in no state_dict(), and a trial that is interrupted goes on without it. That "
    f"made no difference in {STEPS} steps; if it makes one later, keep it in a buffer, with register_buffer."
)


@dataclass(frozen=True, eq=False)
class _Trained:
    """What a rehearsed trial came to.

    Attributes
    ----------
    losses
        Of each step, then that of a look in eval mode.
    weights
        After the steps that come before an interruption, and at the end.
    outside
        What is kept beside the state at the end, as `outside_state` returns it.
    """

    losses: Sequence[float]
    weights: tuple[Sequence[Tensor], Sequence[Tensor]]
    outside: tuple[Mapping[str, str], Mapping[str, str]]


def rehearsed(training: Training, plan: Plan) -> tuple[str, ...]:
    """Train a trial of a plan for a few steps, and again; return what to mind of it, in sentences.

    The second time it is interrupted, if the plan keeps checkpoints, and goes on as trials of a search do. Raises
    `InputError` if the loss is not the same of the same batch, or a trial does not go on as if it had not been
    interrupted.
    """
    shared = SharedState.of(training, int(plan.seeds[0]))
    try:
        rehearsal = _Rehearsal(training, plan)
        return (*(rehearsal.sentences() or shared.sentences()), *rehearsal.spread())
    except Exception as error:
        if is_out_of_memory(error):
            # Training says so in a sentence, or finds a way.
            return ()
        raise
    finally:
        gc.collect()
        if load_torch().cuda.is_initialized():
            load_torch().cuda.empty_cache()


class _Rehearsal:
    def __init__(self, training: Training, plan: Plan) -> None:
        self._training, self._seed, self._fold = training, int(plan.seeds[0]), int(plan.folds[0])
        peaks = sorted(plan.rates.max(axis=1, initial=1e-30).tolist())
        # A rate in the middle: at the highest a trial may diverge, and at the lowest hardly anything moves.
        self._rate, self._keeps = float(peaks[len(peaks) // 2]), plan.keep_checkpoints
        steps = islice(training.batches.steps(self._seed, self._fold, 0, 0), STEPS)
        batches = [[part.fresh() for part in parts[:PARTS]] for parts in steps]
        self._batches = list(islice(cycle(batches), STEPS))
        self._here = training.settings.device.type == "cpu"
        self._near, self._far = (NEAR, MOVED) if self._here else (NEAR_ELSEWHERE, MOVED_ELSEWHERE)

    def spread(self) -> tuple[str, ...]:
        return broadcast_sentences(self._start(), [part.fresh() for part in self._batches[0]], self._rate)

    def sentences(self) -> tuple[str, ...]:
        self._refuse_loss()
        with waiting_schedulers() as scheduled:
            one = self._train(scheduled=scheduled)
        settings = self._training.settings
        if settings.step is not None or settings.train_loss is not None:
            running = self._start()
            for number in range(MORE):
                self._step(running, number)
        other = self._train(interrupted=self._keeps)
        # Until the interruption both were trained alike: what differs there already comes from the training itself.
        early = self._differs(one, other, early=True)
        if early is not None:
            self._refuse_train_loss()
            return (self._unsteady(*early),)
        late = self._differs(one, other)
        if late is None:
            return self._forgotten(one, other)
        again = self._differs(one, self._train())
        if again is not None or not self._keeps:
            return (self._unsteady(*(late if again is None else again)),)
        raise self._lost(one, other)

    def _start(self) -> RunningTrial:
        return self._training.start(self._seed, self._rate, None)

    def _seeded(self, running: RunningTrial, number: int) -> None:
        seed = step_seed(self._seed, self._fold, number)
        seed_all(seed)
        seed_each(running.generators, seed)

    def _step(self, running: RunningTrial, number: int) -> float:
        self._seeded(running, number)
        return float(running.step([part.fresh() for part in self._batches[number]], self._rate)[0])

    def _train(self, *, interrupted: bool = False, scheduled: Sequence[object] = ()) -> _Trained:
        running, losses, networks = self._start(), list[float](), self._training.networks
        early: Sequence[Tensor] = ()
        for number in range(STEPS):
            if number == KEPT:
                early = _weights(running)
                if interrupted:
                    checkpoint = networks.pack(running.module, running.optimizers, number, self._rate)
                    del running
                    running = self._training.start(self._seed, self._rate, checkpoint)
            losses.append(self._step(running, number))
        refuse_schedulers(running.optimizers, scheduled)
        late, batch = _weights(running), self._batches[0][0]
        running.evaluating()
        self._seeded(running, STEPS)
        judged = math.nan
        # What a loss refuses in validation is refused there.
        with suppress(InputError):
            judged = float(running.judge(batch.fresh()).loss) / batch.size
        outside = outside_state(running.module, running.optimizers, LARGEST)
        losses.append(judged)
        return _Trained(losses, (early, late), outside)

    def _forgotten(self, one: _Trained, other: _Trained) -> tuple[str, ...]:
        """Return what to mind where what is kept beside the state is lost, though the steps came out the same."""
        if not any(lost := changed_outside(one.outside, other.outside)) or not self._here:
            return ()
        # What differs without an interruption, too, is the time of day.
        every = changed_outside(one.outside, self._train().outside)
        names = [name for lost_there, same in zip(lost, every, strict=True) for name in lost_there if name not in same]
        return (f"Mind {', '.join(names)}: {_FORGOTTEN}",) if names else ()

    def _differs(self, one: _Trained, other: _Trained, *, early: bool = False) -> tuple[str, float, float] | None:
        """Return where two trials differ, as words, with the losses there; None where they do not."""
        least = 1e-6 * max((abs(loss) for loss in one.losses if math.isfinite(loss)), default=0.0)
        pairs = list(zip(one.losses, other.losses, strict=True))[: KEPT if early else None]
        for number, (mine, theirs) in enumerate(pairs):
            if not _near(mine, theirs, self._near, least):
                where = f"in step {number + 1}" if number < STEPS else f"in validation after step {STEPS}"
                return where, mine, theirs
        at = 0 if early else 1
        if distance(one.weights[at], other.weights[at], one.weights) > self._far:
            last = KEPT if early else STEPS
            return f"in step {last}, and then other weights", *pairs[last - 1]
        return None

    def _unsteady(self, where: str, mine: float, theirs: float) -> str:
        settings = self._training.settings
        name = "step" if settings.step is not None else "train_loss" if settings.train_loss is not None else ""
        name = "the model" if self._model_differs() else name or "the model or the optimizer"
        return (
            f"Mind the training: the same trial came out otherwise when it was trained again from the start: a loss of "
            f"{mine:.6g} and then {theirs:.6g} {where}. Something in {name} keeps count or draws from call to call, so "
            f"that trials share it and chance decides more. Keep it in a buffer of the model, {_DRAW}."
        )

    def _model_differs(self) -> bool:
        """Return whether new models with the same seed say something else of the same batch."""
        sums = list[float]()
        for _ in range(2):
            running = self._start()
            self._seeded(running, 0)
            with load_torch().no_grad():
                outputs: Any = running.module(self._batches[0][0].fresh().inputs)
            if not isinstance(outputs, load_torch().Tensor):
                return False
            sums.append(float(outputs.detach().double().abs().sum()))
        return not _near(sums[0], sums[1], self._near)

    def _refuse_loss(self) -> None:
        """Raise `InputError` where a loss says another number of the same outputs and targets."""
        torch, objective = load_torch(), self._training.objective
        if not isinstance(objective, ClassLoss | AnyLoss):
            return
        running, batch = self._start(), self._batches[0][0]
        running.evaluating()
        self._seeded(running, 0)
        with torch.no_grad():
            outputs = running.module(batch.fresh().inputs)

        def said() -> float:
            self._seeded(running, 0)
            own = Batch(outputs, batch.targets, batch.size).fresh()
            # What it raises is said where it trains.
            with suppress(Exception):
                return float(objective.loss(own.inputs, own.targets)[0].detach())
            return math.nan

        _require_same(said, "loss", "outputs and targets", NEAR)

    def _refuse_train_loss(self) -> None:
        own, batch = self._training.settings.train_loss, self._batches[0][0]
        if own is None:
            return

        def said() -> float:
            running, given = self._start(), batch.fresh()
            self._seeded(running, 0)
            return float(one_number(own(running.module, given.inputs, given.targets)).detach())

        if not self._model_differs():
            _require_same(said, "train_loss", "model and batch", self._near)

    def _lost(self, one: _Trained, other: _Trained) -> InputError:
        """Return what to say of a trial that does not go on as it would have: with what changed outside its state."""
        running = self._start()
        before = outside_state(running.module, running.optimizers)
        for number in range(KEPT):
            self._step(running, number)
        after = outside_state(running.module, running.optimizers)
        # Until the first step after the interruption is done, an optimizer has had no say.
        late = _near(one.losses[KEPT], other.losses[KEPT], self._near)
        adds = self._training.settings.step is not None
        refused = lost_state(running.module, before, after, adds=adds, model_first=not late)
        if refused is not None:
            return refused
        mine, theirs = one.losses[-1], other.losses[-1]
        return InputError(
            f"model and optimizer must keep all that changes in training in their state_dict(), {LOSES}; found a trial "
            f"that came to a loss of {theirs:.6g} in place of {mine:.6g} after it was interrupted. Keep what is beside "
            "them in a buffer of the model, or in the optimizer's state[parameter]."
        )


def _require_same(said: Callable[[], float], name: str, of: str, near: float) -> None:
    first = said()
    for _ in range(3):
        later = said()
        if not _near(first, later, near):
            raise InputError(
                f"{name} must say the same of the same {of} whenever it is called, because trials share it; found "
                f"{first:.6g} and then {later:.6g}. Keep what it counts in a buffer of the model"
                f"{'' if name == 'train_loss' else ', which train_loss= is given'}, {_DRAW}."
            )


def _near(one: float, other: float, share: float, least: float = 0.0) -> bool:
    if not (math.isfinite(one) and math.isfinite(other)):
        return math.isfinite(one) == math.isfinite(other)
    return math.isclose(one, other, rel_tol=share, abs_tol=least)


def _weights(running: RunningTrial) -> Sequence[Tensor]:
    return [p.detach().to("cpu", copy=True) for p in running.module.parameters() if not is_lazy(p)]
