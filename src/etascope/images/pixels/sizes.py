"""Size and colour of images, with Pillow's own integer arithmetic."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.protocols import Progress
from etascope.images.opened import KEEP, Options
from etascope.images.pixels.transparency import lay

_BLOCK = 256
#: ITU-R BT.601 in parts of 65,536, as Pillow has them: gray is the same bits whichever way images come in.
_WEIGHTS = np.array([19595, 38470, 7471], np.uint32)


def shown(size: tuple[int, int]) -> str:
    """Return a size for people, height first.

    Examples
    --------
    >>> shown((28, 20))
    '28 x 20'
    """
    return f"{size[0]} x {size[1]}"


def resize(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return one image `(height, width, channels)` at `size`, antialiased (triangle filter), stretched to fit.

    Examples
    --------
    >>> resize(np.full((4, 4, 1), 9, np.uint8), (2, 3)).shape
    (2, 3, 1)
    """
    from PIL import Image

    if image.shape[:2] == size:
        return image
    flat = image[:, :, 0] if image.shape[2] == 1 else image
    picture = Image.fromarray(np.ascontiguousarray(flat))
    small = np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BILINEAR))
    return small.reshape(*size, image.shape[2])


def fit(images: NDArray[np.uint8], options: Options) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Return images `(n, height, width, 1 or 3)` as wished, and a note on what was done.

    Of 2 channels (gray, alpha) or 4 (red, green, blue, alpha) the last is laid over the ground. Nothing is copied where
    nothing changes.
    """
    count, height, width, channels = images.shape
    size = options.size or ((height, width) if max(height, width) <= KEEP else (KEEP, KEEP))
    notes: list[str] = []
    if size != (height, width):
        notes.append(f"The images were resized from {shown((height, width))} to {shown(size)}.")
    kept = channels - 1 if channels in (2, 4) else channels
    final = 1 if options.grayscale else kept
    if size == (height, width) and final == channels:
        return images, tuple(notes)
    out = np.empty((count, *size, final), np.uint8)
    blocks = [slice(start, min(start + _BLOCK, count)) for start in range(0, count, _BLOCK)]

    def work(block: slice) -> int:
        part: NDArray[Any] = images[block]
        part = lay(part, options.reading.ground) if channels in (2, 4) else part
        part = to_gray(part) if final < part.shape[-1] else part
        for row, image in zip(range(block.start, block.stop), part, strict=True):
            out[row] = resize(image, size)
        return block.stop

    with ThreadPoolExecutor(options.workers) as pool:
        for done in pool.map(work, blocks):
            options.progress(Progress("resizing images", done, count, "images"))
    return out, tuple(notes)


def to_gray(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luma of red, green, blue pixels: 0.299 r + 0.587 g + 0.114 b (ITU-R BT.601), rounded.

    Of `(..., 3)` uint8 the result is `(..., 1)`, the same bits as Pillow's mode "L".

    Examples
    --------
    >>> to_gray(np.array([[255, 0, 0], [7, 7, 7]], np.uint8)).tolist()
    [[76], [7]]
    """
    return ((pixels @ _WEIGHTS + 0x8000) >> 16).astype(np.uint8)[..., None]


def luma(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the same for pixels that are not rounded, `(..., 3)` to `(..., 1)`.

    Examples
    --------
    >>> luma(np.array([[1, 1, 1]], np.float32)).tolist()
    [[1.0]]
    """
    return (pixels @ (_WEIGHTS / np.float32(65536)).astype(np.float32))[..., None]


def has_colour(image: NDArray[np.uint8] | NDArray[np.float32]) -> bool:
    """Say whether any pixel of `(height, width, 3)` has unequal red, green and blue.

    Examples
    --------
    >>> has_colour(np.array([[[7, 7, 7]]], np.uint8))
    False
    """
    first = image[..., :1]
    return bool((image[..., 1:] != first).any())
