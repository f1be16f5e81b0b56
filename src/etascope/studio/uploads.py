"""A zip of images from a page, unpacked with every bound checked: `unpack`."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from etascope.core.errors import InputError

MEBIBYTE = 2**20
#: Bytes of a zip; bytes and files that come out of it; bytes of one file.
LARGEST_ZIP, LARGEST, MOST_FILES, LARGEST_FILE = 64 * MEBIBYTE, 256 * MEBIBYTE, 20_000, 16 * MEBIBYTE
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
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, zlib.error) as error:
        raise InputError(
            f"images come as a zip that can be read; this one cannot: {error}. Zip the folder again."
        ) from error


def _unpack(opened: zipfile.ZipFile, folder: Path) -> int:
    entries = [entry for entry in opened.infolist() if not entry.is_dir() and not _litter(entry.filename)]
    if len(entries) > MOST_FILES:
        raise InputError(f"a zip may hold {MOST_FILES:,} files; this one has {len(entries):,}. Give a part of them.")
    room, count = LARGEST, 0
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
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
        kind = folder / path.parts[-2]
        kind.mkdir(exist_ok=True)
        with opened.open(entry) as source, (kind / f"{count:06}{path.suffix.lower()}").open("wb") as target:
            room -= _copy(source, target, min(LARGEST_FILE, room), entry.filename)
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


def _litter(name: str) -> bool:
    return any(part in LITTER or part.startswith("._") for part in PurePosixPath(name).parts)


def clear(folder: Path) -> None:
    """Remove what an upload that failed has left."""
    shutil.rmtree(folder, ignore_errors=True)
