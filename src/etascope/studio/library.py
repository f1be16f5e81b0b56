"""The data sets of a studio: `Library`, by the names that a page may say, and `Source`, as a worker opens one."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from etascope.core.data import SENT, Dataset
from etascope.core.errors import InputError
from etascope.core.plain import Document
from etascope.core.run import DataSummary
from etascope.images.dataset import to_dataset
from etascope.images.idx.catalogue import CATALOGUE, fetching, files_here, open_here
from etascope.images.open import open_images
from etascope.images.opened import Options
from etascope.images.subset import SUBSET, take_subset
from etascope.studio.dialect import on_page

#: Sets whose images are characters, white on black, 28 by 28: what a hand can draw.
DRAWN = frozenset({"digits", "mnist", "kmnist"})
#: Uploads that are kept at once, and their bytes: the one that was longest not asked for goes when another comes.
MOST_UPLOADS, MOST_BYTES = 64, 2 << 30
#: Folders of uploads: this, the number of the server's process, and what makes it unique.
PREFIX = "etascope-studio-"


@dataclass(frozen=True)
class Source:
    """Images of this machine; nothing is downloaded for them.

    Attributes
    ----------
    name
        `"digits"`, a name of the catalogue, or the folder of an upload.
    most
        Of more images than these a fixed part is taken, so that a landscape is there at once. None takes all.
    """

    name: str
    most: int | None = SUBSET

    def open(self) -> tuple[Dataset, int]:
        """Return the images, and of how many these are a part, or 0."""
        known = CATALOGUE.get(self.name)
        if known is not None:
            whole = to_dataset(open_here(known, Options()))
        else:
            whole = open_images(self.name) if self.name == "digits" else self._open_upload()
        part = whole if self.most is None else take_subset(whole, self.most)
        return part, 0 if part is whole else len(whole)

    def _open_upload(self) -> Dataset:
        """Return what was sent; where it was unpacked is nobody's business."""

        def placeless(sentence: str) -> str:
            return sentence.replace(f"{self.name}{os.sep}", "").replace(self.name, "the zip")

        try:
            dataset = open_images(self.name)
        except InputError as error:
            raise InputError(placeless(error.sentences[0].written(on_page)), error.sentences[1]) from error
        notes, test_notes = (tuple(map(placeless, said)) for said in (dataset.notes, dataset.test_notes))
        return replace(dataset, source=SENT, notes=notes, test_notes=test_notes)


@dataclass(eq=False)
class Library:
    """What `data` in a page's address stands for: never a path that the page said, and nothing that must be fetched."""

    _uploads: OrderedDict[str, tuple[Path, DataSummary]] = field(
        default_factory=OrderedDict[str, tuple[Path, DataSummary]]
    )
    _sizes: dict[Path, int] = field(default_factory=dict[Path, int])
    _place: Path | None = None

    def source(self, name: str) -> Source:
        """Return the images that the ways of the page train on, or refuse what is not on this machine."""
        if name == "digits":
            return Source(name)
        if name in CATALOGUE:
            if files_here(CATALOGUE[name]) is None:
                raise InputError(
                    f"the studio downloads nothing, and {name} is not on this machine; "
                    f"'{fetching(CATALOGUE[name])}' in a terminal fetches it once."
                )
            return Source(name)
        if name in self._uploads:
            self._uploads.move_to_end(name)
            return Source(str(self._uploads[name][0]))
        if name.startswith("upload-"):
            raise InputError(
                f"the studio keeps the {MOST_UPLOADS} uploads that were asked for last, of {MOST_BYTES >> 30} GiB "
                f"together, until it ends; {name} is gone. Drop the images again."
            )
        raise InputError(
            f"the studio has the data sets {', '.join(('digits', *CATALOGUE))}; found {name!r}. Choose one."
        )

    def searched(self, name: str) -> Source:
        """Return the images that a search of one's own takes: of an upload all, else those of the other ways."""
        source = self.source(name)
        return Source(source.name, None) if name in self._uploads else source

    def sets(self, names: Sequence[str] = ()) -> list[Document]:
        """Return what can be chosen: the digits, the catalogue, and of `names` those uploads that are still known."""
        sets: list[Document] = [{"name": "digits", "here": True, "images": SUBSET, "whole": 0, "draws": True}]
        for known in CATALOGUE.values():
            here = files_here(known) is not None
            numbers = {"images": SUBSET, "whole": known.images, "draws": known.name in DRAWN}
            sets.append({"name": known.name, "here": here, **numbers, "fetch": None if here else fetching(known)})
        return sets + [upload_document(name, self._uploads[name][1]) for name in names if name in self._uploads]

    def room(self) -> tuple[str, Path]:
        """Return the name of a new upload, and an empty folder for it; `add` makes it known."""
        if self._place is None:
            _sweep()
            self._place = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        name = f"upload-{secrets.token_hex(16)}"
        folder = self._place / name
        folder.mkdir()
        return name, folder

    def add(self, name: str, folder: Path, data: DataSummary) -> None:
        """Make an upload known, as a worker described it."""
        self._uploads[name] = folder, data
        self._sizes[folder] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        while len(self._uploads) > MOST_UPLOADS or (len(self._uploads) > 1 and sum(self._sizes.values()) > MOST_BYTES):
            oldest, _ = self._uploads.popitem(last=False)[1]
            self._sizes.pop(oldest)
            shutil.rmtree(oldest, ignore_errors=True)

    def close(self) -> None:
        """Remove all uploads."""
        self._uploads.clear()
        self._sizes.clear()
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


def upload_document(name: str, data: DataSummary) -> Document:
    """Return what a page says of an upload."""
    drawn = data.image_shape == (28, 28, 1) and all(len(kind) == 1 for kind in data.class_names)
    return {
        "name": name, "here": True, "images": data.images, "whole": data.whole, "draws": drawn,
        "image_shape": list(data.image_shape), "development": data.development, "test": data.test,
        "class_names": list(data.class_names), "notes": list(data.notes),
    }  # fmt: skip
