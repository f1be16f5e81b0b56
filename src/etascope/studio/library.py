"""The data sets and runs of a studio, by the names that a page may say: `Library`."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from etascope.core.errors import InputError

#: Uploads that are kept at once; the oldest goes when another comes.
MOST_UPLOADS = 8
#: Folders of uploads: this, the number of the server's process, and what makes it unique.
PREFIX = "etascope-studio-"


@dataclass(eq=False)
class Library:
    """What `data` in a page's address stands for: never a path that the page said.

    Attributes
    ----------
    sources
        Of the data sets that are always there, by name: what `open_images` takes.
    """

    sources: dict[str, str] = field(default_factory=lambda: {"digits": "digits"})
    _uploads: OrderedDict[str, Path] = field(default_factory=OrderedDict[str, Path])
    _place: Path | None = None

    def source(self, name: str) -> str:
        """Return what `open_images` takes.

        Raises
        ------
        InputError
            If there is no data set of that name.
        """
        if name in self.sources:
            return self.sources[name]
        if name in self._uploads:
            return str(self._uploads[name])
        if name.startswith("upload-"):
            raise InputError(f"uploads last as long as the studio runs; {name} is gone. Drop the images again.")
        raise InputError(f"the studio has the data sets {', '.join(self.sources)}; found {name!r}. Choose one.")

    def room(self) -> tuple[str, Path]:
        """Return the name of a new upload, and an empty folder for it; `add` makes it known."""
        if self._place is None:
            _sweep()
            self._place = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        name = f"upload-{secrets.token_hex(6)}"
        folder = self._place / name
        folder.mkdir()
        return name, folder

    def add(self, name: str, folder: Path) -> None:
        """Make an upload known."""
        self._uploads[name] = folder
        while len(self._uploads) > MOST_UPLOADS:
            shutil.rmtree(self._uploads.popitem(last=False)[1], ignore_errors=True)

    def close(self) -> None:
        """Remove all uploads."""
        self._uploads.clear()
        if self._place is not None:
            shutil.rmtree(self._place, ignore_errors=True)
            self._place = None


def _sweep() -> None:
    """Remove the uploads of studios that were killed, as far as they are this user's."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        process = folder.name.removeprefix(PREFIX).partition("-")[0]
        if process.isdecimal() and not folder.is_symlink() and not _lives(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    if os.name == "nt":
        # There, asking with signal 0 would end it.
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
