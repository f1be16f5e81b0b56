"""Paths that people give, and what kind of file a name says."""

from __future__ import annotations

import difflib
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from etascope.core.errors import InputError
from etascope.core.numbers import counted

#: File name endings that count as images.
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif"})

#: What JPEG, PNG, GIF, WebP and BMP begin with in base64.
_IN_BASE64 = ("/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR", "Qk")
#: Letters of a path that is written whole.
_LONGEST = 500
#: Endings of pictures and recordings that are not read: a class of them alone is no class without images.
FOREIGN = frozenset({
    ".heic", ".heif", ".avif", ".jp2", ".j2k", ".jpx", ".jxl", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".tga",
    ".ico", ".svg", ".svgz", ".eps", ".ai", ".psd", ".xcf", ".dcm", ".dicom", ".nii", ".nii.gz", ".mha", ".nrrd",
    ".raw", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf", ".exr", ".hdr", ".ras", ".pcx", ".xpm",
    ".mpo", ".jls", ".fits", ".fit", ".czi", ".svs", ".ndpi", ".mrxs", ".emf", ".wmf", ".dds", ".qoi", ".npy",
    ".npz", ".mat", ".h5", ".hdf5", ".pt", ".pth", ".tfrecord", ".pdf",
    ".mp4", ".avi", ".mov", ".mkv", ".webm", ".mpg", ".mpeg", ".m4v", ".wmv", ".flv",
})  # fmt: skip
#: Of many things in one file: a set, or what was computed from one.
PACKED = frozenset({
    ".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar", ".tar.bz2", ".tar.xz", ".tbz2", ".txz", ".tar.zst", ".gz",
    ".bz2", ".xz", ".zst",
})  # fmt: skip
ARRAYS = frozenset({".npy", ".npz", ".mat", ".h5", ".hdf5", ".pt", ".pth", ".tfrecord", ".pdf"})
#: Endings of downloads that broke off.
BROKEN_OFF = frozenset(
    {".part", ".crdownload", ".download", ".tmp", ".partial", ".filepart", ".opdownload", ".aria2", ".!qb", ".!ut",
     ".icloud", ".temp"}
)  # fmt: skip
#: Endings that are written behind those of images while they are copied, kept, packed or locked.
_BEHIND = BROKEN_OFF | frozenset({
    ".bak", ".old", ".orig", ".swp", ".bup", ".backup", ".save", ".gz", ".bz2", ".xz", ".zst", ".lz4", ".br", ".z",
    ".zip", ".enc", ".aes", ".gpg", ".pgp", ".asc", ".crypt", ".encrypted", ".locked", ".age", ".bin", ".dat",
    ".pkl", ".dvc", ".lfs", ".lnk",
})  # fmt: skip
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


def as_path(value: object) -> Path | None:
    """Return a string or path object as a path, with `~` for the home directory; None for anything else."""
    if isinstance(value, bytes):
        value = os.fsdecode(value)
    if isinstance(value, str | os.PathLike):
        text = os.fspath(cast("str | os.PathLike[str]", value))
        if not text:
            raise InputError("a path must name something; found an empty one. Give . for this folder.")
        if re.match("[a-z][a-z0-9+.-]+://", text, re.IGNORECASE) and not os.path.lexists(text):
            raise InputError(
                f"images are opened from files of this machine; found the address {text[:500]!r}. Download it, and "
                "give the path of what came."
            )
        # `pathlib` fails for the home of a user whom nobody knows, `os.path` leaves it.
        return Path(os.path.expanduser(cast("str | os.PathLike[str]", value)))
    return None


def refuse_text(text: str) -> None:
    """Refuse text that is no path but holds the pixels of an image, or its file.

    Examples
    --------
    >>> refuse_text("ant/0.png")
    >>> refuse_text("70 80 82 72")
    Traceback (most recent call last):
    etascope.core.errors.InputError: images in Python are arrays or Pillow images; found text of numbers, \
'70 80 82 72'. Split it: numpy.array([text.split() for text in texts], 'float32').
    """
    rule = "images in Python are arrays or Pillow images"
    start = text[:_LONGEST].translate(str.maketrans("[](){}", "      ")).strip()
    if re.fullmatch(r"[-+]?[\d.][\d.eE+-]*([\s,;]+[-+]?[\d.][\d.eE+-]*){3,}[\s,;]*", start):
        split = "text.split()" if re.fullmatch(r"[^,;\[(]*", text) else r"re.findall(r'[^\s,;()\[\]]+', text)"
        raise InputError(
            f"{rule}; found text of numbers, {text[:40]!r}. Split it: numpy.array([{split} for text in texts], "
            "'float32')."
        )
    if start.startswith("data:image/") or (len(text) >= 40 and start.startswith(_IN_BASE64)):
        raise InputError(
            f"{rule}; found an image file as text in base64, {text[:24]!r}. Decode it: "
            "PIL.Image.open(io.BytesIO(base64.b64decode(text.rpartition(',')[2])))."
        )


def existing(path: Path, names: Iterable[str] = ()) -> Path:
    """Return `path` when something is there; else say which of its neighbours, or of `names`, may be meant."""
    try:
        if path.exists():
            return path
        siblings = [str(other) for other in sorted(path.parent.iterdir())] if path.parent.is_dir() else []
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    near = {os.path.basename(other).casefold(): other for other in siblings} | {name: name for name in names}
    close = difflib.get_close_matches(path.name.casefold(), near, n=1, cutoff=0.6)
    gone = "is a link to nothing" if path.is_symlink() else "does not exist"
    hint = f"Did you mean {near[close[0]]!r}?" if close else "Check the path."
    if str(path) in names:
        hint = f"A Path, and what begins with ./, names files alone; the known set is {str(path)!r}, as text."
    elif names and not close:
        hint = f"Known sets are {', '.join(names)}."
    what = "images are opened from a path or a known set" if names else "a file must be there to be read"
    raise InputError(f"{what}; {shown(path)!r} {gone}. {hint}")


def same_file(path: Path) -> tuple[int, int] | str:
    """Return what is equal for two paths that lead to one file: by a link, or because it has two names."""
    try:
        file = path.stat()
    except OSError:
        return os.path.abspath(path)
    # Some systems do not number files.
    return (file.st_dev, file.st_ino) if file.st_ino else os.path.realpath(path)


def shown(path: Path) -> str:
    """Return a path for people: of one too long to read, its two ends.

    Examples
    --------
    >>> shown(Path("a/b"))
    'a/b'
    >>> len(shown(Path("x" * 5000)))
    247
    """
    text = str(path)
    return text if len(text) <= _LONGEST else f"{text[:160]} ... {text[-60:]} (of {len(text):,} characters)"


def unreadable(path: Path, error: Exception) -> InputError:
    """Return the error for a path that the system does not let us read."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return InputError(f"{shown(path)} cannot be read: {reason}. Check the path and its permissions (chmod a+rX).")


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
    ending = kind(path)
    return was_image(path) or ending in FOREIGN or (ending == NO_ENDING and not is_paper(path))


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


def counted_kinds(kinds: Counter[str], most: int = 4) -> str:
    """Return how many files there are of each kind, the most frequent first.

    Examples
    --------
    >>> counted_kinds(Counter({".heic": 24, ".txt": 1, "no ending": 2}))
    '24 .heic files, 2 files without an ending, 1 .txt file'
    """
    ranked = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    words = [
        f"{counted(number, 'file')} without an ending" if name == NO_ENDING else counted(number, f"{name} file")
        for name, number in ranked[:most]
    ]
    rest = sum(number for _, number in ranked[most:])
    return ", ".join([*words, *([f"{rest:,} others"] if rest else [])])
