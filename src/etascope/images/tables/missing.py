"""Where the images of a table are (`file_of`), and where those could be that are not there: `check_there`."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import unicodedata
from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote

from etascope.core.errors import InputError
from etascope.core.sentences import say
from etascope.images.folders.naming import TEST, TRAIN
from etascope.images.folders.refusals import listed
from etascope.images.opened import SKIP_BAD
from etascope.images.paths import SUFFIXES

#: So many files and folders below a table are looked at for one that is not where the table says.
_MOST = 20_000
#: Folders that images of a table often lie in.
_USUAL = ("", "images", TRAIN, TEST, "val", "valid", "data")


def file_of(path: Path, name: str) -> Path:
    """Return where an image of a table is: Windows writes folders with a backslash, macOS letters in parts."""
    place = path.parent / name
    if ("\\" in name or not name.isascii()) and not os.path.exists(place):
        for other in (name, name.replace("\\", "/")):
            for form in ("NFC", "NFD"):
                if os.path.exists(near := path.parent / unicodedata.normalize(form, other)):
                    return near
    return place


def check_there(path: Path, lines: Sequence[tuple[int, str]], files: Sequence[Path]) -> None:
    """Refuse a table of which images are not there, and say what is there instead."""
    gone = [row for row, file in enumerate(files) if not os.path.lexists(file)]
    if not gone:
        return
    number, name = lines[gone[0]]
    listed_already = {os.path.abspath(file) for file in files}
    near = [os.path.relpath(other, path.parent) for other in near_images(path, name, listed_already)]
    one = len(gone) == 1
    if len(near) == 1:
        move = f"There is {near[0]} beside the table: write the {'path' if one else 'paths'} so."
    elif near:
        move = f"There are {listed(near)} beside the table: write which is meant."
    elif "://" in name:
        move = "Download the images, and write their paths."
    elif one:
        move = "Correct the path, or remove the line."
    else:
        move = "Write paths as seen from the table, with endings."
    raise InputError(
        f"the images of a table must be there; {len(gone):,} of {len(files):,} that {path} lists "
        f"{'is not, ' if one else 'are not, the first '}{name[:160]!r} in line {number}. {move}",
        say("Or leave such images out with {skip_bad}.", SKIP_BAD) if len(gone) < len(files) else "",
    )


def near_images(path: Path, name: str, taken: Container[str]) -> list[Path]:
    """Return the images that a path may mean: of another ending, in another folder, or seen from elsewhere.

    What the table lists elsewhere is `taken`, and not meant.
    """

    def free(places: Iterable[Path]) -> list[Path]:
        return [place for place in places if os.path.abspath(place) not in taken]

    # Tables are written elsewhere: with folders of another machine above, %20 of a web export, or no ending.
    inner = Path(unquote(name.replace("\\", "/")).strip())
    places = [path.parent.joinpath(*inner.parts[start:]) for start in range(len(inner.parts))]
    places += [above / inner for above in (path.parent.parent, Path())]
    if near := free(other for other in places if os.path.isfile(other))[:1]:
        return near
    stem = _plain(inner.stem if inner.suffix.lower() in SUFFIXES else inner.name)
    out: list[Path] = []
    for folder in dict.fromkeys(path.parent / above / inside for above in (inner.parent, Path()) for inside in _USUAL):
        if out and folder == path.parent / inner.parent / "images":
            break
        out += free(other for other in _images_in(folder) if _plain(other.stem) == stem)
    out = out or free(other for other in _below(path.parent) if _plain(other.stem) == stem)
    if not out:
        # Another number is another image.
        here = {_plain(other.name): other for other in free(_images_in(path.parent / inner.parent))
                if _numbers(other.name) == _numbers(inner.name)}  # fmt: skip
        out = [here[close] for close in difflib.get_close_matches(_plain(inner.name), here, n=1, cutoff=0.8)]
    # What lies in folders of the same names is meant before what does not.
    agree = {other: _common(other, inner) for other in out}
    out = [other for other in out if agree[other] == max(agree.values())]
    # Of the same name, in whatever case, go before those of another ending.
    return sorted(dict.fromkeys(out), key=lambda other: _plain(other.name) != _plain(inner.name))


def _common(one: Path, other: Path) -> int:
    """Return how many folders above both files are called alike."""
    above = zip(reversed(one.parent.parts), reversed(other.parent.parts), strict=False)
    return len([*takewhile(lambda pair: _plain(pair[0]) == _plain(pair[1]), above)])


def _plain(name: str) -> str:
    """Return what is left of a name when its case, and how its letters are stored, do not count."""
    return unicodedata.normalize("NFC", name).casefold()


def _numbers(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"[0-9]+", name)]


def _images_in(folder: Path) -> list[Path]:
    with contextlib.suppress(OSError, ValueError):
        return [folder / other for other in sorted(os.listdir(folder)) if _is_image(folder / other)]
    return []


def _below(folder: Path) -> Iterator[Path]:
    """Yield the images anywhere below a folder, as long as there are not too many."""
    count = 0
    for place, folders, names in os.walk(folder):
        folders.sort()
        count += len(folders) + len(names)
        if count > _MOST:
            return
        yield from (other for name in sorted(names) if _is_image(other := Path(place, name)))


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()
