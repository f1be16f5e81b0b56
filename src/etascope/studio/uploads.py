"""A zip of images from a page: `receive` takes it as it comes, `unpack` unpacks it, with every bound checked."""

from __future__ import annotations

import asyncio
import errno
import stat
import tempfile
import threading
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from etascope.core.errors import InputError
from etascope.images.arrays.archives import MEBIBYTE, open_zip
from etascope.images.files.decode import FORMATS
from etascope.images.paths import SUFFIXES, is_foreign
from etascope.studio.failure import Failed

AGAIN = "Zip the folder again."
#: Bytes of a zip; bytes and files that come out of it; bytes of one file.
LARGEST_ZIP, LARGEST, MOST_FILES, LARGEST_FILE = 64 * MEBIBYTE, 256 * MEBIBYTE, 20_000, 16 * MEBIBYTE
#: Seconds that an upload may take, and that may pass with none of it coming.
LONGEST_UPLOAD, STALLED = 120.0, 10.0
#: Pixels of one image, and of all together: a few bytes can stand for very many, and each is decoded.
MOST_PIXELS, ALL_PIXELS = 25_000_000, 1_000_000_000
#: For how many pixels one counts that is laid over white, and how many of a JPEG's count for one: what they cost.
TRANSPARENT, SHRUNK = 8, 4
#: Bytes of a name: what file systems take. Folders in folders.
LONGEST_NAME, DEEPEST = 200, 12
#: What systems put beside the images.
LITTER = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
#: When the disk, and not the zip, is to blame.
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EMFILE, errno.ENFILE, errno.EIO)


class Stopped(Exception):
    """Nobody waits for the zip any more."""


async def receive(chunks: AsyncGenerator[bytes], folder: Path) -> tuple[str, ...]:
    """Unpack a zip that comes in chunks, the last of them empty; return what `unpack` does.

    Refused is what takes too long, stalls, or is too large, beside what `unpack` refuses.
    """
    try:
        async with asyncio.timeout(LONGEST_UPLOAD):
            return await _receive(chunks, folder)
    except TimeoutError:
        raise InputError(f"an upload may take {LONGEST_UPLOAD:.0f} s. Give fewer images.") from None


async def _receive(chunks: AsyncGenerator[bytes], folder: Path) -> tuple[str, ...]:
    done = 0
    with tempfile.TemporaryFile() as archive:
        while chunk := await _next(chunks):
            done += len(chunk)
            check_size(done)
            archive.write(chunk)
        archive.seek(0)
        stop = threading.Event()
        working = asyncio.ensure_future(asyncio.to_thread(unpack, archive, folder, stop.is_set))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            # A thread ends by itself or not at all; what it writes to must not go before it.
            stop.set()
            await asyncio.wait((working,))
            working.exception()
            raise


async def _next(chunks: AsyncGenerator[bytes]) -> bytes:
    try:
        async with asyncio.timeout(STALLED):
            return await anext(chunks)
    except TimeoutError:
        raise InputError(
            f"an upload must keep coming; of this one nothing came for {STALLED:.0f} s. Drop the images again."
        ) from None


def check_size(size: int) -> None:
    """Refuse a zip of so many bytes if that is too many."""
    if size > LARGEST_ZIP:
        raise InputError(f"a zip may have {LARGEST_ZIP // MEBIBYTE} MiB; this one has more. Give fewer images.")


def unpack(archive: IO[bytes], folder: Path, stopped: Callable[[], bool] = lambda: False) -> tuple[str, ...]:
    """Unpack the images of a zip that has a folder for each class, and say in a sentence what was left in it.

    Folders and names stay as they are, so that they open as on disk, but each part of a path is checked. Bytes are
    counted as they come out, whatever the zip says of them, and pixels before any is decoded.

    Whether to give up is asked again and again. The folder must be empty.

    Raises
    ------
    InputError
        If it is no zip, holds links, leads out of the folder, has no folders of classes, or is too large in any way.
    Failed
        If this machine's disk does not take it.
    Stopped
        If it was asked to give up.
    """
    try:
        with open_zip(archive) as opened:
            return _unpack(opened, folder, stopped)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError, ValueError, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        if isinstance(error, OSError) and error.errno in _DISK:
            raise Failed(
                f"an upload is unpacked on the disk of the studio's machine, which cannot take it: {error.strerror}. "
                "Make room there, and drop the images again.",
                507,
            ) from error
        raise InputError(f"images come as a zip that can be read; this one cannot: {_why(error)}. {AGAIN}") from error


def _why(error: Exception) -> str:
    """Return what is wrong with a zip; what Python says of it is for programmers."""
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "a name in it is that of a file and of a folder"
    known = {"Overlapped": "files in it lie over one another", "not a zip": "it is no zip"}
    return next((why for word, why in known.items() if word in str(error)), "it is damaged")


def _unpack(opened: zipfile.ZipFile, folder: Path, stopped: Callable[[], bool]) -> tuple[str, ...]:
    entries = [entry for entry in opened.infolist() if not entry.is_dir() and not _litter(entry.filename)]
    if len(entries) > MOST_FILES:
        raise InputError(f"a zip may hold {MOST_FILES:,} files; this one has {len(entries):,}. Give a part of them.")
    room, pixels, empty = LARGEST, ALL_PIXELS, True
    left, refused_later = Counter[str](), set[str]()
    for entry in entries:
        parts = _parts(entry)
        file = folder.joinpath(*parts)
        kind = PurePosixPath(parts[-1]).suffix.lower()
        if kind not in SUFFIXES:
            left[kind] += 1
            if len(parts) > 1 and is_foreign(file):
                # By its name alone: a class of such files is refused on opening, and is not one class less.
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
                refused_later.add(kind)
            continue
        if len(parts) < 2:
            raise InputError(
                f"images stand in a folder for each class; found {parts[0][:80]!r} outside of any. Make the folders, "
                "and zip what is around them."
            )
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            raise InputError(f"a zip holds each file once; found {_shown(entry)} twice. {AGAIN}")
        with opened.open(entry) as source, file.open("xb") as target:
            room -= _copy(source, target, min(LARGEST_FILE, room), _shown(entry), stopped)
        pixels -= _pixels(file, _shown(entry))
        if pixels < 0:
            raise InputError(
                f"all images together may have {ALL_PIXELS // 10**6:,} million pixels, where one that is transparent "
                f"counts {TRANSPARENT} times and {SHRUNK} of a JPEG once; these have more. Make the images smaller, or "
                "give fewer."
            )
        empty = False
    kinds = ", ".join(f"{number:,} {kind[:12] or 'without an ending'}" for kind, number in left.most_common(5))
    if empty:
        raise InputError(
            f"a zip needs images, {', '.join(sorted(SUFFIXES))}; found {kinds or 'none'}. Zip folders of images."
        )
    if set(left) <= refused_later:
        return ()
    return (f"Files of the zip that are no images were left out: {kinds}.",)


def _parts(entry: zipfile.ZipInfo) -> Sequence[str]:
    """Return the path of a file, part by part, each of which can be a name and none of which leads elsewhere."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or any(":" in part for part in path.parts):
        raise InputError(f"files of a zip must stay inside it; found {_shown(entry)}. {AGAIN}")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise InputError(f"a zip of images has no links; found {_shown(entry)}. Put the images themselves in.")
    if entry.flag_bits & 1:
        raise InputError(f"a zip must need no password; {_shown(entry)} does. Zip the folder without one.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Of the others, a few bytes become gigabytes before anybody can count them.
        raise InputError(
            f"files of a zip must be deflated, as zip programs do it, or stored; {_shown(entry)} is not. {AGAIN}"
        )
    if len(path.parts) > DEEPEST:
        raise InputError(f"folders may be {DEEPEST - 1} deep; found {_shown(entry)}. Zip the folders of the classes.")
    longest = max(path.parts, key=lambda part: len(part.encode(errors="replace")))
    if len(longest.encode(errors="replace")) > LONGEST_NAME:
        raise InputError(f"a name may have {LONGEST_NAME} bytes; found {longest[:80]!r}. Shorten the name.")
    return path.parts


def _shown(entry: zipfile.ZipInfo) -> str:
    return repr(entry.filename[:80])


def _copy(source: IO[bytes], target: IO[bytes], most: int, shown: str, stopped: Callable[[], bool]) -> int:
    done = 0
    while chunk := source.read(min(MEBIBYTE, most - done + 1)):
        if stopped():
            raise Stopped
        done += len(chunk)
        if done > most:
            raise InputError(
                f"an image may have {LARGEST_FILE // MEBIBYTE} MiB and all together {LARGEST // MEBIBYTE} MiB; "
                f"{shown} goes beyond. Make the images smaller."
            )
        target.write(chunk)
    return done


def _pixels(file: Path, shown: str) -> int:
    """Return how many pixels an image counts for; what is no image is refused when the images are opened."""
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=FORMATS) as image:
            pixels, kind = image.width * image.height, image.format
            transparent = "transparency" in image.info or image.mode[-1:].lower() == "a"
    except Exception:
        return 0
    if pixels > MOST_PIXELS:
        raise InputError(f"an image may have {MOST_PIXELS:,} pixels; {shown} has {pixels:,}. Make it smaller.")
    return pixels * TRANSPARENT if transparent else pixels // SHRUNK if kind == "JPEG" else pixels


def _litter(name: str) -> bool:
    return any(part in LITTER or part.startswith("._") for part in PurePosixPath(name).parts)
