"""Parts and classes whose pixels are of another range are refused or told, with their names."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from etascope.images.open import open_images
from etascope.images.pixels.members import Members, unlike_notes
from tests.images.making import picture, refused, write_idx, write_tiff

#: What a file of a range holds: the type, and the brightest pixel.
RANGES = {
    "1 of bytes": (np.uint8, 1), "4 bits": (np.uint8, 15), "bytes": (np.uint8, 255), "8 of 16": (np.uint16, 255),
    "10 of 16": (np.uint16, 1023), "12 of 16": (np.uint16, 4095), "16": (np.uint16, 65535), "unit": (np.float32, 1),
    "floats": (np.float32, 255),
}  # fmt: skip


def fill(folder: Path, range_: str, count: int = 3, seed: int = 0) -> list[Path]:
    """Write images of a range into two classes."""
    from PIL import Image

    kind, white = RANGES[range_]
    paths = []
    for name in "ab":
        for number in range(count):
            rng = np.random.default_rng([seed, number, ord(name)])
            pixels = (rng.random((8, 8, 1)) * white).astype(kind) if kind == np.float32 else rng.integers(
                0, white + 1, (8, 8, 1)).astype(kind)  # fmt: skip
            pixels[0, 0] = white
            path = folder / name / f"{number}{'.tif' if kind == np.float32 else '.png'}"
            path.parent.mkdir(parents=True, exist_ok=True)
            if kind == np.float32:
                write_tiff(path, pixels)
            elif kind == np.uint16:
                Image.fromarray(pixels[:, :, 0]).save(path)
            else:
                picture(pixels).save(path)
            paths.append(path)
    return paths


@pytest.mark.parametrize("few", [1, 20])
@pytest.mark.parametrize(
    ("train", "test"),
    [("bytes", "1 of bytes"), ("1 of bytes", "bytes"), ("bytes", "4 bits"), ("4 bits", "bytes"),
     ("8 of 16", "12 of 16"), ("12 of 16", "8 of 16"), ("12 of 16", "16"), ("16", "10 of 16"),
     ("floats", "unit"), ("unit", "floats")],
)  # fmt: skip
def test_a_part_of_another_range_is_refused_with_its_name(tmp_path, train, test, few):
    fill(tmp_path / "train", train, few + 1)
    fill(tmp_path / "test", test, 1, seed=1)
    dark, bright = sorted([(RANGES[train][1], "train"), (RANGES[test][1], "test")])
    said = {"train": f"the images to train on in {tmp_path / 'train'}", "test": f"the test part in {tmp_path / 'test'}"}
    with refused(
        "must be of one range",
        f"{said[dark[1]]} (",
        f"is {dark[0]:,}, that of {said[bright[1]]} (",
        f") {bright[0]:,}.",
    ):
        open_images(tmp_path)


@pytest.mark.parametrize(
    ("train", "test"),
    [("bytes", "12 of 16"), ("bytes", "8 of 16"), ("12 of 16", "bytes"), ("16", "bytes"), ("bytes", "unit"),
     ("floats", "bytes"), ("bytes", "bytes"), ("unit", "unit")],
)  # fmt: skip
def test_numbers_of_other_kinds_have_a_scale_of_their_own(tmp_path, train, test):
    fill(tmp_path / "train", train)
    fill(tmp_path / "test", test, seed=1)
    data = open_images(tmp_path)
    assert {int(image.max()) for image in data.images} == {255}


def test_a_darker_part_is_told(tmp_path):
    fill(tmp_path / "train", "12 of 16")
    fill(tmp_path / "test", "10 of 16", seed=1)
    [note] = [note for note in open_images(tmp_path).notes if "darker" in note]
    assert note == (
        f"One part is much darker than the other: the largest value of the test part in {tmp_path / 'test'} (6) is "
        f"1,023, that of the images to train on in {tmp_path / 'train'} (6) 4,095."
    )


def test_parts_of_a_table_are_named(tmp_path):
    lines = ["path,label,split"]
    for part, range_ in (("train", "12 of 16"), ("test", "8 of 16")):
        paths = fill(tmp_path / part, range_)
        lines += [f"{path.relative_to(tmp_path)},{path.parent.name},{part}" for path in paths]
    (tmp_path / "list.csv").write_text("\n".join(lines))
    with refused(f"the test part of {tmp_path / 'list.csv'} (6) is 255"):
        open_images(tmp_path / "list.csv")


def test_a_darker_class_is_told(tmp_path):
    fill(tmp_path, "12 of 16")
    for path in fill(tmp_path / "more", "8 of 16"):
        path.parent.with_name("c").mkdir(exist_ok=True)
        path.rename(tmp_path / "more" / "c" / f"{path.parent.name}{path.name}")
    (tmp_path / "more" / "c").rename(tmp_path / "c")
    [note] = [note for note in open_images(tmp_path).notes if "darker" in note]
    assert "the largest value of 'c' (6) is 255, that of the others 4,095" in note


@pytest.mark.parametrize("kind", [np.float32, np.int16])
def test_hundreds_among_bytes_are_told_whether_a_class_has_them_or_single_images(kind):
    random = np.random.default_rng(0)
    images, labels = random.uniform(0, 255, (40, 6, 6)), np.repeat([0, 1], 20)
    assert not open_images(images.astype(kind), labels).notes
    images[labels == 1] *= 100 / 255
    notes = " ".join(open_images(images.astype(kind), labels).notes)
    assert "One class is much darker than the others: the largest value of '1' (20) is" in notes
    assert "20 of 40 images have no value beyond" in " ".join(open_images(images.astype(kind), 1 - labels).notes)
    mixed = random.permutation(labels)
    assert "20 of 40 images have no value beyond" in " ".join(open_images(images.astype(kind), mixed).notes)
    assert not open_images(images.astype(np.uint8), labels).notes


def test_a_part_that_is_black_is_told(tmp_path):
    fill(tmp_path / "train", "bytes")
    for path in fill(tmp_path / "test", "bytes"):
        picture(np.zeros((8, 8, 1), np.uint8)).save(path)
    notes = " ".join(open_images(tmp_path).notes)
    assert f"the test part in {tmp_path / 'test'} (6) is 0, that of" in notes


def test_single_images_of_another_range_are_named(tmp_path):
    fill(tmp_path, "bytes")
    odd = fill(tmp_path / "odd", "1 of bytes", 1)
    for path in odd:
        path.rename(tmp_path / path.parent.name / "odd.png")
        path.parent.rmdir()
    (tmp_path / "odd").rmdir()
    with refused("2 of 8 have no value beyond 1", f"the first {tmp_path / 'a' / 'odd.png'}"):
        open_images(tmp_path)


def test_an_outlier_makes_no_part_dark():
    members = Members(str, np.zeros(20), 10)
    peaks = np.array([4095.0] * 9 + [65535] + [4000] * 10)
    assert unlike_notes(["whole"] * 20, np.zeros(20), peaks, np.arange(20), members) == []
    assert unlike_notes(["bytes"] * 20, np.zeros(20), np.full(20, 9.0), np.arange(20), members) == []


def test_a_part_without_values_below_zero_is_refused_or_told(tmp_path):
    for part, low in (("train", -1), ("test", 0)):
        for number in range(4):
            pixels = np.random.default_rng(number).uniform(low, 1, (8, 8, 1)).astype(np.float32)
            write_tiff(tmp_path / part / "ab"[number % 2] / f"{number}.tif", pixels)
    with refused(f"4 of 8 have no value below 0, the first {tmp_path / 'test' / 'a' / '0.tif'}, where black is -1"):
        open_images(tmp_path)
    x = np.random.default_rng(0).uniform(-1, 1, (8, 8, 8))
    np.savez(tmp_path / "a.npz", x_train=x, y_train=[0, 1] * 4, x_test=(x[:4] + 1) / 2, y_test=[0, 1] * 2)
    with refused("4 of 12 have no value below 0, the first image 8"):
        open_images(tmp_path / "a.npz")
    # Brighter ones, whose darkest pixel is no black of 0 .. 1, may be of the same range.
    np.savez(tmp_path / "a.npz", x_train=x, y_train=[0, 1] * 4, x_test=(x[:4] + 3) / 4, y_test=[0, 1] * 2)
    assert "none: the smallest value of the test part (4) is 0.5" in " ".join(open_images(tmp_path / "a.npz").notes)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_images_of_another_sign_are_refused_by_class_and_share_and_told_when_few(kind):
    plain = np.random.default_rng(0).random((60, 8, 8)).astype(kind)
    labels = ["a", "b"] * 30
    for rows in (slice(1, None, 2), slice(1, 30, 2), slice(0, 12), slice(0, 50)):
        mixed = plain.copy()
        mixed[rows] = 2 * mixed[rows] - 1
        few = "have a value below 0" if len(plain[rows]) < 30 else "have no value below 0"
        with refused("images must be of one range", few, "where black is -1"):
            open_images(mixed, labels)
    mixed = plain.copy()
    mixed[3, 0, 0] = -0.3
    assert "1 image has a value below 0, the first image 3, unlike the others." in open_images(mixed, labels).notes[0]
    mixed = 2 * plain - 1
    mixed[[7, 9]] = plain[[7, 9]]
    assert "2 images have no value below 0, the first image 7" in open_images(mixed, labels).notes[0]
    bright = 2 * (plain * np.linspace(0.05, 1, 60, dtype=kind)[:, None, None]) - 1
    assert open_images(bright, labels).notes == ("Pixels were scaled from -1 .. 1 to 0 .. 255.",)


@pytest.mark.parametrize("dim", [1, 12])
def test_a_part_of_idx_files_of_another_range_is_refused(tmp_path, dim):
    for part, white in (("train", 255), ("t10k", dim)):
        images = np.random.default_rng(0).integers(0, white + 1, (9, 8, 8)).astype(np.uint8)
        write_idx(tmp_path / f"{part}-images-idx3-ubyte", images)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte", (np.arange(9) % 2).astype(np.uint8))
    with refused(f"the test part (9) is {dim}, that of the images to train on (9) 255"):
        open_images(tmp_path)


def test_many_classes_take_little_time():
    members = Members(str, np.arange(50_000), 50_000)
    peaks = np.where(np.arange(50_000) % 2, 255.0, 3.0)
    begun = time.perf_counter()
    assert unlike_notes(["bytes"] * 50_000, np.zeros(50_000), peaks, np.arange(50_000), members) == []
    assert time.perf_counter() - begun < 5


def save_parts(tmp_path: Path, form: str, train: np.ndarray, test: np.ndarray) -> tuple[object, Path | None]:
    """Return a source with two parts, or one and what is given as test, in a form."""
    labels = np.arange(len(train)) % 2
    if form == "dict":
        return {"x_train": train, "y_train": labels, "x_test": test, "y_test": labels}, None
    if form == "pairs":
        return ((train, labels), (test, labels)), None
    for name, values in (("train", train), ("test", test)):
        np.savez(tmp_path / f"{name}.npz", x=values, y=labels)
        for row, pixels in enumerate(values):
            write_tiff(tmp_path / "set" / name / "ab"[row % 2] / f"{row}.tif", pixels[..., None])
    if form == "folder":
        return tmp_path / "set", None
    ending = "" if form == "test=folder" else ".npz"
    place = tmp_path / "set" if form == "test=folder" else tmp_path
    return place / f"train{ending}", place / f"test{ending}"


FORMS = ["dict", "pairs", "folder", "test=folder", "test=npz"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("white", "dim"), [(4095, 255), (65535, 4095), (16383, 1023), (65535, 255)])
@pytest.mark.parametrize("seed", range(2))
def test_a_part_darker_by_sixteen_is_refused_in_every_form_of_smooth_pictures_too(tmp_path, form, white, dim, seed):
    rng = np.random.default_rng(seed)
    # Each goes up to a brightness of its own.
    values = rng.random((24, 8, 8)) * rng.uniform(0.75, 1, (24, 1, 1))
    values[[0, 12], 0, 0] = 1
    train, test = ((part * top).astype(np.uint16) for part, top in ((values[:12], white), (values[12:], dim)))
    source, held = save_parts(tmp_path, form, train, test)
    with refused("images must be of one range; ", f" {dim:,}, ", f" {white:,}."):
        open_images(source, test=held)
    # The other way round it is the training images that would be dark, or much of the test part cut.
    source, held = save_parts(tmp_path, form, test, train)
    with refused("images must be of one range"):
        open_images(source, test=held)
    # By a factor of four it is told.
    source, held = save_parts(tmp_path, form, train, (train // 4).astype(np.uint16))
    assert "One part is much darker than the other" in " ".join(open_images(source, test=held).notes)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kinds", [(np.float32, np.uint16), (np.uint16, np.float32), (np.uint16, np.int32)])
def test_wide_numbers_of_every_type_have_one_scale(tmp_path, form, kinds):
    values = np.random.default_rng(0).integers(0, 4096, (12, 8, 8))
    values[:, 0, 0] = 4095
    train, test = values.astype(kinds[0]), (values * 0.22).round().astype(kinds[1])
    source, held = save_parts(tmp_path, form, train, test)
    data = open_images(source, test=held)
    notes = " ".join(data.notes)
    assert "much darker than the other: the largest value of the test" in notes
    assert "is 901" in notes
    assert notes.count("Pixels were scaled") == 1
    assert "images of floats" not in notes
    assert set(data.images[data.test_rows].max(axis=(1, 2, 3)).tolist()) == {56}
    source, held = save_parts(tmp_path, form, train, (values // 16).astype(kinds[1]))
    with refused("images must be of one range; the largest value of", "is 255, that of", "4,095"):
        open_images(source, test=held)


def test_floats_from_zero_to_one_have_a_scale_of_their_own_beside_any_other(tmp_path):
    values = np.random.default_rng(0).random((12, 8, 8))
    source, _ = save_parts(tmp_path, "dict", values, (values * 65535).astype(np.uint16))
    data = open_images(source)
    assert np.abs(data.images[:12].astype(int) - data.images[12:]).max() <= 1
    assert not any("darker" in note for note in data.notes)
