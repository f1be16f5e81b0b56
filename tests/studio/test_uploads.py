import io
import stat
import zipfile

import numpy as np
import pytest

from etascope import InputError, open_images
from etascope.studio import uploads
from etascope.studio.uploads import unpack
from tests.studio.served import two_kinds, zipped


def archive(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, body in entries:
            opened.writestr(name, body)
    out.seek(0)
    return out


def test_a_zip_of_folders_becomes_a_data_set(tmp_path):
    assert unpack(io.BytesIO(zipped(two_kinds(rows=12))), tmp_path) == 24
    found = open_images(tmp_path)
    assert found.class_names == ("dark", "light")
    assert found.images.shape == (24, 8, 8, 1)
    assert np.bincount(found.labels).tolist() == [12, 12]


def test_what_systems_put_beside_is_left_out(tmp_path):
    litter = [("__MACOSX/a/._1.png", b"x"), ("a/.DS_Store", b"x"), ("a/notes.txt", b"hello"), ("a/1.png", b"y")]
    assert unpack(archive(litter), tmp_path) == 1
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["000000.png"]


@pytest.mark.parametrize("name", [".", "a" * 300 + "/1.png"])
def test_names_that_no_file_can_have_are_refused_in_a_sentence(name, tmp_path):
    with pytest.raises(InputError, match=r"must stay inside it|may have a name of 200 bytes") as told:
        unpack(archive([(name, b"x")]), tmp_path)
    assert str(tmp_path) not in str(told.value)


@pytest.mark.parametrize(
    "name", ["../../evil/1.png", "/etc/cron.d/1.png", "a/../../1.png", "..\\..\\a\\1.png", "C:\\a\\1.png"]
)
def test_no_file_leaves_the_folder(name, tmp_path):
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    with pytest.raises(InputError, match="must stay inside"):
        unpack(archive([("a/0.png", b"x"), (name, b"x")]), folder)
    assert {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")} == {"in"}


def test_links_are_refused(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        link = zipfile.ZipInfo("a/1.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(link, "/etc/passwd")
    out.seek(0)
    with pytest.raises(InputError, match="no links"):
        unpack(out, tmp_path)
    assert not list(tmp_path.rglob("*.png"))


def test_a_bomb_is_stopped_while_it_grows(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST", 3 * uploads.MEBIBYTE)
    bomb = archive([(f"a/{i}.png", bytes(uploads.MEBIBYTE)) for i in range(64)])
    assert len(bomb.getvalue()) < uploads.MEBIBYTE
    with pytest.raises(InputError, match="goes beyond"):
        unpack(bomb, tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.png")) <= 4 * uploads.MEBIBYTE


def test_one_large_file_is_stopped_too(tmp_path):
    with pytest.raises(InputError, match="goes beyond"):
        unpack(archive([("a/1.png", bytes(uploads.LARGEST_FILE + 1))]), tmp_path)


def test_a_bomb_of_pixels_is_stopped_before_it_is_decoded(tmp_path, monkeypatch):
    from PIL import Image

    out = io.BytesIO()
    Image.new("1", (10_000, 9_000)).save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(InputError, match="has 90 million"):
        unpack(archive([("a/1.png", out.getvalue())]), tmp_path)
    monkeypatch.setattr(uploads, "ALL_PIXELS", 150)
    with pytest.raises(InputError, match="all together"):
        unpack(io.BytesIO(zipped(two_kinds(rows=2))), tmp_path)


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([], "found none"),
        ([("a/readme.txt", b"x")], "found none"),
        ([("1.png", b"x")], "folder for each class"),
        ([(f"a/{i}.png", b"") for i in range(40)], "may hold 30 files"),
    ],
)
def test_zips_that_are_no_data_set_are_refused(entries, told, tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 30)
    with pytest.raises(InputError, match=told):
        unpack(archive(entries), tmp_path)


def test_what_is_no_zip_is_refused(tmp_path):
    whole = zipped(two_kinds(rows=2))
    for wrong in (b"", b"hello", whole[: len(whole) // 2], whole[:40] + b"\0" * 40 + whole[80:]):
        with pytest.raises(InputError, match="Zip the folder again"):
            unpack(io.BytesIO(wrong), tmp_path)
