"""A file that appears whole or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from etascope.core.errors import InputError


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file by renaming a temporary one beside it; text is written as UTF-8.

    A device or a pipe is written to as it is.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    path = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        with suppress(FileNotFoundError):
            os.stat(path)  # Says of a loop of links what it is.
        if path.exists() and not path.is_file() and not path.is_dir():
            # Renaming would put a plain file in the place of a device. A pipe that nobody reads is no place to wait at.
            with open(os.open(path, os.O_WRONLY | os.O_NONBLOCK), "wb") as device:
                os.set_blocking(device.fileno(), True)
                device.write(data)
        else:
            _replace(path.resolve(), data)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        advice = "Name a file in a directory that exists and that you may write to."
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = "Make room there, or name a file on another disk."
        raise InputError(f"{path} cannot be written: {why}. {advice}") from error


def _replace(path: Path, data: bytes) -> None:
    if path.is_dir():
        raise IsADirectoryError(None, "it is a directory")
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
