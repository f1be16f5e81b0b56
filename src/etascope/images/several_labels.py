"""Labels in which one text names several: `refuse_several`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from etascope.core.errors import InputError

_BRACKETS = (("[", "]"), ("(", ")"), ("{", "}"))


def refuse_several(labels: Iterable[str], where: str) -> None:
    """Refuse labels of which one is put together from others, or is a row of 0 and 1 with other than one 1.

    Parameters
    ----------
    labels
        Labels, as they are written.
    where
        Whose they are, for people.

    Raises
    ------
    InputError
        If there is such a one.

    Examples
    --------
    >>> refuse_several(["tench, Tinca tinca", "carp", "[1, 0]", "[0, 1]"], "the labels")
    >>> refuse_several(["cat", "dog", "cat|dog"], "the labels")
    Traceback (most recent call last):
    etascope.core.errors.InputError: an image has one label, which etascope learns; 'cat|dog' among the labels names \
several, as others are 'cat' and 'dog'. Choose the images with one label, or give what is one class a name of its own.
    """
    pieces = {label: _pieces(label) for label in dict.fromkeys(labels)}
    alone = {its[0] for its in pieces.values() if len(its) == 1}
    for label, its in pieces.items():
        if len({*its}) > 1 and alone.issuperset(its):
            raise InputError(
                f"an image has one label, which etascope learns; {label[:60]!r} among {where} names several, as others "
                f"are {its[0][:30]!r} and {its[1][:30]!r}. Choose the images with one label, or give what is one class "
                "a name of its own."
            )
    lists = [its for label, its in pieces.items() if len(its) > 1 and label.strip()[0] in "[({"]
    whole = [[re.sub(r"\.0*$", "", piece) for piece in its] for its in lists]
    rows = [its for its in whole if {*its} <= {"0", "1"}]
    odd = next((its for its in rows if its.count("1") != 1), None)
    if odd and len(rows) == len(pieces):
        raise InputError(
            f"an image has one label, which etascope learns; those among {where} are rows of 0 and 1, of which one has "
            f"{odd.count('1')} ones: several labels an image. Choose the images that have exactly one."
        )


def _pieces(label: str) -> list[str]:
    """Return what a label is put together from: itself, where it is not."""
    text = label.strip()
    inner = next((text[1:-1] for begin, end in _BRACKETS if text[:1] == begin and text[-1:] == end), None)
    signs = r"[,\s]+" if inner is not None and "," not in inner and "'" not in inner else None
    text = text if inner is None else inner
    signs = signs or next((re.escape(sign) for sign in "|;," if sign in text), None)
    found = [text] if signs is None else re.split(signs, text)
    return [piece for part in found if (piece := part.strip().strip("'\"").strip())] or [label]
