"""Sequences of (image, label), each image a Pillow image or an array of its own size."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import SEQUENCE
from etascope.core.errors import InputError
from etascope.images.arrays.axes import image_axes
from etascope.images.arrays.door import alpha_apart, open_array, open_mapping, read_array, together
from etascope.images.files.decode import BadImage, Decoded, decode_picture, decode_pixels
from etascope.images.files.stack import stack_images
from etascope.images.labels.labels import label_notes, read_labels
from etascope.images.opened import Opened, Options
from etascope.images.paths import refuse_text
from etascope.images.pixels.extents import Extent, measure
from etascope.images.pixels.members import Members, peaks_by_kind
from etascope.images.pixels.outliers import look_beyond, refuse_fewer_bits
from etascope.images.pixels.ranges import decide, scale_notes


def open_sequence(items: Any, labels: object, options: Options) -> Opened:  # noqa: ANN401 - any type with a length and items
    """Open a sequence of (image, label), or of images when labels are given.

    Anything with a length whose items can be asked for by number will do: a list, a tuple, a torch Dataset.
    """
    count = _length(items)
    if not count:
        raise InputError("there must be at least one image; the sequence is empty. Give (image, label) pairs.")
    # A column of a table counts its rows by names that may be numbers; what counts here is the place.
    listed = np.asarray(items) if hasattr(items, "__array__") else items
    items = [_item(listed, row, count) for row in range(count)]
    if labels is None:
        if count == 2 and all(map(_is_part, items)):
            (x, y), (held_x, held_y) = items
            parts = {"x_train": x, "y_train": y, "x_test": held_x, "y_test": held_y}
            opened = open_mapping(parts, None, options, SEQUENCE)
            note = "Of two pairs of images and labels, the second is the test part."
            return replace(opened, notes=(note, *opened.notes))
        pairs = [_pair(item, row) for row, item in enumerate(items)]
        images = [image for image, _ in pairs]
        labels = [_scalar(label) for _, label in pairs]
    else:
        images = items
        if isinstance(images[0], tuple):
            raise InputError("pairs of (image, label) bring their own labels; leave out labels, or give images alone.")
    if isinstance(images[0], str):
        refuse_text(images[0])
    if isinstance(images[0], str | os.PathLike):
        raise InputError(
            "images in a sequence must be arrays or Pillow images; image 0 is the path "
            f"{os.fspath(images[0])[:160]}. Open them (PIL.Image.open), or give their folder, or a .csv of path and "
            "label."
        )
    read = read_labels(labels, count)
    # Items may come from a user's own code or be lazily read from one file: they are asked one after the other.
    options = replace(options, workers=1)
    notes = label_notes(labels, read)
    arrays = {row: read_array(image, f"image {row}") for row, image in enumerate(images) if not _is_picture(image)}
    shapes = {(array.shape, array.dtype.str) for array in arrays.values()}
    if not options.skip_bad and len(arrays) == count and len(shapes) == 1 and arrays[0].ndim in (2, 3):
        opened = open_array(np.stack(list(arrays.values())), read, options, SEQUENCE)
        return replace(opened, notes=(*notes, *opened.notes))
    # Those of bytes are left to `stack_images`, which sees the pictures among them too.
    wide: dict[int, tuple[NDArray[Any], NDArray[np.uint8] | None]] = {}
    extents: dict[int, Extent] = {}
    for row, array in arrays.items():
        if array.dtype != np.uint8:
            try:
                wide[row] = alpha_apart(_upright(array, images[row], f"image {row}")[None])
                name = f"image {row}"
                extents[row] = replace(measure(wide[row][0][0], name), names=(name,))
            except InputError as error:
                images[row] = error if isinstance(error, BadImage) else BadImage(f"image {row}", str(error))
    every, numbers = list(extents.values()), np.array(list(extents), np.int64)
    lows, peaks = (np.array(of, np.float64) for of in ([e.low for e in every], [max(e.high, -e.low) for e in every]))
    kinds = [extent.kind for extent in every]
    for kind in set(kinds):
        own = np.flatnonzero(np.array(kinds) == kind)
        refuse_fewer_bits(kind, peaks[own], read[numbers[own]], lambda row, of=numbers[own]: f"image {of[row]}")
    scales = decide(every, options.reading.scales, "images")
    beyond: list[str] = []
    for kind, scale in scales.items():
        of_kind = ((wide[row][0], extent, False) for row, extent in extents.items() if extent.kind == kind)
        beyond += look_beyond(of_kind, scale, "images")
    for row, extent in extents.items():
        images[row] = together(*wide.pop(row), scales[extent.kind])[0]
    notes += (*scale_notes(scales, Counter([*kinds, *["bytes"] * (count - len(kinds))])), *beyond)
    scales = {kind: scale for kind, scale in scales.items() if kind != "bytes"}
    options = replace(options, reading=replace(options.reading, scales={**options.reading.scales, **scales}))
    members = Members("image {}".format, read, count)
    stacked = stack_images(count, lambda row: _decode(images[row], options, f"image {row}"), options, members)
    every_note = tuple(dict.fromkeys((*notes, *stacked.notes)))
    peaks_of = {kind: opened for kind, opened in peaks_by_kind(kinds, lows, peaks).items() if kind != "bytes"}
    scales, of_all = {**scales, **stacked.reading.scales}, {**stacked.reading.peaks, **peaks_of}
    reading = replace(stacked.reading, scales=scales, peaks=of_all)
    return Opened(stacked.images, read[stacked.rows], SEQUENCE, None, None, every_note, reading)


def _length(items: Any) -> int:  # noqa: ANN401 - as above
    try:
        return len(items)
    except TypeError as error:
        dense = "Give it as a dense array (.toarray())." if hasattr(items, "toarray") else "Give a list of its items."
        raise InputError(
            f"images must be an array or a sequence with a length; {type(items).__name__} has none: "
            f"{str(error).split(chr(10))[0].rstrip('.').split(';')[0]}. {dense}"
        ) from None


def _item(items: Any, row: int, count: int) -> Any:  # noqa: ANN401 - as above
    try:
        return items[row]
    except (IndexError, KeyError) as error:
        raise InputError(
            f"a sequence must have as many items as its length says; {type(items).__name__} says {count:,}, and its "
            f"item {row} cannot be had: {type(error).__name__} {error}. Give a list of its items."
        ) from error


def _pair(item: Any, row: int) -> tuple[Any, Any]:  # noqa: ANN401 - as above
    kind = type(item).__name__
    pair = cast("Sequence[Any]", item) if isinstance(item, tuple | list) else ()
    if len(pair) != 2:
        raise InputError(
            f"without labels every item must be (image, label); item {row} is {kind}. "
            "Give pairs, or labels as the second argument."
        )
    return pair[0], pair[1]


def _is_part(item: object) -> bool:
    """Say whether an item holds all images and labels of a part, as the two of Keras do."""
    pair = cast("Sequence[Any]", item) if isinstance(item, tuple | list) else ()
    shapes = [getattr(each, "shape", ()) for each in pair]
    return len(shapes) == 2 and len(shapes[0]) > 1 and len(shapes[1]) > 0 and shapes[0][0] == shapes[1][0] > 1


def _scalar(label: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(label, str | bytes | int | float) or label is None:
        return label
    array = read_array(label, "a label")
    return array.item() if array.size == 1 else array


def _is_picture(image: object) -> bool:
    from PIL import Image

    return isinstance(image, Image.Image)


def _decode(image: Any, options: Options, name: str) -> Decoded:  # noqa: ANN401 - as above
    if _is_picture(image):
        return decode_picture(image, options, name)
    if isinstance(image, BadImage):
        raise image
    return decode_pixels(_upright(read_array(image, name), image, name), options, name)


def _upright(pixels: NDArray[Any], image: object, name: str) -> NDArray[Any]:
    """Return one image as `(height, width, channels)`."""
    try:
        if pixels.ndim not in (2, 3) or pixels.dtype.kind not in "biuf":
            shown = f"{pixels.dtype} of shape {pixels.shape}" if pixels.ndim else f"one {type(image).__name__}"
            move = ", which astype('float32') makes numbers" if pixels.dtype.kind in "OUST" and pixels.ndim > 1 else ""
            raise InputError(f"it must be (height, width) or (height, width, channels) of numbers; found {shown}{move}")
        return image_axes(pixels[None], name)[0][0]
    except InputError as error:
        raise BadImage(name, str(error)) from None
