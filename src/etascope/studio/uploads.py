"""A zip of images from a page, unpacked with every bound checked: `unpack`."""

from __future__ import annotations

import shutil
import stat
import warnings
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from etascope.core.errors import InputError

MEBIBYTE = 2**20
#: Bytes of a zip; bytes and files that come out of it; bytes of one file.
LARGEST_ZIP, LARGEST, MOST_FILES, LARGEST_FILE = 64 * MEBIBYTE, 256 * MEBIBYTE, 20_000, 16 * MEBIBYTE
#: Pixels of one image, and of all together: a few bytes can stand for very many.
MOST_PIXELS, ALL_PIXELS = 25_000_000, 2_000_000_000
#: Bytes of a class's name: what file systems take.
LONGEST_NAME = 200
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff"})
#: What systems put beside the images.
LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


def unpack(archive: IO[bytes], folder: Path) -> int:
    """Unpack a zip that has a folder for each class, and return how many images came out.

    Files are named anew, `class/number.suffix`: no name of the zip becomes a path, but for that of the class, which is
    checked. Bytes are counted as they come out, whatever the zip says of them.

    Raises
    ------
    InputError
        If it is no zip, holds links, leads out of the folder, has no folders of classes, or is too large in any way.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            return _unpack(opened, folder)
    except InputError:
        raise
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError, ValueError, zlib.error) as error:
        raise InputError(
            f"images come as a zip that can be read; this one cannot: {error}. Zip the folder again."
        ) from error


def _unpack(opened: zipfile.ZipFile, folder: Path) -> int:
    entries = [entry for entry in opened.infolist() if not entry.is_dir() and not _litter(entry.filename)]
    if len(entries) > MOST_FILES:
        raise InputError(f"a zip may hold {MOST_FILES:,} files; this one has {len(entries):,}. Give a part of them.")
    room, pixels, count = LARGEST, ALL_PIXELS, 0
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise InputError(
                f"files of a zip must stay inside it; found {entry.filename[:80]!r}. Zip the folder again."
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise InputError(
                f"a zip of images has no links; found {entry.filename[:80]!r}. Put the images themselves in."
            )
        if path.suffix.lower() not in SUFFIXES:
            continue
        if len(path.parts) < 2:
            raise InputError(
                f"images stand in a folder for each class; found {path.name[:80]!r} outside of any. Make the folders, "
                "and zip what is around them."
            )
        if len(path.parts[-2].encode()) > LONGEST_NAME:
            raise InputError(
                f"a class may have a name of {LONGEST_NAME} bytes; found {path.parts[-2][:80]!r}. Shorten the name."
            )
        kind = folder / path.parts[-2]
        kind.mkdir(exist_ok=True)
        file = kind / f"{count:06}{path.suffix.lower()}"
        with opened.open(entry) as source, file.open("wb") as target:
            room -= _copy(source, target, min(LARGEST_FILE, room), entry.filename)
        pixels -= _pixels(file, min(MOST_PIXELS, pixels), entry.filename[:80])
        count += 1
    if not count:
        raise InputError(f"a zip needs images, {', '.join(sorted(SUFFIXES))}; found none. Zip folders of images.")
    return count


def _copy(source: IO[bytes], target: IO[bytes], most: int, name: str) -> int:
    done = 0
    while chunk := source.read(min(MEBIBYTE, most - done + 1)):
        done += len(chunk)
        if done > most:
            raise InputError(
                f"an image may have {LARGEST_FILE // MEBIBYTE} MiB and all together {LARGEST // MEBIBYTE} MiB; "
                f"{name[:80]!r} goes beyond. Make the images smaller."
            )
        target.write(chunk)
    return done


def _pixels(file: Path, most: int, shown: str) -> int:
    """Return how many pixels an image says that it has; what is no image is told when the images are opened."""
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file) as image:
            found = image.width * image.height
    except Exception:
        return 0
    if found > most:
        raise InputError(
            f"an image may have {MOST_PIXELS // 10**6} million pixels and all together {ALL_PIXELS // 10**6} million; "
            f"{shown!r} has {found // 10**6} million. Make the images smaller."
        )
    return found


def _litter(name: str) -> bool:
    return any(part in LITTER or part.startswith("._") for part in PurePosixPath(name).parts)


def clear(folder: Path) -> None:
    """Remove what an upload that failed has left."""
    shutil.rmtree(folder, ignore_errors=True)
