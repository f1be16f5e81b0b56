"""Images with labels (`Dataset`), the same rows divided for honest selection (`Split`), both told (`DataSummary`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.fixed_part import fixed_part

#: The fold number of a trial that holds nothing out, and of a row that never validates.
NO_FOLD = -1
#: The sources of images that were sent to a page, whose place is gone with it, and of batches of one's own loaders.
SENT, LOADERS = "your images", "loaders"
#: Sources of images that were in Python, and have no place.
IN_PYTHON = ARRAY, MAPPING, SEQUENCE, BUNCH = "an array", "the mapping", "a sequence of images", "a Bunch"
#: Sets that are opened by name; `./digits` is a folder of that name.
KNOWN_SETS = ("digits", "mnist", "fashion-mnist", "kmnist")
#: How notes end that say which images are the test part.
NAMES_TEST = (" is the test part.", " are the test part together.")
#: How the note begins that a test part of the data joined the other images.
DIVIDED_ANEW = "A share was given as test"


def called(path: str) -> str:
    """Return a path as it can stand for a source: never like a known set, an option, or the home directory.

    Examples
    --------
    >>> called("photos"), called("digits"), called("-old")
    ('photos', './digits', './-old')
    """
    return f"./{path}" if path in (*KNOWN_SETS, SENT, *IN_PYTHON) or path.startswith(("-", "~")) else path


@dataclass(frozen=True)
class ClassFolder:
    """A directory of images: its path, the name of their class, and whether they are of the test part."""

    path: str
    class_name: str
    test: bool


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images, their labels, and where they came from.

    Attributes
    ----------
    images
        `(n, height, width, channels)` uint8; channels is 1 (gray) or 3 (red, green, blue).
    labels
        `(n,)` int64 in `0 .. n_classes - 1`.
    class_names
        A name for each class; its length is `n_classes`.
    source
        Where the images came from, for people: a path, or the name of a known set.
    test_rows
        Rows that the data itself sets apart for testing (`test/` folders, `t10k-` files), or None.
    notes
        What was done on opening that the user may want to know, a sentence each (resized, skipped).
    left_out
        How many files of the source were not taken: they cannot be read, or belong to no class.
    folders
        Where a folder of images was opened: each directory that holds some, seen from the source, its class, and
        whether they are of the test part, in the order of the rows. Empty elsewhere, and where they are too many.
    test_source
        What else was given as the test part; empty where nothing was.
    test_notes
        Those of the notes that are of the test part alone, and untrue where all images are divided anew.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    source: str
    test_rows: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()
    left_out: int = 0
    folders: tuple[ClassFolder, ...] = ()
    test_source: str = ""
    test_notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the parts agree with each other."""
        if self.images.ndim != 4 or self.images.dtype != np.uint8:
            raise InputError(
                "images must be uint8 of shape (n, height, width, channels); "
                f"found {self.images.dtype} of shape {self.images.shape}. Open them with etascope.open_images."
            )
        if self.labels.shape != (len(self.images),):
            raise InputError(
                f"labels must be one number an image; found {self.labels.shape} for {len(self.images)} images."
            )

        if len(self.labels) and not 0 <= self.labels.min() <= self.labels.max() < self.n_classes:
            raise InputError(
                f"labels must be whole numbers from 0 to {self.n_classes - 1}, one for each class name; found "
                f"{self.labels.min()} to {self.labels.max()}."
            )
        rows = self.test_rows
        if rows is not None and len(rows) and not 0 <= rows.min() <= rows.max() < len(self.images):
            raise InputError(
                f"test rows must be rows of the {len(self.images)} images; found {rows.min()} to {rows.max()}."
            )

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.images)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def notes_for(self, own_test: int) -> tuple[str, ...]:
        """Return the notes; where all images are divided anew, those that stay true, and that the test part joined."""
        count = 0 if self.test_rows is None else len(self.test_rows)
        if own_test:
            return self.notes
        # What such a note says first, as that val joined the training images, stays true.
        kept = [
            f"{note.rpartition('; ')[0]}." if note in self.test_notes and note.endswith(NAMES_TEST) else note
            for note in self.notes
            if note not in self.test_notes or (note.endswith(NAMES_TEST) and "; " in note)
        ]
        whose = f"those of {self.test_source}" if self.test_source else "the data's own test part"
        joined = (
            f"{DIVIDED_ANEW}, so all images were divided anew, {count:,} of {whose} among them. Leave test "
            "out to test on these alone."
        )
        return (*kept, joined) if count else tuple(kept)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over shape, pixels, labels, class names and test rows: equal data, equal fingerprint."""
        digest = hashlib.sha256(repr((self.images.shape, self.class_names)).encode())
        digest.update(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.labels, dtype="<i8").data)
        if self.test_rows is not None:
            digest.update(np.ascontiguousarray(self.test_rows, dtype="<i8").data)
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Split:
    """Development rows with a fold number each, and the test rows that no selection ever sees.

    Attributes
    ----------
    x, y
        Development inputs `(n, ...)` (uint8 images first, float32 features once prepared) and labels `(n,)`.
    folds
        `(n,)` int64: the fold in which a row validates, or `NO_FOLD` (-1) for a row that always trains.
    x_test, y_test
        The test inputs `(m, ...)` and labels `(m,)`; looked at once, by the final model.
    rows, test_rows
        Which rows of the `Dataset` these are, `(n,)` and `(m,)` int64.
    class_names
        A name for each class.
    stages
        What was done to the inputs so far, a sentence each.
    n_final
        Rows of the training that folds stand for. None: all.
    """

    x: NDArray[Any]
    y: NDArray[np.int64]
    folds: NDArray[np.int64]
    x_test: NDArray[Any]
    y_test: NDArray[np.int64]
    rows: NDArray[np.int64]
    test_rows: NDArray[np.int64]
    class_names: tuple[str, ...]
    stages: tuple[str, ...] = field(default=())
    n_final: int | None = None

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @cached_property
    def n_folds(self) -> int:
        """Number of folds: 0 when nothing validates, 1 for a holdout, k for k-fold cross-validation."""
        return int(self.folds.max(initial=NO_FOLD)) + 1

    def train_rows(self, fold: int, count: int | None = None) -> NDArray[np.int64]:
        """Development rows that train when `fold` is held out; all for `NO_FOLD`. For `count`, see `valid_rows`."""
        rows = np.arange(len(self.y)) if fold == NO_FOLD else np.flatnonzero(self.folds != fold)
        return rows if count is None else rows[fixed_part(self.y[rows], fold, count)]

    def valid_rows(self, fold: int, count: int | None = None) -> NDArray[np.int64]:
        """Development rows that validate when `fold` is held out, or a `fixed_part` of so many; none for `NO_FOLD`."""
        rows = np.empty(0, np.int64) if fold == NO_FOLD else np.flatnonzero(self.folds == fold)
        return rows if count is None else rows[fixed_part(self.y[rows], fold, count)]

    def train_size(self, fold: int) -> int:
        """Rows that a trial has for an epoch (`core.epoch.epoch_rows`): as many for every fold, so that steps agree.

        Folds may differ in size by one row; each epoch then leaves out the surplus row of its own shuffle.
        """
        if fold == NO_FOLD:
            return len(self.y)
        return len(self.y) - int(np.bincount(self.folds[self.folds >= 0]).max())


@dataclass(frozen=True)
class DataSummary:
    """What the data was.

    Attributes
    ----------
    source
        Where the images came from.
    fingerprint
        SHA-256 of the data.
    images, image_shape
        How many images, and `(height, width, channels)`.
    development, test
        Rows for selection and final training, and rows for the one look at the end.
    class_names
        A name for each class.
    notes
        What was done on opening, a sentence each.
    command
        Where a script of your own trained on data of its own: its command. No images are known then, nor where a loop
        in Python did, and their numbers are 0.
    whole
        Of a part of a larger set, as `etascope.images.subset.take_subset` takes it: how many images the set has. 0
        where the images are all that there are.
    own_test, left_out
        Images that the data itself sets apart for the test, and files that were not taken: they cannot be read, or
        belong to no class.
    folders, test_source, labels
        As a `Dataset` has them; where labels were that were apart from the images, if that is known.
    divided_anew
        Whether a share of all images was the test part, although the data has one of its own. None where an older
        version wrote it down, which said so in a note alone.
    """

    source: str
    fingerprint: str
    images: int
    image_shape: tuple[int, int, int]
    development: int
    test: int
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    command: str = ""
    whole: int = 0
    own_test: int = 0
    left_out: int = 0
    folders: tuple[ClassFolder, ...] = ()
    test_source: str = ""
    labels: str = ""
    divided_anew: bool | None = None

    @property
    def in_loaders(self) -> bool:
        """Whether it is in loaders that a model and an optimizer of one's own trained on."""
        return self.source == LOADERS and not self.folders

    @classmethod
    def unknown(cls, source: str, settings: Mapping[str, object], command: str = "") -> DataSummary:
        """Summarise data that only a script or a loop knows; the fingerprint is that of what was asked."""
        text = json.dumps([source, {name: str(value) for name, value in sorted(settings.items())}])
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(source, digest, 0, (0, 0, 0), 0, 0, (), command=command)

    @classmethod
    def of(cls, dataset: Dataset, split: Split) -> DataSummary:
        """Summarise opened images and how they were divided."""
        height, width, channels = dataset.images.shape[1:]
        own = dataset.test_rows
        own_test = 0 if own is None or not np.isin(split.test_rows, own).all() else len(split.test_rows)
        return cls(
            source=dataset.source,
            fingerprint=dataset.fingerprint,
            images=len(dataset),
            image_shape=(height, width, channels),
            development=len(split.y),
            test=len(split.y_test),
            class_names=dataset.class_names,
            notes=dataset.notes_for(own_test),
            own_test=own_test,
            left_out=dataset.left_out,
            folders=dataset.folders,
            test_source=dataset.test_source,
            divided_anew=not own_test and own is not None and len(own) > 0,
        )
