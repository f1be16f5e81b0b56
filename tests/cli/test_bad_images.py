"""Images that cannot be used, given to a command: a sentence that names what is wrong, and nothing left behind."""

import json
import os
import pickle
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.cli.running import SMALL, Ended, refused, run
from tests.images.making import idx_bytes, pictures, write_folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """The working directory, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def photos(here, **counts):
    """Write `photos/` with so many pictures of each class."""
    names = [name for name, count in counts.items() for _ in range(count)]
    return write_folder(here / "photos", pictures(len(names)), names)


def an_empty_folder(here):
    (here / "photos").mkdir()
    return ("photos",), ("photos is empty",)


def one_class(here):
    photos(here, cat=20)
    return ("photos",), ("two classes", "'cat'")


def a_class_with_fewer_images_than_the_folds_need(here):
    photos(here, cat=20, dog=4)
    return ("photos",), ("class 'dog' has 4 images", "5 folds need at least 5", "--folds 3 or less")


def a_class_with_a_single_image(here):
    photos(here, cat=20, dog=1)
    return ("photos",), ("class 'dog' has 1 image",)


def a_truncated_idx_file(here):
    (here / "train-images-idx3-ubyte").write_bytes(idx_bytes(pictures(20)[..., 0])[:-7])
    (here / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.arange(20, dtype=np.uint8) % 2))
    return (".",), ("train-images-idx3-ubyte",)


def an_idx_header_that_claims_a_terabyte(here):
    (here / "images-idx3-ubyte").write_bytes(struct.pack(">HBBIII", 0, 8, 3, 1_000_000, 1000, 1000) + bytes(99))
    (here / "labels-idx1-ubyte").write_bytes(idx_bytes(np.arange(20, dtype=np.uint8) % 2))
    return ("images-idx3-ubyte",), ("images-idx3-ubyte",)


def a_corrupt_image_among_good_ones(here):
    path = photos(here, cat=20, dog=20)[25]
    path.write_bytes(path.read_bytes()[:50])
    return ("photos",), (path.name, "--skip-bad")


def a_text_file_called_png(here):
    photos(here, cat=20, dog=20)[3].write_text("this is no picture")
    return ("photos",), ("img3.png",)


def a_decompression_bomb(here):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    photos(here, cat=20, dog=20)[3].write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(999))) + chunk(b"IEND", b"")
    )
    return ("photos",), ("img3.png",)


def pickled_arrays(here):
    np.savez(here / "set.npz", x=np.array([{"a": 1}] * 20, dtype=object), y=np.arange(20) % 2)
    return ("set.npz",), ("set.npz",)


def a_pickle_called_npz(here):
    (here / "set.npz").write_bytes(pickle.dumps([1, 2, 3]))
    return ("set.npz",), ("set.npz",)


def a_pixel_that_is_not_a_number(here):
    images = np.random.default_rng(0).random((20, 4, 4))
    images[7, 1, 1] = np.nan
    np.savez(here / "set.npz", x=images, y=np.arange(20) % 2)
    return ("set.npz",), ("nan",)


def labels_of_another_length(here):
    np.savez(here / "set.npz", x=pictures(20), y=np.arange(19) % 2)
    return ("set.npz",), ("19", "20")


def fractional_labels(here):
    np.savez(here / "set.npz", x=pictures(20), y=np.arange(20) / 2)
    return ("set.npz",), ("whole numbers", "0.5")


def negative_labels(here):
    np.savez(here / "set.npz", x=pictures(20), y=np.arange(20) % 2 - 1)
    return ("set.npz",), ("-1",)


def a_single_image(here):
    return (str(photos(here, cat=1)[0].relative_to(here)),), ("img0.png", "directory per class")


def something_else(here):
    (here / "notes.txt").write_text("hello")
    return ("notes.txt",), ("'notes.txt'",)


def no_such_path(here):
    photos(here, cat=2)
    return ("photo",), ("'photo' does not exist", "Did you mean", "photos")


def no_such_set(here):
    return ("fashion-mnits",), ("Did you mean 'fashion-mnist'?",)


def no_such_test_path(here):
    photos(here, cat=20, dog=20)
    return ("photos", "--test", "tset"), ("'tset' does not exist",)


def held_images_of_another_class(here):
    photos(here, cat=20, dog=20)
    write_folder(here / "held", pictures(8), ["cat", "cow"] * 4)
    return ("photos", "--test", "held"), ("cow",)


KINDS = (
    an_empty_folder, one_class, a_class_with_fewer_images_than_the_folds_need, a_class_with_a_single_image,
    a_truncated_idx_file, an_idx_header_that_claims_a_terabyte, a_corrupt_image_among_good_ones,
    a_text_file_called_png, a_decompression_bomb, pickled_arrays, a_pickle_called_npz, a_pixel_that_is_not_a_number,
    labels_of_another_length, fractional_labels, negative_labels, a_single_image, something_else, no_such_path,
    no_such_set, no_such_test_path, held_images_of_another_class,
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_it_is_refused_in_a_sentence(kind, here):
    arguments, parts = kind(here)
    before = sorted(here.rglob("*"))
    sentence = refused(run("pick", *arguments, "--json", "answer.json"))
    for part in parts:
        assert part in sentence
    assert sorted(here.rglob("*")) == before


NOBODY = """
import io, os, sys
from contextlib import redirect_stdout, suppress
from PIL import Image
from etascope.cli.main import main
Image.init()
asked, sys.argv = sys.argv, ["etascope", "pick", "--hidden", "0", "--epochs", "1"]
with redirect_stdout(io.StringIO()), suppress(SystemExit):
    main()  # Loads every module, which nobody may not be allowed to do.
sys.argv = asked
if os.getuid() == 0:
    os.setuid(65534)
sys.exit(main())
"""


def test_a_file_that_may_not_be_read_is_refused_in_a_sentence():
    """In a process of the user nobody, because no permission binds root."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        path = photos(Path(name), cat=20, dog=20)[3]
        path.chmod(0)
        ended = subprocess.run(
            [sys.executable, "-c", NOBODY, "pick", f"{name}/photos", "--no-store"], capture_output=True, text=True
        )
    assert path.name in refused(Ended(ended.returncode, ended.stdout, ended.stderr))


def test_bad_files_are_left_out_and_counted_on_demand(here):
    paths = photos(here, cat=20, dog=20)
    paths[3].write_text("this is no picture")
    paths[30].write_bytes(paths[30].read_bytes()[:50])
    ended = run("pick", *SMALL, "photos", "--skip-bad", "--json", "-")
    document = json.loads(ended.out)
    assert document["dataset"]["images"] == 38
    assert "2 of 40 images could not be read and were left out" in ended.err
    assert "2 of 40 images" in " ".join(document["dataset"]["notes"])
