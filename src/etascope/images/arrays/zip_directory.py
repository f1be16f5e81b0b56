"""Open a zip whose directory is no larger than it may be, whatever the zip says of it: `open_zip`."""

from __future__ import annotations

import zipfile
from typing import IO, Any, cast

from etascope.core.errors import InputError

MEBIBYTE = 2**20
#: Bytes of a directory, and entries in it: Python reads it whole, and makes an object of about a kilobyte of each.
LARGEST_DIRECTORY, MOST_ENTRIES = 8 * MEBIBYTE, 50_000
_ENTRY = b"PK\1\2"


def open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Open a zip; its directory is looked at before any of it is understood.

    What a zip says of itself, at its end and in the record of zip64, may be a lie. The directory is what is read at
    once, so that is where it is counted.

    Raises
    ------
    InputError
        If the directory is larger, or has more entries, than any set of images needs.
    zipfile.BadZipFile
        If it is no zip.

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
        if data.startswith(_ENTRY) and (found := data.count(_ENTRY)) > MOST_ENTRIES:
            raise InputError(
                f"a zip may list {MOST_ENTRIES:,} files and folders; this one has {found:,}. Make a zip of fewer files."
            )
        return data

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a file has
        return getattr(self._file, name)
