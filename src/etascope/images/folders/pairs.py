"""Files of a class that are called alike: images, and masks, depths or small copies of them (`beside_images`)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from etascope.images.folders.naming import SHOWN_BESIDE, tokens

_BESIDE_IMAGES = (
    "masks?|seg|segmentation|gt|ground[ _-]?truth|labels?|annotations?|superpixels?|depth|thumb(?:nail)?s?|previews?"
)
_MASK_OF = re.compile(rf"(.+?)[ _.-](?:{_BESIDE_IMAGES})(?:[ _-]?\d+)?", re.IGNORECASE)
_CROP_OF = re.compile(rf"(.+[ _.-])(?:{_BESIDE_IMAGES})(crop)", re.IGNORECASE)
_SMALL_OF = re.compile(r"(?:thumb(?:nail)?s?|previews?|masks?)[ _.-](.+)", re.IGNORECASE)
#: What is done to an image to have another one like it.
_VARIED = re.compile(
    r"\W*_*(?:h|v)?(?:flip|rot|mirror|aug|crop|noise|noisy|blur|bright|dark|contrast|hue|gr[ae]y|scale|zoom|shift|copy|edit)",
    re.IGNORECASE,
)
#: Of the words of a name, so many may be what was added.
_ENDS = 6
#: Words of names of images, where others of the same name are something else.
_IMAGE = frozenset({
    "image", "images", "img", "imgs", "im", "rgb", "rgba", "sat", "satellite", "original", "originals", "orig", "input",
    "raw", "photo", "picture", "pic", "color", "colour", "src", "source", "training", "flair", "he", "hne", "ct", "mri",
    "xray", "cxr", "fundus", "scan", "frame", "visible", "vis", "dermoscopic", "t1", "t1c", "t1ce", "t1w", "t2", "t2w",
})  # fmt: skip
#: Those that files of one camera or program begin with: before a number they say nothing.
_ANY = frozenset({"image", "images", "img", "imgs", "im", "photo", "picture", "pic", "frame", "scan", "training"})
#: Words of what is no image of its class.
_NONE = SHOWN_BESIDE - {"edge", "edges"} | {
    "anno", "annot", "manual", "superpixels", "overlayed", "disparity", "saliency", "contour", "contours", "matte",
    "preview", "gradcam", "labelmap", "segmap",
}  # fmt: skip
#: Words that stand beside these.
_WITH_NONE = frozenset({
    "fine", "coarse", "ids", "id", "color", "instance", "train", "polygons", "binary", "map", "image", "img", "lung",
    "final", "crop", "expert",
})  # fmt: skip
#: Of the files with one word, so many have an image beside them where the word says what they are.
_MOST = 0.8
_Words = tuple[str, ...]
_LONG = re.compile(r"leftImg8bit|ground[ _-]?truth", re.IGNORECASE)

_SPEAKS = re.compile("|".join(sorted({*_NONE, "ground"})), re.IGNORECASE)
_SHOWS = re.compile("|".join(sorted(_IMAGE)), re.IGNORECASE)


def beside_images(files: Sequence[Path]) -> frozenset[Path]:
    """Return the files that are masks, depths or small copies of others in their folder, where there are several.

    One is called as the image and a word, `b_mask` beside `b`, or the two have a word each, `b_mask` beside `b_rgb`.
    """
    named = [(path, *_split(path)) for path in files]
    stems = {(place, stem) for _, place, stem in named}
    plain = [path for path, place, stem in named if (of := shown_by(stem)) and (place, of) in stems]
    masks = set(plain if len(plain) > 1 else ())
    if any(_SPEAKS.search(stem) for _, _, stem in named):
        masks.update(_with_words([(path, place, tuple(_tokens(stem))) for path, place, stem in named]))
    return frozenset(masks)


def _with_words(named: Sequence[tuple[Path, str, _Words]]) -> Iterator[Path]:
    """Yield those that are no images by a word of theirs, where nearly all with this word have an image beside them."""
    images = {
        (place, every[:at], every[at + 1 :]) for _, place, every in named for at, word in enumerate(every)
        if word in _IMAGE
    }  # fmt: skip
    there = {(place, every) for _, place, every in named}
    own = {place: set(_tokens(os.path.basename(place))) for place in {place for _, place, _ in named}}
    roles: dict[str, list[tuple[Path, bool]]] = {}
    for path, place, every in named:
        pairs: dict[str, bool] = {}
        for before, role, after in _roles(every):
            if own[place].isdisjoint(role):
                bare = not (before and after) and (place, before + after) in there
                pairs[role[-1]] = pairs.get(role[-1], False) or bare or (place, before, after) in images
        for role, is_pair in pairs.items():
            roles.setdefault(role, []).append((path, is_pair))
    for group in roles.values():
        count = sum(is_pair for _, is_pair in group)
        if count > 1 and count >= _MOST * len(group):
            yield from (path for path, is_pair in group if is_pair)


def _split(path: Path) -> tuple[str, str]:
    """Return the folder of a file, and its name without its ending."""
    place, name = os.path.split(str(path))
    return place, os.path.splitext(name)[0]


def _roles(every: Sequence[str]) -> Iterator[tuple[_Words, _Words, _Words]]:
    """Yield the words of a name that no image is called by, with what stands before and after them."""
    runs = re.finditer(r"[nw]*n[nw]*", "".join("n" if t in _NONE else "w" if t in _WITH_NONE else "." for t in every))
    for run in runs:
        first, end = run.span()
        while first < end:
            after = tuple(every[end:])
            if after and len(after) == 1 and after[0].isdigit() and first:
                yield tuple(every[:first]), tuple(every[first:end]), ()
            if first or after:
                yield tuple(every[:first]), tuple(every[first:end]), after
            if every[first] in _NONE:
                break
            first += 1


def pair(paths: Sequence[Path]) -> tuple[Path, Path] | None:
    """Return the first of the pairs called alike that nearly all images of a class come in, if they do."""
    places: dict[tuple[str, str], list[Path]] = {}
    for path in paths:
        places.setdefault(_split(path), []).append(path)
    pairs: dict[str, list[tuple[Path, Path]]] = {"": [(same[0], same[1]) for same in places.values() if len(same) > 1]}
    for (parent, stem), same in places.items():
        for of, added in companion_of(stem):
            if other := places.get((parent, of)):
                pairs.setdefault(added, []).append((other[0], same[0]))
                break
    # Two pairs may be chance, and a few files without a twin are what a download lost.
    groups = [group for group in pairs.values() if len(group) > 2] or _of_two_words(paths)
    within = {str(path) for group in groups for one in group for path in one}
    return max(groups, key=len)[0] if groups and 1.25 * len(within) >= len(paths) else None


def _of_two_words(paths: Sequence[Path]) -> list[list[tuple[Path, Path]]]:
    """Return pairs that differ in a word at an end, which is one of images in the first: x_rgb, x_nir."""
    named = [(path, *_split(path)) for path in paths]
    if not any(_SHOWS.search(stem) for _, _, stem in named):
        return []
    near: dict[tuple[str, _Words, bool], list[tuple[str, Path]]] = {}
    for path, place, stem in named:
        every = tuple(_tokens(stem))
        for last in (True, False):
            word, rest = (every[-1:], every[:-1]) if last else (every[:1], every[1:])
            numbered = not last and word and word[0] in _ANY and all(token.isdigit() for token in rest)
            if rest and word[0].isalpha() and not numbered:
                near.setdefault((place, rest, last), []).append((word[0], path))
    groups: dict[tuple[str, str, bool], list[tuple[Path, Path]]] = {}
    for (place, _, last), alike in near.items():
        if len(alike) < 2:
            continue
        own = set(_tokens(os.path.basename(place)))
        images = [one for one in alike if one[0] in _IMAGE][:3]
        others = [one for one in alike if one[0] not in _IMAGE | own and not _VARIED.search(one[0])][:6]
        for word, path in images:
            for other, beside in others:
                groups.setdefault((word, other, last), []).append((path, beside))
    return [group for group in groups.values() if len(group) > 2]


def shown_by(stem: str) -> str | None:
    """Return the name of the image that a mask is called after, or None for what is no mask.

    Examples
    --------
    >>> shown_by("b (1)_mask"), shown_by("ISIC_7-segmentation_1"), shown_by("with_mask"), shown_by("unmask")
    ('b (1)', 'ISIC_7', 'with', None)
    """
    if match := _MASK_OF.fullmatch(stem) or _SMALL_OF.fullmatch(stem):
        return match[1]
    crop = _CROP_OF.fullmatch(stem)
    return crop[1] + crop[2] if crop else None


def companion_of(stem: str) -> Iterator[tuple[str, str]]:
    """Yield what a file's name may be made of: the name of another, and what was added, unless that is a variation.

    Examples
    --------
    >>> list(companion_of("1490-001-d")), list(companion_of("cat_7_flip"))
    ([('1490-001', '-d'), ('1490', '-001-d')], [])
    """
    for sign in reversed(list(re.finditer(r"[ _.(-]+", stem))[-_ENDS:]):
        added = stem[sign.start() :]
        if sign.start() and re.search(r"[^\W\d_]", added) and not _VARIED.search(added):
            yield stem[: sign.start()], added.casefold()


def _tokens(stem: str) -> list[str]:
    """Return the words and numbers of a name, and short ones for those that sets are known for.

    Examples
    --------
    >>> _tokens("aachen_01_leftImg8bit"), _tokens("xMask"), _tokens("img0.Ground-Truth")
    (['aachen', '01', 'img'], ['x', 'mask'], ['img', '0', 'gt'])
    """
    return tokens(_LONG.sub(lambda match: "_img" if match[0][0] in "lL" else "_gt", stem))
