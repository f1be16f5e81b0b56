"""What to mind of loaders: validation that is trained on, or small; passes that differ or end small: `TrainedOn`."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.epoch import SMALL
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.library import load_torch, tensors_in

#: Numbers of an example that it is known by, at most.
NUMBERS = 256
#: As many are looked at to see that validation is the same again.
DIGESTED = 64
#: Fewer different examples than this are so few that it is told, and a larger share than this that is trained on.
FEW, SHARE = 30, 0.1
#: Beside all batches of the first pass, so many of a later one tell whether it is the same again.
COMPARED = 2


class TrainedOn:
    """Knows the examples that validate, and which of them were met in training.

    An example is known by 256 of its numbers, so that looking costs little. One that is augmented before
    it is trained on looks like another; there, the rows of a data set tell, if they are known.
    """

    def __init__(self) -> None:
        self._valid, self._met, self._examples, self._rows = set[int](), set[int](), 0, 0.0
        self._digests, self._changed, self._length = dict[tuple[int, int, int], int](), False, 0
        self.valid_labels, self._labels, self._whole = Counter[int](), set[int](), False
        self._largest, self._last = 0, 0
        #: Whether the learning rate is still high in the last step.
        self.ends_high = False

    def validates(self, batch: Batch) -> None:
        """Learn to know the examples of a validation batch."""
        self._examples += batch.size
        self._valid.update(_known_by(batch))
        self.valid_labels.update(_labels_of(batch))

    def trains(self, batch: Batch, seed: int, epoch: int, number: int, *, last: bool = False) -> None:
        """Look whether some of a training batch, counted from 1, are among them; and whether it is what it was."""
        if epoch == 0:
            self._met.update(self._valid.intersection(_known_by(batch)))
            self._labels.update(_labels_of(batch))
            self._whole |= last
        if (epoch == 0 or number <= COMPARED) and not self._changed:
            digest = digest_of(batch, 0)
            self._changed = self._digests.setdefault((seed, epoch, number), digest) != digest

    def steps(self, size: int, *, last: bool) -> None:
        """Learn how many examples a step has, and whether it is the last of a pass."""
        self._largest = max(self._largest, size)
        self._last = size if last else self._last

    def compare(self, train_loader: object, valid_loader: object) -> None:
        """Look whether two loaders give rows of one data set that are the same ones."""
        if train_loader is valid_loader:
            self._rows = 1.0
            return
        with suppress(Exception):
            # What a loader or a data set of somebody else's says of itself may be anything.
            self._rows = _same_rows(_rows_of(train_loader), _rows_of(valid_loader))

    def goes_on(self, length: int) -> None:
        """Learn that a training loader gives more batches than its length says."""
        self._length = length

    def sentences(self) -> tuple[str, ...]:
        """Return what to mind, in sentences."""
        notes, different = self._of_labels(), len(self._valid) or self._examples
        share = max(self._rows, len(self._met) / different if different else 0.0)
        if share >= SHARE:
            # Where short trainings saw a part of the loader alone, so much is known and no more.
            least = "" if self._whole or share == self._rows else "at least "
            which = f"{least}{share:.0%} of its examples are" if share < 0.995 else "its examples are"
            notes.append(
                f"Mind the validation: {which} trained on too, so that it shows what was learned by heart. Validate on "
                "others."
            )
        if different < FEW:
            which = "only one example" if different == 1 else f"only {different} different examples"
            notes.append(
                f"Mind the validation: it has {which}, so that chance decides much of what is compared. Give 100 or "
                "more."
            )
        if self._changed:
            notes.append(
                "Mind the training: train_loader gives other batches when a pass is asked for again with the same "
                "seeds, so that not all trials see the same ones, and chance decides more. Draw order and augmentation "
                "from the generators of Python, NumPy or PyTorch, or from one that the loader holds."
            )
        if self._length:
            notes.append(
                f"Mind the training: train_loader goes on after the {self._length} batches that its __len__ says; an "
                "epoch of the search is those."
            )
        if self.ends_high and 0 < self._last <= SMALL * self._largest:
            notes.append(
                f"Mind the last batch of a pass over train_loader: a step on {self._last} examples, where others have "
                f"{self._largest}, ends the training, and its noise stays in the model. DataLoader(drop_last=True) "
                "does without."
            )
        return tuple(notes)

    def _of_labels(self) -> list[str]:
        """Return what to mind of the classes; labels that are no whole numbers, one an example, are not known."""
        train, valid = self._labels, set(self.valid_labels)
        if not (train and valid and self._whole):
            return []
        if len(train) == 1:
            [only] = train
            return [f"Mind the training: all its labels are {only}, so that there is nothing to tell apart."]
        if not train & valid:
            return [
                "Mind the validation: none of its labels is trained on, so that it shows nothing of what was learned. "
                "Shuffle before you divide."
            ]
        if len(valid) == 1:
            [only] = valid
            return [
                f"Mind the validation: all its labels are {only}, where {len(train)} are trained on, so that a model "
                "that always says so is right. Shuffle before you divide."
            ]
        if new := valid - train:
            which = f"{len(new)} of its {len(valid)} labels are" if len(new) > 1 else f"its label {min(new)} is"
            return [f"Mind the validation: {which} never trained on. Shuffle before you divide."]
        return []


def _labels_of(batch: Batch) -> list[int]:
    torch, labels = load_torch(), batch.targets
    if not isinstance(labels, torch.Tensor) or labels.dim() != 1 or labels.is_floating_point() or labels.is_complex():
        return []
    return [int(label) for label in labels.tolist() if label >= 0]


def digest_of(batch: Batch, before: int) -> int:
    """Return a digest of a batch, by a few numbers of each example, and of the digest of those before it."""
    table = _table(replace(batch, size=len(tensors_in(batch.inputs)[0])), DIGESTED)
    return before if table is None else zlib.crc32(table.tobytes(), before)


def _known_by(batch: Batch) -> Iterable[int]:
    """Return a number for each example of a batch; none where its tensors have no row an example."""
    table = _table(batch, NUMBERS)
    return () if table is None else [hash(row.tobytes()) for row in table]


def _table(batch: Batch, numbers: int) -> NDArray[np.float64] | None:
    """Return at most so many numbers of each tensor of each example, a row an example."""
    torch, parts = load_torch(), list[Any]()
    for tensor in tensors_in((batch.inputs, batch.targets)):
        if tensor.dim() and len(tensor) == batch.size and tensor.layout == torch.strided and not tensor.is_complex():
            rows = tensor.detach().reshape(batch.size, -1)
            every, count = max(1, rows.shape[1] // numbers), min(numbers, rows.shape[1])
            # Not all of one column of an image, which may be its border.
            places = torch.arange(count, device=rows.device)
            parts.append(rows[:, places * every + places * 7919 % every].double())
    return torch.cat(parts, dim=1).cpu().numpy() if parts else None


def _rows_of(loader: Any) -> tuple[Any, set[int]]:  # noqa: ANN401 - a loader
    """Return the data set of a loader, with the numbers of the rows that it gives."""
    data = load_torch().utils.data
    loader = getattr(loader, "loader", loader)
    sampler, dataset = loader.sampler, loader.dataset
    if loader.batch_sampler is not None:
        sampler = loader.batch_sampler.sampler
    # One of another kind is not gone through: it may draw, or count.
    listed = isinstance(sampler, list | tuple | range)
    rows: Any = cast("Any", sampler) if listed else getattr(sampler, "indices", ())
    if isinstance(sampler, data.SequentialSampler | data.RandomSampler):
        rows = range(len(dataset))
    while isinstance(dataset, data.Subset):
        indices: Any = dataset.indices
        rows, dataset = [int(indices[row]) for row in rows], dataset.dataset
    return dataset, {int(row) for row in rows}


def _same_rows(train: tuple[Any, set[int]], valid: tuple[Any, set[int]]) -> float:
    """Return the share of the validation rows that are training rows of the same images; 0 where nobody knows."""
    same = train[0] is valid[0]
    # Two data sets of the same files or pixels, with other transforms.
    for name in ("samples", "data"):
        one, other = getattr(train[0], name, None), getattr(valid[0], name, None)
        if one is not None and other is not None and len(one) == len(other) and type(one) is type(other):
            same = same or (
                one == other if isinstance(one, list) else np.array_equal(np.asarray(one), np.asarray(other))
            )
    return len(train[1] & valid[1]) / len(valid[1]) if same and valid[1] else 0.0
