"""Checksums, lengths and endings tell of damage that Pillow passes over."""

from __future__ import annotations

import io

import numpy as np
import pytest

from etascope.images.files.damage import damage_of, fault_of
from etascope.images.files.decode import decode_file
from etascope.images.files.stack import gather
from etascope.images.opened import Wishes
from tests.images.making import picture, pictures, told_or_refused


def written(kind: str, channels: int = 3, **options) -> bytes:
    held = io.BytesIO()
    picture(pictures(1, 33, 31, channels)[0]).save(held, kind, **options)
    return held.getvalue()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("WEBP", {}), ("WEBP", {"lossless": True}), ("GIF", {}), ("PNG", {"optimize": True})],
)
def test_whole_files_are_not_suspected(kind, options, channels):
    assert fault_of(written(kind, channels, **options)) == ""
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
    data = bytearray(written("PNG"))
    data[data.index(b"IEND") - 8] ^= 1
    assert fault_of(bytes(data)) == "the checksum of its IDAT is wrong"
    assert fault_of(bytes(data[:-12])) != ""
    (tmp_path / "x.png").write_bytes(data)
    assert "damaged" in told_or_refused(tmp_path / "x.png")


def test_lengths_and_endings():
    webp = written("WEBP")
    assert f"and has {len(webp) + 90:,}" in fault_of(webp + bytes(90))
    assert fault_of(written("GIF")[:-1]) == "its end is missing"


def test_the_note_names_the_first_and_counts(tmp_path):
    data = written("WEBP")
    for row in range(4):
        (tmp_path / f"{row}.webp").write_bytes(data + bytes(50 * (row % 2)))
    paths = sorted(tmp_path.iterdir())
    gathered = gather(4, lambda row: decode_file(paths[row], Wishes()), Wishes())
    assert gathered.notes[0].startswith("2 images may be damaged, although their pixels could be read, the first:")
    assert f"{paths[1]} (it says that it has" in gathered.notes[0]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_moving_images_are_told(tmp_path, kind):
    frames = [picture(image) for image in pictures(3, 20, 20, 3)]
    options = {"lossless": True} if kind == "WEBP" else {}
    frames[0].save(tmp_path / "x", kind, save_all=True, append_images=frames[1:], **options)
    gathered = gather(2, lambda row: decode_file(tmp_path / "x", Wishes()), Wishes())
    assert gathered.notes == (
        f"2 images have several frames; the first was taken. The first of them: {tmp_path / 'x'} (3 frames).",
    )
    if kind != "GIF":
        assert np.array_equal(gathered.images[0], pictures(3, 20, 20, 3)[0])


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
    data = bytearray(written("GIF"))
    assert fault_of(bytes(data)) == ""
    data[6:8] = (int.from_bytes(data[6:8], "little") + 9).to_bytes(2, "little")
    assert fault_of(bytes(data)) == "its first frame does not fill it, and the rest of it has one colour"
    larger = bytearray(written("GIF"))
    larger[6:10] = bytes(4)
    assert fault_of(bytes(larger)) == ""
    place = data.index(b",", 13 + (3 << (data[10] & 7) + 1))
    clear = data[:place] + b"!\xfe\3abc\0" + b"!\xf9\4\1\0\0\0\0" + data[place:]
    assert fault_of(bytes(clear)) == ""
    opaque = data[:place] + b"!\xf9\4\0\0\0\0\0" + data[place:]
    assert fault_of(bytes(opaque)).startswith("its first frame")
