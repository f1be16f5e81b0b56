"""Everything random in a training, from its seed alone: initial weights and data order.

Trials that are compared share both (common random numbers), whatever their learning rate, engine or machine.
"""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: The second word of each seed: streams of one seed have nothing to do with each other. Folds enter as `fold + 1`,
#: because words must not be negative and -1 holds nothing out.
_WEIGHTS, _ORDER, _STEP, _PASS = 0, 1, 2, 3


# Kept, since all trials of a seed begin with them, and so never written to.
@lru_cache(maxsize=8)
def initial_parameters(sizes: tuple[int, ...], seed: int) -> tuple[NDArray[np.float32], ...]:
    """Return weight `(fan_in, fan_out)` and bias `(fan_out,)` of each layer, float32, read-only.

    Each value is uniform in `[-1/sqrt(fan_in), 1/sqrt(fan_in))`, as PyTorch initialises `nn.Linear`.

    Parameters
    ----------
    sizes
        Features, hidden units of each layer, classes.
    seed
        At least 0.

    Examples
    --------
    >>> [p.shape for p in initial_parameters((784, 128, 10), seed=0)]
    [(784, 128), (128,), (128, 10), (10,)]
    """
    generator = np.random.default_rng([seed, _WEIGHTS])
    parameters: list[NDArray[np.float32]] = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        bound = np.float32(1 / np.sqrt(fan_in))
        for shape in ((fan_in, fan_out), (fan_out,)):
            values = (2 * generator.random(shape, np.float32) - 1) * bound
            values.flags.writeable = False
            parameters.append(values)
    return tuple(parameters)


def epoch_order(rows: NDArray[np.int64], size: int, seed: int, fold: int, epoch: int) -> NDArray[np.int64]:
    """Return the `size` training rows of an epoch in the order in which they are trained.

    When there are more rows than `size`, this epoch leaves the last of its shuffle out. Seed, fold and epoch, counted
    from 0, decide the order together.
    """
    # By its number and not after the epochs before: a trial that goes on from a checkpoint draws none of those again.
    generator = np.random.default_rng([seed, _ORDER, fold + 1, epoch])
    return generator.permutation(rows)[:size]


def step_seed(seed: int, fold: int, step: int) -> int:
    """Return the seed of what is random within step number `step` (counted from 0): dropout, and the like.

    Trials with equal seed and fold share it, and so their dropout masks.

    Examples
    --------
    >>> step_seed(0, 1, 2) == step_seed(0, 1, 2) != step_seed(0, 1, 3)
    True
    """
    return int(np.random.SeedSequence([seed, _STEP, fold + 1, step]).generate_state(1)[0])


def pass_seed(seed: int, fold: int, epoch: int) -> int:
    """Return the seed of what is random in one pass over a loader: its order, and augmentation."""
    return int(np.random.SeedSequence([seed, _PASS, fold + 1, epoch]).generate_state(1)[0])
