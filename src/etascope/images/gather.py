"""Many images, decoded in parallel and in order, to one array."""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.protocols import Progress
from etascope.images.decode import BadImage, Decoded
from etascope.images.found import KEEP, Wishes
from etascope.images.sizes import resize, shown

_BLOCK = 16
#: Seconds an image above which threads pay: smaller ones lose more to the interpreter lock than they gain.
_WORTH_THREADS = 0.0005


@dataclass(frozen=True, eq=False)
class Gathered:
    """Images `(n, height, width, channels)`, the `(n,)` rows that they come from, and what was done."""

    images: NDArray[np.uint8]
    rows: NDArray[np.int64]
    notes: tuple[str, ...]


def gather(count: int, decode: Callable[[int], Decoded], wishes: Wishes) -> Gathered:
    """Decode images 0 .. count - 1 and stack them at one size, with 3 channels if any has colour.

    Each image is decoded once and kept at its final size or smaller, so that memory stays near that of the result.

    Raises
    ------
    BadImage
        For the first image, in order, that cannot be read, unless bad ones are to be skipped.
    InputError
        If none can be read.
    """
    pixels: list[NDArray[np.uint8] | None] = []
    sizes: set[tuple[int, int]] = set()
    rows: list[int] = []
    bad: list[BadImage] = []
    with contextlib.closing(_decode_all(count, decode, wishes)) as items:
        for row, item in enumerate(items):
            if isinstance(item, BadImage):
                if not wishes.skip_bad:
                    raise item
                bad.append(item)
            else:
                pixels.append(item.pixels)
                sizes.add(item.native)
                rows.append(row)
    if not rows:
        raise InputError(f"none of the {count:,} images can be read; the first, {bad[0].name}: {bad[0].reason}.")
    notes = _skipped(bad, count)
    size = wishes.size or (next(iter(sizes)) if len(sizes) == 1 and max(next(iter(sizes))) <= KEEP else (KEEP, KEEP))
    if sizes != {size}:
        notes += (_resized(sizes, size),)
    return Gathered(_stack(pixels, size), np.array(rows, np.int64), notes)


def _decode_all(
    count: int, decode: Callable[[int], Decoded], wishes: Wishes
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
                if not wishes.skip_bad:
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
            if (
                number == 0
                and wishes.workers > 1
                and np.median(np.diff(begun, append=time.perf_counter())) > _WORTH_THREADS
            ):
                pool = ThreadPoolExecutor(wishes.workers)
                stack.callback(pool.shutdown, wait=True, cancel_futures=True)
                blocks = pool.map(work, starts[1:])
            yield from block
            wishes.watch(Progress("decoding images", min(start + _BLOCK, count), count, "images"))


def _stack(pixels: list[NDArray[np.uint8] | None], size: tuple[int, int]) -> NDArray[np.uint8]:
    channels = max(image.shape[2] for image in pixels if image is not None)
    out = np.empty((len(pixels), *size, channels), np.uint8)
    for row, image in enumerate(pixels):
        assert image is not None
        out[row] = resize(image, size)
        # Frees the small array while the large one fills.
        pixels[row] = None
    return out


def _skipped(bad: list[BadImage], count: int) -> tuple[str, ...]:
    if not bad:
        return ()
    return (
        f"{len(bad):,} of {count:,} images could not be read and {'was' if len(bad) == 1 else 'were'} left out, "
        f"the first: {bad[0].name} ({bad[0].reason}).",
    )


def _resized(sizes: set[tuple[int, int]], size: tuple[int, int]) -> str:
    if len(sizes) == 1:
        return f"The images were resized from {shown(next(iter(sizes)))} to {shown(size)}."
    by_area = sorted(sizes, key=lambda s: (s[0] * s[1], s))
    return (
        f"The images came in {len(sizes)} sizes, from {shown(by_area[0])} to {shown(by_area[-1])}, "
        f"and were resized to {shown(size)}."
    )
