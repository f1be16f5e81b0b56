"""What the names of folders say: which part of a set, all of its images, or what only lies beside it.

The words of parts are those of Hugging Face's `datasets` (its imagefolder builder), as whole words of a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

TRAIN, TEST, VALID = "train", "test", "valid"
#: Words of parts of a set.
PARTS = {
    **dict.fromkeys(("train", "training", "trainset", "traindata"), TRAIN),
    **dict.fromkeys(("test", "testing", "testset", "testdata"), TEST),
    **dict.fromkeys(
        ("val", "valid", "validation", "valset", "validset", "dev", "devel", "devset", "eval", "evaluation"), VALID
    ),
}  # fmt: skip
#: Words that say nothing about what is in a folder.
FILLING = frozenset({
    "set", "sets", "image", "images", "imgs", "img", "data", "dataset", "datasets", "split", "folder", "dir", "part",
    "sample", "samples", "picture", "pictures", "photo", "photos", "pics", "file", "files", "jpg", "jpeg", "png", "raw",
    "new", "final", "seg", "v", "original", "resized", "cropped", "small", "full", "all", "the", "of", "and",
    "for", "to", "case", "cases", "example", "examples", "item", "items", "scan", "scans",
})  # fmt: skip
#: Names that hold all images of a set, whatever they show.
CONTAINERS = frozenset({
    "image", "images", "imgs", "img", "jpg", "jpeg", "jpegs", "jpegimages", "png", "pictures", "photos",
})  # fmt: skip
#: Names of folders that hold a set with classes of its own.
SETS = CONTAINERS | {"data", "dataset", "datasets"}
#: What one set is beside another, and no class is where all beside it are called so.
AGES = frozenset({"raw", "new", "old", "extra", "more", "original", "cleaned", "rest"})
#: What no class is called: one such folder among classes is no class either.
NO_CLASS = frozenset({
    "meta", "metadata", "annotations", "annotation", "unlabeled", "unlabelled", "masks", "trimaps", "groundtruth",
    "plots", "submission", "submissions", "thumbnails", "unannotated", "nolabel", "nolabels", "notlabeled",
    "notlabelled",
})  # fmt: skip
#: Names of images that are to be told, and have no label.
TO_TELL = frozenset({"pred", "predict", "prediction", "predictions", "inference", "infer"})
#: Names of what lies beside a set and is no part of it.
BESIDE = NO_CLASS | TO_TELL | {
    "plot", "figures", "segmentations", "segmentation", "labels", "demo", "logs", "results", "docs",
}  # fmt: skip

_MASKS = frozenset({
    "mask", "masks", "groundtruth", "groundtruths", "gt", "label", "labels", "semantic", "annotation", "annotations",
    "segmentation", "segmentations", "trimap", "trimaps",
})  # fmt: skip
#: Words for what goes with images and is made of them, masks among them.
SHOWN_BESIDE = _MASKS | {
    "msk", "seg", "segs", "segmented", "depth", "depths", "thumb", "thumbs", "thumbnail", "thumbnails", "overlay",
    "overlays", "heatmap", "heatmaps", "edge", "edges", "annotated", "labeled", "labelled", "bbox", "bboxes",
}  # fmt: skip
#: Words that say whose a part is, or which of several: no class has them.
_WHOSE = frozenset({
    "my", "own", "our", "blind", "extra", "copy", "kaggle", "labeled", "labelled", "hidden", "public", "private",
    "holdout", "external", "official", "custom", "more", "additional", "old", "backup", "tmp",
})  # fmt: skip
_PIECES = frozenset({
    "part", "parts", "batch", "batches", "chunk", "chunks", "shard", "shards", "vol", "volume", "volumes", "image",
    "images", "imgs", "img", "fold", "folds", "split", "splits", "subset", "subsets",
})  # fmt: skip
#: Words of what was made of a set.
MADE = frozenset({"augmented", "aug", "augmentation", "enhanced", "processed", "preprocessed"})
#: Masks that are worn, and are no masks of images.
_WORN = frozenset({
    "gas", "ski", "surgical", "medical", "sleep", "sleeping", "oxygen", "dust", "diving", "snorkel", "scuba",
    "halloween", "carnival", "venetian", "hockey", "fencing", "welding", "clay", "sheet", "tribal", "cloth",
})  # fmt: skip
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TOKEN = re.compile(r"(?<![^\W\d_])t[12](?:ce?|w)?(?![^\W_])|[^\W\d_]+|\d+", re.IGNORECASE)
_WITH = frozenset({"with", "without", "no", "non", "not"})


def part_of(name: str) -> str | None:
    """Return which part of a set a folder's name speaks of, by its words, or None.

    Examples
    --------
    >>> [part_of(name) for name in ("seg_train", "TestImages", "val2017", "trainval", "Dev", "train-test", "trainer")]
    ['train', 'test', 'valid', 'train', 'valid', None, None]
    """
    parts = {PARTS[word] for word in words(name) if word in PARTS}
    # trainval, as Pascal VOC has it, is all there is to learn from; train-test speaks of a split, and of no part.
    if parts == {TRAIN, VALID}:
        return TRAIN
    return parts.pop() if len(parts) == 1 else None


def subject(name: str) -> frozenset[str]:
    """Return the words of a name that are neither a part's nor filling.

    Examples
    --------
    >>> sorted(subject("dogs_train_images")), subject("test_set_2"), subject("my_test")
    (['dogs'], frozenset(), frozenset())
    """
    every = frozenset(words(name))
    rest = every.difference(PARTS, FILLING)
    return frozenset() if rest <= _WHOSE and not every.isdisjoint(PARTS) else rest


def without_parts(name: str) -> str:
    """Return a name without words of parts where there are others: what is told of test_masks, holds for masks."""
    every = words(name)
    return " ".join([word for word in every if word not in PARTS] or every)


def is_named(name: str, names: frozenset[str]) -> bool:
    """Say whether a name is one of `names`, but for filling.

    Examples
    --------
    >>> is_named("Ground Truth", NO_CLASS), is_named("images", CONTAINERS), is_named("with_mask", BESIDE)
    (True, True, False)
    """
    every = words(name)
    return "".join([word for word in every if word not in FILLING] or every) in names


def is_mask(name: str) -> bool:
    """Say whether a name speaks of masks or the like, and not of images with or without them.

    Examples
    --------
    >>> [is_mask(name) for name in ("lung masks", "Part1_GroundTruth", "CameraMask", "with_mask", "masked", "ski_mask")]
    [True, True, True, False, False, False]
    """
    every = words(name)
    masks = ("ground", "truth") in pairwise(every) or not _MASKS.isdisjoint(every)
    return masks and _WITH.isdisjoint(every) and not is_worn(every)


def is_worn(every: Sequence[str]) -> bool:
    """Say whether the words of a name are those of a mask that is worn, and of no mask of an image."""
    return every[-1:] in (["mask"], ["masks"]) and not _WORN.isdisjoint(every)


def speaks_of_masks(name: str) -> bool:
    """Say whether a name has to do with masks, be they there, worn, or not.

    Examples
    --------
    >>> [speaks_of_masks(name) for name in ("gt", "without_mask", "unmasked", "faces")]
    [True, True, True, False]
    """
    return is_mask(name) or "mask" in name.casefold()


def bare(name: str) -> str:
    """Return a name without case, signs, filling and words of parts: what two names of one class share.

    Examples
    --------
    >>> bare("Monkey Pox") == bare("Monkeypox_augmented"), bare("p-01"), bare("Set 2")
    (True, 'p01', 'set2')
    """
    every = tokens(name)
    kept = [word for word in every if word not in PARTS and word not in FILLING and word not in MADE]
    return "".join(kept if any(not word.isdigit() for word in kept) else every)


def are_pieces(names: Sequence[str]) -> bool:
    """Say whether names are those of pieces of one set, with numbers or letters.

    Examples
    --------
    >>> [are_pieces(names) for names in (["batch_1", "batch_2"], ["imgs1", "imgs2"], ["class_1", "class_2"])]
    [True, True, False]
    """
    return len(
        {re.sub(r"\d+|(?<![a-z])[a-z]$", "0", name.casefold()) for name in names}
    ) == 1 and not _PIECES.isdisjoint(words(names[0]))


def words(name: str) -> list[str]:
    """Return the words of a name: letters between other signs, and of CamelCase.

    Examples
    --------
    >>> words("JPEGImages"), words("trainval-2012_bigData")
    (['jpegimages'], ['train', 'val', 'big', 'data'])
    """
    spoken = [token for token in tokens(name) if not token.isdecimal()]
    return [word for token in spoken for word in (("train", "val") if token == "trainval" else (token,))]


def tokens(name: str) -> list[str]:
    """Return the words and the numbers of a name; T1 and T2, as scanners have them, are words.

    Examples
    --------
    >>> tokens("CT_scan 12"), tokens("x_T1ce")
    (['ct', 'scan', '12'], ['x', 't1ce'])
    """
    return [token.casefold() for token in _TOKEN.findall(_CAMEL.sub(" ", name))]
