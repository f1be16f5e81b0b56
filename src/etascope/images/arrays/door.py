"""Images in memory: arrays, mappings of arrays, and scikit-learn's Bunch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import BUNCH
from etascope.core.errors import InputError
from etascope.core.sentences import Setting, say
from etascope.images.arrays.axes import image_axes, refuse_turned
from etascope.images.arrays.names import in_order, part_names, refuse_two_readings, without_coordinates
from etascope.images.folders.refusals import GIVEN
from etascope.images.labels.labels import is_masked, label_notes, read_labels
from etascope.images.opened import Opened, Options, tail_rows
from etascope.images.paths import refuse_text
from etascope.images.pixels.extents import Extent, Peaks, Reading, Scale, measure
from etascope.images.pixels.members import Members, beside_notes, peaks_by_kind, unlike_notes
from etascope.images.pixels.outliers import look_beyond
from etascope.images.pixels.ranges import decide, scaled
from etascope.images.pixels.sizes import fit, shown
from etascope.images.pixels.transparency import decide_ground, look_through, refuse_first_clear


def read_array(values: object, what: str = "images") -> NDArray[Any]:
    """Return anything that NumPy reads as an array, uncopied where possible."""
    if is_masked(values):
        raise InputError(f"{what} must hold a value for every pixel; some are masked. Fill them in (.filled(0)).")
    if hasattr(values, "toarray"):
        raise InputError(f"{what} must be a dense array; found a sparse one. Make it dense (.toarray()).")
    try:
        array = np.asarray(values)
        if array.ndim == 1 and len(array) and isinstance(array[0], str):
            refuse_text(array[0])
        # A column of a table holds its images one by one.
        listed = array.dtype == object and array.ndim == 1 and np.ndim(array[0] if len(array) else 0) > 1
        return np.stack(array.tolist()) if listed else array
    except (ValueError, TypeError, RuntimeError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise InputError(f"{what} must be readable as an array; {type(values).__name__} is not: {reason}.") from None


def read_pixels(
    parts: Sequence[NDArray[Any]],
    options: Options,
    what: str,
    labels: Sequence[NDArray[Any]] = (),
    held: int | None = None,
) -> tuple[list[NDArray[np.uint8]], tuple[str, ...], Reading]:
    """Return arrays `(n, height, width, channels)` of any numbers as images, all read in the same way.

    Those of each part are `(n, height, width, 1 or 3)` uint8 at the size wished, shared where nothing changes; with
    them come sentences on what was done, and how they were read.
    """
    split = [alpha_apart(part) for part in parts]
    extents = [measure(colours, what) for colours, _ in split]
    unlikes, peaks, before = [], {}, options.reading
    if labels:
        unlikes, peaks = _unlike(extents, labels, held)
    if len(labels) > 1:
        extents[-1] = replace(extents[-1], held=True)
    scales = decide(extents, before.scales, what)
    notes = unlikes + [scale.note for scale in scales.values()]
    for kind, scale in scales.items():
        own = [
            (of, extent, at > 0 or extent.held)
            for (part, _), extent in zip(split, extents, strict=True)
            if extent.kind == kind
            for at, of in enumerate((part,) if held is None else (part[:held], part[held:]))
            if len(of)
        ]
        notes += look_beyond(own, scale, what, test=options.held)
    if before.peaks:
        notes += beside_notes(before.peaks, peaks)
    as_bytes = [together(*part, scales[extent.kind]) for part, extent in zip(split, extents, strict=True)]
    looked = [look_through(image) if part.shape[-1] in (2, 4) else None for part in as_bytes for image in part]
    glasses = {f"image {row:,}": glass for row, glass in enumerate(looked) if glass is not None}
    ground = options.reading.ground
    if glasses:
        every_glass = list(glasses.values())
        try:
            ground, note = decide_ground(every_glass, ground, sum(map(len, parts)), list(glasses), declared=False)
        except InputError:
            for part in as_bytes:
                refuse_first_clear(part)
            raise
        notes.append(note)
    reading = Reading(scales, ground, peaks)
    fitted = [fit(part, replace(options, reading=reading)) for part in as_bytes]
    notes += dict.fromkeys(note for _, more in fitted for note in more)
    return [images for images, _ in fitted], tuple(note for note in notes if note), reading


def _unlike(
    extents: Sequence[Extent], labels: Sequence[NDArray[Any]], held: int | None
) -> tuple[list[str], dict[str, Peaks]]:
    """Compare the images from `held` on, or the last of several parts, with the others, and each class with them.

    Also returns how far those to train on go down and up.
    """
    if any(extent.peaks is None or extent.lows is None for extent in extents):
        # Booleans are black and white.
        return [], {}
    lows, peaks = (np.concatenate([getattr(extent, of) for extent in extents]) for of in ("lows", "peaks"))
    counts = [len(part) for part in labels]
    held = held or (len(peaks) - counts[-1] if len(counts) > 1 else len(peaks))
    members = Members("image {}".format, np.concatenate(labels), held)
    kinds = [extent.kind for extent, number in zip(extents, counts, strict=True) for _ in range(number)]
    notes = unlike_notes(kinds, lows, peaks, np.arange(len(peaks)), members)
    return notes, peaks_by_kind(kinds[:held], lows[:held], peaks[:held])


def alpha_apart(array: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.uint8] | None]:
    """Return the colours of images `(n, height, width, channels)`, and in bytes their transparency where there is one.

    What is opaque is another number than what is bright: 1, 255, ... 65,535, the first that none is above. Bytes stay
    together.
    """
    if array.shape[-1] not in (2, 4) or array.dtype == np.uint8:
        return array, None
    colours, alpha = array[..., :-1], array[..., -1:]
    extent = measure(alpha, "the transparency of images")
    if extent.low < 0:
        return colours, scaled(alpha, decide([replace(extent, peaks=None)], {})[extent.kind])
    usual = (1, 255, 1023, 4095, 16383, 65535)
    return colours, scaled(alpha, Scale(0, next((white for white in usual if extent.high <= white), extent.high)))


def together(colours: NDArray[Any], alpha: NDArray[np.uint8] | None, scale: Scale) -> NDArray[np.uint8]:
    """Return what `alpha_apart` took apart in bytes, the colours by their scale."""
    pixels = scaled(colours, scale)
    return pixels if alpha is None else np.concatenate([pixels, alpha], axis=-1)


def open_array(values: object, labels: object, options: Options, source: str) -> Opened:
    """Open an array of images with an array of labels; one of uint8 that needs no change is shared, not copied."""
    return _open_parts([(values, labels)], options, source)


def open_mapping(arrays: Mapping[str, Any], labels: object, options: Options, source: str) -> Opened:
    """Open named arrays: `x` and `y`, `images` and `labels`, Keras' `x_train`, `y_train`, `x_test`, `y_test` ...

    A validation part (`x_val`, `val_images` ...) joins the training images where there is a test part, and is the test
    part where there is none.
    """
    # Those of an archive, which are read when they are asked for, have names.
    if isinstance(arrays, dict):
        arrays = {str(name): values for name, values in arrays.items()}
    taken = without_coordinates(arrays)
    names = in_order(part_names(taken, source), arrays)
    left = tuple(name for name in arrays if name in names.left or name not in taken)
    if names.train.labels is None and labels is None and left:
        raise InputError(
            f"images need labels, one each; of {', '.join(sorted(arrays))} in {source} none is named labels, y or "
            "target. Rename the one that holds them, or give it as labels."
        )
    if names.train.labels is not None and labels is not None:
        raise InputError(f"{source} brings its own labels ({names.train.labels}); leave out labels.")
    notes = (f"Arrays that were left out: {', '.join(left)}.",) if left else ()
    valid = names.val if names.test or options.tested else None
    learn, held = [names.train], names.test or (None if valid else names.val)
    for part in (names.train, names.test, names.val):
        if part is not None:
            refuse_two_readings(part, names.left, arrays, source)
    if valid:
        learn.append(valid)
        of = names.test.images if names.test else GIVEN
        notes += (f"{valid.images} joined the training images; {of} is the test part.",)
    elif names.val:
        notes += (f"{names.val.images} is the test part.",)
    parts = [
        (arrays[part.images], labels if part.labels is None else arrays[part.labels])
        for part in (*learn, held)
        if part is not None
    ]
    opened = _open_parts(parts, options, source)
    rows = tail_rows(len(opened.labels), len(parts[-1][0])) if held else None
    return replace(opened, test_rows=rows, notes=(*notes, *opened.notes))


def _open_parts(parts: Sequence[tuple[object, object]], options: Options, source: str) -> Opened:
    """Open the parts of one set, one behind the other."""
    arrays: list[NDArray[Any]] = []
    labels: list[NDArray[Any]] = []
    notes: tuple[str, ...] = ()
    for values, given in parts:
        if given is None:
            raise InputError(
                f"images need labels, one each; {source} came without.",
                "Save images and labels in one file (numpy.savez(path, x=images, y=labels))."
                if options.held
                else say("Give them with {labels}.", Setting("labels")),
            )
        read = read_array(values)
        refuse_turned(read, given)
        array, more = image_axes(read)
        arrays.append(array)
        labels.append(read_labels(given, len(array)))
        notes += (*more, *label_notes(given, labels[-1]))
    images, more, reading = read_pixels(arrays, options, "images", labels)
    if len({part.shape[1:] for part in images}) > 1:
        first, other = images[0], next(part for part in images if part.shape[1:] != images[0].shape[1:])
        raise InputError(
            f"images of both parts must have one size and colour; {source} has {shown(first.shape[1:3])} and "
            f"{shown(other.shape[1:3])} with {first.shape[3]} and {other.shape[3]} channels. "
            "Give image_size and grayscale."
        )
    if len({part.dtype.kind for part in labels}) > 1:
        raise InputError(
            f"training and test labels must be of one kind; {source} has numbers and strings. Give one kind."
        )
    together = images[0] if len(images) == 1 else np.concatenate(images)
    said = tuple(dict.fromkeys((*notes, *more)))
    return Opened(together, np.concatenate(labels), source, None, None, said, reading)


def is_bunch(source: object) -> bool:
    """Say whether something has `target`, and `images` or `data`, as scikit-learn's loaders return."""
    # Arrays have `data` too, and not all of them let it be asked for.
    if isinstance(source, np.ndarray) or getattr(source, "target", None) is None:
        return False
    return getattr(source, "images", None) is not None or getattr(source, "data", None) is not None


def open_bunch(bunch: Any, labels: object, options: Options) -> Opened:  # noqa: ANN401 - scikit-learn's Bunch has no type
    """Open a scikit-learn Bunch: `images` or else `data`, `target`, and `target_names` where they fit."""
    if labels is not None:
        raise InputError("a Bunch brings its own labels (target); leave out labels.")
    pixels = getattr(bunch, "images", None)
    values = read_array(bunch.data if pixels is None else pixels, "the images of a Bunch")
    refuse_turned(values, bunch.target, "the images of a Bunch")
    array, notes = image_axes(values)
    read = read_labels(bunch.target, len(array))
    images, more, reading = read_pixels([array], options, "the images of a Bunch", [read])
    names, lost = _target_names(bunch, read)
    said = (*notes, *label_notes(bunch.target, read), *lost, *more)
    return Opened(images[0], read, BUNCH, names, None, said, reading)


def _target_names(bunch: Any, labels: NDArray[Any]) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:  # noqa: ANN401 - as above
    """Return the names of the classes where they fit, and else a sentence on why they were left out."""
    names = getattr(bunch, "target_names", None)
    if names is None or labels.dtype.kind != "i":
        return None, ()
    if labels.max() >= len(names):
        return None, (f"The {len(names):,} target_names were left out: the labels go up to {labels.max()}.",)
    return tuple(str(name) for name in names), ()
