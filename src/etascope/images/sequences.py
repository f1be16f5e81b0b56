"""Sequences of (image, label), each image a Pillow image or an array of its own size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.arrays import open_array, read_array
from etascope.images.decode import BadImage, Decoded, decode_picture
from etascope.images.found import Found, Wishes
from etascope.images.gather import gather
from etascope.images.labels import read_labels
from etascope.images.pixels import float_range, image_axes, scaled_bytes, to_bytes

_SOURCE = "a sequence of images"


def open_sequence(items: Any, labels: object, wishes: Wishes) -> Found:  # noqa: ANN401 - any type with a length and items
    """Open a sequence of (image, label), or of images when labels are given.

    Anything with a length whose items can be asked for by number will do: a list, a tuple, a torch Dataset.

    Raises
    ------
    InputError
        If it is empty, an item is no (image, label), or an image cannot be read.
    """
    count = len(items)
    if not count:
        raise InputError("there must be at least one image; the sequence is empty. Give (image, label) pairs.")
    if labels is None:
        pairs = [_pair(items[row], row) for row in range(count)]
        images = [image for image, _ in pairs]
        labels = [_scalar(label) for _, label in pairs]
    else:
        images = [items[row] for row in range(count)]
        if isinstance(images[0], tuple):
            raise InputError("pairs of (image, label) bring their own labels; leave out labels, or give images alone.")
    read = read_labels(labels, count)
    # Items may come from a user's own code or be lazily read from one file: they are asked one after the other.
    wishes = replace(wishes, workers=1)
    if not any(_is_picture(image) for image in images):
        arrays = [read_array(image, f"image {row}") for row, image in enumerate(images)]
        if len({(array.shape, array.dtype.str) for array in arrays}) == 1 and arrays[0].ndim in (2, 3):
            return open_array(np.stack(arrays), read, wishes, _SOURCE)
        images = _alike(arrays)
    gathered = gather(count, lambda row: _decode(images[row], wishes, f"image {row}"), wishes)
    return Found(gathered.images, read[gathered.rows], _SOURCE, None, None, gathered.notes)


def _pair(item: Any, row: int) -> tuple[Any, Any]:  # noqa: ANN401 - as above
    kind = type(item).__name__
    pair = cast("Sequence[Any]", item) if isinstance(item, tuple | list) else ()
    if len(pair) != 2:
        raise InputError(
            f"without labels every item must be (image, label); item {row} is {kind}. "
            "Give pairs, or labels as the second argument."
        )
    return pair[0], pair[1]


def _scalar(label: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(label, str | bytes | int | float) or label is None:
        return label
    array = read_array(label, "a label")
    return array.item() if array.size == 1 else array


def _is_picture(image: object) -> bool:
    from PIL import Image

    return isinstance(image, Image.Image)


def _alike(arrays: list[NDArray[Any]]) -> list[NDArray[np.uint8]]:
    """Return arrays as bytes; floats share one range, so that a dark image stays dark among bright ones."""
    ranges = [float_range(array) for array in arrays if array.dtype.kind == "f" and array.size]
    low, high = min((r[0] for r in ranges), default=0), max((r[1] for r in ranges), default=0)
    if low < 0 or high > 255:
        raise InputError(
            f"images of floats must lie in [0, 1] or in [0, 255]; found {low:g} to {high:g}. "
            "Undo the normalisation, or scale them to 0 .. 1."
        )
    factor = 255.0 if high <= 1 else 1.0
    return [
        scaled_bytes(array, factor) if array.dtype.kind == "f" else to_bytes(array, f"image {row}")
        for row, array in enumerate(arrays)
    ]


def _decode(image: Any, wishes: Wishes, name: str) -> Decoded:  # noqa: ANN401 - as above
    from PIL import Image

    if _is_picture(image):
        return decode_picture(image, wishes, name)
    try:
        pixels = to_bytes(read_array(image, name), name)
        pixels = image_axes(pixels[None] if pixels.ndim in (2, 3) else pixels, name)[0]
    except InputError as error:
        raise BadImage(name, str(error).rstrip(".")) from None
    modes = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
    flat = np.ascontiguousarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    picture = Image.fromarray(flat)
    return decode_picture(picture if picture.mode == modes[pixels.shape[2]] else picture.convert("L"), wishes, name)
