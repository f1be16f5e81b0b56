"""A training loop's model, loaders and steps as `etascope.torch.pick` takes them: `wrapped`, `EpochLoader`, `Clock`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from etascope.core.checks import held_to
from etascope.core.errors import InputError, option
from etascope.torch import pick
from etascope.training.pytorch.group_rates import LEAVE_OUT
from etascope.training.pytorch.library import Module, load_torch

#: Keywords of `etascope.torch.pick` that say how to search; all others are read from the loop.
SEARCH = (
    "low", "high", "budget", "tolerance", "target", "seed", "trials_in_memory", "metrics", "method", "progress",
    "histories", "recorder",
)  # fmt: skip


def check_search(search: dict[str, Any]) -> None:
    """Raise `InputError` for a keyword that does not say how to search, or has not the kind of value that it takes.

    Examples
    --------
    >>> check_search({"low": 0.1, "budgt": 3})
    Traceback (most recent call last):
    etascope.core.errors.InputError: a keyword of the search must be one of low, high, budget, tolerance, target, \
seed, trials_in_memory, metrics, method, progress, histories, recorder; found 'budgt'. Did you mean 'budget'?
    """
    for name in search:
        option("a keyword of the search", name, SEARCH)
    search.update(held_to(pick, search))


def wrapped(module: Module, outputs: Callable[[Module, Any], Any]) -> Module:
    """Return a module of the same name that holds `module`, and whose output is `outputs(module, inputs)`.

    `outputs` must be a function, because copies of the module share it.
    """
    torch = load_torch()

    def forward(self: Any, inputs: object) -> Any:
        return outputs(self.module, inputs)

    one: Any = type(type(module).__name__, (torch.nn.Module,), {"forward": forward})()
    one.module = module
    return one


@contextmanager
def advised(advice: str) -> Generator[None]:
    """Inside the block, say this of a rate that something else changes, in place of what `pick` says to its callers."""
    try:
        yield
    except InputError as error:
        if error.advice != LEAVE_OUT:
            raise
        raise InputError(error.sentences[0], f"Leave out what changes it, and {advice}.") from error


@dataclass(eq=False)
class EpochLoader:
    """A loader whose batches are pairs (inputs, targets), so many an epoch of the search.

    Attributes
    ----------
    loader
        Any iterable that can be gone through again.
    pair
        Called with a batch, its number in a pass of the loader, and how many the training had before it; returns the
        pair.
    batches
        Batches a pass; where the loader has fewer, it is gone through again. None is one pass of the loader.
    begin
        Called before the loader is gone through, with the generators where `pick` has set them.
    """

    loader: Iterable[Any]
    pair: Callable[[Any, int, int], tuple[Any, Any]]
    batches: int | None = None
    begin: Callable[[], None] | None = None
    _epoch: int = 0

    def begin_epoch(self, epoch: int) -> None:
        """Take the number of the pass that comes next, which the engine knows."""
        self._epoch = epoch

    def __len__(self) -> int:
        """Return the batches of a pass."""
        if self.batches is None:
            raise TypeError("a pass without a number of batches has no length")
        return self.batches

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Yield a pass."""
        number, earlier = 0, self._epoch * (self.batches or 0)
        while True:
            before = number
            if self.begin is not None:
                self.begin()
            for index, batch in enumerate(self.loader):
                yield self.pair(batch, index, earlier + number)
                number += 1
                if number == self.batches:
                    return
            if self.batches is None or number == before:
                return

    def __getattr__(self, name: str) -> Any:
        """Keep and restore a loader that has a state of its own."""
        if name in ("state_dict", "load_state_dict"):
            return getattr(self.loader, name)
        raise AttributeError(name)


@dataclass(frozen=True)
class Clock:
    """Tells step and epoch of a training by the batches that it had.

    Attributes
    ----------
    batches
        Batches of an epoch.
    length
        Batches of a pass, as `epochs_of` returns them.
    accumulate
        Batches a step.

    Examples
    --------
    >>> clock = Clock(batches=5, length=5, accumulate=2)
    >>> [(clock.step(done), clock.epoch(done)) for done in (0, 1, 2, 4, 5, 7)]
    [(0, 0), (0, 0), (1, 0), (2, 0), (3, 1), (4, 1)]
    """

    batches: int
    length: int
    accumulate: int

    @property
    def per_epoch(self) -> int:
        """The steps of an epoch."""
        return -(-self.batches // self.accumulate)

    def step(self, done: int) -> int:
        """Return how many steps came before a batch."""
        whole, within = divmod(done, self.length)
        return whole * -(-self.length // self.accumulate) + within // self.accumulate

    def updated(self, done: int) -> int:
        """Return the batches of the steps that came before a batch."""
        return done - done % self.length % self.accumulate

    def epoch(self, done: int) -> int:
        """Return the epoch of a batch."""
        return done // self.batches


def epochs_of(steps: int, batches: int, accumulate: int) -> tuple[int, int]:
    """Return batches a pass and passes, so that they make `steps` steps of `accumulate` batches.

    A training of whole epochs, each of so many `batches`, has their number of passes. One that ends within an epoch is
    a single pass, in which the loader is gone through again and again.

    Examples
    --------
    >>> epochs_of(30, 20, 2), epochs_of(25, 20, 2)
    ((20, 3), (50, 1))
    """
    epochs, rest = divmod(steps, -(-batches // accumulate))
    return (batches, epochs) if not rest else (steps * accumulate, 1)


def within_epoch(steps: int, clock: Clock) -> str:
    """Return what to say of a training that ends within an epoch, where those end with a step of fewer batches.

    Examples
    --------
    >>> within_epoch(8, Clock(7, 7, 2)), within_epoch(7, Clock(8, 14, 2)), within_epoch(7, Clock(7, 14, 2))[:35]
    ('', '', 'Mind the steps: 7 of them end withi')
    """
    if steps % clock.per_epoch == 0 or clock.batches % clock.accumulate == 0:
        return ""
    return (
        f"Mind the steps: {steps} of them end within an epoch. An epoch of the training ends with a step of "
        f"{clock.batches % clock.accumulate} in place of {clock.accumulate} batches, and those of trials have all."
    )
