"""What lies below a folder: images, other files by their kind, and folders, each counted once (`read_tree`)."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from etascope.core.errors import InputError
from etascope.core.protocols import Progress, Watch, ignore
from etascope.images.contents import ending_of
from etascope.images.folder_names import BESIDE, TEST, TRAIN, is_named, part_of, subject
from etascope.images.labels import natural
from etascope.images.paths import SUFFIXES, unreadable

#: What systems put among people's images; names that begin with a dot are left out, too.
CLUTTER = frozenset(
    {
        "__macosx", "__pycache__", "@eadir", "@recycle", "#recycle", "@tmp", "@sharebin", "$recycle.bin", "recycler",
        "system volume information", "lost+found", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r",
    }
)  # fmt: skip
#: Folders of small copies: inside a class they hold its images again.
COPIES = frozenset({"thumbnails", "thumbnail", "thumbs"})
#: Endings of pictures and recordings that are not read: a class of them alone is no class without images.
FOREIGN = frozenset(
    {
        ".heic", ".heif", ".avif", ".jp2", ".j2k", ".jpx", ".jxl", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".tga",
        ".ico", ".svg", ".svgz", ".eps", ".ai", ".psd", ".xcf", ".dcm", ".dicom", ".nii", ".nii.gz", ".mha", ".nrrd",
        ".raw", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf", ".exr", ".hdr", ".ras", ".pcx", ".xpm",
        ".mpo", ".jls", ".fits", ".fit", ".czi", ".svs", ".ndpi", ".mrxs", ".emf", ".wmf", ".dds", ".qoi", ".npy",
        ".npz", ".mat", ".h5", ".hdf5", ".pt", ".pth", ".tfrecord", ".pdf",
        ".mp4", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".m4v", ".wmv", ".flv",
    }
)  # fmt: skip
_ARRAYS = frozenset({".npy", ".npz", ".mat", ".h5", ".hdf5", ".pt", ".pth", ".tfrecord", ".pdf"})
#: Folders of arrays that are no classes, however many.
_STORES = BESIDE | {
    "features", "feature", "embeddings", "models", "model", "checkpoints", "checkpoint", "weights", "arrays", "boxes",
    "tensors", "vectors", "cache", "papers", "paper", "reports", "report", "npy", "numpy",
}  # fmt: skip
#: Endings that are written behind those of images while they are copied or kept.
_HALF = frozenset({".part", ".bak", ".crdownload", ".download", ".tmp", ".old", ".orig"})
#: Files without an ending that nobody takes for an image.
_PAPERS = frozenset(
    {"readme", "license", "licence", "copying", "authors", "changelog", "notice", "version", "makefile"}
)
NO_ENDING = "no ending"
#: Folders in folders are followed this far down.
DEEPEST = 64
#: Files of each ending whose first bytes are looked at.
_LOOKED = 5
_BETWEEN = 5000


@dataclass(frozen=True, eq=False)
class Folder:
    """A directory with all that lies below it, hidden files and `CLUTTER` left out, in natural order.

    Attributes
    ----------
    path
        Where it is.
    images
        Files directly in it that are named as images (`paths.SUFFIXES`).
    others
        The other files directly in it.
    folders
        The directories directly in it.
    links
        Linked directories that were left out: they lead to what is in the tree already.
    """

    path: Path
    images: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()
    folders: tuple[Folder, ...] = ()
    links: tuple[Path, ...] = field(default=())

    @property
    def name(self) -> str:
        """Its name, letters composed: what a Mac writes as two characters is one here (Unicode NFC)."""
        return unicodedata.normalize("NFC", self.path.name)

    @cached_property
    def total(self) -> int:
        """Images anywhere below."""
        return len(self.images) + sum(folder.total for folder in self.folders)

    @cached_property
    def foreign(self) -> int:
        """Files anywhere below that are pictures or recordings of formats that are not read, or not by their names."""
        odd = self.disguised
        own = sum(is_foreign(path) or kind(path) in odd for path in self.others)
        return own + sum(folder.foreign for folder in self.folders)

    @cached_property
    def disguised(self) -> set[str]:
        """Endings directly in it that are none of images, of files that are some by their first bytes."""
        looked: Counter[str] = Counter()
        found = set[str]()
        for path in self.others:
            if looked[kind(path)] < _LOOKED:
                looked[kind(path)] += 1
                found |= {kind(path)} if ending_of(path) else set()
        return found

    @cached_property
    def full(self) -> tuple[Folder, ...]:
        """The directories directly in it that hold images, or what would be images and not data beside them."""
        least = min((folder.total for folder in self.folders if folder.images), default=0)
        return tuple(
            folder
            for folder in self.folders
            if folder.total or (folder.foreign and not (self.total and folder.is_aside(least)))
        )

    def is_aside(self, least: int) -> bool:
        """Say whether it is no class that cannot be read, but what goes with a set: annotations, or arrays of numbers.

        Arrays are a class where they may be one an image: as many as half the `least` images of a class beside it.
        """
        found = {kind(path) for folder in self.all_folders() for path in folder.others if is_foreign(path)}
        if is_named(self.name, _STORES):
            return found <= _ARRAYS | {NO_ENDING}
        found.update(*(folder.disguised for folder in self.all_folders()))
        return found <= _ARRAYS and not (least and len(self.others) > 1 and 2 * self.foreign >= least)

    @property
    def loose(self) -> bool:
        """Whether most images lie directly in it, so that its folders are hardly their classes."""
        return 2 * len(self.images) > self.total

    @property
    def inner(self) -> Folder:
        """The folder further down that is not just around one other."""
        folder = self
        while len(folder.full) == 1 and folder.full[0].full and not folder.loose:
            folder = folder.full[0]
        return folder

    def all_images(self) -> Iterator[Path]:
        """Yield the images anywhere below, those of a directory before those of its directories."""
        for folder in self.all_folders():
            yield from folder.images

    def kinds(self) -> Counter[str]:
        """Count the other files anywhere below by their kind."""
        return Counter(kind(path) for folder in self.all_folders() for path in folder.others)

    def all_folders(self) -> Iterator[Folder]:
        """Yield this directory and those anywhere below."""
        yield self
        for folder in self.folders:
            yield from folder.all_folders()

    def all_links(self) -> Iterator[Path]:
        """Yield the linked directories anywhere below that were left out."""
        for folder in self.all_folders():
            yield from folder.links


def read_tree(root: Path, watch: Watch = ignore, apart: Path | None = None) -> Folder:
    """Return a directory with all that lies below it.

    Links are followed. A linked directory is left out where it leads to a directory above itself, or to one that lies
    in the tree anyway: its images would count twice, and under two names. So is `apart`, which is read by itself,
    unless its name alone says that it is `test` or `train`: `layout.read_layout` knows what goes with it.

    Raises
    ------
    InputError
        If a directory may not be read, or one lies more than `DEEPEST` directories down.
    """
    real = os.path.realpath(root)
    plain = apart is not None and part_of(apart.name) in (TRAIN, TEST) and not subject(apart.name)
    other = None if apart is None or plain else os.path.realpath(apart)
    seen = 0

    def read(path: Path, above: tuple[str, ...]) -> Folder:
        nonlocal seen
        if len(above) > DEEPEST:
            raise InputError(f"folders are read {DEEPEST} levels deep; {path} lies deeper. Give a folder further down.")
        images, others = list[Path](), list[Path]()
        folders, links = list[Folder](), list[Path]()
        try:
            entries = list(os.scandir(path))
        except OSError as error:
            raise unreadable(path, error) from None
        for entry in entries:
            if entry.name.startswith(".") or entry.name.casefold() in CLUTTER:
                continue
            place = path / entry.name
            if _is_dir(entry):
                target = os.path.realpath(place) if entry.is_symlink() else f"{above[-1]}{os.sep}{entry.name}"
                if target == other:
                    continue
                if target in above or (entry.is_symlink() and _inside(target, real)):
                    links.append(place)
                else:
                    folders.append(read(place, (*above, target)))
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                images.append(place)
            else:
                others.append(place)
        seen += len(entries)
        if seen > _BETWEEN:
            watch(Progress("looking through folders", seen, seen, "files"))
        folders.sort(key=lambda folder: natural(folder.name))
        return Folder(path, _ordered(images), _ordered(others), tuple(folders), tuple(links))

    return read(root, (real,))


def kind(path: Path) -> str:
    """Return what kind of file a name says: its ending, with what is packed.

    Examples
    --------
    >>> kind(Path("a.HEIC")), kind(Path("scan.nii.gz")), kind(Path("data_batch_1"))
    ('.heic', '.nii.gz', 'no ending')
    """
    endings = [ending.lower() for ending in path.suffixes[-2:]]
    if not endings:
        return NO_ENDING
    packed = endings[-1] in (".gz", ".bz2", ".xz", ".zst") and len(endings) == 2
    return "".join(endings) if packed and endings[0][1:].isalpha() else endings[-1]


def is_foreign(path: Path) -> bool:
    """Say whether a file is named as a picture or a recording of a format that is not read, or not named at all."""
    found = kind(path)
    if found in _HALF:
        return Path(path.stem).suffix.lower() in SUFFIXES
    return found in FOREIGN or (found == NO_ENDING and path.name.casefold() not in _PAPERS)


def counted(kinds: Counter[str], most: int = 4) -> str:
    """Return how many files there are of each kind, the most frequent first.

    Examples
    --------
    >>> counted(Counter({".heic": 24, ".txt": 1, "no ending": 2}))
    '24 .heic files, 2 files without an ending, 1 .txt file'
    """
    ranked = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    words = [
        f"{number:,} {'file' if number == 1 else 'files'} without an ending"
        if name == NO_ENDING
        else f"{number:,} {name} {'file' if number == 1 else 'files'}"
        for name, number in ranked[:most]
    ]
    rest = sum(number for _, number in ranked[most:])
    return ", ".join([*words, *([f"{rest:,} others"] if rest else [])])


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _inside(target: str, root: str) -> bool:
    return target == root or target.startswith(root.rstrip(os.sep) + os.sep)


def _ordered(paths: list[Path]) -> tuple[Path, ...]:
    return tuple(sorted(paths, key=lambda path: natural(path.name)))
