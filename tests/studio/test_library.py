import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from etascope import InputError
from etascope.core.run import DataSummary
from etascope.images.open import open_images
from etascope.images.subset import SUBSET
from etascope.studio import library as library_module
from etascope.studio.library import MOST_UPLOADS, Library, Source, upload_document
from tests.studio.answers import DIGITS, FASHION

DATA = DataSummary("mine", "f", 80, (28, 28, 1), 64, 16, ("a", "b"))


def test_names_stand_for_sources_and_paths_for_nothing():
    library = Library()
    assert library.source("digits") == DIGITS
    assert library.source("fashion-mnist") == FASHION
    for wrong in ("/etc", "../digits", "photos", ""):
        with pytest.raises(InputError, match="Choose one"):
            library.source(wrong)
    with pytest.raises(InputError, match="Drop the images again"):
        library.source("upload-123")


def test_uploads_are_known_bounded_and_removed():
    library, places = Library(), []
    for _ in range(MOST_UPLOADS + 2):
        name, folder = library.room()
        library.add(name, folder, DATA)
        places.append((name, folder))
    assert [folder.exists() for _, folder in places] == [False] * 2 + [True] * MOST_UPLOADS
    assert library.source(places[-1][0]).name == str(places[-1][1])
    assert [library.source(places[-1][0]).most, library.searched(places[-1][0]).most] == [SUBSET, None]
    with pytest.raises(InputError, match="gone"):
        library.source(places[0][0])
    library.close()
    assert not places[-1][1].parent.exists()
    library.close()


def test_an_upload_that_is_asked_for_stays_and_large_ones_make_room(monkeypatch):
    library = Library()
    first, folder = library.room()
    library.add(first, folder, DATA)
    for _ in range(MOST_UPLOADS + 2):
        library.source(first)
        name, other = library.room()
        library.add(name, other, DATA)
    assert library.source(first).name == str(folder)
    monkeypatch.setattr(library_module, "MOST_BYTES", 1000)
    name, large = library.room()
    (large / "x").write_bytes(bytes(1001))
    library.add(name, large, DATA)
    assert library.source(name).name == str(large)
    with pytest.raises(InputError, match="uploads that were asked for last"):
        library.source(first)
    library.close()


@pytest.mark.skipif(os.name == "nt", reason="there, nobody asks whether a process lives")
def test_uploads_of_a_studio_that_was_killed_are_removed_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, other = tmp_path / f"etascope-studio-{ended.pid}-abc", tmp_path / f"etascope-studio-{os.getppid()}-abc"
    foreign = tmp_path / "etascope-studio-notes-abc"
    for folder in (left, other, foreign):
        folder.mkdir()
        (folder / "1.png").touch()
    library = Library()
    _, mine = library.room()
    assert (left.exists(), other.exists(), foreign.exists(), mine.exists()) == (False, True, True, True)
    library.close()
    assert not Path(mine).exists()


def test_what_is_not_here_is_told_with_its_command_and_never_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    library = Library()
    by_name = {one["name"]: one for one in library.sets()}
    assert list(by_name) == ["digits", "mnist", "fashion-mnist", "kmnist"]
    assert by_name["fashion-mnist"]["here"], (
        "this test reads Debian's files; run: apt-get install dataset-fashion-mnist"
    )
    assert (by_name["fashion-mnist"]["images"], by_name["fashion-mnist"]["whole"]) == (1000, 70_000)
    assert not by_name["mnist"]["here"]
    assert by_name["mnist"]["fetch"] == "etascope trace mnist"
    for ask in (library.source, library.searched):
        with pytest.raises(InputError, match="and mnist is not on this machine; 'etascope trace mnist' in a terminal"):
            ask("mnist")


def test_uploads_are_told_of_to_whoever_knows_their_names():
    library = Library()
    name, folder = library.room()
    library.add(name, folder, DATA)
    assert [one["name"] for one in library.sets()] == ["digits", "mnist", "fashion-mnist", "kmnist"]
    assert library.sets([name, "upload-0", str(folder)])[4:] == [upload_document(name, DATA)]
    assert len(name) > 32
    library.close()


@pytest.mark.parametrize(
    ("shape", "names", "draws"),
    [((28, 28, 1), ("a", "b"), True), ((28, 28, 3), ("a", "b"), False), ((28, 28, 1), ("cat", "dog"), False)],
)
def test_characters_can_be_drawn(shape, names, draws):
    assert upload_document("mine", replace(DATA, image_shape=shape, class_names=names))["draws"] == draws


def test_small_sets_are_whole_and_large_ones_a_part():
    digits, whole = DIGITS.open()
    assert (len(digits), whole) == (1000, 0)
    part, whole = FASHION.open()
    assert (len(part), len(part.test_rows), whole) == (1000, 200, 70_000)
    every, whole = Source("fashion-mnist", None).open()
    assert (len(every), whole) == (70_000, 0)
    assert np.array_equal(every.images, open_images("fashion-mnist").images)


def test_nothing_is_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(InputError, match="not on this machine"):
        Source("mnist").open()
    assert list(tmp_path.iterdir()) == []
