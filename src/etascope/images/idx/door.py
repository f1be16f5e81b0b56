"""IDX files that belong together: images with their labels, training part with test part."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from etascope.core.errors import InputError
from etascope.images.arrays.door import read_pixels
from etascope.images.arrays.names import left_beside
from etascope.images.idx.file import append_images, packed_otherwise, read_idx_labels
from etascope.images.labels.labels import read_labels
from etascope.images.opened import Opened, Options, tail_rows
from etascope.images.paths import unreadable

_NAME = re.compile(r"(?P<part>.*?)(?P<kind>images|labels)(?P<gap>[-._])idx[1-4](?P<end>([-._].*)?)", re.IGNORECASE)
_EMNIST = re.compile(r"emnist(?![a-z])", re.IGNORECASE)
_TEST = re.compile(r"(^|[-._])(t10k|test|val|valid|validation)([-._]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class IdxPair:
    """An images file and its labels; `labels` is a file, or what the user gave."""

    images: Path
    labels: object


def is_idx(path: Path) -> bool:
    """Say whether a file is named as MNIST's files are.

    Examples
    --------
    >>> is_idx(Path("train-images-idx3-ubyte.gz")), is_idx(Path("t10k-labels.idx1-ubyte")), is_idx(Path("notes.gz"))
    (True, True, False)
    """
    return _NAME.fullmatch(path.name) is not None


def idx_in(folder: Path) -> list[Path]:
    """Return the IDX files in a folder; plain ones come before packed ones of the same name."""
    try:
        # Copies by macOS bring hidden files.
        return sorted(path for path in folder.iterdir() if path.name[0] != "." and is_idx(path) and path.is_file())
    except OSError as error:
        raise unreadable(folder, error) from None


def open_idx(path: Path, labels: object, options: Options) -> Opened:
    """Open an images file with its labels, or a folder of them with its training and test part.

    Either file of a pair finds the other beside it, compressed or not.
    """
    if path.is_dir():
        if labels is not None:
            raise InputError(f"the folder {path} brings its own labels; leave out labels, or give the images file.")
        train, test = _pairs(path)
        return read_pairs(train, test, options, str(path))
    pair, held = _pair(path, labels), _held_beside(path)
    if held is None or labels is not None:
        opened = read_pairs(pair, None, options, str(path))
        return replace(opened, notes=(*opened.notes, *left_beside(held and held.images, path)))
    name = held.images.name
    try:
        opened = read_pairs(pair, held, options, str(path))
        note = f"{name}, which lies beside {pair.images.name}, is the test part."
    except InputError as error:
        opened = read_pairs(pair, None, options, str(path))
        note = f"{name}, which lies beside {pair.images.name}, could not be its test part: {error}"
    return replace(opened, notes=(*opened.notes, note))


def read_pairs(
    train: IdxPair, test: IdxPair | None, options: Options, source: str, class_names: tuple[str, ...] | None = None
) -> Opened:
    """Read a pair of files, and the test pair behind it where there is one.

    All images go into one buffer, so that memory peaks at little more than the pixels take.
    """
    pixels = bytearray()
    header = append_images(train.images, pixels)
    labels = _labels(train, header.shape[0])
    count, test_rows = header.shape[0], None
    if test is not None:
        other = append_images(test.images, pixels)
        sizes = (" x ".join(map(str, each.shape[1:])) for each in (header, other))
        for what, own, its in (("shape", *sizes), ("type", header.dtype.name, other.dtype.name)):
            if own != its:
                raise InputError(
                    f"images of both parts must have one {what}; {train.images.name} has {own}, {test.images.name} "
                    f"{its}. Open one of them and give the other as test."
                )
        labels = np.concatenate([labels, _labels(test, other.shape[0])])
        count += other.shape[0]
        test_rows = tail_rows(count, other.shape[0])
    array = np.frombuffer(pixels, header.dtype).reshape(count, *header.shape[1:])
    read = [file for pair in (train, test) if pair for file in (pair.images, pair.labels) if isinstance(file, Path)]
    twins = [file for file in read if packed_otherwise(file)]
    notes = tuple(
        f"{file.name} was read; {file.name}.gz, which lies beside it, holds something else." for file in twins
    )
    above = [folder.name for folder in train.images.absolute().parents[: 2 if train.images.parent.name == "raw" else 1]]
    # The files say nothing of it, so the name of one or of its folder decides.
    if any(_EMNIST.match(name) for name in (train.images.name, *above)):
        array = np.ascontiguousarray(array.swapaxes(1, 2))
        notes += (
            "EMNIST is published with rows and columns exchanged; they were put back, so that it stands upright.",
        )
    [images], more, reading = read_pixels([array], options, "images", [labels], header.shape[0])
    return Opened(images, labels, source, class_names, test_rows, (*notes, *more), reading)


def _labels(pair: IdxPair, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    values = read_idx_labels(pair.labels) if isinstance(pair.labels, Path) else pair.labels
    try:
        return read_labels(values, count)
    except InputError as error:
        where = f"{pair.labels}: " if isinstance(pair.labels, Path) else ""
        raise InputError(f"{where}{error}") from None


def _pair(path: Path, labels: object) -> IdxPair:
    name = _NAME.fullmatch(path.name)
    if labels is not None or name is None:
        if labels is None:
            raise InputError(
                "IDX files are named like train-images-idx3-ubyte so that images find their labels; "
                f"found {path.name}. Rename it, or give labels."
            )
        return IdxPair(path, labels)
    if name["kind"].lower() == "images":
        return IdxPair(path, _partner(path))
    return IdxPair(_partner(path), path)


def _partner(path: Path) -> Path:
    """Return the labels file of an images file, or the other way round, in whichever packing lies there."""
    name = _NAME.fullmatch(path.name)
    assert name is not None
    kind = "labels" if name["kind"].lower() == "images" else "images"
    for other in idx_in(path.parent):
        match = _NAME.fullmatch(other.name)
        if match and match["part"] == name["part"] and match["kind"].lower() == kind:
            return other
    ending = "labels-idx1-ubyte" if kind == "labels" else "images-idx3-ubyte"
    raise InputError(
        f"IDX images and labels come in two files; the {kind} of {path.name} are missing. "
        f"Put {name['part']}{ending} (or .gz) beside it, in {path.parent}."
    )


def _held_beside(path: Path) -> IdxPair | None:
    """Return the test part that lies beside a file of the training part, as `t10k-` beside `train-`."""
    name = _NAME.fullmatch(path.name)
    stem = re.sub(r"train(ing)?", "*", name["part"], flags=re.IGNORECASE) if name else ""
    for other in idx_in(path.parent) if "*" in stem else []:
        match = _NAME.fullmatch(other.name)
        if match and match["part"] != stem and _TEST.sub(r"\1*\3", match["part"]) == stem:
            with contextlib.suppress(InputError):
                return _pair(other, None)
    return None


def _pairs(folder: Path) -> tuple[IdxPair, IdxPair | None]:
    parts: dict[str, Path] = {}
    for path in reversed(idx_in(folder)):
        if name := _NAME.fullmatch(path.name):
            # Plain files come before .gz ones, so that in reverse order they win.
            parts[name["part"]] = path
    test = [part for part in parts if _TEST.search(part)]
    train = [part for part in parts if part not in test]
    if not train:
        train, test = test, []
    if len(train) != 1 or len(test) > 1:
        held = ", ".join(sorted(part or "nameless files" for part in parts))
        raise InputError(
            f"a folder of IDX files must hold one set; {folder} holds {held}. "
            "Name the training images' file of the one to open; its test part is found beside it."
        )
    return _pair(parts[train[0]], None), _pair(parts[test[0]], None) if test else None
