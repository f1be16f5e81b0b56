"""Labels as people write them, to class numbers and class names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.arrays.axes import to_one_each
from etascope.images.labels.several import one_each, several_notes

#: What pandas and NumPy write as text where a label is missing.
_MISSING = ("nan", "NaN", "NAN", "<NA>", "NaT")
#: Names that a class may have, but that often mean the same.
_ODD = ("none", "null", "na", "n/a", "nil", "undefined")
#: Letters of the Cyrillic and the Greek alphabet, and the Latin ones that they look like.
_LOOK = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u03bf",
    "aeopcyxijsABEKMHOPCTXABEZHIKMNOPTXo",
)


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
    """Check labels of `count` images and return them `(n,)`: int64 numbers at least 0, or strings.

    They are anything that NumPy reads as one label an image: whole numbers (floats too, if they are whole), booleans,
    or strings; a column `(n, 1)` is allowed, and rows that are one-hot, 1 in one place and 0 elsewhere.

    Examples
    --------
    >>> read_labels([3.0, 7.0], 2)
    array([3, 7])
    >>> read_labels([[0, 1, 0], [1, 0, 0]], 2)
    array([1, 0])
    """
    kind, listed = type(values).__name__, isinstance(values, list | tuple)
    if hasattr(values, "toarray"):
        raise InputError(
            f"labels must be one number or name an image; found a sparse {kind}. "
            "Give them as a dense array (.toarray())."
        )
    if is_masked(values):
        row = int(np.flatnonzero(np.asarray(getattr(values, "mask", False)))[0])
        raise InputError(f"every image needs a label; the label of row {row} is masked. Fill it in, or leave it out.")
    try:
        labels = np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise InputError(f"labels must be one number or name an image; they are no array: {reason}.") from None
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.shape[0] == count:
        labels = _from_rows(labels)
        columns: list[Any] = list(getattr(values, "columns", ()))
        if columns and all(isinstance(name, str) for name in columns):
            labels = np.array(columns)[labels]
    if labels.ndim != 1:
        shape = f"shape {labels.shape}. {to_one_each(labels, count)}" if labels.ndim else f"one {kind}. Give a list"
        raise InputError(f"labels must be one number or name an image, shape (n,); found {shape}.")
    if len(labels) != count:
        raise InputError(
            f"there must be one label an image; found {len(labels):,} labels for {count:,} images. "
            "Check that both come from the same files."
        )
    if labels.dtype.kind in "US" and listed:
        # NumPy writes the numbers among strings as strings.
        labels = np.array(values, object)
    if labels.dtype.kind in "OSUT":
        return _from_objects(labels)
    return _from_numbers(labels)


def is_masked(values: object) -> bool:
    """Say whether values are an array of NumPy's with a mask that hides some."""
    return type(values).__name__ == "MaskedArray" and bool(np.any(np.asarray(getattr(values, "mask", False))))


def label_notes(values: object, labels: NDArray[Any]) -> tuple[str, ...]:
    """Return what is worth telling of labels that `read_labels` made of values, a sentence each.

    Examples
    --------
    >>> label_notes(["cat", "None"], np.array(["cat", "None"]))
    ("A class is named 'None', which is often written where a label is missing.",)
    """
    shape = getattr(values, "shape", None) or np.shape(cast("Any", values))
    width = shape[1] if len(shape) == 2 else 1
    notes = [f"The labels are one-hot rows of {width}; a class is the place of the 1."] if width > 1 else []
    if labels.dtype.kind != "U":
        return tuple(notes)
    names = sorted(set(labels.tolist()), key=natural)
    if odd := [name for name in names if name.casefold() in _ODD]:
        notes.append(f"A class is named {odd[0]!r}, which is often written where a label is missing.")
    return (*notes, *several_notes(np.ravel(cast("Any", values)).tolist(), names), *alike_notes(names))


def agree(first: NDArray[Any], second: NDArray[Any]) -> bool:
    """Say whether two rows of labels divide the images into the same classes, whatever these are called."""
    groups = [np.unique(each, return_inverse=True)[1].ravel() for each in (first, second)]
    pairs = {*zip(*(group.tolist() for group in groups), strict=True)}
    return len(pairs) <= min(int(group.max(initial=-1)) for group in groups) + 1


def _from_rows(labels: NDArray[Any]) -> NDArray[Any]:
    """Return one-hot rows as numbers, and say of other rows what they are."""
    rule = "labels must be one number or name an image"
    if labels.dtype.kind not in "biuf":
        raise InputError(f"{rule}; found rows of {labels.shape[1]} of {labels.dtype}. Give one column of them.")
    ones = np.count_nonzero(labels == 1, axis=1)
    binary = (ones + np.count_nonzero(labels == 0, axis=1)) == labels.shape[1]
    if binary.all() and (ones == 1).all():
        return labels.argmax(axis=1)
    if binary.all():
        row = int(np.flatnonzero(ones != 1)[0])
        raise InputError(
            f"{rule}; found rows of {labels.shape[1]} of 0 and 1, of which row {row} has {ones[row]} ones: "
            "several labels an image, which etascope does not do. Choose the images that have exactly one, or "
            "one column of the labels."
        )
    if labels.dtype.kind == "f" and labels.min() >= 0 and np.allclose(labels.sum(axis=1), 1, atol=1e-3):
        raise InputError(
            f"{rule}; found shares of {labels.shape[1]} classes that sum to 1, as mixed or smoothed labels are. "
            "Give the class of each image."
        )
    move = "Give one column of them."
    values = np.unique(labels)
    if len(values) == 2 and (np.count_nonzero(labels == values[1], axis=1) == 1).all():
        move = "Where one of them stands for the class, give its place (labels.argmax(axis=1))."
    raise InputError(f"{rule}; found rows of {labels.shape[1]}, shape {labels.shape}. {move}")


def _from_objects(labels: NDArray[Any]) -> NDArray[Any]:
    values: list[Any] = labels.tolist()
    values = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in values]
    for row, value in enumerate(values):
        if _is_missing(value):
            how = "empty" if isinstance(value, str) and not value.strip() else "missing"
            shown = f" ({value})" if isinstance(value, str) and value.strip() else ""
            raise InputError(
                f"every image needs a label; the label of row {row} is {how}{shown}. Fill it in, or leave that "
                "image out."
            )
    if all(isinstance(v, str) for v in values):
        if zero := next((v for v in values if v.endswith("\0")), None):
            raise InputError(f"names of classes must not end in a zero byte; found {zero!r}. Strip it.")
        return np.array(one_each(values, "the labels"), np.str_)
    if not all(isinstance(v, int | float | np.number | np.bool_) for v in values):
        kinds = sorted({type(v).__name__ for v in values})
        move = "Give one kind" if len(kinds) > 1 else "Write them as strings (str), or number the classes"
        raise InputError(f"labels must be all whole numbers or all strings; found {', '.join(kinds)}. {move}.")
    return _from_numbers(np.array(values))


def _is_missing(value: Any) -> bool:  # noqa: ANN401 - labels are of any type
    if isinstance(value, str):
        return not value.strip() or value.strip() in _MISSING
    # pandas' own marks of what is missing are equal to nothing, or cannot say.
    try:
        return value is None or bool(value != value)
    except (TypeError, ValueError):
        return True


def _from_numbers(labels: NDArray[Any]) -> NDArray[np.int64]:
    if labels.dtype.kind not in "biuf":
        raise InputError(f"labels must be whole numbers or strings; found {labels.dtype}. Give class numbers or names.")
    if labels.dtype.kind == "f":
        if len(lacking := np.flatnonzero(np.isnan(labels))):
            raise InputError(
                f"every image needs a label; the label of row {lacking[0]} is missing (nan). Fill it in, or leave that "
                "image out."
            )
        if len(wrong := np.flatnonzero(~np.isfinite(labels) | (labels != np.floor(labels)))):
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
    if len(labels) and int(labels.max()) > np.iinfo(np.int64).max:
        raise InputError(f"labels must fit 64 bits; found {labels.max()}. Number the classes from 0.")
    return labels.astype(np.int64, copy=False)


def classes(labels: NDArray[Any], names: Sequence[str] | None = None) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return class numbers `(n,)` in 0 .. k-1 and the k class names.

    Numbers keep their order, strings are sorted naturally. Without `names` of the classes 0, 1, ... that the source
    tells, a class is named by its label.

    Examples
    --------
    >>> numbers, names = classes(np.array(["10", "2", "10"]))
    >>> numbers.tolist(), names
    ([1, 0, 1], ('2', '10'))
    """
    values, numbers = np.unique(labels, return_inverse=True)
    numbers = numbers.astype(np.int64, copy=False)
    if values.dtype.kind == "U":
        texts: list[str] = values.tolist()
        order = sorted(range(len(texts)), key=lambda i: natural(texts[i]))
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        return place[numbers], tuple(texts[i] for i in order)
    if names is None:
        return numbers, tuple(str(value) for value in values.tolist())
    if len(values) and values[-1] >= len(names):
        raise InputError(f"labels must be below {len(names)}, the number of class names; found {values[-1]}.")
    return labels, tuple(names)


def need_two(names: Sequence[str], source: str) -> None:
    """Check that there is something to tell apart."""
    if len(names) < 2:
        held = f"only {names[0]!r}" if names else "none"
        raise InputError(
            f"telling images apart needs at least two classes; found {held} in {source}. Add images of another class."
        )


def alike_notes(names: Sequence[str]) -> list[str]:
    """Return a sentence on names of classes that may be meant for one another.

    Examples
    --------
    >>> alike_notes(["Cat", "cat", "dog"])
    ["Classes 'Cat' and 'cat' are spelled almost alike, and were kept apart."]
    """
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(plainly(name), []).append(name)
    if not (pairs := [group for group in alike.values() if len(group) > 1]):
        return []
    # What looks the same is told by its letters' numbers.
    written = ascii if len({name.translate(_LOOK) for name in pairs[0]}) < len(pairs[0]) else repr
    shown, more = " and ".join(map(written, pairs[0][:3])), ", and others," if len(pairs) > 1 else ""
    return [f"Classes {shown}{more} are spelled almost alike, and were kept apart."]


def plainly(name: str) -> str:
    """Return what is left of a label when its case, its signs and the zeros of a number do not count."""
    plain = unicodedata.normalize("NFKC", name).translate(_LOOK).casefold()
    try:
        return repr(float(plain) + 0).removesuffix(".0")
    except ValueError:
        return re.sub(r"(?![<>=\u2264\u2265\u00b1]|[-+#]+$)[\W_]", "", plain) or plain
