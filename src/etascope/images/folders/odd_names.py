"""Folders among classes that may be none by their names: parts, masks and copies of a class, and what is left over."""

from __future__ import annotations

import re
from collections.abc import Sequence

from etascope.images.folders import naming
from etascope.images.folders.naming import TRAIN
from etascope.images.folders.tree import Folder

#: What is left beside the classes of a set, and seldom one of them.
ODD = naming.BESIDE | frozenset({
    "backup", "backups", "bak", "old", "olds", "tmp", "temp", "trash", "deleted", "removed", "unsorted", "todo",
    "rejected", "rejects", "reject", "duplicate", "duplicates", "dups", "dupes", "copy", "copies", "augmented", "aug",
    "augmentation", "augmentations", "output", "outputs", "out", "result", "heatmap", "heatmaps", "overlay", "overlays",
    "gradcam", "thumbs", "thumb", "thumbnail", "gt", "query", "gallery", "cache", "cached", "junk", "archive",
    "archives", "archived", "combined", "merged", "data", "dataset", "datasets", "holdout", "heldout", "tests", "tst",
    "trn", "evaluate", "validate", "download", "downloads", "export", "exports", "work", "wip", "untitled",
    "screenshots", "crops", "resized", "processed", "preprocessed", "preview", "previews", "indexfiles", "assets",
    "static", "samples", "sample", "examples", "folder", "dir", "files", "all", "depth", "depths", "seg", "skipped",
    "excluded", "ignored", "ignore", "uncertain", "unclear", "unused", "unprocessed", "failed", "errors", "corrupt",
    "corrupted", "broken", "frames", "video", "videos", "extra", "extras", "labelme", "visualization", "visualizations",
    "vis", "viz", "figs", "input", "inputs", "raw", "originals", "t10k", "unseen", "misc", "miscellaneous", "runs",
    "checkpoint", "checkpoints", "wandb", "mlruns", "tensorboard",
})  # fmt: skip
_COPY_OF = re.compile(
    r"(?:copy|kopie|copie|copia)[ _-]+(?:\(\d+\)[ _-]+)?(?:of|von|de|di)[ _-]+(.+)"
    r"|(.+?)(?:[ _.-]*\(\d{1,3}\)|[ _.-]+[(\[]?(?:copy|kopie|copie|copia)[)\]]?(?:[ _-]*\(?\d+\)?)?)",
    re.IGNORECASE,
)
#: Words for what is made of a class: behind its name, and before it.
_MADE = frozenset({
    "aug", "augmented", "augment", "augmentation", "augmentations", "augs", "resized", "resize", "bak", "backup",
    "flipped", "rotated", "duplicate", "duplicates", "dup", "dups", "dupes", "copy", "copies",
})  # fmt: skip
_MADE_BEFORE = frozenset({"aug", "augmented", "resized", "copy", "backup", "bak", "duplicate", "dup"})
#: Words that tell two classes apart, or a class and its copy.
_SORTED = frozenset({
    "old", "new", "cropped", "crop", "crops", "copy", "orig", "original", "originals", "raw", "clean", "cleaned", "tmp",
    "temp", "extra", "more", "gray", "grayscale", "enhanced", "small", "full", "rejected", "unsorted", "todo", "misc",
    "rest", "processed", "preprocessed", "deleted", "unused", "flip", "rot", "hq", "lq", "hd", "v", "version", "final",
    "test",
})  # fmt: skip
_SHOWS = ("image", "images", "img", "imgs", "rgb", "photo", "photos", "color")
#: Words of masks that things are called by, too: a face mask, a box label, a Ford GT.
_THINGS = frozenset(
    {"gt", "mask", "masks", "label", "labels", "edge", "edges", "labeled", "labelled", "thumb", "thumbs"}
)
_TESTS = frozenset({
    "tests", "tst", "holdout", "heldout", "evaluate", "validate", "trn", "unlabeled", "unlabelled", "unannotated",
})  # fmt: skip
#: Words that are written behind a class without a sign between.
_TOGETHER = frozenset(naming.PARTS) | {"pred", "preds", "aug", "copy", "mask", "masks", "resized", "gradcam", "heldout"}
_DENY = frozenset({"with", "without", "no", "non", "not", "un"})
_PART_WORDS = frozenset(naming.PARTS) | _TESTS | naming.FILLING


def beside_class(folders: Sequence[Folder]) -> tuple[str, tuple[tuple[Folder, Folder], ...]]:
    """Return which folders are parts, masks or copies of which classes among them, and which of the three.

    What is as often the name of a class is not among them, where it is the only one: steam_train, face_mask,
    copy_paper.
    """
    classes = {_plain(folder.name): folder for folder in folders}
    for what, of in (("part", _divided), ("mask", _shown), ("copy", _copied)):
        pairs = {
            folder: classes[name]
            for folder in folders
            for name in of(folder.name)
            if name in classes and classes[name] is not folder
        }
        if len(pairs) > 1 or any(not _is_thing(folder.name, what) for folder in pairs):
            return what, tuple(pairs.items())
    return "", ()


def _is_thing(name: str, what: str) -> bool:
    every = naming.tokens(name)
    if what == "copy":
        return every[0] == "copy" and not {"of", "von", "de", "di"} & {*every}
    if what == "part":
        return every[0] in naming.PARTS or {naming.PARTS[word] for word in every if word in naming.PARTS} == {TRAIN}
    said = [word for word in every if word in naming.SHOWN_BESIDE]
    return what == "mask" and bool(said) and _THINGS.issuperset(said)


def _divided(name: str) -> list[str]:
    """Return what a name is without a word of a part behind it or before it: cat_test, test_cat."""
    every = naming.tokens(name)
    end = len(every)
    while end and (every[end - 1].isdigit() or not _PART_WORDS.isdisjoint(every[end - 1 : end])):
        end -= 1
    while end < len(every) and every[end].isdigit():
        end += 1
    names = list[str]()
    if end and any(word in naming.PARTS or word in _TESTS for word in every[end:]):
        names += _forms(every[:end])
    if len(every) > 1 and every[0] in naming.PARTS:
        names += _forms(every[1:])
    return names


def _shown(name: str) -> list[str]:
    """Return what a name is without a word of masks: cat_mask, cat_depth, which may be beside cat_rgb."""
    every = naming.tokens(name)
    if naming.is_worn(every):
        return []
    rest = [word for word in every if word not in naming.SHOWN_BESIDE | {"ground", "truth", "map", "maps", "binary"}]
    if len(rest) == len(every) or not (naming.is_mask(name) or not naming.SHOWN_BESIDE.isdisjoint(every)):
        return []
    shows = [*("".join([*rest, word]) for word in _SHOWS), *("".join([word, *rest]) for word in _SHOWS)]
    return [*(_forms(rest) if rest else []), *shows]


def _copied(name: str) -> list[str]:
    """Return what a name is without what says that it is a copy, or was made of it."""
    if match := _COPY_OF.fullmatch(name.strip()):
        return [_plain(match[1] or match[2])]
    every = naming.tokens(name)
    if len(every) > 1 and every[-1] in _MADE:
        return _forms(every[:-1])
    return _forms(every[1:]) if len(every) > 1 and every[0] in _MADE_BEFORE else []


def _forms(every: Sequence[str]) -> list[str]:
    """Return a name, and the one or the many of it."""
    name = "".join(every)
    return [name, f"{name}s", *([name[:-1]] if name.endswith("s") else [])]


def odd_ones(folders: Sequence[Folder]) -> list[Folder]:
    """Return the folders among classes that are hardly one by what they are called, to be told."""
    classes = {_plain(folder.name) for folder in folders}
    odd = [folder for folder in folders if is_odd(folder.name) or _is_other(folder.name, classes)]
    # Where most names are odd, they are what the set is about: plots, figures, masks.
    return odd if 2 * len(odd) <= len(folders) else []


def is_odd(name: str) -> bool:
    """Say whether a name is seldom that of a class.

    Examples
    --------
    >>> [is_odd(name) for name in ("backup", "New folder (2)", "my outputs", "test_tube", "cat")]
    [True, True, False, True, False]
    """
    every = [word for word in naming.tokens(name) if not word.isdigit()]
    if naming.part_of(name) and not naming.subject(name):
        return False
    said = any(word in naming.PARTS or word in _TESTS for word in every)
    bare = "".join(word for word in every if word != "new")
    return said or naming.is_named(name, ODD) or not ODD.isdisjoint((bare, _plain(name)))


def alike_ones(folders: Sequence[Folder]) -> list[tuple[str, list[Folder]]]:
    """Return the folders that are called as classes beside them and what two or more share: cat_224, dog_224.

    Each group comes with what it shares. Numbers and words that deny are as often names of their own.
    """
    classes = {_plain(folder.name) for folder in folders}
    groups: dict[tuple[str, bool], list[Folder]] = {}
    for folder in folders:
        every = naming.tokens(folder.name)
        cuts = [(every[:at], every[at:], True) for at in range(len(every) - 1, 0, -1)]
        cuts += [(every[at:], every[:at], False) for at in range(1, len(every))]
        if len(every) == 1:
            cuts = [([every[0].removesuffix(word)], [word], True) for word in _TOGETHER if every[0].endswith(word)]
        for base, added, behind in cuts:
            if not "".join(base).isdigit() and "".join(base) in classes and _DENY.isdisjoint(added):
                groups.setdefault((" ".join(added), behind), []).append(folder)
    return [(added, group) for (added, _), group in groups.items() if len(group) > 1]


def _is_other(name: str, classes: set[str]) -> bool:
    """Say whether a name is another's with a word that may tell two classes apart, or a class and its copy."""
    every = naming.tokens(name)
    while every and every[-1].isdigit():
        every.pop()
    if len(every) < 2:
        return False
    rest = [word for word in every if word not in naming.SHOWN_BESIDE]
    behind, before = every[-1] in _SORTED, every[0] in _SORTED
    return (
        (behind and "".join(every[:-1]) in classes)
        or (before and "".join(every[1:]) in classes)
        or (0 < len(rest) < len(every) and "".join(rest) in classes)
    )


def _plain(name: str) -> str:
    return "".join(naming.tokens(name))
