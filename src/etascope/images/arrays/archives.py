"""NumPy's files, `.npz` and `.npy`, never unpickled, and zips whose directory is no larger than it may be."""

from __future__ import annotations

import contextlib
import gzip
import math
import tokenize
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.arrays.door import open_array, open_mapping
from etascope.images.arrays.names import label_names, left_beside, test_beside
from etascope.images.files.contents import what_it_is
from etascope.images.idx.door import is_idx
from etascope.images.idx.file import DEFLATE_LIMIT, read_idx_labels
from etascope.images.labels.labels import agree
from etascope.images.opened import Opened, Options
from etascope.images.paths import as_path, existing, unreadable

_AGAIN = "Fetch or save it again."
MEBIBYTE = 2**20
#: Bytes of a directory, and entries in it: Python reads it whole, and makes an object of about a kilobyte of each.
LARGEST_DIRECTORY, MOST_ENTRIES = 8 * MEBIBYTE, 50_000
_ENTRY = b"PK\1\2"


class Archive(Mapping[str, NDArray[Any]]):
    """The arrays of an open `.npz` file by name, each read when it is asked for.

    An array is read only after what its header claims has been compared with what the archive holds.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path = path
        self._archive = archive
        self._members = {
            info.filename.removesuffix(".npy"): info for info in archive.infolist() if info.filename.endswith(".npy")
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, name: str) -> NDArray[Any]:
        info = self._members[name]
        where = f"{name} in {self._path}"
        if info.file_size > info.compress_size * DEFLATE_LIMIT + 64:
            raise InputError(
                f"an archive must hold what it claims; {where} claims {info.file_size:,} bytes from "
                f"{info.compress_size:,} compressed ones. {_AGAIN}"
            )
        with self._archive.open(info) as stream:
            return _read(stream, info.file_size, where)


def open_npz(path: Path, labels: object, options: Options) -> Opened:
    """Open an archive of named arrays; see `arrays.door.open_mapping` for the names."""
    with _opened(path) as arrays:
        return open_mapping(arrays, labels, options, str(path))


@contextlib.contextmanager
def _opened(path: Path) -> Generator[Archive, None, None]:
    try:
        with path.open("rb") as file, open_zip(file) as archive:
            yield Archive(path, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        raise InputError(
            "a .npz file must be a whole archive written by numpy.savez; "
            f"{path} is not: {str(error).rstrip('.')}. {_AGAIN}"
        ) from None
    except OSError as error:
        raise unreadable(path, error) from None


def open_npy(path: Path, labels: object, options: Options) -> Opened:
    """Open an array file; labels are given, or lie beside it in `NAME_labels.npy`, `labels.npy`, `y.npy` ..."""
    if labels is not None:
        opened = open_array(read_npy(path), labels, options, str(path))
        return replace(opened, notes=(*opened.notes, *left_beside(test_beside(path), path)))
    images = read_npy(path)
    labels, notes = _labels_beside(path)
    if (held := test_beside(path)) is None:
        opened = open_array(images, labels, options, str(path))
    else:
        parts = {"x_train": images, "y_train": labels, "x_test": read_npy(held)}
        parts["y_test"], more = _labels_beside(held)
        notes += (*more, f"{held.name}, which lies beside {path.name}, is the test part.")
        opened = open_mapping(parts, None, options, str(path))
    return replace(opened, notes=(*notes, *opened.notes))


def _labels_beside(path: Path) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return the labels that lie beside images, and a sentence where another file holds the same."""
    beside = [path.with_name(name) for name in label_names(path.stem)]
    files = [p for p in beside if p != path and p.is_file()]
    if not files:
        where = path.parent if path.parent.name else "this folder"
        raise InputError(
            f"an .npy file of images needs labels beside it; looked for {', '.join(p.name for p in beside)} in "
            f"{where}. Save them there, or give labels."
        )
    labels = read_npy(files[0])
    notes: tuple[str, ...] = ()
    for other in files[1:]:
        values = read_npy(other)
        if values.shape != labels.shape:
            continue
        if not agree(labels, values):
            raise InputError(
                f"images need one label each; {files[0].name} and {other.name} in {path.parent} disagree. "
                "Give one of them as labels."
            )
        notes = (f"The labels are those of {files[0].name}; {other.name} says the same.",)
    return labels, notes


def read_labels_file(labels: object) -> object:
    """Return labels as they are, or read from the `.npy`, `.npz` or IDX file that they name."""
    path = as_path(labels)
    if path is None:
        return labels
    existing(path)
    if _begins_as_npy(path) or path.suffix.lower() == ".npy":
        return read_npy(path)
    if path.suffix.lower() == ".npz":
        return _only_array(path)
    if is_idx(path) or _begins_as_idx(path):
        return read_idx_labels(path)
    raise InputError(f"labels must be values, or a .npz, .npy or IDX file; found {str(labels)!r}. Give one of these.")


def _only_array(path: Path) -> NDArray[Any]:
    """Return the one array of an archive of labels."""
    with _opened(path) as arrays:
        if len(arrays) == 1:
            return arrays[next(iter(arrays))]
        raise InputError(
            f"an .npz file of labels must hold one array; {path} holds {', '.join(sorted(arrays)) or 'none'}. Load it, "
            "and give the one with the labels."
        )


def _begins_as_idx(path: Path) -> bool:
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            start = file.read(4)
    except (OSError, EOFError, zlib.error):
        return False
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in range(8, 15) and start[3] in (1, 2)


def _begins_as_npy(path: Path) -> bool:
    """Say whether a file holds an array of NumPy's, and refuse what is no file, or a table or another text."""
    rule = "labels apart from their images are a .npz, .npy or IDX file"
    if not path.is_file():
        raise InputError(f"{rule}; {path} is {'a folder' if path.is_dir() else 'no regular file'}. Give the file.")
    try:
        with path.open("rb") as file:
            start = file.read(6)
        table = path.suffix.lower() in (".csv", ".tsv")
        other = path.suffix.lower() not in (".npy", ".npz") and not (is_idx(path) or _begins_as_idx(path))
        if table or (other and what_it_is(path) == "it is a text file"):
            raise InputError(
                f"{rule}; {path} is a {'table' if table else 'text file'}. A table (.csv, .tsv) of path and label is "
                "given as DATA itself; save labels without paths with numpy.save."
            )
    except OSError as error:
        raise unreadable(path, error) from None
    return start == b"\x93NUMPY"


def read_npy(path: Path) -> NDArray[Any]:
    """Return the array of an `.npy` file."""
    try:
        with path.open("rb") as file:
            return _read(file, path.stat().st_size, str(path))
    except OSError as error:
        raise unreadable(path, error) from None


def _read(stream: IO[bytes], held: int, where: str) -> NDArray[Any]:
    layout = np.lib.format
    try:
        version = layout.read_magic(stream)
        header = layout.read_array_header_1_0 if version == (1, 0) else layout.read_array_header_2_0
        shape, fortran, dtype = header(stream)
    except (ValueError, SyntaxError, tokenize.TokenError, RecursionError, MemoryError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise InputError(f"an array file starts with NumPy's header; {where} does not: {reason}. {_AGAIN}") from None
    if dtype.hasobject:
        raise InputError(
            f"arrays must hold plain numbers or strings; {where} is pickled, and unpickling can run anything. "
            "Save it again with a plain dtype."
        )
    if min(shape, default=1) < 1 or not dtype.itemsize:
        raise InputError(f"arrays must hold at least one value; {where} has shape {shape}. {_AGAIN}")
    claimed, left = math.prod(shape) * dtype.itemsize, held - stream.tell()
    if claimed != left:
        raise InputError(
            f"an array file must hold what its header claims; {where} claims {claimed:,} bytes of data and holds "
            f"{left:,}. {_AGAIN}"
        )
    array, done = np.empty(math.prod(shape), dtype), 0
    while done < claimed:
        chunk = stream.read(min(1 << 20, claimed - done))
        if not chunk:
            raise InputError(f"an array file must be whole; {where} ends after {done:,} bytes. {_AGAIN}")
        array.view(np.uint8)[done : done + len(chunk)] = np.frombuffer(chunk, np.uint8)
        done += len(chunk)
    return array.reshape(shape[::-1]).transpose() if fortran else array.reshape(shape)


def open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Open a zip; its directory is looked at before any of it is understood.

    What a zip says of itself, at its end and in the record of zip64, may be a lie. The directory is what is read at
    once, so that is where it is counted, and refused where it is larger than any set of images needs.

    Examples
    --------
    >>> import io
    >>> out = io.BytesIO()
    >>> with zipfile.ZipFile(out, "w") as made:
    ...     made.writestr("a.txt", "hello")
    >>> open_zip(out).namelist()
    ['a.txt']
    """
    counted = _Counted(file)
    archive = zipfile.ZipFile(cast("IO[bytes]", counted))
    counted.opened = True
    return archive


class _Counted:
    """A file that lets a directory be read when it is small, and then everything."""

    mode = "rb"

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.opened = False
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def seekable(self) -> bool:
        return self._file.seekable()

    def read(self, size: int = -1, /) -> bytes:
        if self.opened:
            return self._file.read(size)
        if size > LARGEST_DIRECTORY:
            raise InputError(
                f"the list of files in a zip may have {LARGEST_DIRECTORY // MEBIBYTE} MiB; this one says "
                f"{size / MEBIBYTE:,.0f} MiB. Make a zip of fewer files."
            )
        data = self._file.read(size)
        if data.startswith(_ENTRY) and (count := data.count(_ENTRY)) > MOST_ENTRIES:
            raise InputError(
                f"a zip may list {MOST_ENTRIES:,} files and folders; this one has {count:,}. Make a zip of fewer files."
            )
        return data

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a file has
        return getattr(self._file, name)
