"""Many images, decoded in parallel and in order, to one array."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.numbers import counted
from etascope.core.protocols import Progress
from etascope.images.files.decode import BadImage, Decoded
from etascope.images.opened import KEEP, Options
from etascope.images.pixels.extents import Extent, Reading, Scale
from etascope.images.pixels.members import Members, beside_notes, peaks_by_kind, unlike_notes
from etascope.images.pixels.outliers import look_beyond
from etascope.images.pixels.ranges import decide, scale_notes, scaled
from etascope.images.pixels.sizes import resize, shown
from etascope.images.pixels.transparency import decide_ground

#: Decodes one image anew, as wished.
Again = Callable[[Options], Decoded]

_BLOCK = 16
#: Seconds an image above which threads pay: smaller ones lose more to the interpreter lock than they gain.
_WORTH_THREADS = 0.0005
#: What is told of images once for a set, by the kind of mark.
MARKS = {
    "damaged": "{count} may be damaged, although {its} pixels could be read, the first: {name} ({detail}).",
    "frames": "{count} {has} several frames; the first was taken. The first of them: {name} ({detail} frames).",
    "pages": "{count} {has} several pages; the first was taken. The first of them: {name} ({detail} pages).",
}


@dataclass(frozen=True, eq=False)
class Stacked:
    """Images `(n, height, width, channels)`, the `(n,)` rows they come from, what was done, and how they were read."""

    images: NDArray[np.uint8]
    rows: NDArray[np.int64]
    notes: tuple[str, ...]
    reading: Reading


def stack_images(
    count: int, decode: Callable[[int], Decoded], options: Options, members: Members | None = None
) -> Stacked:
    """Decode images 0 .. count - 1 and stack them at one size, with 3 channels if any has colour.

    Each image is decoded once and kept at its final size or smaller, so that memory stays near that of the result. Only
    where all of them together show that their pixels mean something else than usual (white drawings on clear ground,
    masks of 0 and 1) are those decoded again. By default, without `members`, they are of one part and one class.

    The first, in order, that cannot be read raises its `BadImage`, unless bad ones are to be skipped.
    """
    items: list[Decoded] = []
    rows: list[int] = []
    bad: list[BadImage] = []
    with contextlib.closing(_decode_all(count, decode, options)) as decoded:
        for row, item in enumerate(decoded):
            if isinstance(item, BadImage):
                if not options.skip_bad:
                    raise _first_bad(item, row, count, decode)
                bad.append(item)
            else:
                items.append(item)
                rows.append(row)
    if not rows:
        raise InputError(f"none of the {count:,} images can be read; the first, {bad[0].name}: {bad[0].reason}.")
    notes = [_skipped(bad, count), *_marked(items)]
    sizes = {item.native for item in items}
    size = options.size or (next(iter(sizes)) if len(sizes) == 1 and max(next(iter(sizes))) <= KEEP else (KEEP, KEEP))
    if sizes != {size}:
        notes.append(_resized(sizes, size))
    again = [item.again for item in items]
    came = np.array(rows, np.int64)
    whose = members or Members("image {}".format, np.zeros(count), count)
    reading = _lay_down(items, again, replace(options, size=size), notes, [whose.called(row) for row in rows])
    kinds = [item.extent.kind if item.wide and item.extent else "bytes" for item in items]
    extents = [item.extent or Extent("bytes", 0, int(item.pixels.max())) for item in items]
    lows, highs = np.array([extent.low for extent in extents]), np.array([extent.high for extent in extents])
    peaks, learn = np.maximum(highs, -lows).astype(np.float64), came < whose.held
    notes += unlike_notes(kinds, lows, peaks, came, whose)
    every = np.array(kinds)
    of = {kind: list(whose.extents(kind, lows[every == kind], highs[every == kind], came[every == kind]))
          for kind in dict.fromkeys(kinds)}  # fmt: skip
    reading = _scale_wide(of, Counter(kinds), reading, options, notes)
    for kind, scale in reading.scales.items():
        own = ((item.pixels, item.extent, not train) for item, train in zip(items, learn, strict=True)
               if item.wide and item.extent and item.extent.kind == kind)  # fmt: skip
        notes += look_beyond(own, scale, "images", test=options.held)
    if options.reading.peaks:
        notes += beside_notes(options.reading.peaks, peaks_by_kind(kinds, lows, peaks))
    reading = replace(reading, peaks=peaks_by_kind([*every[learn]], lows[learn], peaks[learn]))
    small = [row for row, item in enumerate(items) if not item.wide]
    images = _stack(items, size, reading)
    if small:
        reading = _scale_bytes(images, small, of["bytes"], again, replace(options, size=size, reading=reading), notes)
    return Stacked(images, came, tuple(note for note in notes if note), reading)


def _first_bad(first: BadImage, row: int, count: int, decode: Callable[[int], Decoded]) -> InputError:
    """Return the error for the first image that cannot be read; without `skip_bad`, where the last is just so."""
    # What holds for the first and the last alike, as a format, is hardly damage that skip_bad is for.
    try:
        if row == 0 < count - 1:
            decode(count - 1)
    except BadImage as last:
        if last.reason == first.reason:
            return InputError(f"{first.name} and others, as {last.name}, cannot be read as images: {first.reason}.")
    return first


def _lay_down(
    items: list[Decoded], again: Sequence[Again | None], options: Options, notes: list[str], names: Sequence[str]
) -> Reading:
    """Decide on what transparent images lie, and decode them again where that is not white."""
    given = options.reading.ground
    clear = [row for row, item in enumerate(items) if item.glass is not None]
    if not clear:
        return Reading(ground=given)
    glasses = [glass for item in items if (glass := item.glass) is not None]
    ground, note = decide_ground(glasses, given, len(items), [names[row] for row in clear])
    notes.append(note)
    reading = Reading(ground=ground)
    if ground != (given or "white"):
        for row, item in _once_more(clear, again, replace(options, reading=reading)):
            items[row] = item
    return reading


def _scale_wide(
    extents: Mapping[str, Sequence[Extent]], counts: Counter[str], reading: Reading, options: Options, notes: list[str]
) -> Reading:
    """Decide on the range of the images whose pixels are wider than a byte."""
    wide = [extent for kind, parts in extents.items() if kind != "bytes" for extent in parts]
    scales = decide(wide, options.reading.scales, "pixels")
    for kind, scale in scales.items():
        if not scale.note and kind == "whole" and (scale.low, scale.high) == (0, 255):
            note = "Pixels of more than 8 bits, of which none is above 255, were taken as 0 .. 255."
            scales[kind] = replace(scale, note=note)
    notes.extend(scale_notes(scales, counts))
    return replace(reading, scales={**options.reading.scales, **scales})


def _scale_bytes(
    images: NDArray[np.uint8],
    rows: Sequence[int],
    extents: Sequence[Extent],
    again: Sequence[Again | None],
    options: Options,
    notes: list[str],
) -> Reading:
    """Decide on the range of the images of bytes, and decode them again where they are masks of 0 and 1."""
    given = options.reading.scales
    if "bytes" in given and given["bytes"].high == 1:
        return options.reading
    small = images if len(rows) == len(images) else images[list(rows)]
    darkest, brightest = int(small.min()), int(small.max())
    if brightest <= 1 and "bytes" not in given:
        masks = replace(options.reading, scales={**given, "bytes": Scale(0, 1)})
        # What is brighter before resizing is no mask, and stays as it is.
        with contextlib.suppress(BadImage):
            anew = [item.pixels for _, item in _once_more(rows, again, replace(options, reading=masks))]
            for row, pixels in zip(rows, anew, strict=True):
                images[row] = resize(np.asarray(pixels, np.uint8), images.shape[1:3])
            brightest = int(any(pixels.any() for pixels in anew))
    scale = decide([replace(extent, low=darkest, high=brightest) for extent in extents], given)["bytes"]
    notes.append(scale.note)
    return replace(options.reading, scales={**given, "bytes": scale})


def _once_more(
    rows: Sequence[int], again: Sequence[Again | None], options: Options
) -> Generator[tuple[int, Decoded], None, None]:
    def decode(place: int) -> Decoded:
        work = again[rows[place]]
        assert work is not None
        return work(options)

    with contextlib.closing(_decode_all(len(rows), decode, options)) as decoded:
        for row, item in zip(rows, decoded, strict=True):
            if isinstance(item, BadImage):
                raise item
            yield row, item


def _decode_all(
    count: int, decode: Callable[[int], Decoded], options: Options
) -> Generator[Decoded | BadImage, None, None]:
    begun: list[float] = []

    def work(start: int) -> list[Decoded | BadImage]:
        done: list[Decoded | BadImage] = []
        for row in range(start, min(start + _BLOCK, count)):
            begun.append(time.perf_counter())
            try:
                done.append(decode(row))
            except BadImage as error:
                done.append(error)
                if not options.skip_bad:
                    break
        return done

    starts = range(0, count, _BLOCK)
    with contextlib.ExitStack() as stack:
        # Pillow warns about oddities of single files; what matters of them is an error of ours.
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        blocks = map(work, starts)
        for number, start in enumerate(starts):
            block = next(blocks)
            # The median, because the very first image waits for its decoder to be loaded.
            seconds = np.median(np.diff(begun, append=time.perf_counter())) if number == 0 else 0
            if options.workers > 1 and seconds > _WORTH_THREADS:
                pool = ThreadPoolExecutor(options.workers)
                stack.callback(pool.shutdown, wait=True, cancel_futures=True)
                blocks = pool.map(work, starts[1:])
            yield from block
            options.progress(Progress("decoding images", min(start + _BLOCK, count), count, "images"))


def _stack(items: list[Decoded], size: tuple[int, int], reading: Reading) -> NDArray[np.uint8]:
    """Return all images in one array. The list is emptied: each small array is freed while the large one fills."""
    out = np.empty((len(items), *size, max(item.pixels.shape[2] for item in items)), np.uint8)
    items.reverse()
    for row in range(len(out)):
        item = items.pop()
        pixels = item.pixels
        if item.wide and item.extent is not None:
            pixels = scaled(pixels, reading.scales[item.extent.kind])
            pixels = np.uint8(255) - pixels if item.extent.inverse else pixels
        out[row] = resize(np.asarray(pixels, np.uint8), size)
    return out


def _marked(items: Sequence[Decoded]) -> list[str]:
    notes: list[str] = []
    marks = [mark for item in items for mark in item.marks]
    for kind, sentence in MARKS.items():
        if of_kind := [mark for mark in marks if mark.kind == kind]:
            its, has = ("its", "has") if len(of_kind) == 1 else ("their", "have")
            count, first = counted(len(of_kind), "image"), of_kind[0]
            notes.append(sentence.format(count=count, name=first.name, detail=first.detail, its=its, has=has))
    return notes


def _skipped(bad: list[BadImage], count: int) -> str:
    first, was = f"{bad[0].name} ({bad[0].reason})" if bad else "", "was" if len(bad) == 1 else "were"
    note = f"{len(bad):,} of {count:,} images could not be read and {was} left out, the first: {first}."
    return note if bad else ""


def _resized(sizes: set[tuple[int, int]], size: tuple[int, int]) -> str:
    if len(sizes) == 1:
        return f"The images were resized from {shown(next(iter(sizes)))} to {shown(size)}."
    smallest, *_, largest = sorted(sizes, key=lambda s: (s[0] * s[1], s))
    came = f"The images came in {len(sizes)} sizes, from {shown(smallest)} to {shown(largest)}, and"
    return f"{came} were resized to {shown(size)}."
