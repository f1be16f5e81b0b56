import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from etascope import InputError
from etascope.studio.library import MOST_UPLOADS, Library


def test_names_stand_for_sources_and_paths_for_nothing():
    library = Library()
    assert library.source("digits") == "digits"
    for wrong in ("/etc", "../digits", "photos", ""):
        with pytest.raises(InputError, match="Choose one"):
            library.source(wrong)
    with pytest.raises(InputError, match="Drop the images again"):
        library.source("upload-123")


def test_uploads_are_known_bounded_and_removed():
    library, places = Library(), []
    for _ in range(MOST_UPLOADS + 2):
        name, folder = library.room()
        library.add(name, folder)
        places.append((name, folder))
    assert [folder.exists() for _, folder in places] == [False] * 2 + [True] * MOST_UPLOADS
    assert library.source(places[-1][0]) == str(places[-1][1])
    with pytest.raises(InputError, match="gone"):
        library.source(places[0][0])
    library.close()
    assert not places[-1][1].parent.exists()
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
