"""What the names of folders say: which part of a set, all of its images, or what only lies beside it.

The words of parts are those of Hugging Face's `datasets` (its imagefolder builder), as whole words of a name.
"""

from __future__ import annotations

import re
from itertools import pairwise

TRAIN, TEST, VALID = "train", "test", "valid"
_PARTS = {
    **dict.fromkeys(("train", "training", "trainset", "traindata"), TRAIN),
    **dict.fromkeys(("test", "testing", "testset", "testdata"), TEST),
    **dict.fromkeys(
        ("val", "valid", "validation", "valset", "validset", "dev", "devel", "devset", "eval", "evaluation"), VALID
    ),
}  # fmt: skip
#: Words that say nothing about what is in a folder.
_FILLING = frozenset({
    "set", "sets", "image", "images", "imgs", "img", "data", "dataset", "datasets", "split", "folder", "dir", "part",
    "sample", "samples", "picture", "pictures", "photo", "photos", "pics", "file", "files", "jpg", "jpeg", "png", "raw",
    "new", "final", "seg", "v", "original", "resized", "cropped", "small", "full", "all", "the", "of", "and",
})  # fmt: skip
#: Names that hold all images of a set, whatever they show.
CONTAINERS = frozenset({
    "image", "images", "imgs", "img", "jpg", "jpeg", "jpegs", "jpegimages", "png", "pictures", "photos",
})  # fmt: skip
#: What no class is called: one such folder among classes is no class either.
NO_CLASS = frozenset({
    "meta", "metadata", "annotations", "annotation", "unlabeled", "unlabelled", "masks", "trimaps", "groundtruth",
    "plots", "submission", "submissions", "thumbnails",
})  # fmt: skip
#: Names of what lies beside a set and is no part of it.
BESIDE = NO_CLASS | {
    "plot", "figures", "segmentations", "segmentation", "labels", "pred", "predict", "prediction", "predictions",
    "inference", "demo", "logs", "results", "docs",
}  # fmt: skip

_MASKS = frozenset({
    "mask", "masks", "groundtruth", "groundtruths", "gt", "label", "labels", "semantic", "annotation", "annotations",
    "segmentation", "segmentations", "trimap", "trimaps",
})  # fmt: skip
_WITH = frozenset({"with", "without", "no", "non", "not"})


def part_of(name: str) -> str | None:
    """Return which part of a set a folder's name speaks of, by its words, or None.

    Examples
    --------
    >>> [part_of(name) for name in ("seg_train", "TestImages", "val2017", "trainval", "Dev", "train-test", "trainer")]
    ['train', 'test', 'valid', 'train', 'valid', None, None]
    """
    found = {_PARTS[word] for word in words(name) if word in _PARTS}
    if found == {TRAIN, VALID}:
        return TRAIN
    return found.pop() if len(found) == 1 else None


def subject(name: str) -> frozenset[str]:
    """Return the words of a name that are neither a part's nor filling.

    Examples
    --------
    >>> sorted(subject("dogs_train_images")), subject("test_set_2")
    (['dogs'], frozenset())
    """
    return frozenset(word for word in words(name) if word not in _PARTS and word not in _FILLING)


def is_named(name: str, names: frozenset[str]) -> bool:
    """Say whether a name is one of `names`, but for filling.

    Examples
    --------
    >>> is_named("Ground Truth", NO_CLASS), is_named("images", CONTAINERS), is_named("with_mask", BESIDE)
    (True, True, False)
    """
    every = words(name)
    return "".join([word for word in every if word not in _FILLING] or every) in names


def is_mask(name: str) -> bool:
    """Say whether a name speaks of masks or the like, and not of images with or without them.

    Examples
    --------
    >>> [is_mask(name) for name in ("lung masks", "Part1_GroundTruth", "CameraMask", "with_mask", "masked")]
    [True, True, True, False, False]
    """
    every = words(name)
    ground = any(pair == ("ground", "truth") for pair in pairwise(every))
    return (ground or not _MASKS.isdisjoint(every)) and _WITH.isdisjoint(every)


def words(name: str) -> list[str]:
    """Return the words of a name: letters between other signs, and of CamelCase.

    Examples
    --------
    >>> words("JPEGImages"), words("trainval-2012_bigData")
    (['jpegimages'], ['train', 'val', 'big', 'data'])
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    found = [word.casefold() for word in re.findall(r"[^\W\d_]+", spaced)]
    return [part for word in found for part in (("train", "val") if word == "trainval" else (word,))]
