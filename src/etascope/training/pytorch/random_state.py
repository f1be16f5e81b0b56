"""The generators that Python, NumPy and PyTorch share: kept, put back, and seeded for each step."""

from __future__ import annotations

import random
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from etascope.training.pytorch.library import load_torch


@dataclass(frozen=True, eq=False)
class RandomState:
    """Where the global generators stand.

    Attributes
    ----------
    python, numpy
        Of `random` and of `numpy.random`.
    torch
        Of PyTorch on the processor.
    cuda
        A state a CUDA device; empty where CUDA was never used.
    """

    python: Any
    numpy: Any
    torch: Any
    cuda: tuple[Any, ...]

    @classmethod
    def now(cls) -> RandomState:
        """Return where they stand."""
        torch = load_torch()
        cuda = tuple(torch.cuda.get_rng_state_all()) if torch.cuda.is_initialized() else ()
        return cls(random.getstate(), np.random.get_state(), torch.get_rng_state(), cuda)  # noqa: NPY002 - the global one

    def equals(self, other: RandomState) -> bool:
        """Return whether all stand where they stand in another state."""
        torch = load_torch()
        pairs = [(self.torch, other.torch), *zip(self.cuda, other.cuda, strict=False)]
        (name, keys, *rest), (other_name, other_keys, *other_rest) = self.numpy, other.numpy
        return (
            self.python == other.python
            and (name, rest) == (other_name, other_rest)
            and np.array_equal(keys, other_keys)
            and len(self.cuda) == len(other.cuda)
            and all(torch.equal(one, two) for one, two in pairs)
        )

    def restore(self) -> None:
        """Put them back there."""
        torch = load_torch()
        random.setstate(self.python)
        np.random.set_state(self.numpy)  # noqa: NPY002 - the global one
        torch.set_rng_state(self.torch)
        if self.cuda:
            torch.cuda.set_rng_state_all(list(self.cuda))


def seed_all(seed: int) -> None:
    """Seed the generators of Python, NumPy and PyTorch, on every device that was used."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the global one
    torch = load_torch()
    # Not torch.manual_seed: where a device has not been used yet, it writes down the whole call stack each time.
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)


@contextmanager
def random_state_kept() -> Generator[None]:
    """Put the global generators back where they stood, however the block ends."""
    before = RandomState.now()
    try:
        yield
    finally:
        before.restore()
