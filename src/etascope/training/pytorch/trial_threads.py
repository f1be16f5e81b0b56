"""Trials that train beside each other, on threads of the processor: `TrialThreads`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Protocol, TypeVar

from etascope.core.errors import InputError
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.generators import RandomState, seed_all, seed_each, state_of
from etascope.training.pytorch.library import Module, Tensor, load_torch, tensors_in
from etascope.training.pytorch.memory import is_out_of_memory
from etascope.training.pytorch.networks import is_lazy
from etascope.training.pytorch.running_trial import RunningTrial, Settings

Result = TypeVar("Result")

#: Multiply-adds of a forward pass of a batch, below which Python and not PyTorch takes the time of a step: threads
#: would wait for the interpreter.
WORTH = 3e7
#: Steps that a trial goes on by itself, for threads that wait for each other after every step idle.
BLOCK = 4
#: At so many places of a trial's step, at most, another one is trained to see whether they share something.
PLACES = 30
#: At this rate.
TRIED = 1e-3


class RandomDrawn(Exception):
    """A trial drew random numbers while others trained beside it, so that nobody can say which ones it had."""


class TrialPool(Protocol):
    """Does the same with every trial; `block` is how many steps that may be at once."""

    block: int

    def each(self, trials: Sequence[RunningTrial], seed: int, do: Callable[[RunningTrial], Result]) -> list[Result]:
        """Return what `do` returns of each trial, in order, the generators seeded alike for each."""
        ...


class OneByOne:
    """Takes one trial after the other, each with all of PyTorch's threads."""

    block = 1

    def each(self, trials: Sequence[RunningTrial], seed: int, do: Callable[[RunningTrial], Result]) -> list[Result]:
        """Return what `do` returns of each trial, the generators seeded before each."""
        results = list[Result]()
        for running in trials:
            seed_all(seed)
            seed_each(running.generators, seed)
            results.append(do(running))
        return results


class TrialThreads:
    """Takes trials beside each other, PyTorch's threads dealt out evenly; for models that draw no random numbers.

    Small networks keep one core busy and no more: eight trials on a thread each are done before eight in turn, each on
    all threads. The threads are ended with the block.
    """

    block = BLOCK

    def __init__(self, threads: int) -> None:
        torch = load_torch()
        self._own = torch.get_num_threads()
        share = max(1, self._own // threads)
        self._pool = ThreadPoolExecutor(threads, "trial", lambda: torch.set_num_threads(share))

    def __enter__(self) -> TrialThreads:
        """Return itself."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Wait for what runs, and end the threads."""
        self._pool.shutdown(cancel_futures=True)
        # Threads that are begun later would take the number from those that ended.
        load_torch().set_num_threads(self._own)

    def each(self, trials: Sequence[RunningTrial], seed: int, do: Callable[[RunningTrial], Result]) -> list[Result]:
        """Return what `do` returns of each trial; raise `RandomDrawn` if a generator that all share has moved."""
        seed_all(seed)
        before, own = RandomState.now(), _generator_states(trials)
        futures = [self._pool.submit(do, running) for running in trials]
        wait(futures)
        results = [one.result() for one in futures]
        if not RandomState.now().equals(before) or _generator_states(trials) != own:
            raise RandomDrawn
        return results


def _generator_states(trials: Sequence[RunningTrial]) -> list[str]:
    return [repr(state_of(generator)) for running in trials for generator in running.generators]


def threads_for(
    start: Callable[[], RunningTrial], batch: Callable[[], Batch], settings: Settings, multiplications: float
) -> int:
    """Return how many trials may train at once: as many as PyTorch has threads, where that is safe and pays.

    A step and a look at validation of a trial that nobody else needs, which `start` returns, tell whether it draws
    random numbers, and whether they come out otherwise when another trial is trained in between, as with a class
    attribute that holds something from layer to layer. Steps and losses of one's own may hold on to things that two
    threads must not share: those are done in turn. `multiplications` are the multiply-adds of a forward pass of a
    batch.
    """
    torch = load_torch()
    threads, own = int(torch.get_num_threads()), settings.step is not None or settings.train_loss is not None
    mixed = torch.is_autocast_enabled("cpu")
    if threads == 1 or settings.device.type != "cpu" or own or mixed or multiplications < WORTH:
        return 1
    try:
        tried, given = start(), batch()
        seed_all(0)
        before, drawn = RandomState.now(), _generator_states([tried])
        alone = _step_and_look(tried, given)
        if not RandomState.now().equals(before) or _generator_states([tried]) != drawn:
            return 1
        del tried
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        # One trial alone is too much already; training says so in a sentence.
        return 1
    try:
        beside = _interrupted(start(), start(), given)
    except Exception:
        # What comes of this alone would have come before.
        return 1
    return threads if all(map(torch.equal, alone, beside)) else 1


def _step_and_look(running: RunningTrial, batch: Batch) -> list[Tensor]:
    """Return the losses of a step and of a look in eval mode, and the weights."""
    loss, _ = running.step([batch.fresh()], TRIED)
    running.evaluating()
    judged = running.judge(batch.fresh()).loss
    return [loss, judged, *(p.detach() for p in running.module.parameters() if not is_lazy(p))]


def _interrupted(running: RunningTrial, other: RunningTrial, batch: Batch) -> list[Tensor]:
    """Return the same, while another trial does so after each part of the model, as on another thread it may."""
    torch, busy, few = load_torch(), list[int](), _few(batch)
    other.step([batch.fresh()], TRIED)
    try:
        other.step([few.fresh()], TRIED)
    except InputError:
        few = batch

    def another(*_: object) -> None:
        if not busy:
            busy.append(1)
            with torch.enable_grad():
                _step_and_look(other, few)
            other.training()
            busy.clear()

    def whole(_: Module, __: object, outputs: object) -> None:
        another()
        for tensor in tensors_in(outputs)[:1]:
            if tensor.requires_grad:
                tensor.register_hook(another)

    parts = [part for part in running.module.modules() if not list(part.children())]
    for part in parts[:: -(-len(parts) // PLACES)]:
        part.register_forward_hook(another)
    running.module.register_forward_hook(whole)
    return _step_and_look(running, batch)


def _few(batch: Batch) -> Batch:
    """Return two examples of a batch of tensors, which cost little; of another, all."""
    pair = (batch.inputs, batch.targets)
    if batch.size > 2 and all(isinstance(one, load_torch().Tensor) and len(one) == batch.size for one in pair):
        return Batch(batch.inputs[:2], batch.targets[:2], 2)
    return batch
