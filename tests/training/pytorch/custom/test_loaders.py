import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from etascope.core.errors import InputError
from etascope.training.pytorch.custom.iterating import iterator_of
from etascope.training.pytorch.custom.loaders import LoaderBatches
from tests.training.pytorch.test_generators import Shifting

CPU = torch.device("cpu")
X, Y = torch.arange(40.0).reshape(20, 2), torch.arange(20) % 3


def made(train=None, valid=None, accumulate=1):
    train = DataLoader(TensorDataset(X, Y), batch_size=3, shuffle=True) if train is None else train
    valid = [(X[:5], Y[:5]), (X[5:8], Y[5:8])] if valid is None else valid
    return LoaderBatches(train, valid, CPU, accumulate)


def rows(steps):
    return [part.targets.tolist() for parts in steps for part in parts]


def inputs(steps):
    return torch.cat([part.inputs for parts in steps for part in parts])


def test_a_pass_is_the_same_for_the_same_seed_and_epoch_and_can_be_entered_anywhere():
    batches = made()
    assert batches.steps_per_epoch(0) == 7
    assert batches.valid_size(0) == 8
    whole = inputs(batches.steps(0, 0, 0, 0))
    torch.rand(5)
    assert torch.equal(inputs(batches.steps(0, 0, 0, 0)), whole)
    assert torch.equal(inputs(batches.steps(0, 0, 0, 4)), whole[12:])
    assert sorted(whole[:, 0].tolist()) == X[:, 0].tolist()
    assert not torch.equal(inputs(batches.steps(0, 0, 1, 0)), whole)
    assert not torch.equal(inputs(batches.steps(1, 0, 0, 0)), whole)


def test_what_trials_draw_between_batches_changes_no_augmentation():
    class Noisy(torch.utils.data.Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, i):
            return torch.rand(2), np.random.random()

    batches = made(DataLoader(Noisy(), batch_size=2))
    quiet = inputs(batches.steps(0, 0, 0, 0))
    loud = []
    for parts in batches.steps(0, 0, 0, 0):
        loud += parts
        torch.rand(100)
        np.random.random(7)
    assert torch.equal(torch.cat([part.inputs for part in loud]), quiet)


def test_a_validation_in_between_changes_no_augmentation_of_a_shared_data_set():
    shared = DataLoader(
        Shifting(), batch_size=2, collate_fn=lambda rows: tuple(map(torch.tensor, zip(*rows, strict=True)))
    )
    batches = LoaderBatches(shared, shared, CPU)
    quiet = inputs(batches.steps(0, 0, 0, 0))
    loud = []
    for parts in batches.steps(0, 0, 0, 0):
        loud.append(parts)
        list(batches.valid(0, 0))
    assert torch.equal(inputs(loud), quiet)


def test_batches_are_accumulated_to_steps_and_the_last_may_be_smaller():
    batches = made(accumulate=3)
    steps = list(batches.steps(0, 0, 0, 0))
    assert [[part.size for part in parts] for parts in steps] == [[3, 3, 3], [3, 3, 3], [2]]
    assert batches.steps_per_epoch(0) == 3
    assert rows(batches.steps(0, 0, 0, 1)) == rows(steps[1:])


def test_a_loader_without_a_length_is_counted_and_arrays_are_taken():
    class Endless:
        def __iter__(self):
            return iter([(X[:4].numpy(), Y[:4].numpy()), (X[4:6].numpy(), Y[4:6].numpy())])

    batches = made(Endless())
    assert batches.steps_per_epoch(0) == 2
    assert rows(batches.steps(0, 0, 3, 0)) == [Y[:4].tolist(), Y[4:6].tolist()]


def test_the_fingerprint_tells_data_apart():
    assert made().fingerprint() == made().fingerprint()
    other = DataLoader(TensorDataset(X + 1, Y), batch_size=3, shuffle=True)
    assert made(other).fingerprint() != made().fingerprint()


class Shrinking:
    """Gives fewer batches every time, as a data set that is used up."""

    def __init__(self, left=4):
        self.left = left

    def __iter__(self):
        self.left -= 1
        return iter([(X[:2], Y[:2])] * self.left)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ([], "train_loader must give at least one batch; it is empty"),
        ((pair for pair in [(X, Y)]), r"found a generator, which is exhausted after one pass\. Give a list"),
        (3, "train_loader must be something to iterate over, like a DataLoader; found int"),
        ([X], r"must give pairs \(inputs, targets\); found a Tensor in batch 1"),
        ([(X, Y, Y)], r"must give pairs \(inputs, targets\); found a tuple of 3 in batch 1"),
        ([("text", Y)], "must give inputs and targets as tensors with an example a row; found str and Tensor"),
        ([(X, Y), (X[:, :1], Y)], r"inputs of one shape; it gave \(2,\) at first and \(1,\) in batch 2"),
        ([(X, Y), (X / 0, Y)], "must give finite numbers; the inputs of batch 2 hold NaN or infinity"),
        ([(X[:0], Y[:0])], "batch 1 is empty"),
        (Shrinking(), "must give the same number of batches on every pass; it gave 3 at first and 2 later"),
        (Shrinking(2), "it gave 1 at first and none later"),
    ],
)
def test_loaders_that_cannot_be_used_are_refused_in_a_sentence(train, message):
    def go_through():
        batches = LoaderBatches(train, [(X, Y)], CPU)
        for epoch in range(2):
            assert batches.steps_per_epoch(0)
            list(batches.steps(0, 0, epoch, 0))

    with pytest.raises(InputError, match=message):
        go_through()


class UsedUp:
    """Gives the same iterator again, as `def __iter__(self): return self.batches` does."""

    def __init__(self, length=None):
        self.batches, self.length = iter([(X[:4], Y[:4])] * 3), length

    def __iter__(self):
        return self.batches


class UsedUpWithLength(UsedUp):
    def __len__(self):
        return 3


class Growing(Shrinking):
    def __iter__(self):
        self.left += 1
        return iter([(X[:2], Y[:2])] * self.left)


class GrowingWithLength(Growing):
    def __len__(self):
        return self.left


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (UsedUp(), "gave 3 at first and none later"),
        (UsedUpWithLength(), "gave 3 at first and none later"),
        (Growing(), "gave 5 at first and more later"),
        (GrowingWithLength(), "gave 4 at first and [0-9]+ later"),
    ],
)
def test_training_loaders_that_vary_are_refused_in_a_sentence(train, message):
    batches = LoaderBatches(train, [(X, Y)], CPU)
    with pytest.raises(InputError, match=message):  # noqa: PT012
        for epoch in range(3):
            assert batches.steps_per_epoch(0)
            list(batches.steps(0, 0, epoch, 0))


@pytest.mark.parametrize(
    ("valid", "message"),
    [(UsedUp(), "gave 12 at first and none later"), (Growing(), "gave 10 at first and more later")],
)
@pytest.mark.parametrize("use", [LoaderBatches.fingerprint, lambda batches: list(batches.valid(0, 0))])
def test_validation_loaders_that_vary_are_refused_in_a_sentence(valid, message, use):
    batches = made(valid=type(valid)())
    assert batches.valid_examples
    if isinstance(valid, Growing) and use is LoaderBatches.fingerprint:
        assert len(use(batches)) == 64
        return
    with pytest.raises(InputError, match=message):
        use(batches)


class Endless:
    """Has a length, and goes on: a pass is its length."""

    def __len__(self):
        return 3

    def __iter__(self):
        while True:
            yield X[:4], Y[:4]


def test_an_endless_loader_with_a_length_is_taken_for_that():
    batches = made(Endless())
    assert [len(list(batches.steps(0, 0, epoch, 0))) for epoch in range(2)] == [3, 3]


class Broken:
    def __iter__(self):
        raise TypeError("no such column")


class NoIterator:
    def __iter__(self):
        return 5


class Lengthless(Endless):
    def __len__(self):
        raise NotImplementedError

    def __iter__(self):
        return iter([(X[:4], Y[:4])] * 2)


def test_what_a_loader_raises_keeps_its_type():
    with pytest.raises(TypeError, match="no such column"):
        iterator_of("train_loader", Broken())
    with pytest.raises(InputError, match="found NoIterator, whose __iter__ returns no iterator"):
        iterator_of("train_loader", NoIterator())
    assert made(Lengthless()).batches == 2


def test_validation_is_held_to_the_same():
    with pytest.raises(InputError, match="valid_loader must give at least one batch; it is empty"):
        made(valid=DataLoader(TensorDataset(X[:0], Y[:0]))).valid_size(0)
    shrinking = made(valid=Shrinking())
    assert shrinking.valid_size(0) == 6
    with pytest.raises(InputError, match="must give the same examples on every pass; it gave 6 at first and 4 later"):
        list(shrinking.valid(0, 0))
    with pytest.raises(InputError, match="valid_loader must be something that can be gone through again"):
        iterator_of("valid_loader", iter([1]))


class Stream(torch.utils.data.IterableDataset):
    def __iter__(self):
        return iter([(x, y) for x, y in zip(X, Y, strict=True)])


def test_a_loader_of_a_stream_has_its_batches_counted():
    batches = made(DataLoader(Stream(), batch_size=3))
    assert batches.steps_per_epoch(0) == 7
    assert rows(batches.steps(0, 0, 0, 0)) == [part.tolist() for part in Y.split(3)]


class RandomDrawn(torch.utils.data.Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, i):
        return torch.rand(2), i


def test_workers_that_last_draw_the_same_on_every_pass_and_are_left_alone():
    loader = DataLoader(RandomDrawn(), batch_size=2, num_workers=1, persistent_workers=True)
    batches = made(loader)
    first = inputs(batches.steps(0, 0, 1, 0))
    assert not torch.equal(inputs(batches.steps(0, 0, 0, 0)), first)
    assert torch.equal(inputs(batches.steps(0, 0, 1, 0)), first)
    assert loader.persistent_workers
    assert loader._iterator is None


class Other:
    """Gives other examples, or the same ones in another order, on each pass."""

    def __init__(self, orders):
        self.orders = orders

    def __iter__(self):
        self.orders = self.orders[1:] + self.orders[:1]
        return iter([(X[self.orders[0]], Y[self.orders[0]])])


@pytest.mark.parametrize("orders", [[[0, 1, 2], [0, 1, 3]], [[0, 1, 2], [2, 0, 1]]])
def test_validation_of_other_examples_or_in_another_order_is_refused(orders):
    batches = made(valid=Other(orders))
    assert batches.valid_examples == 3
    with pytest.raises(InputError, match="the same examples in the same order on every pass"):
        list(batches.valid(0, 0))
    same = made(valid=Other([orders[0], orders[0]]))
    assert same.valid_examples == sum(batch.size for batch in same.valid(0, 0)) == 3


def test_a_loader_that_grows_is_refused_also_where_the_training_ends_with_it():
    batches = made(Growing())
    assert batches.batches == 5
    steps = batches.steps(0, 0, 0, 0)
    for _ in range(4):
        next(steps)
    with pytest.raises(InputError, match="gave 5 at first and more later"):
        next(steps)


class Forever:
    def __iter__(self):
        while True:
            yield X[:4], Y[:4]


def test_a_loader_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr("etascope.training.pytorch.custom.iterating.MOST_BATCHES", 50)
    for name, look in (("train_loader", lambda b: b.batches), ("valid_loader", lambda b: b.valid_examples)):
        with pytest.raises(InputError, match=f"{name} must end, .* no end after 50 batches"):
            look(made(Forever(), Forever()))


def test_examples_of_a_label_that_is_left_out_do_not_count_in_validation():
    labels = Y.clone()
    labels[:2] = -100
    batches = LoaderBatches([(X, Y)], [(X[:5], labels[:5]), (X[5:8], labels[5:8])], CPU, ignored=-100)
    assert [batch.size for batch in batches.valid(0, 0)] == [3, 3]
    assert batches.valid_examples == 6


class Says(Endless):
    """Says that it has one number of batches, and gives another."""

    def __init__(self, length, batches):
        self.length, self.batches = length, batches

    def __len__(self):
        return self.length

    def __iter__(self):
        return iter([(X[:4], Y[:4])] * self.batches)


@pytest.mark.parametrize(("length", "batches"), [(5, 20), (5, 6), (5, 4), (1, 100)])
def test_a_length_that_a_training_loader_does_not_keep_to_is_refused(length, batches):
    with pytest.raises(InputError, match=rf"found {batches} batches and a __len__ of {length}\. Let __len__ return"):
        assert made(Says(length, batches)).batches
    assert made(Says(batches, batches)).batches == batches


def test_one_that_may_have_no_end_is_told_of():
    batches = made(Says(5, 200))
    assert batches.batches == 5
    assert any("goes on after the 5 batches" in sentence for sentence in batches.trained_on.sentences())
    assert not any("goes on" in sentence for sentence in made(Says(5, 5)).trained_on.sentences())


def test_validation_labels_none_of_which_counts_are_no_empty_loader():
    batches = LoaderBatches([(X, Y)], [(X, torch.full_like(Y, -100))], CPU, ignored=-100)
    with pytest.raises(InputError, match="must give labels that count; found none but -100, which the loss leaves"):
        assert batches.valid_examples
