"""A file that is no image for us is named, with a next move."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile

import numpy as np
import pytest

from etascope.images.files.contents import check_text, what_it_is
from tests.images.making import picture, pictures, refused


def written(kind: str, **options) -> bytes:
    held = io.BytesIO()
    image = picture(pictures(1, 16, 16, 3)[0])
    image.save(held, kind, **options)
    return held.getvalue()


def zipped() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a", b"b")
    return held.getvalue()


def tarred() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return held.getvalue()


def array() -> bytes:
    held = io.BytesIO()
    np.save(held, np.zeros(3))
    return held.getvalue()


def box(kind: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + kind + bytes(4) + b"mif1" + kind + bytes(100)


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (box(b"heic"), ("a HEIC image", "convert it to JPEG or PNG")),
        (box(b"mif1"), ("a HEIC image",)),
        (box(b"avif"), ("an AVIF image", "convert it to PNG")),
        (box(b"isom"), ("a video", "single frames")),
        (b"RIFF\x10\0\0\0AVI LIST", ("a video",)),
        (written("PPM"), ("a PPM image", "convert it to PNG")),
        (b"P2\n2 2\n255\n1 2 3 4\n", ("a PGM image",)),
        (written("ICO"), ("ICO",)),
        (written("TGA"), ("a TGA image",)),
        (b"8BPS\0\x01" + bytes(40), ("Photoshop",)),
        (b"\0\0\0\x0cjP  \r\n\x87\n", ("JPEG 2000",)),
        (b"\xff\x4f\xff\x51" + bytes(9), ("JPEG 2000",)),
        (b"\xff\x0a" + bytes(9) + b"x", ("JPEG XL",)),
        (b"%PDF-1.7\n%\xe2\xe3", ("a PDF document",)),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', ("an SVG drawing",)),
        (b"\n  <SVG width='3'/>", ("an SVG drawing",)),
        (b"<!DOCTYPE html>\n<html><title>404", ("a web page", "fetch the image itself")),
        (POINTER, ("a pointer of Git LFS", "git lfs pull")),
        (zipped(), ("a zip archive", "unpack it")),
        (tarred(), ("a tar archive", "unpack it")),
        (gzip.compress(b"x"), ("a gzip archive", "unpack it")),
        (array(), ("a NumPy array", ".npy")),
        (bytes(128) + b"DICM" + bytes(20), ("a DICOM image",)),
        (b"\x89HDF\r\n\x1a\n" + bytes(20), ("an HDF5 file",)),
        (b"", ("it is empty",)),
        (bytes(5000), ("zeros", "fetch it again")),
        (b"hello\n", ("a text file",)),
        (b"\x89PNG\r\n\x1a\n\0\0", ("a PNG whose header is damaged",)),
        (b"\xff\xd8\xff\xe0\0", ("a JPEG whose header is damaged",)),
        (b"GIF87a", ("a GIF whose header is damaged",)),
        (b"\x8f\x01\x02\x9c\xa0\0\x01", ("no PNG, JPEG, WebP, BMP, TIFF or GIF",)),
    ],
)
def test_kinds(tmp_path, data, parts):
    (tmp_path / "x.jpg").write_bytes(data)
    told = what_it_is(tmp_path / "x.jpg")
    for part in parts:
        assert part in told
    assert "\n" not in told


def test_any_bytes_are_named_without_an_exception(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(300):
        (tmp_path / "x").write_bytes(rng.bytes(int(rng.integers(0, 600)) if number else 0))
        assert what_it_is(tmp_path / "x")


def test_a_png_of_which_only_a_text_is_damaged(tmp_path):
    from PIL import Image, PngImagePlugin

    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "an ant")
    Image.new("L", (4, 4)).save(tmp_path / "x.png", pnginfo=texts)
    data = bytearray((tmp_path / "x.png").read_bytes())
    data[data.index(b"an ant")] ^= 1
    (tmp_path / "x.png").write_bytes(data)
    assert what_it_is(tmp_path / "x.png") == (
        "it is a PNG, but the checksum of its tEXt is wrong; fetch or save it again"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("path,label\na.png,a\n".encode("utf-16"), "it is UTF-16 or UTF-32. Save it as CSV in UTF-8."),
        ("path,label\na.png,a\n".encode("utf-16-le"), "it is UTF-16 or UTF-32. Save it as CSV in UTF-8."),
        ("path,label\na.png,a\n".encode("utf-16-be"), "it is UTF-16 or UTF-32. Save it as CSV in UTF-8."),
        ("path,label\na.png,a\n".encode("utf-32"), "it is UTF-16 or UTF-32. Save it as CSV in UTF-8."),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"PK\3\4" + bytes(60), "it is a zip archive. Unpack it; save a spreadsheet as CSV"),
        (b"\x1f\x8b\x08\0abc", "a gzip archive. Unpack it."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "one image"),
        (b"\x93NUMPY\1\0v\0", "a NumPy array"),
        (b"%PDF-1.4\n", "a PDF document"),
        (bytes(50), "its first 50 bytes are zeros"),
        (b"<!DOCTYPE html>\n<html>", "a web page or XML"),
        (b'[{"path": "a.png", "label": "a"}]', "JSON"),
        (b'{"path": "a.png", "label": "a"}\n{"path": "b.png"}', "JSON"),
    ],
)
def test_tables_that_are_no_text_of_paths(tmp_path, content, said):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with refused("a table is UTF-8 text", f"{path} is not: ", said):
        check_text(path)


@pytest.mark.parametrize("content", [b"", b"BM_1.png,a\n", b"P1 a.png,a\n", b"[a]/1.png,b\n", b"{a}.png,b", b"a,b\0\n"])
def test_tables_that_are_text(tmp_path, content):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    check_text(path)
