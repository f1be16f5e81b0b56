import contextlib
import random

import numpy as np
import torch

from etascope.training.pytorch.random_state import RandomState, random_state_kept, seed_all


def draw():
    return random.random(), np.random.random(), torch.rand(1).item()


def test_seeding_decides_all_three():
    with random_state_kept():
        seed_all(7)
        once = draw()
        seed_all(7)
        assert draw() == once
        seed_all(8)
        assert all(a != b for a, b in zip(draw(), once, strict=True))


def test_torch_is_seeded_as_by_its_own_function():
    with random_state_kept():
        seed_all(5)
        ours = torch.rand(3)
        torch.manual_seed(5)
        assert torch.equal(ours, torch.rand(3))


def test_the_states_are_put_back_however_a_block_ends():
    before = RandomState.now()
    expected = draw()
    before.restore()
    with contextlib.suppress(KeyboardInterrupt), random_state_kept():
        seed_all(3)
        draw()
        raise KeyboardInterrupt
    assert draw() == expected
