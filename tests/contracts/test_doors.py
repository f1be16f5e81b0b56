"""One contract for every door: the same images, opened through any, give the same `Dataset`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from etascope.core.data import Dataset
from etascope.images.open import open_images
from tests.images.making import picture, pictures, write_folder, write_idx

LABELS = [0, 0, 1, 1, 1, 2, 2]
GRAY = pictures(7, 9, 6)
COLOUR = pictures(7, 9, 6, 3)


def folder(images, root: Path) -> tuple[Any, ...]:
    write_folder(root, images, list(map(str, LABELS)))
    return (root,)


def folder_of(ending: str):
    def write(images, root: Path) -> tuple[Any, ...]:
        write_folder(root, images, list(map(str, LABELS)), ending)
        return (root,)

    write.__name__ = f"folder_of_{ending[1:]}"
    return write


def table(images, root: Path) -> tuple[Any, ...]:
    files = write_folder(root, images, ["x"] * 7)
    (root / "list.csv").write_text("\n".join(f"{f.relative_to(root)},{n}" for f, n in zip(files, LABELS, strict=True)))
    return (root / "list.csv",)


def idx(images, root: Path) -> tuple[Any, ...]:
    stack = images[..., 0] if images.shape[3] == 1 else images
    path = write_idx(root / "set-images-idx3-ubyte", stack)
    write_idx(root / "set-labels-idx1-ubyte.gz", np.array(LABELS, np.uint8))
    return (path,)


def npz(images, root: Path) -> tuple[Any, ...]:
    np.savez_compressed(root / "set.npz", x=images, y=LABELS)
    return (root / "set.npz",)


def npy(images, root: Path) -> tuple[Any, ...]:
    np.save(root / "set.npy", images)
    np.save(root / "set_labels.npy", np.array(LABELS))
    return (root / "set.npy",)


def array(images, root: Path) -> tuple[Any, ...]:
    return images, LABELS


def array_channels_first(images, root: Path) -> tuple[Any, ...]:
    return images.transpose(0, 3, 1, 2), np.array(LABELS)


def array_of_unit_floats(images, root: Path) -> tuple[Any, ...]:
    return (images / 255).astype(np.float32), list(map(str, LABELS))


def mapping(images, root: Path) -> tuple[Any, ...]:
    return ({"images": images, "labels": LABELS},)


def bunch(images, root: Path) -> tuple[Any, ...]:
    from sklearn.utils import Bunch

    return (Bunch(images=images, target=np.array(LABELS)),)


def pairs_of_arrays(images, root: Path) -> tuple[Any, ...]:
    return (list(zip(images, LABELS, strict=True)),)


def pairs_of_pictures(images, root: Path) -> tuple[Any, ...]:
    return ([(picture(image), str(label)) for image, label in zip(images, LABELS, strict=True)],)


def dataset(images, root: Path) -> tuple[Any, ...]:
    return (open_images(images, LABELS),)


DOORS = [
    *map(folder_of, (".png", ".bmp", ".tiff", ".webp")),
    table, idx, npz, npy, array, array_channels_first, array_of_unit_floats, mapping, bunch, pairs_of_arrays,
    pairs_of_pictures, dataset,
]  # fmt: skip


@pytest.mark.parametrize("images", [GRAY, COLOUR], ids=["gray", "colour"])
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize(
    "options", [{}, {"image_size": (5, 7)}, {"grayscale": True}, {"image_size": 12, "grayscale": True}], ids=str
)
def test_the_same_images_whatever_the_door(door, images, options, tmp_path):
    expected = open_images(images, LABELS, **options)
    data = open_images(*door(images, tmp_path), **options)
    assert isinstance(data, Dataset)
    assert np.array_equal(data.images, expected.images)
    assert np.array_equal(data.labels, LABELS)
    assert data.class_names == ("0", "1", "2")
    assert data.labels.dtype == np.int64
    assert data.test_rows is None
    assert data.fingerprint == expected.fingerprint
    assert dataclasses.replace(data).source != ""


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_large_images_become_64_whatever_the_door(door, tmp_path):
    data = open_images(*door(pictures(7, 70, 66), tmp_path))
    assert data.images.shape == (7, 64, 64, 1)
    assert data.notes[-1] == "The images were resized from 70 x 66 to 64 x 64."
