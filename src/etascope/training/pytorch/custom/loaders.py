"""Batches from loaders of one's own, the same ones for every trial: `LoaderBatches`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.fixed_part import fixed_part
from etascope.training.pytorch.batches import Batch, batch_of, shapes_by
from etascope.training.pytorch.custom.iterating import (
    iterator_of,
    length_of,
    other_pass,
    until_the_end,
    with_new_workers,
)
from etascope.training.pytorch.custom.trained_on import TrainedOn, digest_of
from etascope.training.pytorch.generators import (
    RandomState,
    generators_of,
    restore_state,
    seed_all,
    seed_generators,
    state_of,
)
from etascope.training.pytorch.library import Device, load_torch, moved, tensors_in
from etascope.training.pytorch.packing import to_array
from etascope.training.random_streams import pass_seed

#: Of one that has a length, so many more batches are looked at, to tell whether it is right.
BEYOND = 100


@dataclass(frozen=True, eq=False)
class LoaderBatches:
    """Batches of two loaders: any iterables of (inputs, targets) that can be gone through again and again.

    Before a pass the generators of Python, NumPy and PyTorch, and those that the loader holds, are seeded with the
    number of the pass; between batches they stand as the loader left them, whatever the trials drew. So order and
    augmentation of an epoch are the same for every trial and group of trials.

    Attributes
    ----------
    train_loader, valid_loader
        Where batches come from; one with `begin_epoch` is told the number of the pass.
    device
        Where batches go.
    accumulate
        Batches a step.
    trained_on
        Looks at both loaders' examples as they come by, to tell whether they are the same ones, and come again.
    ignored
        Label of validation examples that do not count.
    """

    train_loader: Iterable[Any]
    valid_loader: Iterable[Any]
    device: Device
    accumulate: int = 1
    trained_on: TrainedOn = field(default_factory=TrainedOn)
    ignored: int | None = None
    _parts: dict[int, list[Batch]] = field(default_factory=dict[int, "list[Batch]"])

    @cached_property
    def batches(self) -> int:
        """Batches of a pass over the training loader: its length, or counted where it has none."""
        length = length_of(self.train_loader)
        if length is None:
            length = self._count()
        else:
            self._look_beyond(length)
        if not length:
            raise InputError("train_loader must give at least one batch; it is empty. Look at its data set.")
        return length

    @cached_property
    def valid_examples(self) -> int:
        """Examples of a pass over the validation loader."""
        return self._validation[0]

    @cached_property
    def _validation(self) -> tuple[int, int]:
        """Examples of a pass over the validation loader, and a digest of them."""
        examples = digest = labels = 0
        for batch in until_the_end("valid_loader", self._pass("valid_loader", self.valid_loader, pass_seed(0, 0, 0))):
            self.trained_on.validates(batch)
            labels += batch.size
            examples, digest = examples + self._counted(batch).size, digest_of(batch, digest)
        if labels and not examples:
            raise InputError(
                f"valid_loader must give labels that count; found none but {self.ignored}, which the loss leaves out. "
                "Look at how they are made."
            )
        if not examples:
            raise InputError("valid_loader must give at least one batch; it is empty. Look at its data set.")
        return examples, digest

    @cached_property
    def first(self) -> Batch:
        """The first training batch."""
        return next(self._train_pass(0, 0))

    def fingerprint(self) -> str:
        """SHA-256 over the first batch of each loader and the number of batches and examples."""
        digest = hashlib.sha256(repr((self.batches, self.valid_examples)).encode())
        # The first pass is asked for once more, which tells whether it is the same again.
        for batch in (next(self._train_pass(0, 0)), next(self.valid(0, 0))):
            for tensor in tensors_in((batch.inputs, batch.targets)):
                digest.update(repr((tuple(tensor.shape), str(tensor.dtype))).encode())
                digest.update(to_array(tensor).tobytes())
        return digest.hexdigest()

    def steps_per_epoch(self, fold: int) -> int:
        """Return how many steps an epoch has; the last may have fewer batches."""
        del fold
        return -(-self.batches // self.accumulate)

    def valid_size(self, fold: int, count: int | None = None) -> int:
        """Return how many examples validate: all, or `count` of them, or a few more where batches cannot be divided."""
        del fold
        if count is None or count >= self.valid_examples:
            return self.valid_examples
        return sum(batch.size for batch in self._valid_part(count))

    def steps(self, seed: int, fold: int, epoch: int, first: int, count: int | None = None) -> Iterator[list[Batch]]:
        """Yield the steps of an epoch from the one numbered `first`: what comes before is loaded and let go.

        With a `count`, every epoch is the first so many steps of the first pass.
        """
        del fold
        parts = list[Batch]()
        for number, batch in enumerate(self._train_pass(seed, epoch if count is None else 0)):
            if count is not None and number == count * self.accumulate:
                return
            if number < first * self.accumulate:
                continue
            parts.append(batch)
            if len(parts) == self.accumulate or number + 1 == self.batches:
                self.trained_on.steps(sum(part.size for part in parts), last=number + 1 == self.batches)
                yield parts
                parts = []
            # One whose batches were counted must end here; an endless one that has a length need not.
            if number + 1 == self.batches and length_of(self.train_loader) is not None:
                return

    def valid(self, seed: int, fold: int, count: int | None = None) -> Iterator[Batch]:
        """Yield the validation batches: the same ones for every seed and fold.

        With a `count`, examples drawn from all of the loader, which may have them in the order of their classes. It is
        gone through once for them, and they stay in memory.
        """
        del fold
        if count is not None and count < self.valid_examples:
            yield from self._valid_part(count)
            return
        examples = digest = 0
        for batch in self.valid_pass(seed):
            examples, digest = examples + batch.size, digest_of(batch, digest)
            if examples > self.valid_examples:
                raise other_pass("valid_loader", "examples", self.valid_examples, "more")
            yield batch
        if examples != self.valid_examples:
            raise other_pass("valid_loader", "examples", self.valid_examples, f"{examples or 'none'}")
        if digest != self._validation[1]:
            raise InputError(
                "valid_loader must give the same examples in the same order on every pass, because rates are compared "
                "by them; found others on a later pass. Give a list or a DataLoader that does not shuffle, and draw "
                "augmentation from generators that it holds."
            )

    def _valid_part(self, count: int) -> list[Batch]:
        """Return `count` of the examples that count, in the loader's order, as a part of each batch that has some."""
        if count not in self._parts:
            drawn = np.zeros(self.valid_examples, np.bool_)
            drawn[fixed_part(np.zeros(self.valid_examples, np.int64), 0, count)] = True
            kept, at = list[Batch](), 0
            for batch in self._pass("valid_loader", self.valid_loader, pass_seed(0, 0, 0)):
                counted = self._counts(batch)
                here = np.flatnonzero(counted)[drawn[at : at + int(counted.sum())]]
                at += int(counted.sum())
                if len(here):
                    kept.append(self._counted(batch.take(here)))
            self._parts[count] = kept
        return self._parts[count]

    def valid_pass(self, seed: int) -> Iterator[Batch]:
        """Yield a pass over the validation loader."""
        del seed
        yield from map(self._counted, self._pass("valid_loader", self.valid_loader, pass_seed(0, 0, 0)))

    def _counted(self, batch: Batch) -> Batch:
        """Return a validation batch whose size is the examples that count."""
        return replace(batch, size=int(self._counts(batch).sum()))

    def _counts(self, batch: Batch) -> NDArray[np.bool_]:
        """Return which examples of a validation batch count: those without the label that is ignored."""
        labels, torch = batch.targets, load_torch()
        classes = isinstance(labels, torch.Tensor) and labels.dim() == 1 and not labels.is_floating_point()
        if self.ignored is None or not classes or len(labels) != batch.size:
            return np.ones(batch.size, np.bool_)
        return (labels != self.ignored).cpu().numpy()

    def _train_pass(self, seed: int, epoch: int) -> Iterator[Batch]:
        count, length, last = 0, length_of(self.train_loader), list[Batch]()
        if length not in (None, self.batches):
            raise other_pass("train_loader", "number of batches", self.batches, f"{length or 'none'}")
        if callable(begin := getattr(self.train_loader, "begin_epoch", None)):
            begin(epoch)
        for batch in self._pass("train_loader", self.train_loader, pass_seed(seed, -1, epoch)):
            count += 1
            if length is None and count > self.batches:
                raise other_pass("train_loader", "number of batches", self.batches, "more")
            self.trained_on.trains(batch, seed, epoch, count, last=count == self.batches)
            if length is None and count == self.batches:
                # Held until it is known that it is the last, also where the training ends with it.
                last.append(batch)
            else:
                yield batch
        if count < self.batches:
            raise other_pass("train_loader", "number of batches", self.batches, f"{count or 'none'}")
        yield from last

    def _look_beyond(self, length: int) -> None:
        """Refuse a length that a loader does not keep to, and learn of one that is cut: what has no end may be."""
        loader, data = self.train_loader, load_torch().utils.data
        streams = isinstance(getattr(loader, "dataset", None), data.IterableDataset)
        mapped = isinstance(loader, data.DataLoader) and not streams
        if not length or mapped or isinstance(loader, list | tuple):
            return
        batches = self._pass("train_loader", loader, pass_seed(0, -1, 0))
        given = sum(1 for _ in islice(batches, length + BEYOND))
        later = length_of(loader)
        if later != length:
            raise other_pass("train_loader", "number of batches", length, f"{later or 'none'}")
        if given == length + BEYOND:
            self.trained_on.goes_on(length)
        elif given not in (0, length):
            raise InputError(
                "train_loader must give as many batches as its __len__ says, because an epoch is one pass; found "
                f"{given} batches and a __len__ of {length}. Let __len__ return {given}."
            )

    def _count(self) -> int:
        batches = self._pass("train_loader", self.train_loader, pass_seed(0, -1, 0))
        return sum(1 for _ in until_the_end("train_loader", batches))

    def _pass(self, name: str, loader: Iterable[Any], seed: int) -> Iterator[Batch]:
        loader = with_new_workers(loader)
        seed_all(seed)
        seed_generators(loader, seed)
        iterator, own = iterator_of(name, loader), generators_of(loader)
        state, states, shapes, number = RandomState.now(), [state_of(one) for one in own], None, 0
        # A loader draws while it gives a batch, and trials draw in between, more or fewer of them: what comes next must
        # not depend on them, nor on where in an epoch a plan begins.
        while True:
            state.restore()
            for generator, before in zip(own, states, strict=True):
                restore_state(generator, before)
            try:
                given = next(iterator)
            except StopIteration:
                return
            state, states = RandomState.now(), [state_of(one) for one in own]
            batch = batch_of(name, number, given)
            now = [tuple(tensor.shape[1:]) for tensor in tensors_in(batch.inputs)]
            if shapes is not None and now != shapes:
                raise InputError(
                    f"{name} must give inputs of one shape; it gave {shapes_by(shapes)} at first and "
                    f"{shapes_by(now)} in batch {number + 1}. Resize or pad them."
                )
            shapes, number = now, number + 1
            yield Batch(moved(batch.inputs, self.device), moved(batch.targets, self.device), batch.size)
