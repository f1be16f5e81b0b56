import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, Subset, SubsetRandomSampler, TensorDataset, WeightedRandomSampler

from etascope.torch import TrainingOptions, pick
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.custom.trained_on import TrainedOn
from tests.test_torch import sgd
from tests.training.pytorch.networks import Linear

X = torch.rand(200, 3, 8, 8, generator=torch.Generator().manual_seed(0))
Y = torch.arange(200) % 3


def sentences_after(train, valid, dtype=torch.float32):
    """Return what is told after the rows `valid` were met as validation, and the rows `train` in training."""
    one = TrainedOn()
    for part in torch.as_tensor(valid).split(20):
        one.validates(Batch(X[part].to(dtype), Y[part], len(part)))
    for number, part in enumerate(torch.as_tensor(train).split(7), 1):
        one.trains(Batch(X[part].to(dtype), Y[part], len(part)), 0, 0, number)
    return one.sentences()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_examples_that_are_trained_on_are_known_whatever_the_batches(dtype):
    assert sentences_after(range(150), range(150, 200), dtype) == ()
    (sentence,) = sentences_after(range(199, -1, -1), range(150, 200), dtype)
    assert sentence.startswith("Mind the validation: its examples are trained on too")
    (part,) = sentences_after(range(170), range(150, 200), dtype)
    assert "40% of its examples are trained on too" in part


def test_few_examples_are_told_and_the_same_one_again_is_one():
    assert "it has only one example" in sentences_after(range(100), [150])[0]
    assert "it has only one example" in sentences_after(range(100), [150] * 60)[0]
    assert "it has only 9 different examples" in sentences_after(range(100), range(150, 159))[0]


def test_targets_and_other_inputs_tell_examples_apart():
    one = TrainedOn()
    zeros = torch.zeros(40, 5)
    one.validates(Batch({"a": zeros, "b": [torch.arange(40)[:, None], torch.tensor(3)]}, Y[:40], 40))
    one.trains(Batch({"a": zeros, "b": [torch.arange(40, 80)[:, None], torch.tensor(3)]}, Y[:40], 40), 0, 0, 1)
    assert one.sentences() == ()
    one.trains(Batch({"a": zeros, "b": [torch.arange(40)[:, None], torch.tensor(3)]}, Y[:40], 40), 0, 0, 2)
    assert "its examples are trained on" in one.sentences()[0]


@pytest.mark.parametrize(
    ("train", "valid", "said"),
    [
        ([0, 1, 2], [0, 1, 2], ""),
        ([0, 1, 2], [1], "all its labels are 1, where 3 are trained on"),
        ([0], [0], "Mind the training: all its labels are 0, so that there is nothing to tell apart"),
        ([0, 1], [2, 3], "none of its labels is trained on"),
        ([0, 1], [0, 2], "its label 2 is never trained on"),
        ([0, 1], [0, 2, 3], "2 of its 3 labels are never trained on"),
        ([0, 1], [0, 1, -100], ""),
    ],
)
@pytest.mark.parametrize("kind", [torch.long, torch.int32, torch.float32])
@pytest.mark.parametrize("last", [True, False])
def test_classes_that_validate_and_are_not_trained_on_are_told(train, valid, said, kind, last):
    one, labels = TrainedOn(), torch.tensor([*valid * 30, *train * 30])
    held = 30 * len(valid)
    one.validates(Batch(X[:held], labels[:held].to(kind), held))
    one.trains(Batch(X[held : len(labels)], labels[held:].to(kind), len(labels) - held), 0, 0, 1, last=last)
    sentences = one.sentences()
    assert sentences == () or said in sentences[0]
    assert bool(sentences) == (bool(said) and last and kind != torch.float32)


def test_what_cannot_be_known_is_counted():
    one = TrainedOn()
    one.validates(Batch(torch.eye(40).to_sparse(), [torch.tensor(1)], 40))
    assert one.sentences() == ()


class Noisy(Dataset):
    """Another example every time."""

    def __init__(self, samples=None):
        if samples is not None:
            self.samples = samples

    def __len__(self):
        return 60

    def __getitem__(self, i):
        return torch.rand(4), i % 3


class Counted(torch.utils.data.Sampler):
    calls = 0

    def __iter__(self):
        self.calls += 1
        return iter(range(60))

    def __len__(self):
        return 60


NOISE = Noisy()
FILES = [(f"{i}.png", i % 3) for i in range(60)]


def compared(train, valid):
    one = TrainedOn()
    one.compare(train, valid)
    return [sentence for sentence in one.sentences() if "trained on" in sentence]


@pytest.mark.parametrize(
    ("train", "valid", "same"),
    [
        (DataLoader(NOISE, 10, shuffle=True), DataLoader(NOISE, 20), "its examples are"),
        (DataLoader(NOISE, 10, sampler=range(40)), DataLoader(NOISE, 10, sampler=range(40, 60)), ""),
        (DataLoader(NOISE, 10, sampler=range(40)), DataLoader(NOISE, 10, sampler=range(30, 50)), "50% of its"),
        (DataLoader(Subset(NOISE, range(40))), DataLoader(Subset(NOISE, range(40, 60))), ""),
        (DataLoader(Subset(NOISE, range(40))), DataLoader(Subset(Subset(NOISE, range(40)), [1, 2])), "its examples"),
        (DataLoader(NOISE, sampler=SubsetRandomSampler([1, 2])), DataLoader(NOISE), ""),
        (DataLoader(NOISE), DataLoader(NOISE, sampler=SubsetRandomSampler([1, 2])), "its examples are"),
        (DataLoader(Noisy(FILES)), DataLoader(Noisy(list(FILES))), "its examples are"),
        (DataLoader(Noisy(FILES)), DataLoader(Noisy([("other", 0)] * 60)), ""),
        (DataLoader(Noisy()), DataLoader(Noisy()), ""),
        (DataLoader(NOISE, sampler=WeightedRandomSampler([1.0] * 60, 60)), DataLoader(NOISE), ""),
        ([(X, Y)], [(X, Y)], ""),
    ],
)
def test_rows_of_one_data_set_are_compared_where_examples_are_augmented(train, valid, same):
    sentences = compared(train, valid)
    assert (same in sentences[0]) if same else not sentences


def test_one_loader_for_both_is_told_and_no_sampler_is_gone_through():
    batches, sampler = [(X, Y)], Counted()
    assert compared(batches, batches)
    assert not compared(DataLoader(NOISE, sampler=sampler), DataLoader(NOISE, sampler=sampler))
    assert sampler.calls == 0
    assert compared(*(DataLoader(TensorDataset(X, Y)) for _ in range(2))) == []


class Counts:
    """A loader that knows how often it was gone through."""

    def __init__(self, batches):
        self.epochs, self.batches = 0, batches

    def __len__(self):
        return 10

    def __iter__(self):
        self.epochs += 1
        return iter(self.batches(self.epochs))


VALID = [(X[:40, 1], Y[:40])]
PARTS = list(zip(X[:, 0].split(20), Y.split(20), strict=True))
AGAIN = "Mind the training: train_loader gives other batches"


def by_system(_):
    order = list(range(10))
    random.SystemRandom().shuffle(order)
    return [PARTS[i] for i in order]


def late(number):
    return [*PARTS[:4], *((x * number, y) for x, y in PARTS[4:])]


@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize(
    "batches", [by_system, late, lambda n: [(x * n, y) for x, y in PARTS], lambda n: PARTS[::-1] if n % 2 else PARTS]
)
def test_a_pass_that_does_not_come_again_is_told(batches, seed):
    run = pick(Linear(shape=(1, 8, 8)), Counts(batches), VALID, sgd, epochs=2, seed=seed)
    assert any(sentence.startswith(AGAIN) for sentence in map(str, run.choice.reasons))


class Augmented(Dataset):
    def __len__(self):
        return 200

    def __getitem__(self, row):
        return X[row, 0] + 0.1 * torch.randn(8, 8), Y[row]


def seeded(_):
    order = list(range(10))
    random.shuffle(order)
    return [(PARTS[i][0] + torch.from_numpy(np.random.random((20, 8, 8))).float(), PARTS[i][1]) for i in order]


class Held(Counts):
    def __init__(self):
        super().__init__(lambda _: [PARTS[i] for i in self.generator.permutation(10)])
        self.generator = np.random.default_rng(3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PARTS,
        lambda: Counts(seeded),
        Held,
        lambda: DataLoader(Augmented(), 20, shuffle=True),
        lambda: DataLoader(Augmented(), 20, shuffle=True, generator=torch.Generator().manual_seed(7)),
        lambda: DataLoader(Augmented(), 20, shuffle=True, num_workers=1, persistent_workers=True),
        lambda: DataLoader(Augmented(), 20, sampler=WeightedRandomSampler([1.0] * 200, 200)),
    ],
)
def test_order_and_augmentation_that_are_drawn_from_seeds_are_not(make):
    run = pick(Linear(shape=(1, 8, 8)), make(), VALID, sgd, epochs=2)
    assert not any(sentence.startswith("Mind the training") for sentence in map(str, run.choice.reasons))


@pytest.mark.parametrize(
    ("drop", "options", "said"),
    [
        (False, {}, "a step on 8 examples, where others have 32, ends the training"),
        (True, {}, ""),
        (False, {"schedule": "cosine"}, ""),
        (False, {"schedule": [1.0] * 13 + [0.1]}, ""),
        # 32 + 32 + 8 are more than half of 128.
        (False, {"training": TrainingOptions(accumulate=4)}, ""),
        (False, {"training": TrainingOptions(accumulate=3)}, "a step on 8 examples, where others have 96"),
    ],
)
def test_a_small_last_batch_is_told_where_the_rate_is_high(drop, options, said):
    loader = DataLoader(TensorDataset(X[:, 0], Y), 32, shuffle=True, drop_last=drop)
    run = pick(Linear(shape=(1, 8, 8)), loader, VALID, sgd, epochs=2, **options)
    notes = [sentence for sentence in map(str, run.choice.reasons) if "last batch" in sentence]
    assert len(notes) == bool(said)
    assert said in "".join(notes)
