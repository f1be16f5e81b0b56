"""Labels as people write them, to class numbers and class names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError


def natural(text: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Return a sort key that puts "2" before "10" and "img2" before "img10".

    Examples
    --------
    >>> sorted(["10", "2", "b", "A"], key=natural)
    ['2', '10', 'A', 'b']
    """
    parts: list[tuple[int, int, str]] = []
    for part in re.findall(r"[0-9]+|[^0-9]+", text):
        if part[0] in "0123456789":
            digits = part.lstrip("0")
            parts.append((0, len(digits), digits))
        else:
            parts.append((1, 0, part.casefold()))
    return tuple(parts), text


def read_labels(values: object, count: int) -> NDArray[Any]:
    """Check labels and return them `(n,)`: int64 numbers at least 0, or strings.

    Parameters
    ----------
    values
        Anything that NumPy reads as one label an image: whole numbers (floats too, if they are whole), booleans, or
        strings; a column `(n, 1)` is allowed.
    count
        Number of images.

    Raises
    ------
    InputError
        If there is not one label an image, or a label is negative, fractional, missing or of mixed kind.

    Examples
    --------
    >>> read_labels([3.0, 7.0], 2)
    array([3, 7])
    """
    try:
        labels = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise InputError(f"labels must be one number or name an image; they are no array: {reason}.") from None
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.shape[0] == count:
        raise InputError(
            f"labels must be one number or name an image; found shape {labels.shape}. "
            "If they are one-hot, give labels.argmax(axis=1)."
        )
    if labels.ndim != 1:
        raise InputError(f"labels must be one number or name an image, shape (n,); found shape {labels.shape}.")
    if len(labels) != count:
        raise InputError(
            f"there must be one label an image; found {len(labels):,} labels for {count:,} images. "
            "Check that both come from the same files."
        )
    if labels.dtype.kind in "OSUT":
        return _from_objects(labels)
    return _from_numbers(labels)


def _from_objects(labels: NDArray[Any]) -> NDArray[Any]:
    values: list[Any] = labels.tolist()
    values = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values]
    if all(isinstance(v, str) for v in values):
        for row, value in enumerate(values):
            if not value.strip():
                raise InputError(f"every image needs a label; the label of row {row} is empty. Fill it in.")
        return np.array(values, np.str_)
    for row, value in enumerate(values):
        if value is None or value != value:
            raise InputError(f"every image needs a label; the label of row {row} is missing. Fill it in.")
    numbers = all(isinstance(v, int | float | np.number | np.bool_) for v in values)
    if not numbers:
        kinds = sorted({type(v).__name__ for v in values})
        raise InputError(f"labels must be all whole numbers or all strings; found {', '.join(kinds)}. Give one kind.")
    return _from_numbers(np.array(values))


def _from_numbers(labels: NDArray[Any]) -> NDArray[np.int64]:
    if labels.dtype.kind not in "biuf":
        raise InputError(f"labels must be whole numbers or strings; found {labels.dtype}. Give class numbers or names.")
    if labels.dtype.kind == "f":
        wrong = np.flatnonzero(~np.isfinite(labels) | (labels != np.floor(labels)))
        if len(wrong):
            raise InputError(
                f"labels must be whole numbers or strings; found {float(labels[wrong[0]])!r} in row {wrong[0]}. "
                "Class numbers have no fraction; etascope does not do regression."
            )
    if len(labels) and labels.min() < 0:
        row = int(labels.argmin())
        raise InputError(
            f"labels must be at least 0; found {int(labels[row])} in row {row}. "
            "Number the classes from 0, or give names as strings."
        )
    if len(labels) and labels.max() > np.iinfo(np.int64).max:
        raise InputError(f"labels must fit 64 bits; found {labels.max()}. Number the classes from 0.")
    return labels.astype(np.int64, copy=False)


def classes(labels: NDArray[Any], names: Sequence[str] | None = None) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return class numbers `(n,)` in 0 .. k-1 and the k class names.

    Numbers keep their order, strings are sorted naturally; without `names` a class is named by its label.

    Parameters
    ----------
    labels
        As `read_labels` returns them.
    names
        Names of the classes 0, 1, ... where the source tells them.

    Raises
    ------
    InputError
        If a number is beyond `names`.

    Examples
    --------
    >>> numbers, names = classes(np.array(["10", "2", "10"]))
    >>> numbers.tolist(), names
    ([1, 0, 1], ('2', '10'))
    """
    found, numbers = np.unique(labels, return_inverse=True)
    numbers = numbers.astype(np.int64, copy=False)
    if found.dtype.kind == "U":
        texts: list[str] = found.tolist()
        order = sorted(range(len(texts)), key=lambda i: natural(texts[i]))
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        return place[numbers], tuple(texts[i] for i in order)
    if names is None:
        return numbers, tuple(str(value) for value in found.tolist())
    if len(found) and found[-1] >= len(names):
        raise InputError(f"labels must be below {len(names)}, the number of class names; found {found[-1]}.")
    return labels, tuple(names)


def need_two(names: Sequence[str], source: str) -> None:
    """Check that there is something to tell apart.

    Raises
    ------
    InputError
        If there are fewer than two classes.
    """
    if len(names) < 2:
        found = f"only {names[0]!r}" if names else "none"
        raise InputError(
            f"telling images apart needs at least two classes; found {found} in {source}. Add images of another class."
        )
