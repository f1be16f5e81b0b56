"""Whether names of classes are spelled almost alike: `plainly`, `alike_notes`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

#: Letters of the Cyrillic and the Greek alphabet, and the Latin ones that they look like.
_LOOK = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u03bf",
    "aeopcyxijsABEKMHOPCTXABEZHIKMNOPTXo",
)


def alike_notes(names: Sequence[str]) -> list[str]:
    """Return a sentence on names of classes that may be meant for one another.

    Examples
    --------
    >>> alike_notes(["Cat", "cat", "dog"])
    ["Classes 'Cat' and 'cat' are spelled almost alike, and were kept apart."]
    """
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(plainly(name), []).append(name)
    if not (pairs := [found for found in alike.values() if len(found) > 1]):
        return []
    # What looks the same is told by its letters' numbers.
    written = ascii if len({name.translate(_LOOK) for name in pairs[0]}) < len(pairs[0]) else repr
    shown, more = " and ".join(map(written, pairs[0][:3])), ", and others," if len(pairs) > 1 else ""
    return [f"Classes {shown}{more} are spelled almost alike, and were kept apart."]


def plainly(name: str) -> str:
    """Return what is left of a label when its case, its signs and the zeros of a number do not count."""
    plain = unicodedata.normalize("NFKC", name).translate(_LOOK).casefold()
    try:
        return repr(float(plain) + 0).removesuffix(".0")
    except ValueError:
        return re.sub(r"(?![<>=\u2264\u2265\u00b1]|[-+#]+$)[\W_]", "", plain) or plain
