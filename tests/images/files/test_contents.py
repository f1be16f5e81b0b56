"""A file that is no image for us is named, with a next move."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile

import numpy as np
import pytest

from etascope.images.files.contents import check_text, damage_of, fault_of, what_it_is
from etascope.images.files.decode import decode_file
from etascope.images.files.stack import stack_images
from etascope.images.opened import Options
from tests.images.making import picture, pictures, refused, told_or_refused


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
    description = what_it_is(tmp_path / "x.jpg")
    for part in parts:
        assert part in description
    assert "\n" not in description


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


def encoded(kind: str, channels: int = 3, **options) -> bytes:
    held = io.BytesIO()
    picture(pictures(1, 33, 31, channels)[0]).save(held, kind, **options)
    return held.getvalue()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("WEBP", {}), ("WEBP", {"lossless": True}), ("GIF", {}), ("PNG", {"optimize": True})],
)
def test_whole_files_are_not_suspected(kind, options, channels):
    assert fault_of(encoded(kind, channels, **options)) == ""
    frames = [picture(image) for image in pictures(3, 20, 20, 3)]
    held = io.BytesIO()
    frames[0].save(held, kind, save_all=True, append_images=frames[1:])
    assert fault_of(held.getvalue()) == ""
    assert fault_of(held.getvalue() + b"\0\0") == "" or kind == "WEBP"


def test_flat_files_are_not_suspected():
    for kind in ("PNG", "WEBP", "GIF"):
        held = io.BytesIO()
        picture(np.zeros((500, 700, 1), np.uint8)).save(held, kind)
        assert fault_of(held.getvalue()) == ""


def test_a_checksum_of_png(tmp_path):
    data = bytearray(encoded("PNG"))
    data[data.index(b"IEND") - 8] ^= 1
    assert fault_of(bytes(data)) == "the checksum of its IDAT is wrong"
    assert fault_of(bytes(data[:-12])) != ""
    (tmp_path / "x.png").write_bytes(data)
    assert "damaged" in told_or_refused(tmp_path / "x.png")


def test_lengths_and_endings():
    webp = encoded("WEBP")
    assert f"and has {len(webp) + 90:,}" in fault_of(webp + bytes(90))
    assert fault_of(encoded("GIF")[:-1]) == "its end is missing"


def test_the_note_names_the_first_and_counts(tmp_path):
    data = encoded("WEBP")
    for row in range(4):
        (tmp_path / f"{row}.webp").write_bytes(data + bytes(50 * (row % 2)))
    paths = sorted(tmp_path.iterdir())
    stacked = stack_images(4, lambda row: decode_file(paths[row], Options()), Options())
    assert stacked.notes[0].startswith("2 images may be damaged, although their pixels could be read, the first:")
    assert f"{paths[1]} (it says that it has" in stacked.notes[0]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_moving_images_are_told(tmp_path, kind):
    frames = [picture(image) for image in pictures(3, 20, 20, 3)]
    options = {"lossless": True} if kind == "WEBP" else {}
    frames[0].save(tmp_path / "x", kind, save_all=True, append_images=frames[1:], **options)
    stacked = stack_images(2, lambda row: decode_file(tmp_path / "x", Options()), Options())
    assert stacked.notes == (
        f"2 images have several frames; the first was taken. The first of them: {tmp_path / 'x'} (3 frames).",
    )
    if kind != "GIF":
        assert np.array_equal(stacked.images[0], pictures(3, 20, 20, 3)[0])


def test_what_is_no_damage_is_not_called_so():
    assert damage_of(OSError(40, "Too many levels of symbolic links")) == (
        "it cannot be opened (Too many levels of symbolic links)"
    )
    assert "a text" in damage_of(ValueError("Decompressed data too large for PngImageFile.MAX_TEXT_CHUNK"))
    assert "it was closed; give images that are open" in damage_of(ValueError("Operation on closed image"))
    for said in ("unknown raw mode for given image mode", "Unsupported BMP pixel depth (2)"):
        assert damage_of(ValueError(said)).startswith(f"it is of a kind that is not read, or damaged ({said}); save it")
    assert damage_of(OSError("broken data stream")) == "it is damaged (broken data stream)"


def test_a_frame_that_does_not_fill_a_gif():
    data = bytearray(encoded("GIF"))
    assert fault_of(bytes(data)) == ""
    data[6:8] = (int.from_bytes(data[6:8], "little") + 9).to_bytes(2, "little")
    assert fault_of(bytes(data)) == "its first frame does not fill it, and the rest of it has one colour"
    larger = bytearray(encoded("GIF"))
    larger[6:10] = bytes(4)
    assert fault_of(bytes(larger)) == ""
    place = data.index(b",", 13 + (3 << (data[10] & 7) + 1))
    clear = data[:place] + b"!\xfe\3abc\0" + b"!\xf9\4\1\0\0\0\0" + data[place:]
    assert fault_of(bytes(clear)) == ""
    opaque = data[:place] + b"!\xf9\4\0\0\0\0\0" + data[place:]
    assert fault_of(bytes(opaque)).startswith("its first frame")
