"""Damaged files of every kind are opened or refused in a sentence; what a format lets be known is told."""

from __future__ import annotations

import collections
import gzip
import io
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.images.open import open_images
from tests.images.making import idx_bytes, picture, pictures
from tests.long import cases


def smooth(row: int) -> np.ndarray:
    from PIL import Image

    return np.asarray(picture(pictures(1, 8, 8, 3, row)[0]).resize((48, 40), Image.Resampling.BICUBIC))


def written(kind: str, **options) -> Callable[[int], bytes]:
    def write(row: int) -> bytes:
        held = io.BytesIO()
        picture(smooth(row)).save(held, kind, **options)
        return held.getvalue()

    return write


def moving(kind: str) -> Callable[[int], bytes]:
    def write(row: int) -> bytes:
        frames = [picture(smooth(row + number)) for number in range(3)]
        held = io.BytesIO()
        frames[0].save(held, kind, save_all=True, append_images=frames[1:])
        return held.getvalue()

    return write


def archive(save: Callable[..., None]) -> Callable[[int], bytes]:
    def write(row: int) -> bytes:
        held = io.BytesIO()
        save(held, images=np.stack([smooth(number) for number in range(4)]), labels=np.array([0, 1, 0, 1]))
        return held.getvalue()

    return write


def gray() -> np.ndarray:
    return np.stack([smooth(row)[..., 0] for row in range(4)])


def npy(row: int) -> bytes:
    held = io.BytesIO()
    np.save(held, gray())
    return held.getvalue()


#: Ending, writer, and whether a checksum covers the pixels, so that other pixels must be told.
KINDS: dict[str, tuple[str, Callable[[int], bytes], bool]] = {
    "PNG": ("png", written("PNG"), True),
    "PNG of 16 bits": ("png", lambda row: written_gray16(row), True),
    "JPEG": ("jpg", written("JPEG"), False),
    "progressive JPEG": ("jpg", written("JPEG", progressive=True), False),
    "JPEG with restarts": ("jpg", written("JPEG", restart_marker_blocks=4), False),
    "GIF": ("gif", written("GIF"), False),
    "moving PNG": ("png", moving("PNG"), True),
    "moving GIF": ("gif", moving("GIF"), False),
    "moving WebP": ("webp", moving("WEBP"), False),
    "TIFF": ("tif", written("TIFF"), False),
    "TIFF by LZW": ("tif", written("TIFF", compression="tiff_lzw"), False),
    "TIFF by Deflate": ("tif", written("TIFF", compression="tiff_adobe_deflate"), False),
    "TIFF by JPEG": ("tif", written("TIFF", compression="jpeg"), False),
    "WebP": ("webp", written("WEBP"), False),
    "lossless WebP": ("webp", written("WEBP", lossless=True), False),
    "BMP": ("bmp", written("BMP"), False),
    ".npz": ("npz", archive(np.savez), True),
    "packed .npz": ("npz", archive(np.savez_compressed), True),
    ".npy": ("npy", npy, False),
    "IDX": ("idx3-ubyte", lambda row: idx_bytes(gray()), False),
    "packed IDX": ("idx3-ubyte.gz", lambda row: gzip.compress(idx_bytes(gray())), True),
    "CSV": ("csv", lambda row: b"path,label\n" + b"".join(b"%d.png,%d\n" % (n, n % 2) for n in range(4)), False),
}


def written_gray16(row: int) -> bytes:
    from PIL import Image

    held = io.BytesIO()
    Image.fromarray(smooth(row)[..., 0].astype(np.uint16) * 257).save(held, "PNG")
    return held.getvalue()


def damage(data: bytes, draw: random.Random) -> bytes:
    """Bits flipped, bytes overwritten, cut, cut out, doubled, zeroed."""
    out = bytearray(data)
    how, place, length = draw.randrange(6), draw.randrange(len(out)), draw.randint(1, 64)
    if how == 0:
        for _ in range(draw.randint(1, 5)):
            out[draw.randrange(len(out))] ^= 1 << draw.randrange(8)
    elif how == 1:
        for _ in range(draw.randint(1, 5)):
            out[draw.randrange(len(out))] = draw.randrange(256)
    elif how == 2:
        del out[place:]
    elif how == 3:
        del out[place : place + length]
    elif how == 4:
        out[place:place] = out[place : place + length]
    else:
        out[place : place + length] = bytes(len(out[place : place + length]))
    return bytes(out)


def laid_out(root: Path, kind: str) -> tuple[Path, Path]:
    """Write a whole set of a kind; return what is opened, and the file in it that is to be damaged."""
    ending, write, _ = KINDS[kind]
    root.mkdir()
    if ending in ("npz", "npy", "csv") or ending.startswith("idx"):
        name = f"train-images-{ending}" if ending.startswith("idx") else f"set.{ending}"
        (root / name).write_bytes(write(0))
        np.save(root / "labels.npy", [0, 1, 0, 1])
        (root / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.array([0, 1, 0, 1], np.uint8)))
        for row in range(4):
            (root / f"{row}.png").write_bytes(KINDS["PNG"][1](row))
        return root / name, root / name
    for row in range(4):
        path = root / "ab"[row % 2] / f"{row}.{ending}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(write(row))
    return root, root / "a" / f"0.{ending}"


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_damaged_files_are_opened_or_refused_in_a_sentence(tmp_path):
    sets = {kind: laid_out(tmp_path / str(number), kind) for number, kind in enumerate(KINDS)}
    whole = {kind: (open_images(source), file.read_bytes()) for kind, (source, file) in sets.items()}
    counts: collections.Counter[str] = collections.Counter()
    by_kind: dict[str, collections.Counter[str]] = {kind: collections.Counter() for kind in KINDS}
    slowest, before = 0.0, 0
    many = cases(132, 5_000)
    for number in range(many):
        kind = list(KINDS)[number % len(KINDS)]
        (source, file), (good, data) = sets[kind], whole[kind]
        file.write_bytes(damage(data, random.Random(number)))
        begun = time.perf_counter()
        try:
            opened = open_images(source)
        except InputError as error:
            result = "refused" if "\n" not in str(error) else "refused in lines"
        else:
            same = opened.images.shape == good.images.shape and (
                np.abs(opened.images.astype(int) - good.images).max() < 20
            )
            new_notes = set(opened.notes) - set(good.notes)
            result = "the same" if same else "other, told" if new_notes else "other"
            assert result != "other" or not KINDS[kind][2], (number, kind)
        finally:
            file.write_bytes(data)
        slowest = max(slowest, time.perf_counter() - begun)
        counts[result] += 1
        by_kind[kind][result] += 1
        if number == len(KINDS) * 3:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert slowest < 30
    assert "refused in lines" not in counts
    assert grown < 200
    print(f"{many:,} damaged files: {dict(counts)}; slowest {slowest:.2f} s; memory grew by {grown:.0f} MiB")
    for kind, results in by_kind.items():
        print(f"  {kind}: {dict(results)}")
