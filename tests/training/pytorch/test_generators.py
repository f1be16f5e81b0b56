import contextlib
import functools
import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from etascope.training.pytorch.generators import (
    RandomState,
    generators_of,
    loaders_kept,
    random_state_kept,
    seed_all,
    seed_generators,
    states_of,
)


class Shifting(torch.utils.data.Dataset):
    """A data set with generators of its own, one of them deep inside."""

    def __init__(self):
        self.rng = np.random.default_rng(1)
        self.steps = [{"flip": random.Random(2)}, np.random.RandomState(3)]

    def __len__(self):
        return 6

    def __getitem__(self, i):
        return self.draw(), i

    def draw(self):
        return self.rng.random(), self.steps[0]["flip"].random(), self.steps[1].random_sample()


def loader():
    return DataLoader(Shifting(), batch_size=2, shuffle=True, generator=torch.Generator().manual_seed(4))


def test_every_generator_is_found_once():
    generators = generators_of(loader(), loader())
    kinds = {type(g) for g in generators}
    assert kinds == {torch.Generator, np.random.Generator, np.random.RandomState, random.Random}
    assert len({id(g) for g in generators}) == len(generators)
    assert generators_of([(torch.zeros(2), 1)], "text", None) == []


def test_seeding_decides_what_they_draw():
    one, other = loader(), loader()
    one.dataset.draw()
    for seed, same in ((5, True), (6, False)):
        seed_generators(one, 5)
        seed_generators(other, seed)
        assert (one.dataset.draw() == other.dataset.draw()) is same
        assert torch.equal(torch.rand(3, generator=one.generator), torch.rand(3, generator=other.generator)) is same


def test_they_are_put_back_however_a_block_ends():
    kept = loader()
    before = repr(states_of(kept))
    with contextlib.suppress(KeyboardInterrupt), loaders_kept(kept):
        seed_generators(kept, 9)
        list(kept)
        raise KeyboardInterrupt
    assert repr(states_of(kept)) == before


def test_a_loader_with_a_state_of_its_own_is_put_back():
    class Stateful(list):
        place = 3

        def state_dict(self):
            return {"place": self.place}

        def load_state_dict(self, state):
            self.place = state["place"]

    kept = Stateful([1])
    with loaders_kept(kept):
        kept.place = 7
    assert kept.place == 3


def test_large_data_sets_are_not_walked_through():
    data = TensorDataset(torch.zeros(5, 2))
    data.rows = [[i] for i in range(100_000)]
    assert generators_of(DataLoader(data)) == []


@pytest.mark.parametrize("seedable", [False, True])
def test_a_loader_of_accelerate_gives_the_order_of_the_seed_and_is_put_back(seedable):
    from accelerate import Accelerator
    from accelerate.utils import DataLoaderConfiguration

    def prepared():
        accelerator = Accelerator(cpu=True, dataloader_config=DataLoaderConfiguration(use_seedable_sampler=seedable))
        return accelerator.prepare(DataLoader(TensorDataset(torch.arange(40)), batch_size=8, shuffle=True))

    def rows(one):
        return torch.cat([batch[0] for batch in one]).tolist()

    def order(one, seed):
        torch.manual_seed(seed)
        seed_generators(one, seed)
        return rows(one)

    torch.manual_seed(0)
    one = prepared()
    torch.manual_seed(0)
    twin = prepared()
    rows(one), rows(twin)
    before = repr(states_of(one))
    with loaders_kept(one):
        first = order(one, 5)
        # A pass that was broken off, and one that was not, change nothing of what a seed gives.
        next(iter(one))
        assert order(one, 5) == first
        assert order(one, 6) != first
    assert repr(states_of(one)) == before
    orders = []
    for loader in (one, twin):
        torch.manual_seed(1)
        orders.append(rows(loader))
    assert orders[0] == orders[1]


def test_an_epoch_that_could_not_be_put_back_is_left_alone():
    class Counting(list):
        def set_epoch(self, epoch):
            raise AssertionError

    seed_generators(Counting([1, 2]), 5)
    with loaders_kept(Counting([1, 2])):
        pass


GLOBAL, UNUSED = np.random.default_rng(7), random.Random(8)


class Compose:
    """A transform with generators of its own, as albumentations has them."""

    __slots__ = ("rng",)

    def __init__(self, seed=None):
        self.rng = np.random.default_rng(seed)

    def __call__(self, x):
        return x + self.rng.random()


class Transformed(torch.utils.data.Dataset):
    shared = random.Random(9)

    def __init__(self, transform):
        self.samples, self.transform = [(f"{i}.png", i) for i in range(5000)], transform

    def __len__(self):
        return 12

    def __getitem__(self, i):
        return self.transform(self.shared.random() + GLOBAL.random()), i


def in_lambda():
    compose = Compose()
    return lambda x: compose(x)


@pytest.mark.parametrize("transform", [Compose(), in_lambda(), functools.partial(Compose(), x=1.0), Compose().__call__])
def test_generators_in_transforms_classes_and_global_names_are_found(transform):
    dataset = Transformed(transform)
    generators = generators_of(DataLoader(dataset, 4))
    assert {id(GLOBAL), id(Transformed.shared)} <= {id(one) for one in generators}
    assert sum(isinstance(one, np.random.Generator) for one in generators) == 2
    assert all(one is not UNUSED for one in generators)
    if not isinstance(transform, functools.partial):
        before = repr(states_of(dataset))
        dataset[0]
        assert repr(states_of(dataset)) != before


IN_STATIC, IN_CLASS_METHOD, IN_PROPERTY = (random.Random(seed) for seed in range(3))


class Methods(torch.utils.data.Dataset):
    @staticmethod
    def one():
        return IN_STATIC.random()

    @classmethod
    def other(cls):
        return IN_CLASS_METHOD.random()

    @property
    def third(self):
        return IN_PROPERTY.random()


def test_generators_that_methods_of_every_kind_name_are_found_also_behind_a_trainer_of_lightning():
    from lightning.pytorch import Trainer

    trainer = Trainer(logger=False, enable_checkpointing=False, enable_progress_bar=False, accelerator="cpu")
    generators = generators_of([trainer, DataLoader(Methods())])
    assert {id(one) for one in generators} == {id(one) for one in (IN_STATIC, IN_CLASS_METHOD, IN_PROPERTY)}


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
