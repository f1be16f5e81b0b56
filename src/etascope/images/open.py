"""Every door to a `Dataset`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from etascope.core.data import ARRAY, KNOWN_SETS, MAPPING, Dataset, called
from etascope.core.errors import InputError, renamed
from etascope.core.protocols import OnProgress, ignore
from etascope.images.arrays.archives import open_npy, open_npz, read_labels_file
from etascope.images.arrays.door import is_bunch, open_array, open_bunch, open_mapping
from etascope.images.arrays.sequences import open_sequence
from etascope.images.dataset import to_dataset, with_test
from etascope.images.files.contents import next_move
from etascope.images.folders.door import open_folder
from etascope.images.idx.catalogue import CATALOGUE, open_digits, open_known
from etascope.images.idx.door import idx_in, is_idx, open_idx
from etascope.images.opened import Opened, Options, as_size, as_switch, as_workers
from etascope.images.paths import SUFFIXES, as_path, existing, refuse_text, unreadable
from etascope.images.pixels.sizes import fit
from etascope.images.tables.door import open_table

#: Sets that are opened by name; `./digits` is a folder of that name.
NAMES = KNOWN_SETS

_DOORS = (
    "a folder with a directory per class, IDX files (.gz or plain), .npz, .npy, .csv, .tsv, an array with labels, "
    f"a sequence of (image, label), or one of {', '.join(NAMES)}"
)


@renamed(watch="progress")
def open_images(
    source: object,
    labels: object = None,
    *,
    test: str | os.PathLike[str] | None = None,
    image_size: int | tuple[int, int] | None = None,
    grayscale: bool = False,
    skip_bad: bool = False,
    workers: int | None = None,
    progress: OnProgress = ignore,
) -> Dataset:
    """Open labelled images from wherever they are.

    Parameters
    ----------
    source
        - `"digits"`: the 1,000 digits that come with etascope.
        - `"mnist"`, `"fashion-mnist"`, `"kmnist"`: downloaded once into the user's cache.
        - A folder with a directory per class (PNG, JPEG, WebP, BMP, TIFF, GIF), with `train/` and `test/` or `val/`
          above them if you like; or a folder of IDX files, where `t10k-` files become the test part.
        - A file: IDX (images or labels; the other is found beside it), `.npz` (`x` and `y`, `images` and `labels`,
          Keras' `x_train` ..., MedMNIST's `val_images` ...), `.npy` with its labels beside it, `.csv` or `.tsv` of
          path and label.
        - Anything that NumPy reads, with `labels`: `(n, h, w)`, `(n, h, w, c)`, `(n, c, h, w)` or `(n, h * h)`; uint8,
          bool, and other numbers by the table in `ranges.decide` (12 bits, floats from 0 to 1 ...). uint8 is shared,
          not copied.
        - A scikit-learn Bunch, a mapping with the names of an `.npz`, a sequence of (image, label), a `Dataset`.
    labels
        `(n,)` whole numbers at least 0, or strings, or one-hot rows, for sources that bring none; or the IDX or `.npy`
        file of them.
    test
        Another source, a path or a name, whose images become the test part, at the same size and with the same
        classes. Default: the test part that the source brings, if any; one given here wins over that.
    image_size
        Height and width in pixels, one number for both, 1 to 4096. Default: kept when all images have one size of at
        most 64 x 64, else 64 x 64. Resizing is antialiased and stretches to fit.
    grayscale
        Whether to convert to gray (ITU-R BT.601 luma). Default: three channels if any image has colour, else one.
    skip_bad
        Whether to leave out image files that cannot be read, with a note, instead of stopping at the first.
    workers
        Threads that decode. Default: all cores.
    progress
        Called with a `Progress` while images are downloaded, decoded or resized.

    Returns
    -------
    Dataset
        Classes that are numbered 0 .. k-1 or otherwise are named by their labels in natural order; rows of the test
        part come last; `notes` say what was done.

    Raises
    ------
    InputError
        If the source does not hold at least two classes of readable images with a label each.

    Examples
    --------
    >>> digits = open_images("digits")
    >>> digits.images.shape, digits.class_names[:3]
    ((1000, 28, 28, 1), ('0', '1', '2'))
    >>> import numpy as np
    >>> tiny = np.array([[[0.0, 1.0]], [[1.0, 0.5]]])
    >>> data = open_images(tiny, ["dog", "cat"])
    >>> data.images.ravel().tolist(), data.labels.tolist(), data.class_names
    ([0, 255, 255, 128], [1, 0], ('cat', 'dog'))
    """
    gray, skip = as_switch(grayscale, "grayscale"), as_switch(skip_bad, "skip_bad")
    options = Options(as_size(image_size), gray, skip, as_workers(workers), progress)
    known = isinstance(test := _named(test), str) and test in NAMES
    test_path = None if test is None or known else as_path(test)
    if test_path is not None:
        existing(test_path, NAMES)
    elif test is not None and not known:
        raise InputError(
            f"test must be a path or a known set; found {type(test).__name__}. Save the images first, or give all as "
            "one mapping of x_train, y_train, x_test and y_test."
        )
    opened = _open(
        _named(source), read_labels_file(labels), replace(options, test_path=test_path, tested=test is not None)
    )
    if test is not None:
        _, height, width, _ = opened.images.shape
        trained = "" if as_path(source) is None else str(source)
        alike = replace(options, size=(height, width), reading=opened.reading, held=True, trained=trained)
        held = _open(test, None, alike)
        opened = with_test(opened, held)
    return to_dataset(opened)


def _named(source: Any) -> Any:  # noqa: ANN401 - any source
    """Return a path in bytes as text, and anything else as it is."""
    return os.fsdecode(source) if isinstance(source, bytes) else source


def _open(source: object, labels: object, options: Options) -> Opened:
    if isinstance(source, str) and source in NAMES:
        _no_labels(labels, source)
        return open_digits(options) if source == "digits" else open_known(CATALOGUE[source], options)
    path = as_path(source)
    if path is not None:
        opened = _open_path(existing(path, NAMES), labels, options)
        return replace(opened, source=called(opened.source))
    return _open_object(source, labels, options)


def _open_path(path: Path, labels: object, options: Options) -> Opened:
    ending = path.suffix.lower()
    if path.is_dir():
        files = next((folder for folder in (path, path / "raw") if folder.is_dir() and idx_in(folder)), None)
        if files is not None:
            _no_labels(labels, str(path))
            return open_idx(files, None, options)
        if labels is not None:
            raise InputError(
                f"the labels of a folder are its directories, or stand in a CSV of path,label that is given in place "
                f"of it; found labels for {path}. Leave out labels, or write and give such a CSV."
            )
        return open_folder(path, options)
    if not path.is_file():
        raise InputError(f"images are opened from folders and regular files; {path} is neither. Give {_DOORS}.")
    if ending == ".npz":
        return open_npz(path, labels, options)
    if ending == ".npy":
        return open_npy(path, labels, options)
    if ending in (".csv", ".tsv"):
        _no_labels(labels, str(path))
        return open_table(path, options)
    if is_idx(path) or path.name.lower().endswith(("ubyte", "ubyte.gz", ".idx", ".idx.gz")):
        return open_idx(path, labels, options)
    if ending in SUFFIXES:
        raise InputError(
            f"one image is nothing to learn from; {path} is one. Give the folder with a directory per class."
        )
    try:
        what, move = next_move(path)
    except OSError as error:
        raise unreadable(path, error) from None
    raise InputError(f"images are opened from {_DOORS}; {path.name!r} is none of these{what and f': {what}'}.", move)


def _open_object(source: object, labels: object, options: Options) -> Opened:
    if isinstance(source, Dataset):
        _no_labels(labels, "a Dataset")
        images, notes = fit(source.images, options)
        names, rows = source.class_names, source.test_rows
        said = (*source.notes, *notes)
        return Opened(
            images, source.labels, source.source, names, rows, said, left_out=source.left_out,
            test_source=source.test_source, test_notes=source.test_notes,
        )  # fmt: skip
    _no_paths(source, labels)
    if isinstance(source, memoryview):
        source = np.asarray(source)
    if is_bunch(source):
        return open_bunch(source, labels, options)
    if isinstance(source, Mapping):
        return open_mapping(cast("Mapping[str, Any]", source), labels, options, MAPPING)
    # Objects in one axis are images of their own.
    single = getattr(source, "dtype", None) == np.dtype(object) and getattr(source, "ndim", 1) == 1
    if hasattr(source, "__array__") and not single:
        return open_array(source, labels, options, ARRAY)
    if hasattr(source, "__len__") and hasattr(source, "__getitem__"):
        return open_sequence(source, labels, options)
    raise InputError(f"images are opened from {_DOORS}; found {type(source).__name__}. Give one of these.")


def _no_paths(source: Any, labels: object) -> None:  # noqa: ANN401 - any table, array or sequence
    """Refuse tables and rows of paths, whose images a file opens that lists them."""
    kind = type(source).__name__
    rule = "images in Python are arrays or Pillow images"
    if hasattr(source, "to_csv") and hasattr(source, "columns"):
        firsts: dict[str, Any] = {str(name): source[name].iloc[0] for name in source.columns} if len(source) else {}
        texts = [name for name, cell in firsts.items() if isinstance(cell, str | os.PathLike)]
        paths = [name for name in texts if Path(firsts[name]).suffix.lower() in SUFFIXES]
        if paths:
            raise InputError(
                f"{rule}; found a {kind} with paths in its column {paths[0]!r}.",
                "Call its columns path and label, write it to a file, and give that: "
                "table.to_csv('labels.csv', index=False), then etascope.open_images('labels.csv').",
            )
        for name in texts:
            refuse_text(str(firsts[name]))
        if texts:
            raise InputError(
                f"{rule}; found a {kind} with text in its column {texts[0]!r}.",
                "Give images and labels apart, as etascope.open_images(images, labels).",
            )
    first: object = None
    if labels is None and isinstance(source, list | tuple):
        first = next(iter(cast("Sequence[object]", source)), None)
    elif (isinstance(source, np.ndarray) or hasattr(source, "iloc")) and source.ndim == 1:
        first = next(iter(np.asarray(source, object)), None)
    if isinstance(first, str):
        refuse_text(first)
    if isinstance(first, str | os.PathLike):
        raise InputError(
            f"{rule}; found {'an array' if kind == 'ndarray' else f'a {kind}'} of paths, the first "
            f"{os.fspath(cast('os.PathLike[str]', first))[:160]!r}.",
            "Write them to a file with their labels, and give that: import pandas; pandas.DataFrame(dict(path=paths, "
            "label=labels)).to_csv('labels.csv', index=False), then etascope.open_images('labels.csv').",
        )


def _no_labels(labels: object, source: str) -> None:
    if labels is not None:
        raise InputError(f"{source} brings its own labels; leave out labels.")
