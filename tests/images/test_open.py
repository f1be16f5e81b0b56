"""Which door opens, and what it costs."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.images.open import open_images
from tests.images.making import picture, pictures, refused, write_folder, write_mnist

FASHION = Path("/usr/share/datasets/fashion-mnist")
IMAGES = pictures(6)
NAMES = ["a", "a", "a", "b", "b", "b"]


@pytest.fixture
def folder(tmp_path):
    write_folder(tmp_path / "set", IMAGES, NAMES)
    return tmp_path / "set"


def test_a_path_as_text_or_path_or_from_home(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.chdir(folder.parent)
    for source in (folder, str(folder), "~/set", "set", "./set/"):
        assert open_images(source).labels.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_folder_of_idx_files_and_the_raw_folder_below_it(tmp_path):
    images = write_mnist(tmp_path / "MNIST" / "raw")
    for source in (tmp_path / "MNIST" / "raw", tmp_path / "MNIST"):
        data = open_images(source)
        assert np.array_equal(data.images, images)
        assert data.test_rows is not None
        assert len(data.test_rows) == 4


def test_the_two_idx_files(tmp_path):
    images = write_mnist(tmp_path)
    data = open_images(tmp_path / "train-images-idx3-ubyte.gz", str(tmp_path / "train-labels-idx1-ubyte.gz"))
    assert np.array_equal(data.images, images[:6])


def test_labels_in_a_file_for_any_source_without(tmp_path):
    np.save(tmp_path / "labels.npy", np.array(NAMES))
    assert open_images(IMAGES, tmp_path / "labels.npy").labels.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_divided_set_given_twice_is_tested_on_its_test_part_only(tmp_path):
    images = write_mnist(tmp_path)
    data = open_images(tmp_path, test=tmp_path)
    assert np.array_equal(data.images, images)
    assert data.test_rows is not None
    assert data.test_rows.tolist() == [6, 7, 8, 9]
    with refused("others than those trained on"):
        open_images("digits", test="digits")


def test_a_dataset_is_opened_as_it_is():
    digits = open_images("digits")
    again = open_images(digits)
    assert again.fingerprint == digits.fingerprint
    assert open_images(digits, image_size=14).images.shape == (1000, 14, 14, 1)


def test_sizes_and_colours_reach_every_door(folder):
    data = open_images(folder, image_size=(6, 8))
    assert data.images.shape == (6, 6, 8, 1)
    assert data.notes == ("The images were resized from 5 x 4 to 6 x 8.",)
    colours = pictures(2, channels=3)
    assert open_images(colours, [0, 1]).images.shape == (2, 5, 4, 3)
    assert open_images(colours, [0, 1], grayscale=True).images.shape == (2, 5, 4, 1)


def test_the_test_source_takes_size_and_colour_of_the_first(folder, tmp_path):
    write_folder(tmp_path / "held", pictures(2, 90, 30, 3), ["b", "a"])
    data = open_images(folder, test=tmp_path / "held")
    assert data.images.shape == (8, 5, 4, 1)
    assert data.labels.tolist() == [0, 0, 0, 1, 1, 1, 0, 1]
    assert data.test_rows is not None
    assert data.test_rows.tolist() == [6, 7]
    assert data.notes == (
        "Test part: The images were resized from 90 x 30 to 5 x 4.",
        "Test part: Colour was dropped, because the training images have none.",
    )


def test_a_test_source_that_is_not_there_is_told_before_an_image_is_read(folder, tmp_path):
    read = list[object]()
    with refused("does not exist"):
        open_images(folder, test=tmp_path / "nowhere", progress=read.append)
    assert not read


@pytest.mark.parametrize("deep", ["b", "wrapped/b"])
def test_a_test_source_may_have_one_class(folder, tmp_path, deep):
    files = write_folder(tmp_path / "held", pictures(2, seed=9), [deep, deep])
    (tmp_path / "held.csv").write_text("path,label\n" + "\n".join(f"{path},b" for path in files))
    for test in (tmp_path / "held", tmp_path / "held.csv"):
        data = open_images(folder, test=test)
        assert data.test_rows is not None
        assert data.labels[data.test_rows].tolist() == [1, 1]
        assert "No test images of a" in " ".join(data.notes)


@pytest.mark.parametrize("name", ["holdout", "cat_test", "more/held", "test", "dev"])
def test_a_test_source_below_the_images_is_not_read_as_part_of_them(folder, name):
    count = len(open_images(folder))
    write_folder(folder / name, pictures(2, seed=9), ["b", "a"])
    (folder.parent / "link").symlink_to(folder)
    for test in (folder / name, folder.parent / "link" / name):
        data = open_images(folder, test=test)
        assert len(data) == count + 2
        assert data.test_rows is not None
        assert np.array_equal(data.images[data.test_rows], pictures(2, seed=9)[::-1])


def test_val_joins_the_training_images_where_the_test_part_is_named(tmp_path):
    write_folder(tmp_path, pictures(6), [f"{part}/{name}" for part in ("train", "val", "test") for name in "ab"])
    data = open_images(tmp_path, test=tmp_path / "test")
    assert len(data) == 6
    assert data.test_rows is not None
    assert len(data.test_rows) == 2


def test_a_class_called_like_a_known_set_that_tests_is_read(tmp_path, monkeypatch):
    write_folder(tmp_path, pictures(4, 28, 28), ["digits", "digits", "b", "b"])
    monkeypatch.chdir(tmp_path)
    with refused("of digits are not among b, digits"):
        open_images(tmp_path, test="digits")


def test_a_test_source_of_another_door(tmp_path):
    images = write_mnist(tmp_path)
    np.savez(tmp_path / "held.npz", x=pictures(2, seed=9), y=[1, 0])
    data = open_images(tmp_path, test=tmp_path / "held.npz")
    assert np.array_equal(data.images, np.concatenate([images[:6], pictures(2, seed=9)]))
    assert "was left out" in data.notes[0]


@pytest.mark.parametrize("test", ["mnits", "nowhere/at/all"])
def test_a_test_source_that_is_not_there(test):
    with refused(repr(test), "does not exist"):
        open_images("digits", test=test)


def test_a_test_source_that_is_no_path():
    with refused("test must be a path", "list"):
        open_images("digits", test=[1, 2])


def test_missing_paths(tmp_path):
    with refused("'digts' does not exist", "Did you mean 'digits'?"):
        open_images("digts")
    for names_files in (Path("digits"), "./digits"):
        with refused("'digits' does not exist", "names files alone; the known set is 'digits', as text"):
            open_images(names_files)
    with refused("'fashion_mnist' does not exist", "Did you mean 'fashion-mnist'?"):
        open_images("fashion_mnist")
    with refused("does not exist", "digits, mnist, fashion-mnist, kmnist"):
        open_images(tmp_path / "x" / "y")
    with refused("does not exist"):
        open_images("no such thing at all")


def test_unknown_endings(tmp_path):
    for name in ("data.zip", "data.tar.gz", "data"):
        (tmp_path / name).touch()
        with refused("images are opened from a folder", name, ".npz", ".csv", "Fetch it again"):
            open_images(tmp_path / name)


def test_one_image(tmp_path):
    picture(IMAGES[0]).save(tmp_path / "x.png")
    with refused("one image is nothing to learn from", "x.png"):
        open_images(tmp_path / "x.png")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "train-images-idx3-ubyte")
    with refused("is neither"):
        open_images(tmp_path / "train-images-idx3-ubyte")


@pytest.mark.parametrize("source", [5, None, object(), (x for x in [1])])
def test_objects_that_are_no_images(source):
    with refused("images are opened from", type(source).__name__):
        open_images(source)


def test_labels_where_the_source_brings_its_own(folder, tmp_path):
    write_mnist(tmp_path / "idx")
    (tmp_path / "list.csv").touch()
    for source in ("digits", "mnist", tmp_path / "idx", tmp_path / "list.csv", open_images("digits")):
        with refused("brings its own labels"):
            open_images(source, [0, 1])
    flat = write_folder(tmp_path / "flat", IMAGES[:2], [".", "."])[0].parent
    for source in (folder, flat):
        with refused("the labels of a folder are its directories, or stand in a CSV of path,label", str(source)):
            open_images(source, [0, 1])


def test_a_single_class_of_an_array():
    with refused("at least two classes", "only '7' in an array"):
        open_images(IMAGES, [7] * 6)


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ({"image_size": 0}, "the size of images"),
        ({"image_size": "big"}, "the size of images"),
        ({"workers": 0}, "workers"),
    ],
)
def test_options_that_are_refused(option, what):
    with refused(f"{what} must be", repr(next(iter(option.values())))):
        open_images("digits", **option)


def test_opening_digits_loads_nothing_heavy():
    code = (
        "import sys; from etascope.images.open import open_images; open_images('digits');"
        "print([m for m in ('PIL', 'pooch', 'requests', 'sklearn', 'torch', 'rich') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


MEMORY = """
import sys
from etascope.images.open import open_images
def status(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))
before = status("VmRSS")
data = open_images(sys.argv[1])
print(len(data), data.images.nbytes, status("VmHWM") - before)
"""


def test_fashion_mnist_takes_little_more_memory_than_its_pixels():
    assert FASHION.is_dir(), "this test reads Debian's files; run: apt-get install dataset-fashion-mnist"
    tracemalloc.start()
    data = open_images(FASHION)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert data.images.nbytes == 70_000 * 784
    # Some ten numbers of eight bytes an image, to compare parts and classes.
    assert peak < data.images.nbytes + 15e6


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell the peak of one program")
def test_what_the_system_counts_for_fashion_mnist():
    command = [sys.executable, "-c", MEMORY, str(FASHION)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    images, pixels, peak = map(int, done.stdout.split())
    assert (images, pixels) == (70_000, 70_000 * 784)
    assert peak < pixels + 20e6


@pytest.mark.parametrize(
    ("given", "folders", "test", "words"),
    [
        ("val", "train val test", 2, ("The test part of", "val was given as test")),
        ("holdout", "train val holdout", 2, ("val joined the training images; what was given as test is the test",)),
        ("val", "train val", 2, ()),
        ("test", "train val test", 2, ("val joined the training images",)),
    ],
)
def test_a_part_in_the_folder_that_is_given_as_test(tmp_path, given, folders, test, words):
    parts = folders.split()
    write_folder(tmp_path, pictures(2 * len(parts)), [f"{part}/{name}" for part in parts for name in "ab"])
    data = open_images(tmp_path, test=tmp_path / given)
    assert data.test_rows is not None
    assert len(data.test_rows) == test
    # What tests in any way trains in none.
    assert len(data) == 2 * len([part for part in parts if part in ("train", given) or (part == "val" != given)])
    for word in words:
        assert word in " ".join(data.notes)
    assert "training images too" not in " ".join(data.notes)


def tables_of_paths():
    import pandas

    paths, labels = ["a/0.png", "a/1.png"], ["x", "y"]
    table = pandas.DataFrame({"path": paths, "label": labels}, index=[5, 3])
    yield table, None
    yield table, labels
    yield table[["path"]], labels
    yield table.path, None
    yield table.path, table.label
    yield np.array(paths), labels
    yield np.array(paths, object), None
    yield [Path(path) for path in paths], None
    yield tuple(paths), None


@pytest.mark.parametrize("number", range(9))
def test_paths_in_python_are_answered_with_the_line_that_opens_them(number):
    source, labels = [*tables_of_paths()][number]
    with refused("images in Python are arrays", "to_csv('labels.csv', index=False), then etascope.open_images"):
        open_images(source, labels)


def test_the_line_that_opens_paths_works(tmp_path, monkeypatch):
    import pandas

    monkeypatch.chdir(tmp_path)
    paths, labels = [str(path) for path in write_folder(tmp_path, pictures(4), list("abab"))], ["x", "y", "x", "y"]
    with pytest.raises(InputError) as caught:
        open_images(np.array(paths), labels)
    line = caught.value.advice.split("import pandas; ")[1].split(", then")[0]
    exec(line, {"pandas": pandas, "paths": paths, "labels": labels})
    assert open_images("labels.csv").class_names == ("x", "y")


def test_a_table_of_pixels_is_opened_and_one_with_text_refused():
    import pandas

    table = pandas.DataFrame(pictures(4, 4, 4).reshape(4, 16))
    assert open_images(table, list("abab")).class_names == ("a", "b")
    with refused("a DataFrame with text in its column 'label'", "open_images(images, labels)"):
        open_images(table.assign(label=list("abab")))


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.zip", b"PK\x03\x04", ("it is a zip archive. Unpack it",)),
        ("x.heic", b"\0\0\0\x18ftypheic", ("it is a HEIC image. Convert it to JPEG or PNG",)),
        (
            "x.h5",
            b"\x89HDF\r\n",
            ("none of these. Read it with its own library, and save its images and labels in an .npz",),
        ),
        ("x.pt", b"PK\x03\x04", ("none of these. Read it with its own library",)),
        ("x.xlsx", b"PK\x03\x04", ("Save it as a CSV",)),
        ("x.json", b"{}", ("it is a text file", ".csv of path,label")),
        ("x.zip", b"", ("it is empty. Fetch it again",)),
        ("x.dat", b"abc\0\1", ("Read it with its own library, and give arrays",)),
        ("x", b"\x89PNG\r\n\x1a\n", ("it is one image", "the folder")),
    ],
)
def test_a_file_that_is_no_set_is_named_with_what_helps(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with refused("none of these", *words):
        open_images(tmp_path / name)


@pytest.mark.parametrize(
    "test", [IMAGES, (IMAGES, NAMES), [IMAGES], {"x": IMAGES}, np.array("digits"), 5, np.array([0.2])]
)
def test_a_test_part_is_a_path_or_a_known_set(test):
    with refused("test must be a path or a known set; found", "x_train, y_train, x_test and y_test"):
        open_images(IMAGES, NAMES, test=test)


def test_names_and_paths_in_bytes(folder):
    assert len(open_images(b"digits")) == 1000
    assert open_images(os.fsencode(folder)).labels.tolist() == [0, 0, 0, 1, 1, 1]
    digits = open_images("digits")
    data = open_images(digits.images[:200], digits.labels[:200], test=b"digits")
    assert len(data.test_rows) == 1000


def test_switches_that_are_no_truth_values(folder):
    for name in ("grayscale", "skip_bad"):
        with refused(f"{name} must be True or False; found 'no'"):
            open_images(folder, **{name: "no"})


@pytest.mark.parametrize("kind", [object, str])
def test_what_is_advised_of_pixels_of_other_types_keeps_fractions(kind):
    images = (IMAGES[..., 0] / 256).astype(kind)
    expected = open_images(IMAGES[..., 0] / 256, NAMES)
    for source in (images, images.reshape(len(images), -1)[:, :16]):
        with refused("images must be real numbers; found", "images.astype('float32')"):
            open_images(source, NAMES)
    with refused("image 0", "which astype('float32') makes numbers"):
        open_images([images[0][:4], *images[1:]], NAMES)
    assert np.array_equal(open_images(images.astype("float32"), NAMES).images, expected.images)


def test_a_test_part_without_labels_is_answered_with_the_line_that_saves_them(tmp_path):
    np.savez(tmp_path / "held.npz", IMAGES)
    with refused("came without. Save images and labels in one file (numpy.savez(path, x=images, y=labels))."):
        open_images(IMAGES, NAMES, test=tmp_path / "held.npz")
