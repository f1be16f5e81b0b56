"""What a door hands over (`Opened`), and how the user wants it (`Options`)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NAMES_TEST, ClassFolder
from etascope.core.errors import InputError
from etascope.core.protocols import OnProgress, ignore
from etascope.core.run import cores
from etascope.core.sentences import Setting
from etascope.images.pixels.extents import NATURAL, Reading

#: Images are kept as they are up to this height and width, and resized to it otherwise.
KEEP = 64
#: What leaves out images that cannot be read.
SKIP_BAD = Setting("skip_bad", True)

_LARGEST = 4096


@dataclass(frozen=True)
class Options:
    """How images are to be opened.

    Attributes
    ----------
    size
        `(height, width)` asked for, or None: kept when all are equal and at most `KEEP`, else `KEEP`.
    grayscale
        Whether colour is dropped.
    skip_bad
        Whether files that cannot be read are left out instead of ending the opening.
    workers
        Threads that decode, at least 1.
    progress
        Receives the progress.
    reading
        How the training images were read, where these are their test part.
    held
        Whether these are the test part: it may have one class only.
    test_path
        What is given as test, so that it is not read as part of the training images.
    tested
        Whether a test part is given beside these: what they have to validate with trains, too.
    trained
        What is trained on, where these are its test part: a path, or "" for what is in memory.
    """

    size: tuple[int, int] | None = None
    grayscale: bool = False
    skip_bad: bool = False
    workers: int = 1
    progress: OnProgress = ignore
    reading: Reading = NATURAL
    held: bool = False
    test_path: Path | None = None
    tested: bool = False
    trained: str = ""


@dataclass(frozen=True, eq=False)
class Opened:
    """Images at their final size and colour, with labels as the source has them.

    Attributes
    ----------
    images
        `(n, height, width, channels)` uint8, channels 1 or 3.
    labels
        `(n,)`: int64 numbers at least 0, or strings.
    source
        Where the images came from, for people.
    class_names
        Names of the classes 0, 1, ... where the source tells them, else None.
    test_rows
        Rows that the source sets apart for testing, or None.
    notes
        What was done on opening, a sentence each.
    reading
        How the pixels were read, for a test part that is opened after them.
    left_out
        How many files of the source were not taken, as they cannot be read or belong to no class.
    folders, test_source
        As a `Dataset` has them.
    names
        What each row is called, in notes; empty where the source has no names.
    test_notes
        Those of the notes that are of the test part alone, where their words do not tell.
    """

    images: NDArray[np.uint8]
    labels: NDArray[Any]
    source: str
    class_names: tuple[str, ...] | None = None
    test_rows: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()
    reading: Reading = NATURAL
    left_out: int = 0
    folders: tuple[ClassFolder, ...] = ()
    test_source: str = ""
    names: tuple[str, ...] = ()
    test_notes: tuple[str, ...] = ()

    def of_test(self) -> tuple[str, ...]:
        """Return the notes that are of the test part alone: a part is named by them, or lacks something."""
        return tuple(note for note in self.notes if note in self.test_notes or note.endswith(NAMES_TEST))


def tail_rows(count: int, test: int) -> NDArray[np.int64]:
    """Return the last `test` of `count` rows: where doors put the test part.

    Examples
    --------
    >>> tail_rows(5, 2).tolist()
    [3, 4]
    """
    return np.arange(count - test, count, dtype=np.int64)


def check_none_lost(
    labels: NDArray[Any],
    train: int,
    rows: NDArray[np.int64],
    source: Path,
    files: Sequence[Path] = (),
    *,
    held: bool = False,
) -> None:
    """Refuse a set one of whose classes has lost all its images, in either part, because none could be read.

    Of the images, labelled by `labels`, the first `train` train, and those in `rows` could be read; `held` says
    that all are a test part. `files` tells where each lies, which is named then in place of the `source`.
    """
    learn = "of the test part" if held else "to train on"
    for part, where in ((slice(0, train), learn), (slice(train, None), "of the test part")):
        left = set(labels[rows[(rows >= train) == bool(part.start)]].tolist())
        counts: Counter[str] = Counter(labels[part].tolist())
        for name, count in counts.items():
            if name not in left:
                lost = (
                    [path.parent for path, of in zip(files[part], labels[part], strict=True) if of == name]
                    if files
                    else []
                )
                place = os.path.commonpath(lost) if lost else source
                raise InputError(
                    f"every class needs images that can be read; of {count:,} of class {name!r} {where} in {place} "
                    "none can. Repair them, or leave the class out."
                )


def as_size(image_size: object) -> tuple[int, int] | None:
    """Return `(height, width)` for a number, a pair or None.

    Examples
    --------
    >>> as_size(32)
    (32, 32)
    """
    if image_size is None:
        return None
    pair: tuple[Any, ...] = tuple(image_size) if isinstance(image_size, tuple | list) else (image_size, image_size)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    whole = all(isinstance(side, int | np.integer) and not isinstance(side, bool) for side in pair)
    if len(pair) != 2 or not whole or not all(1 <= side <= _LARGEST for side in pair):
        raise InputError(
            f"the size of images must be a whole number or (height, width), each from 1 to {_LARGEST}; "
            f"found {image_size!r}. Try 32."
        )
    return int(pair[0]), int(pair[1])


def as_switch(value: object, name: str) -> bool:
    """Return whether something is wanted.

    Examples
    --------
    >>> as_switch(True, "grayscale")
    True
    """
    if not isinstance(value, bool | int | np.bool_) or value not in (0, 1):
        raise InputError(f"{name} must be True or False; found {value!r}. Give one of these.")
    return value in (1,)


def as_workers(workers: int | None) -> int:
    """Return the number of threads: what was asked, or the cores that this process may use."""
    if workers is None:
        return cores()
    if isinstance(workers, bool) or not isinstance(workers, int | np.integer) or workers < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(
            f"workers must be a whole number of at least 1; found {workers!r}. Leave it out for all cores."
        )
    return int(workers)
