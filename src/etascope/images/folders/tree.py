"""What lies below a folder: images, other files by their kind, and folders, each counted once (`read_tree`)."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from etascope.core.errors import InputError
from etascope.core.protocols import OnProgress, Progress, ignore
from etascope.images.files.contents import ending_of
from etascope.images.folders.naming import BESIDE, TEST, TRAIN, is_named, part_of, subject
from etascope.images.labels.labels import natural
from etascope.images.paths import ARRAYS, NO_ENDING, STORED, SUFFIXES, is_foreign, is_paper, kind, unreadable, was_image

#: What systems put among people's images; names that begin with a dot are left out, too.
CLUTTER = frozenset({
    "__macosx", "__pycache__", "@eadir", "@recycle", "#recycle", "@tmp", "@sharebin", "$recycle.bin", "recycler",
    "system volume information", "lost+found", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r",
})  # fmt: skip
#: Folders of small copies: inside a class they hold its images again.
COPIES = frozenset({"thumbnails", "thumbnail", "thumbs"})
#: Folders of arrays that are no classes, however many.
_STORES = BESIDE | {
    "features", "feature", "embeddings", "models", "model", "checkpoints", "checkpoint", "weights", "arrays", "boxes",
    "tensors", "vectors", "cache", "papers", "paper", "reports", "report", "npy", "numpy",
}  # fmt: skip
#: Folders in folders are followed this far down.
DEEPEST = 64
#: Files of each ending whose first bytes are looked at.
_LOOKED = 5
_BETWEEN = 5000
#: Folders that are read because links lead on to them from what links lead to.
_LED_ON = 20_000
#: A link to nothing whose name ends so stood for a file, not for a folder.
_FILE = re.compile(
    r"\.(?:txt|md|rst|csv|tsv|json|xml|ya?ml|html?|log|py|ipynb|sh|toml|cfg|ini|xlsx?|docx?|pptx?|lock|db|sock|pid|sql"
    r"|lst|names|cache)$",
    re.IGNORECASE,
)


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
    broken
        Links to nothing that are not named as files.
    """

    path: Path
    images: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()
    folders: tuple[Folder, ...] = ()
    links: tuple[Path, ...] = field(default=())
    broken: tuple[Path, ...] = field(default=())

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
        own = sum(is_foreign(path) or kind(path) in STORED | odd for path in self.others)
        return own + sum(folder.foreign for folder in self.folders)

    @cached_property
    def disguised(self) -> set[str]:
        """Endings directly in it that are none of images, of files that are some by their first bytes."""
        looked: Counter[str] = Counter()
        endings = set[str]()
        # A set writes one ending for all: a few files of each tell, and a folder of a million logs costs nothing.
        for path in self.others:
            if looked[kind(path)] < _LOOKED:
                looked[kind(path)] += 1
                endings |= {kind(path)} if ending_of(path) else set()
        return endings

    @cached_property
    def full(self) -> tuple[Folder, ...]:
        """The directories directly in it that hold images, or what would be images and not data beside them."""
        # A folder of HEIC alone stays a class: to leave it out would train a set with one class less.
        least = min((folder.total for folder in self.folders if folder.images), default=0)
        return tuple(
            folder
            for folder in self.folders
            if folder.total or (folder.foreign and not (self.total and folder.is_aside(least)))
        )

    def is_aside(self, least: int) -> bool:
        """Say whether it is no class that cannot be read, but what goes with a set: annotations, or arrays of numbers.

        Arrays and what is packed are a class where they may be one an image: as many as half the `least` images of a
        class beside it.
        """
        others = [path for folder in self.all_folders() for path in folder.others]
        kinds = {"" if was_image(path) else kind(path) for path in others if is_foreign(path)}
        if is_named(self.name, _STORES):
            return kinds <= ARRAYS | {NO_ENDING}
        kinds.update(*(folder.disguised for folder in self.all_folders()))
        return kinds <= STORED and not (least and len(self.others) > 1 and 2 * self.foreign >= least)

    @property
    def loose(self) -> bool:
        """Whether most images lie directly in it, so that its folders are hardly their classes."""
        # Fewer are strays, as a contact sheet beside the classes.
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
        return Counter(kind(path) for folder in self.all_folders() for path in (*folder.others, *folder.broken))

    def all_folders(self) -> Iterator[Folder]:
        """Yield this directory and those anywhere below."""
        yield self
        for folder in self.folders:
            yield from folder.all_folders()

    def all_links(self) -> Iterator[Path]:
        """Yield the linked directories anywhere below that were left out."""
        for folder in self.all_folders():
            yield from folder.links


@dataclass
class _Draft:
    """A folder while it is read."""

    path: Path
    images: list[Path] = field(default_factory=list[Path])
    others: list[Path] = field(default_factory=list[Path])
    folders: list[_Draft] = field(default_factory=list["_Draft"])
    links: list[Path] = field(default_factory=list[Path])
    broken: list[Path] = field(default_factory=list[Path])

    def done(self) -> Folder:
        folders = sorted((draft.done() for draft in self.folders), key=lambda folder: natural(folder.name))
        files = (_ordered(paths) for paths in (self.images, self.others, self.links, self.broken))
        images, others, links, broken = files
        return Folder(self.path, images, others, tuple(folders), links, broken)


def read_tree(root: Path, progress: OnProgress = ignore, test_path: Path | None = None) -> Folder:
    """Return a directory with all that lies below it.

    Links are followed. A linked directory is left out where it leads to a directory above itself, or to one that lies
    in the tree anyway: its images would count twice, and under two names. What links lead to is read once, however
    many links in it lead there. `test_path`, which is read by itself, is left out, too, unless its name alone says that
    it is `test` or `train`: `layout.read_layout` knows what goes with it.
    """
    real = os.path.realpath(root)
    plain = test_path is not None and part_of(test_path.name) in (TRAIN, TEST) and not subject(test_path.name)
    other = None if test_path is None or plain else os.path.realpath(test_path)
    entries_read = led = 0
    # Links of the tree itself are followed when all of it is known, and before those that they lead to.
    later: list[tuple[_Draft, Path, tuple[str, ...]]] = []
    targets = frozenset[str]()

    def read(path: Path, above: tuple[str, ...], linked: set[str] | None = None) -> _Draft:
        nonlocal entries_read, led
        if len(above) > DEEPEST:
            raise InputError(f"folders are read {DEEPEST} levels deep; {path} lies deeper. Give a folder further down.")
        draft = _Draft(path)
        try:
            entries = list(os.scandir(path))
        except OSError as error:
            raise unreadable(path, error) from None
        for entry in entries:
            ending = os.path.splitext(entry.name)[1].lower()
            if (entry.name.startswith(".") and ending != ".icloud") or entry.name.casefold() in CLUTTER:
                continue
            place, is_link = path / entry.name, entry.is_symlink()
            if _is_dir(entry):
                target = os.path.realpath(place) if is_link else f"{above[-1].rstrip(os.sep)}{os.sep}{entry.name}"
                if target == other:
                    continue
                if target in above or (is_link and _inside(target, real)):
                    draft.links.append(place)
                elif linked is None and is_link:
                    later.append((draft, place, (*above, target)))
                elif linked is not None and (target in linked or (is_link and target in targets)):
                    draft.links.append(place)
                else:
                    led += linked is not None
                    if led > _LED_ON:
                        raise InputError(
                            f"links are followed to {_LED_ON:,} folders at most; {root} leads on to more, by way of "
                            f"{path}. Remove the link to it, or copy what is needed."
                        )
                    if linked is not None:
                        linked.add(target)
                    draft.folders.append(read(place, (*above, target), linked))
            elif ending in SUFFIXES:
                draft.images.append(place)
            elif is_link and not os.path.exists(place) and not _is_file(place):
                draft.broken.append(place)
            else:
                draft.others.append(place)
        entries_read += len(entries)
        if entries_read > _BETWEEN:
            progress(Progress("looking through folders", entries_read, entries_read, "files"))
        return draft

    whole = read(root, (real,))
    targets = frozenset(above[-1] for *_, above in later)
    for draft, place, above in later:
        draft.folders.append(read(place, above, {above[-1]}))
    return whole.done()


def _is_file(link: Path) -> bool:
    """Say whether a link to nothing stood for a file by its name."""
    return (
        is_paper(link)
        or bool(_FILE.search(link.name))
        or (kind(link) != NO_ENDING and (is_foreign(link) or kind(link) in STORED))
    )


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _inside(target: str, root: str) -> bool:
    return target == root or target.startswith(root.rstrip(os.sep) + os.sep)


def _ordered(paths: list[Path]) -> tuple[Path, ...]:
    return tuple(sorted(paths, key=lambda path: natural(path.name)))
