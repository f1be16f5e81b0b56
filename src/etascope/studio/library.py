"""The data sets and runs of a studio, by the names that a page may say: `Library`."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from etascope.core.errors import InputError

#: Uploads that are kept at once; the oldest goes when another comes.
MOST_UPLOADS = 8


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
            self._place = Path(tempfile.mkdtemp(prefix="etascope-studio-"))
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
