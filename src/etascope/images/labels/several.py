"""Labels in which one text names several: refused or told (`one_each`, `several_notes`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import combinations, islice, pairwise

from etascope.core.errors import InputError

_BRACKETS = {"[": "]", "(": ")", "{": "}"}
_QUOTED = re.compile(r""""([^"]*)"|'([^']*)'""")
_DECIMAL = re.compile(r"[-+]?\d+(\.\d*)?")
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?(e[-+]?\d+)?|true|false", re.IGNORECASE)
#: What stands between labels and in no name; `&amp;` is one sign.
_ALWAYS = re.compile(r"[|;\uff5c\uff1b]")
_ENTITY = re.compile(r"&#?\w+;")
#: Numbers of classes one after another; `1,5` may be a number with a fraction.
_NUMBERS = re.compile(r"(?!\d+,\d+$)[-+]?\d+(\.\d*)?((,\s*|\s+)[-+]?\d+(\.\d*)?)+")
_FRACTION = re.compile(r"\d+/\d+")
_WORDS = r"(?<!\w)(?:and|or|with|vs|plus|und|oder|mit|et|ou|avec|y|con)(?!\w)"
#: What stands between labels, and in names too.
_OFTEN = [
    re.compile(sign) for sign in (r"[,\uff0c\u3001\u060c]", r"\+", "&", "/", r"\\", ":", "[~*#\u00b7\u2022]", _WORDS)
]
_ANY = re.compile("|".join(sign.pattern for sign in _OFTEN))
#: Whatever is between words, but for what is within one, or within a number.
_BETWEEN = re.compile(r"(?:[^\w.-]|\.(?!\d)|(?<!\w)-|-(?!\w))+")
#: How Python writes what is in it.
_CALL = re.compile(r"[\w.]*(?:array|tensor|set|list|tuple|str_)\((.*?)(?:,\s*dtype=.*)?\)", re.IGNORECASE | re.DOTALL)
#: Lists in lists that are looked into.
_DEEPEST = 5
#: What stands in a list where nothing is.
_NOTHING = ("", "none", "null", "nan")
_JOINED = re.compile(r"[_-]")
_NEGATIONS = frozenset({"no", "not", "non", "without", "kein", "keine", "ohne"})
#: So many labels of several words, of half as many different words, are put together from tags.
_TAGGED = 8
#: Labels that are looked at for others in them: more are hardly classes.
_MOST = 10_000
#: Labels of several words that are compared with one another.
_COMPARED = 400


def one_each(labels: Sequence[str], where: str) -> list[str]:
    """Return labels, of which a list of one is that one, and refuse labels of which one names several.

    That is a list of several or none, what is put together from others, or a row of 0 and 1 with other than one 1.
    `where` says whose labels they are.

    Examples
    --------
    >>> one_each(["['cat']", '{"choices": ["dog"]}', "tench, Tinca tinca"], "the labels")
    ['cat', 'dog', 'tench, Tinca tinca']
    >>> one_each(["cat", "dog", "cat|dog"], "the labels")
    Traceback (most recent call last):
    etascope.core.errors.InputError: an image has one label, which etascope learns; 'cat|dog' among the labels names \
several, 'cat' and 'dog'. Choose the images with one label, or give what is one class a name of its own.
    """
    cells = Counter(labels)
    rows = [row for label in cells if (row := _row(label))]
    if rows and len(rows) == len(cells) and len({*map(len, rows)}) == 1:
        for label, row in zip(cells, rows, strict=True):
            if row.count("1") != 1 and not label.isdigit():
                raise InputError(
                    f"an image has one label, which etascope learns; {label[:60]!r} among {where}, a row of 0 and 1, "
                    f"has {row.count('1')} ones: several labels an image, or none. Choose the images that have one."
                )
        return [*labels]
    lists = {label: parts for label in cells if (parts := _listed(label)) is not None}
    lists = {} if _are_ranges(lists, cells) else lists
    for label in cells:
        if (label in lists and len(lists[label]) != 1 and any(lists.values())) or len(_surely(label)) > 1:
            raise _several(label, lists.get(label) or _surely(label), where)
    alone = {label: lists[label][0] if lists.get(label) else label for label in cells}
    whole = Counter(alone[label] for label in labels)
    if (parts := _put_together(whole)) or (parts := _shared(whole)) or (parts := _tagged(whole)):
        raise _several(*parts, where)
    return [alone[label] for label in labels]


def several_notes(given: Iterable[object], names: Sequence[str]) -> list[str]:
    r"""Return a sentence on labels that were lists of one, and one on names of classes that may be several.

    Labels are `given` as they were written; `names` is what they are now.

    Examples
    --------
    >>> several_notes(["['cat']"], ["cat"])
    ['Labels are lists of one, such as "[\'cat\']", which was read as \'cat\'.']
    >>> several_notes([], ["haze primary", "haze primary water", "cloudy"])
    ["Labels such as 'haze primary' may name several; each was taken for one class."]
    """
    notes: list[str] = []
    ends = tuple(_BRACKETS.values())
    for label in dict.fromkeys(text for text in given if isinstance(text, str) and text.rstrip().endswith(ends)):
        if (parts := _listed(label)) and len(parts) == 1:
            notes.append(f"Labels are lists of one, such as {label[:60]!r}, which was read as {parts[0][:60]!r}.")
            break
    cells = Counter(names)
    if (rows := [label for label in cells if _row(label)]) and len(rows) == len(cells):
        return [*notes, f"Labels such as {rows[0][:60]!r} may be rows of 0 and 1; each was taken for one class."]
    alone = {label.casefold() for label in cells}
    lists = {label: parts for label in cells if (parts := _listed(label))}
    if lists and _are_ranges(lists, cells):
        return [*notes, f"Labels such as {next(iter(lists))!r} may name several; each was taken for one range."]
    may = next((label for label in cells if _may_be_several(label, alone)), None) or _of_shared_words(cells)
    return [*notes, f"Labels such as {may[:60]!r} may name several; each was taken for one class."] if may else notes


def _several(label: str, pieces: Sequence[str], where: str) -> InputError:
    names = [name[:30] for piece in pieces if (name := piece.strip(" '\""))]
    what = f"several, {names[0]!r} and {names[1]!r}" if len(names) > 1 else "none, and others several or one"
    return InputError(
        f"an image has one label, which etascope learns; {label[:60]!r} among {where} names {what}. Choose the images "
        "with one label, or give what is one class a name of its own."
    )


def _listed(label: str, depth: int = 0) -> list[str] | None:
    """Return what a list, tuple, set or object of JSON in text holds; None for a name that is in brackets, or none."""
    text = label.strip()
    if call := _CALL.fullmatch(text):
        text = f"[{call[1]}]"
    if len(text) < 2 or _BRACKETS.get(text[0]) != text[-1] or depth > _DEEPEST or not _encloses(text):
        return None
    inner = text[1:-1].strip().removesuffix(",").strip()
    if text[0] == "{" and (value := re.fullmatch(r"""["']?[\w $-]+["']?\s*:\s*(.+)""", inner, re.DOTALL)):
        if (parts := _listed(value[1], depth + 1)) is not None:
            return parts
        return ["".join(*_QUOTED.findall(value[1]))] if _QUOTED.fullmatch(value[1]) else re.split(r"[:,]", inner)
    if (parts := _listed(inner, depth + 1)) is not None:
        return parts
    if quoted := [one or other for one, other in _QUOTED.findall(inner)]:
        rest = _QUOTED.sub("", inner).strip("u, \n")
        return [name for name in (*quoted, *re.split(r"[\s,]+", rest)) if name.strip().casefold() not in _NOTHING]
    pieces = [piece.strip() for piece in re.split("[,|;]", inner) if piece.strip().casefold() not in _NOTHING]
    words = inner.split()
    if len(pieces) == 1 and all(map(_NUMBER.fullmatch, words)):
        return words
    return pieces if len(pieces) != 1 else None


def _are_ranges(lists: Mapping[str, Sequence[str]], cells: Container[str]) -> bool:
    """Say whether all lists are ranges, from a smaller number to a larger one, and no two of these labels themselves.

    In square brackets, as lists of numbers of classes are written, they do not lie over each other either.
    """
    if not all(len(pair) == 2 and all(map(_DECIMAL.fullmatch, pair)) for pair in lists.values()):
        return False
    bounds = sorted((float(low), float(high)) for low, high in lists.values())
    apart = all(first[1] <= second[0] for first, second in pairwise(bounds)) and len(bounds) > 1
    return (
        all(low < high for low, high in bounds)
        and not any(low in cells and high in cells for low, high in lists.values())
        and (apart or all(label.lstrip().startswith("(") for label in lists))
    )


def _encloses(text: str) -> bool:
    """Say whether the bracket that opens a text is the one that closes it."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign in _BRACKETS) - (sign in _BRACKETS.values())
        if not depth:
            return place == len(text) - 1
    return False


def _row(label: str) -> list[str]:
    """Return a row of several 0 and 1, with or without brackets; nothing for any other label."""
    text = label.strip()
    inner = text[1:-1] if text and _BRACKETS.get(text[0]) == text[-1] else text
    if re.fullmatch("[01]{3,}", inner):
        return [*inner]
    marks = [re.sub(r"\.0*$", "", piece) for piece in re.split(r"[\s,;|]+", inner.strip().casefold())]
    pieces = [{"true": "1", "false": "0"}.get(mark, mark) for mark in marks]
    return pieces if len(pieces) > 1 and {*pieces} <= {"0", "1"} else []


def _surely(label: str) -> list[str]:
    pieces = [piece for piece in _ALWAYS.split(_ENTITY.sub("&", label)) if piece.strip()]
    return re.split(r"[\s,]+", label) if _NUMBERS.fullmatch(label) else pieces


def _pieces(label: str, sign: re.Pattern[str] | None) -> list[str]:
    """Return what is between signs, or the words of a label; itself for an interval, which is in brackets."""
    if label[:1] in _BRACKETS and label[-1:] in _BRACKETS.values():
        return [label.casefold()]
    if sign is None:
        return [word for word in label.casefold().split() if not re.fullmatch(_WORDS, word)]
    return [piece.strip() for piece in sign.split(label.casefold()) if piece.strip()]


def _put_together(cells: Counter[str]) -> tuple[str, list[str]] | None:
    """Return a label whose pieces are labels too, with these; one of plain words, or a fraction, only beside others."""
    alone = {label.casefold() for label in cells}
    alone |= {"".join(pieces) for label in cells if len(pieces := _pieces(label, _BETWEEN)) == 1}
    plain: list[tuple[str, list[str]]] = []
    for label in islice(cells, _MOST):
        for sign in (*_OFTEN, _ANY, _BETWEEN) if _BETWEEN.search(label) else ():
            pieces = [piece for piece in _pieces(label, sign) if not re.fullmatch(_WORDS, piece)]
            ranges = sign is _BETWEEN and any(map(_NUMBER.fullmatch, pieces))
            if len({*pieces}) > 1 and not ranges and alone.issuperset(pieces):
                if pieces != re.split("/" if _FRACTION.fullmatch(label) else " ", label.casefold()):
                    return label, pieces
                plain.append((label, pieces))
                break
    # A grand piano may be a class beside what is grand and a piano; with a second label like it they are several.
    return plain[0] if len(plain) > 1 else None


def _shared(cells: Counter[str]) -> tuple[str, list[str]] | None:
    """Return a label with signs, where of most such every piece is in another label, too."""
    signs = {label: {*pieces} for label in cells if len(pieces := _signed(label)) > 1}
    held = Counter(piece for label in cells for piece in signs.get(label, {label.casefold()}))
    shared = [label for label, pieces in signs.items() if min(held[piece] for piece in pieces) > 1]
    if len(shared) > 1 and 2 * sum(cells[label] for label in shared) > sum(cells[label] for label in signs):
        return shared[0], _signed(shared[0])
    return None


def _signed(label: str) -> list[str]:
    """Return the pieces of a label between signs; none for dates, times, numbers and n/a."""
    pieces = _pieces(label, _ANY)
    return [] if label.casefold() == "n/a" or all(piece.isdecimal() for piece in pieces) else pieces


def _tagged(cells: Counter[str]) -> tuple[str, list[str]] | None:
    """Return a label of words, where many such of different length are of few different words."""
    words = {label: pieces for label in cells if len(pieces := _pieces(label, None)) > 1}
    different = {word for pieces in words.values() for word in pieces}
    varied = len({len(pieces) for pieces in words.values()}) > 1
    return next(iter(words.items())) if varied and len(words) >= max(_TAGGED, 2 * len(different)) else None


def _may_be_several(label: str, alone: set[str]) -> bool:
    """Say whether a label has signs between its pieces or at an end, or a label among its words."""
    if _FRACTION.fullmatch(label) and alone.issuperset(label.split("/")):
        return True
    if _ALWAYS.search(_ENTITY.sub("&", label)) and _surely(label):
        return True
    words = _pieces(label, None)
    if _NEGATIONS & {*words} or any(word.isdecimal() for word in words):
        return len(_signed(label)) > 1
    joined = [piece for piece in _JOINED.split(label.casefold()) if piece]
    return (
        len(_signed(label)) > 1
        or (len(words) > 1 and not alone.isdisjoint(words))
        or (len({*joined}) > 1 and alone.issuperset(joined))
    )


def _of_shared_words(cells: Counter[str]) -> str | None:
    """Return a label of two words or more that are all in another, or where as many labels have as few words."""
    words = {label: pieces for label in cells if len({*(pieces := _pieces(label, None))}) > 1}
    words = {label: pieces for label, pieces in words.items() if not any(piece.isdecimal() for piece in pieces)}
    different = {word for pieces in words.values() for word in pieces}
    # Stages, types and grades are counted behind one word; tags have what they share behind others.
    counted = len({pieces[0] for pieces in words.values()}) == 1
    if len(words) > 3 and len(different) <= len(words) + (not counted):
        return next(iter(words))
    some = sorted(words.items(), key=lambda one: len(one[1]))[:_COMPARED]
    pairs = ((one, a, b) for (one, a), (_, b) in combinations(some, 2) if a != b)
    return next((one for one, a, b in pairs if {*a} <= {*b}), None)
