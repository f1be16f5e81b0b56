"""Kinds of files by their names: what is a picture or a recording that is not read, and what is only beside images."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from etascope.images.paths import SUFFIXES

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
#: Of many things in one file: a set, or what was computed from one.
PACKED = frozenset(
    {
        ".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar", ".tar.bz2", ".tar.xz", ".tbz2", ".txz", ".tar.zst", ".gz",
        ".bz2", ".xz", ".zst",
    }
)  # fmt: skip
ARRAYS = frozenset({".npy", ".npz", ".mat", ".h5", ".hdf5", ".pt", ".pth", ".tfrecord", ".pdf"})
#: Endings of downloads that broke off.
BROKEN_OFF = frozenset(
    {".part", ".crdownload", ".download", ".tmp", ".partial", ".filepart", ".opdownload", ".aria2", ".!qb", ".!ut",
     ".icloud", ".temp"}
)  # fmt: skip
#: Endings that are written behind those of images while they are copied, kept, packed or locked.
_BEHIND = BROKEN_OFF | frozenset(
    {
        ".bak", ".old", ".orig", ".swp", ".bup", ".backup", ".save", ".gz", ".bz2", ".xz", ".zst", ".lz4", ".br", ".z",
        ".zip", ".enc", ".aes", ".gpg", ".pgp", ".asc", ".crypt", ".encrypted", ".locked", ".age", ".bin", ".dat",
        ".pkl", ".dvc", ".lfs", ".lnk",
    }
)  # fmt: skip
#: What may be one an image, or all of a set: it depends on how many there are.
STORED = (
    ARRAYS | PACKED | BROKEN_OFF - {".tmp", ".temp"}
    | {".bin", ".dat", ".enc", ".aes", ".gpg", ".pgp", ".pkl", ".pickle", ".parquet"}
)  # fmt: skip
#: Files without an ending that nobody takes for an image.
_PAPERS = frozenset(
    {"readme", "license", "licence", "copying", "authors", "changelog", "notice", "version", "makefile"}
)
NO_ENDING = "no ending"


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
    """Say whether a file is named as a picture or a recording of a format that is not read, or not named at all.

    Examples
    --------
    >>> [is_foreign(Path(name)) for name in ("a.heic", "a.jpg.part", "a.jpg!d", "a.jpg.gz", "a.jpg.txt", "notes.bak")]
    [True, True, True, True, False, False]
    """
    found = kind(path)
    return was_image(path) or found in FOREIGN or (found == NO_ENDING and not is_paper(path))


def is_paper(path: Path) -> bool:
    """Say whether a file without an ending is called as papers are: README, LICENSE."""
    return path.name.casefold() in _PAPERS


def was_image(path: Path) -> bool:
    """Say whether the ending of an image stands in a file's name, and behind it what shows that it is none now.

    Examples
    --------
    >>> [was_image(Path(name)) for name in ("a.jpg.part", "a.jpg.1", "a.jpg!d", "a.jpg.gz", "a.jpg.txt", "a.part")]
    [True, True, True, True, False, False]
    """
    ending = path.suffix.lower()
    if (ending in _BEHIND or ending[1:].isdigit()) and Path(path.stem).suffix.lower() in SUFFIXES:
        return True
    start = re.match(r"\.[a-z]+", ending)
    return bool(start) and start[0] != ending and start[0] in SUFFIXES


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
