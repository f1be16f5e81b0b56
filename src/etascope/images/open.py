"""Every door to a `Dataset`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

from etascope.core.data import Dataset
from etascope.core.errors import InputError
from etascope.core.protocols import Watch, ignore
from etascope.images.digits import open_digits
from etascope.images.found import Found, Wishes, wanted_size, wanted_workers
from etascope.images.idx_files import open_idx
from etascope.images.labels import classes, need_two


def open_images(
    source: object,
    labels: object = None,
    *,
    test: str | os.PathLike[str] | None = None,
    image_size: int | tuple[int, int] | None = None,
    grayscale: bool = False,
    skip_bad: bool = False,
    workers: int | None = None,
    watch: Watch = ignore,
) -> Dataset:
    """Open labelled images from wherever they are.

    Examples
    --------
    >>> open_images("digits").images.shape
    (1000, 28, 28, 1)
    """
    wishes = Wishes(wanted_size(image_size), grayscale, skip_bad, wanted_workers(workers), watch)
    found = _door(source, labels, wishes)
    numbers, names = classes(found.labels, found.class_names)
    need_two(names, found.source)
    return Dataset(found.images, numbers, names, found.source, found.test_rows, found.notes)


def _door(source: object, labels: object, wishes: Wishes) -> Found:
    if isinstance(source, str) and source == "digits":
        return open_digits(wishes)
    if isinstance(source, str | os.PathLike):
        return open_idx(Path(cast("str | os.PathLike[str]", source)), labels, wishes)
    raise InputError(f"cannot open {type(source).__name__}.")
