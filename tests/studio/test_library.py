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
