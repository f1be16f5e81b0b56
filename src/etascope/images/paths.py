"""Paths that people give, and what lies in directories."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from etascope.core.errors import InputError

#: File name endings that count as images.
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif"})

#: What JPEG, PNG, GIF, WebP and BMP begin with in base64.
_IN_BASE64 = ("/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR", "Qk")
#: Letters of a path that is written whole.
_LONGEST = 500


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

    Raises
    ------
    InputError
        If it is a row of numbers, or in base64.

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
    """Return `path` when something is there.

    Parameters
    ----------
    path
        A file or directory.
    names
        Words that may have been meant instead.

    Raises
    ------
    InputError
        If nothing is there, with what was likely meant, or it may not be looked at.
    """
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
    if names and not close:
        hint = f"Known sets are {', '.join(names)}."
    what = "images are opened from a path or a known set" if names else "a file must be there to be read"
    raise InputError(f"{what}; {shown(path)!r} {gone}. {hint}")


def same_file(path: Path) -> tuple[int, int] | str:
    """Return what is equal for two paths that lead to one file: by a link, or because it has two names."""
    try:
        found = path.stat()
    except OSError:
        return os.path.abspath(path)
    # Some systems do not number files.
    return (found.st_dev, found.st_ino) if found.st_ino else os.path.realpath(path)


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
