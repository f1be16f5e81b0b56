import errno
import io
import re
import stat
import zipfile

import numpy as np
import pytest

from etascope import InputError, open_images
from etascope.studio import uploads
from etascope.studio.failure import Failed
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
    assert unpack(io.BytesIO(zipped(two_kinds(rows=12))), tmp_path) == ()
    opened = open_images(tmp_path)
    assert opened.class_names == ("dark", "light")
    assert opened.images.shape == (24, 8, 8, 1)
    assert np.bincount(opened.labels).tolist() == [12, 12]


def test_what_systems_put_beside_is_left_out(tmp_path):
    litter = [("__MACOSX/a/._1.png", b"x"), ("a/.DS_Store", b"x"), ("a/notes.txt", b"hello"), ("a/1.png", b"y")]
    assert unpack(archive(litter), tmp_path) == ("Files of the zip that are no images were left out: 1 .txt.",)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["1.png"]


@pytest.mark.parametrize("name", [".", "a" * 300 + "/1.png"])
def test_names_that_no_file_can_have_are_refused_in_a_sentence(name, tmp_path):
    with pytest.raises(InputError, match=r"must stay inside it|may have 200 bytes") as caught:
        unpack(archive([(name, b"x")]), tmp_path)
    assert str(tmp_path) not in str(caught.value)


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
    with pytest.raises(InputError, match="has 90,000,000"):
        unpack(archive([("a/1.png", out.getvalue())]), tmp_path)
    monkeypatch.setattr(uploads, "MOST_PIXELS", 89_999_999)
    with pytest.raises(InputError, match=r"may have 89,999,999 pixels; 'b/1\.png' has 90,000,000\."):
        unpack(archive([("b/1.png", out.getvalue())]), tmp_path)


@pytest.mark.parametrize(
    ("kind", "mode", "counts"),
    [("PNG", "L", 64), ("PNG", "RGB", 64), ("PNG", "RGBA", 512), ("PNG", "LA", 512), ("JPEG", "RGB", 16),
     ("GIF", "P", 64), ("TIFF", "F", 64), ("WEBP", "RGBA", 512)],
)  # fmt: skip
def test_pixels_of_all_images_are_counted_by_what_they_cost(kind, mode, counts, tmp_path, monkeypatch):
    from PIL import Image

    out = io.BytesIO()
    Image.new(mode, (8, 8), 100 if len(mode) == 1 else (9, 99, 199, 99)[: len(mode)]).save(out, kind)
    images = [(f"{folder}/{i}.{kind}", out.getvalue()) for folder in "ab" for i in range(5)]
    monkeypatch.setattr(uploads, "ALL_PIXELS", 10 * counts)
    assert unpack(archive(images), tmp_path / "fits") == ()
    assert len([*(tmp_path / "fits").rglob("*.*")]) == 10
    monkeypatch.setattr(uploads, "ALL_PIXELS", 10 * counts - 1)
    with pytest.raises(InputError, match=r"all images together may have .* Make the images smaller, or give fewer"):
        unpack(archive(images), tmp_path / "does not")


def test_the_tree_of_a_zip_opens_as_it_would_on_disk(tmp_path):
    images = {f"photos/{part}/{kind}/{i}.png": pixels for part in ("train", "test")
              for kind, pixels in (("cat", np.full((5, 5), 9, np.uint8)), ("dog", np.full((5, 5), 200, np.uint8)))
              for i in (10, 2, 1)}  # fmt: skip
    unpack(io.BytesIO(zipped(images)), tmp_path)
    with zipfile.ZipFile(io.BytesIO(zipped(images))) as opened:
        opened.extractall(tmp_path.parent / f"{tmp_path.name} on disk")
    result, expected = open_images(tmp_path), open_images(tmp_path.parent / f"{tmp_path.name} on disk")
    assert result.class_names == expected.class_names
    assert result.fingerprint == expected.fingerprint


def test_unpacking_stops_when_nobody_waits(tmp_path):
    requests = []

    def stopped():
        requests.append(True)
        return len(requests) > 3

    with pytest.raises(uploads.Stopped):
        unpack(io.BytesIO(zipped(two_kinds(rows=30))), tmp_path, stopped)
    assert len(list(tmp_path.rglob("*.png"))) == 4


def test_a_disk_that_is_full_is_not_the_fault_of_the_zip(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(uploads, "_copy", full)
    with pytest.raises(Failed, match=r"cannot take it: No space left on device\. Make room") as caught:
        unpack(io.BytesIO(zipped(two_kinds(rows=3))), tmp_path)
    assert caught.value.status == 507


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "found none"),
        ([("a/readme.txt", b"x"), ("a/1.heic", b"x"), ("a/2.HEIC", b"x")], r"found 2 \.heic, 1 \.txt\."),
        ([("1.png", b"x")], "folder for each class"),
        ([(f"a/{i}.png", b"") for i in range(40)], "may hold 30 files"),
    ],
)
def test_zips_that_are_no_data_set_are_refused(entries, message, tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 30)
    with pytest.raises(InputError, match=message):
        unpack(archive(entries), tmp_path)


def test_a_zip_that_cannot_be_read_is_told_of_without_words_of_python(tmp_path):
    whole = bytearray(zipped(two_kinds(rows=2)))
    locked, over, headless = bytearray(whole), bytearray(whole), whole[60:]
    entries = [match.start() for match in re.finditer(b"PK\1\2", whole)]
    for at in entries:
        locked[at + 8] |= 1
    over[entries[1] + 42 : entries[1] + 46] = over[entries[0] + 42 : entries[0] + 46]
    twice = archive([("a/1.png", b"x"), ("a/1.png/2.png", b"x")]).getvalue()
    cases = {"Zip the folder without one": locked, "cannot": over, "of a folder": twice, "damaged|is no zip": headless}
    for number, (message, made) in enumerate(cases.items()):
        with pytest.raises(InputError, match=message) as caught:
            unpack(io.BytesIO(made), tmp_path / str(number))
        assert not re.search(r"ZipInfo|b'|Invalid|exists|\.\.", str(caught.value)), caught.value


def test_what_is_no_zip_is_refused(tmp_path):
    whole = zipped(two_kinds(rows=2))
    for wrong in (b"", b"hello", whole[: len(whole) // 2], whole[:40] + b"\0" * 40 + whole[80:]):
        with pytest.raises(InputError, match="Zip the folder again"):
            unpack(io.BytesIO(wrong), tmp_path)


def test_a_class_of_files_that_are_not_read_is_refused_when_the_zip_is_opened(tmp_path):
    whole = io.BytesIO(zipped(two_kinds(rows=12)))
    with zipfile.ZipFile(whole, "a") as opened:
        opened.writestr("cow/1.heic", b"x")
        opened.writestr("cow/2.heic", b"x")
    unpack(whole, tmp_path)
    with pytest.raises(InputError, match=r"cow holds 2 \.heic files"):
        open_images(tmp_path)
