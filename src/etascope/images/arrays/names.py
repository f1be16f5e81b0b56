"""Which names hold images and labels, of which part: in an archive or mapping (`part_names`), and of files beside."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.labels.labels import agree, read_labels

#: Words for images, the first that is there counts; and with each the words for labels that go with it.
_IMAGES = {
    "x": ("y", "labels", "label", "targets", "target"),
    "images": ("labels", "label", "targets", "target", "y"),
    "image": ("labels", "label", "targets", "target", "y"),
    "imgs": ("labels", "label", "targets", "target", "y"),
    "data": ("target", "targets", "labels", "label", "y"),
    "features": ("labels", "label", "targets", "target", "y"),
    "inputs": ("labels", "label", "targets", "target", "outputs", "y"),
}
_LABELS = ("y", "labels", "label", "targets", "target", "outputs")
_PARTS = {
    "train": "train", "training": "train", "tr": "train", "test": "test", "testing": "test", "te": "test",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
}  # fmt: skip
_WORDS = "|".join(sorted({*_IMAGES, *_LABELS}, key=len, reverse=True))
_WHEN = "|".join(sorted(_PARTS, key=len, reverse=True))
_NAME = re.compile(rf"(?:(?P<a>{_WORDS})[-_. ]*(?P<b>{_WHEN})?|(?P<c>{_WHEN})[-_. ]*(?P<d>{_WORDS}))")
#: Words for images in a file's name, with those of its labels.
_TOGETHER = (("images", "labels"), ("image", "label"), ("Images", "Labels"), ("x", "y"), ("X", "Y"), ("X", "y"))


@dataclass(frozen=True)
class NamePair:
    """The names of images and of their labels; `labels` is None where there are none."""

    images: str
    labels: str | None


@dataclass(frozen=True)
class PartNames:
    """Which names of a mapping hold what.

    Attributes
    ----------
    train, test, val
        The parts; test and val only where they have images and labels, else None.
    left
        Names that hold none of that.
    """

    train: NamePair
    test: NamePair | None
    val: NamePair | None
    left: tuple[str, ...]


def word_and_part(name: str) -> tuple[str, str] | None:
    """Return the word for images or labels in a name, and the part (`"train"`, `"test"`, `"val"` or ""), if any.

    Examples
    --------
    >>> word_and_part("X_valid"), word_and_part("test_images"), word_and_part("weights")
    (('x', 'val'), ('images', 'test'), None)
    """
    match = _NAME.fullmatch(name.lower())
    return match and (match["a"] or match["d"], _PARTS.get(match["b"] or match["c"] or "", ""))


def part_names(names: Iterable[str], source: str) -> PartNames:
    """Say which names hold images and labels; capital letters do not matter.

    Examples
    --------
    >>> part_names(["X", "y", "extra"], "here")
    PartNames(train=NamePair(images='X', labels='y'), test=None, val=None, left=('extra',))
    """
    given = [str(name) for name in names]
    parts: dict[str, dict[str, str]] = {"": {}, "train": {}, "test": {}, "val": {}}
    for name in given:
        if said := word_and_part(name):
            parts[said[1]].setdefault(said[0], name)
    if not any(parts.values()) and "arr_0" in given:
        parts[""] = {"x": "arr_0"} | ({"y": "arr_1"} if "arr_1" in given else {})
    bare, train, test, val = (_name_pair(words) for words in parts.values())
    if train is None or (train.labels is None and bare is not None and bare.labels is not None):
        train = bare
    if not given:
        raise InputError(
            f"{source} holds nothing. Save images and labels in it (numpy.savez(path, x=images, y=labels))."
        )
    if train is None:
        raise InputError(
            "arrays of images and labels must be named as x with y, images with labels, data with target, x_train with "
            f"y_train, train_images with train_labels or arr_0 with arr_1; {source} holds "
            f"{', '.join(sorted(given))}. Rename them."
        )
    test, val = (part if part and part.labels is not None else None for part in (test, val))
    used = {name for part in (train, test, val) if part is not None for name in (part.images, part.labels)}
    return PartNames(train, test, val, tuple(name for name in given if name not in used))


def in_order(picked: PartNames, arrays: Mapping[str, Any]) -> PartNames:
    """Return what was picked, with arr_0 and arr_1 exchanged where only the second can hold images.

    Examples
    --------
    >>> import numpy as np
    >>> arrays = {"arr_0": np.zeros(9), "arr_1": np.zeros((9, 8, 8))}
    >>> in_order(part_names(arrays, "here"), arrays).train
    NamePair(images='arr_1', labels='arr_0')
    """
    if picked.train != NamePair("arr_0", "arr_1"):
        return picked
    first, second = (len(getattr(arrays[name], "shape", ())) for name in ("arr_0", "arr_1"))
    return replace(picked, train=NamePair("arr_1", "arr_0")) if 1 <= first <= 2 and first < second else picked


def without_coordinates(arrays: Mapping[str, Any]) -> list[str]:
    """Return the names without those of rows of numbers, as of coordinates x and y, that lie beside images.

    Examples
    --------
    >>> import numpy as np
    >>> without_coordinates({"x": np.zeros(3), "y": np.zeros(3), "images": np.zeros((3, 8, 8)), "labels": [0, 1, 0]})
    ['images', 'labels']
    """
    names, left_out = [str(name) for name in arrays], set[str]()
    for part in ("", *sorted({*_PARTS.values()})):
        words = {said[0]: name for name in names if (said := word_and_part(name)) and said[1] == part}
        images = [word for word in words if word in _IMAGES]
        flat = [word for word in images if len(images) > 1 and _is_flat(arrays[words[word]])]
        if 0 < len(flat) < len(images):
            with_it = ("y",) if "x" in flat and len(words.keys() & {*_LABELS}) > 1 else ()
            left_out |= {words[word] for word in (*flat, *with_it) if word in words}
    return [name for name in names if name not in left_out]


def refuse_two_readings(part: NamePair, left: Iterable[str], arrays: Mapping[str, Any], source: str) -> None:
    """Refuse images that have other labels too, or lie beside others with labels of their own."""
    chosen = word_and_part(part.images)
    others = {said[0]: name for name in left if (said := word_and_part(name)) and chosen and said[1] == chosen[1]}
    if part.labels is None or not others:
        return
    labels = read_labels(arrays[part.labels], len(arrays[part.labels]))
    for word, name in others.items():
        own = next((others[label] for label in _IMAGES.get(word, ()) if label in others), None)
        if own is not None and not np.array_equal(np.ravel(arrays[name]), np.ravel(arrays[part.images])):
            raise InputError(
                f"a set must have one array of images; {source} holds {part.images} with {part.labels} and {name} with "
                f"{own}, which are others. Leave one pair out."
            )
        if word in _LABELS and _are_others(arrays[name], labels):
            raise InputError(
                f"images need one label each; {part.labels} and {name} of {source} disagree. Leave one of them out."
            )


def _are_others(values: object, labels: NDArray[Any]) -> bool:
    """Say whether values are labels, too, that divide the images in another way."""
    try:
        return not agree(labels, read_labels(values, len(labels)))
    except InputError:
        return False


def _is_flat(values: object) -> bool:
    shape, kind = getattr(values, "shape", (0, 0)), getattr(getattr(values, "dtype", None), "kind", "O")
    return len(shape) < 2 and kind != "O"


def _name_pair(words: dict[str, str]) -> NamePair | None:
    """Return the images and labels among names of one part; a pair that is whole goes before images alone."""
    images = [word for word in _IMAGES if word in words]
    pairs = [NamePair(words[word], words[label]) for word in images for label in _IMAGES[word] if label in words]
    return next(iter([*pairs, *(NamePair(words[word], None) for word in images)]), None)


def label_names(stem: str) -> list[str]:
    """Return the file names under which the labels of `stem.npy` are looked for, in order.

    Images of one part take labels of that part alone; but training images take those of no part too.

    Examples
    --------
    >>> label_names("x_train")[2:6]
    ['x_train_y.npy', 'y_train.npy', 'train_labels.npy', 'labels_train.npy']
    >>> label_names("test_x")[3:6]
    ['test_y.npy', 'test_labels.npy', 'labels_test.npy']
    """
    names = [f"{stem}_labels", f"{stem}-labels", f"{stem}_y"]
    for images, labels in _TOGETHER:
        names.append(re.sub(rf"(?<![A-Za-z]){images}(?![A-Za-z])|(?<=[a-z]){images}$", labels, stem))
    part = re.search(r"(?<![a-z])(train|training|test|testing|val|valid|validation|dev)(?![a-z])", stem.lower())
    if part:
        names += [f"{part[0]}_labels", f"labels_{part[0]}", f"{part[0]}_y", f"y_{part[0]}"]
    if part is None or part[0].startswith("train"):
        names += ["labels", "y", "targets", "target"]
    return [f"{name}.npy" for name in dict.fromkeys(names) if name != stem]


def test_beside(path: Path) -> Path | None:
    """Return the images of a test part, with labels, that lie beside those for training."""
    name = re.sub(r"(?<![A-Za-z])[Tt]rain(ing)?(?![A-Za-z])", lambda m: "Test" if m[0][0] == "T" else "test", path.name)
    held = path.with_name(name)
    labelled = any(held.with_name(other).is_file() for other in label_names(held.stem))
    if name == path.name or not labelled or not os.path.lexists(held):
        return None
    if not held.is_file():
        raise InputError(
            f"an array file is a regular file; {held.name}, which lies beside {path.name}, is none. Move it away."
        )
    return held


def left_beside(held: Path | None, path: Path) -> tuple[str, ...]:
    """Return the sentence on a test part beside images whose labels were given, if there is one.

    Examples
    --------
    >>> left_beside(Path("x_test.npy"), Path("x_train.npy"))
    ('x_test.npy, which lies beside x_train.npy, was left out, as labels were given; it is read where given as test.',)
    """
    left = "was left out, as labels were given; it is read where given as test."
    return (f"{held.name}, which lies beside {path.name}, {left}",) if held else ()
